"""Allocations: what each event was granted, and how much its line has hedged since."""

from decimal import Decimal

from hawk_backend.dev.data.days import Days
from hawk_backend.dev.data.entities import BRANCH, SUBSIDIARY
from hawk_backend.dev.data.events import Event, events
from hawk_backend.dev.data.instructions import allocated, trace
from hawk_backend.dev.data.orders import ORDERS, Order
from hawk_backend.dev.data.positions import Position
from hawk_backend.dev.data.row import Row, Rows

STATUS = {
    "Completed": "Confirmed",
    "Active": "Confirmed",
    "Executed": "Approved",
    "Processing": "Allocated",
    "Allocated": "Allocated",
    "Validated": "Pending",
    "Failed": "Failed",
}
LEVELS = {BRANCH: 1, SUBSIDIARY: 2}


def allocation_engine(days: Days) -> Rows:
    """Return one row an allocated event, the oldest first.

    hedged_position is a snapshot: what the line has hedged once the row holds. A rejected or
    failed row carries what it asked for, which must not be counted.
    """
    hedged: dict[tuple[str, str], int] = {}
    rows: Rows = []
    for event in events(days):
        line = event.line
        before = hedged.get((line.entity.id, line.nav), 0)
        after = before + _change(event)
        if event.order.done:
            hedged[line.entity.id, line.nav] = after
        if (status := _status(event.order)) != "":
            asked = status in {"Rejected", "Failed"} or event.order.done
            rows.append(_allocation(len(rows) + 1, event, status, after if asked else before, days))
    return rows


def _status(order: Order) -> str:
    if order.allocation is not None:
        return order.allocation
    return "Calculated" if order.kind == "U" else STATUS[order.status]


def _change(event: Event) -> int:
    """Return by how much the event changes what its line has hedged."""
    order, amount = event.order, event.line.amount
    match order.kind:
        case "I":
            return amount
        case "T":
            return -amount
        case "A":
            before = next(each for each in ORDERS if each.order_id == order.previous)
            return amount - (before.amount or 0)
    return 0


def _allocation(number: int, event: Event, status: str, hedged: int, days: Days) -> Row:
    order, line = event.order, event.line
    position = Position(line.entity, line.nav)
    unhedged = position.unhedged(hedged)
    day = event.received.date()
    return {
        "allocation_id": f"ALLOC_{day:%Y_%m}_{number:03}",
        "request_id": trace(order, days) if order.kind == "U" else order.id,
        "entity_id": line.entity.id,
        "currency_code": order.currency,
        "nav_type": line.nav,
        "sfx_position": Decimal(position.sfx),
        "car_exemption_flag": line.entity.exemption,
        "car_amount_distribution": Decimal(position.car),
        "manual_overlay_amount": Decimal(position.overlay),
        "buffer_percentage": Decimal(position.buffer_pct),
        "buffer_amount": Decimal(position.buffer),
        "hedged_position": Decimal(hedged),
        "unhedged_position": Decimal(unhedged),
        "hedge_amount_allocation": Decimal(_granted(event)),
        "available_amount_for_hedging": Decimal(max(unhedged, 0)),
        "waterfall_priority": LEVELS.get(line.entity.type, 3),
        "allocation_sequence": number,
        "allocation_status": status,
        "calculation_date": day,
        "execution_date": day if status in {"Approved", "Confirmed"} else None,
        "executed_date": day if status == "Confirmed" else None,
        "event_id": event.id,
        "instruction_id": order.id,
        "notes": order.failure,
        "created_date": event.received,
        "created_by": "stage_1a",
        "modified_by": "stage_1a",
        "modified_date": event.received,
    }


def _granted(event: Event) -> int:
    """Return what the event was granted: nothing for a termination, its share of a split order."""
    if event.order.kind == "T":
        return 0
    return min(event.line.amount, allocated(event.order) or 0)
