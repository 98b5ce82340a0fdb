"""Business events: each line of an order on its way through the stages."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from hawk_backend.dev.data.booking_models import DEALS, INSTRUMENTS, model
from hawk_backend.dev.data.days import Days
from hawk_backend.dev.data.instructions import UNSEEN, maturity, received
from hawk_backend.dev.data.orders import ORDERS, Line, Order
from hawk_backend.dev.data.row import Row, Rows

KINDS = {
    "I": "Initiation",
    "R": "Rollover",
    "T": "Termination",
    "A": "Amendment",
    "U": "Utilization",
}
EVENT_STATUS = {
    "Completed": "Completed",
    "Executed": "Booked",
    "Active": "Booked",
    "Processing": "Processing",
    "Allocated": "Approved",
    "Validated": "Pending",
    "Failed": "Failed",
}
LEGACY = {"INST042": "COI_AUD_002"}
"""Events from before the ids had dates."""


@dataclass(frozen=True, slots=True)
class Event:
    """One line of an order, with what its stages have come to."""

    number: int
    order: Order
    line: Line
    received: datetime
    maturity: date

    @property
    def id(self) -> str:
        """Its business id."""
        return LEGACY.get(self.order.id, f"EVT{self.received:%Y%m%d}-{self.number:04}")

    @property
    def model(self) -> str | None:
        """Its booking model; a question is not booked."""
        if self.order.kind == "U":
            return None
        return model(self.order.currency_type, self.line.nav)

    @property
    def stages(self) -> tuple[str | None, str | None, str | None, str | None]:
        """States of the stages 1A, 1B, 2 and 3; None where it does not come or has not begun."""
        match self.order.status:
            case "Failed":
                return ("Failed", None, None, None)
            case _ if self.order.kind == "U":
                return ("Completed", None, None, None)
            case "Allocated" | "Validated":
                return ("Completed", "Pending", None, None)
            case "Processing":
                return ("Completed", "Completed", self.order.stage_2, None)
            case "Executed":
                return ("Completed", "Completed", "Completed", "Pending")
        return ("Completed",) * 4

    @property
    def booking(self) -> bool:
        """Whether its deals are being or have been booked."""
        return self.stages[2] is not None

    @property
    def expected(self) -> int:
        """How many deals its model makes."""
        return len(DEALS[self.model]) if self.model else 0

    @property
    def booked(self) -> int:
        """How many of its deals are booked."""
        return self.expected if self.stages[2] == "Completed" else self.order.booked

    @property
    def package(self) -> str | None:
        """Its GL package, once stage 3 is through."""
        through = self.stages[3] == "Completed"
        return f"GLPKG{self.received:%Y%m%d}-{self.number:03}" if through else None


def events(days: Days) -> list[Event]:
    """Return the events of the story, the oldest first."""
    oldest_first = sorted(ORDERS, key=lambda order: (-order.ago, order.number))
    lines = [
        (order, line)
        for order in oldest_first
        if order.status not in UNSEEN
        for line in order.lines
    ]
    return [
        Event(number, order, line, received(order, days), maturity(order, days))
        for number, (order, line) in enumerate(lines, start=1)
    ]


def hedge_business_events(days: Days) -> Rows:
    """Return one row an event."""
    return [_event(event) | _progress(event) for event in events(days)]


def _event(event: Event) -> Row:
    order = event.order
    return {
        "event_id": event.id,
        "instruction_id": order.id,
        "entity_id": event.line.entity.id,
        "nav_type": event.line.nav,
        "currency_type": order.currency_type,
        "hedging_instrument": INSTRUMENTS[order.currency_type] if event.model else None,
        "accounting_method": order.method,
        "notional_amount": Decimal(event.line.amount),
        "trade_date": event.received.date(),
        "business_event_type": KINDS[order.kind],
        "event_status": EVENT_STATUS[order.status],
        "assigned_booking_model": event.model,
        "expected_deal_count": event.expected,
        "actual_deal_count": event.booked if event.booking else 0,
        "gl_package_id": event.package,
        "notes": order.failure,
        "created_date": event.received,
        "created_by": "stage_1a",
        "updated_date": event.received,
        "updated_by": "stage_1a",
    }


def _progress(event: Event) -> Row:
    stage_1a, stage_1b, stage_2, stage_3 = event.stages
    return {
        "stage_1a_status": stage_1a,
        "stage_1b_status": stage_1b,
        "stage_2_status": stage_2,
        "stage_3_status": stage_3,
        "stage_1a_start_time": _after(event, 1),
        "stage_1a_completion_time": _after(event, 3, stage_1a),
        "stage_2_start_time": _after(event, 10) if stage_2 else None,
        "stage_2_completion_time": _after(event, 25, stage_2),
        "stage_3_start_time": _after(event, 30) if stage_3 == "Completed" else None,
        "stage_3_completion_time": _after(event, 34, stage_3),
    }


def _after(event: Event, minutes: int, state: str | None = "Completed") -> datetime | None:
    return event.received + timedelta(minutes=minutes) if state == "Completed" else None
