"""Hedge instructions as the orders of the story sent them."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from hashlib import sha256

from hawk_backend.dev.data.booking_models import INSTRUMENTS
from hawk_backend.dev.data.days import Days, at, settled
from hawk_backend.dev.data.orders import ORDERS, Order
from hawk_backend.dev.data.row import Row, Rows

ANSWERED = frozenset({"Completed", "Executed", "Failed", "Cancelled"})
UNSEEN = frozenset({"Received", "Cancelled"})
"""States in which nothing was allocated and no event was made."""

_MONTH = timedelta(days=30)


def received(order: Order, days: Days) -> datetime:
    """Return when the instruction came in, early on its day."""
    return at(days.back(order.ago), 8, order.number, order.number)


def maturity(order: Order, days: Days) -> date:
    """Return when the hedge ends: its months after it settled."""
    return settled(days.back(order.ago)) + order.months * _MONTH


def trace(order: Order, days: Days) -> str:
    """Return the id under which all systems log this instruction."""
    return f"TRC_{days.back(order.ago):%Y_%m}_{order.number:03}"


def msg_uid(order: Order, days: Days) -> str:
    """Return the message id, in the form that the sender of its kind uses."""
    if order.kind == "U":
        return f"HAWK_1A_{days.back(order.ago):%d%m%y}_EXEC_{order.number:03}"
    return f"HAWK{order.number:03}"


def allocated(order: Order) -> int | None:
    """Return how much of the amount found room; None where nobody has looked yet."""
    if order.amount is None or order.status in UNSEEN:
        return None
    if order.status == "Failed":
        return 0
    return order.amount if order.allocated is None else order.allocated


def hedge_instructions(days: Days) -> Rows:
    """Return one row an order of the story."""
    return [_asked(order, days) | _answered(order, days) for order in ORDERS]


def _asked(order: Order, days: Days) -> Row:
    came = received(order, days)
    hedges = order.kind in "IRTA"
    return {
        "instruction_id": order.id,
        "msg_uid": msg_uid(order, days),
        "instruction_type": order.kind,
        "instruction_date": came.date(),
        "exposure_currency": order.currency,
        "order_id": order.order_id,
        "sub_order_id": f"SUB{order.number:03}" if hedges else None,
        "previous_order_id": order.previous,
        "supersedes_msg_uid": _superseded(order, days) if order.kind == "A" else None,
        "hedge_method": order.method if hedges else None,
        "hedging_instrument_hint": INSTRUMENTS[order.currency_type] if hedges else None,
        "tenor_or_maturity": f"{order.months}M" if hedges else None,
        "hedge_amount_order": _amount(order.amount),
        "portfolio_code": order.portfolio if hedges else None,
        "value_date": settled(came.date()) if hedges else None,
        "request_id": f"REQ_{order.number:03}",
        "trace_id": trace(order, days),
        "instruction_fingerprint": sha256(order.id.encode()).hexdigest()[:32],
        "received_timestamp": came,
        "created_date": came,
        "created_by": "hawk_agent",
        "modified_by": "hawk_agent",
        "modified_date": came,
    }


def _answered(order: Order, days: Days) -> Row:
    came = received(order, days)
    placed = allocated(order)
    answered = order.status in ANSWERED
    return {
        "instruction_status": order.status,
        "check_status": order.check,
        "usd_pb_check_status": order.pb,
        "acknowledgement_status": "Acknowledged" if answered else "Pending",
        "failure_reason": order.failure,
        "result": order.check if answered else None,
        "allocated_notional": _amount(placed),
        "not_allocated_notional": None if placed is None else _amount((order.amount or 0) - placed),
        "response_notional": _amount(placed) if answered else None,
        "external_trade_id": f"MX{100_000 + order.number}"
        if order.done and order.order_id
        else None,
        "buffer_pct_snapshot": Decimal(5),
        "hedging_state_snapshot": "Fully_Hedged",
        "car_exemption_snapshot": "N",
        "framework_id_snapshot": f"FWK_{order.currency}_FULL",
        "processed_timestamp": None if order.status == "Received" else came + timedelta(minutes=2),
        "response_timestamp": came + timedelta(minutes=6) if answered else None,
    }


def _superseded(order: Order, days: Days) -> str:
    before = next(each for each in ORDERS if each.order_id == order.previous)
    return msg_uid(before, days)


def _amount(value: int | None) -> Decimal | None:
    return None if value is None else Decimal(value)
