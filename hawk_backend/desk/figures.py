"""The desk's answer: its tables, alerts and gaps."""

from dataclasses import dataclass

from hawk_backend.desk.amendment import Change, Increase
from hawk_backend.desk.booking import Booking, Checks, Instrument
from hawk_backend.desk.capacity import Capacity
from hawk_backend.desk.effectiveness import Effectiveness
from hawk_backend.desk.ledger import Period
from hawk_backend.desk.notes import Alert, Gap
from hawk_backend.desk.orders import InFlight, Order, Stated
from hawk_backend.desk.request import Request
from hawk_backend.desk.timeline import Station
from hawk_backend.desk.unwind import Excess
from hawk_backend.desk.usd_pb import UsdPb
from hawk_backend.desk.waterfall import Waterfall


@dataclass(frozen=True, slots=True)
class Figures:
    """The desk's tables, each empty or None where the prompt did not call for it."""

    capacity: tuple[Capacity, ...] = ()
    requests: tuple[Request, ...] = ()
    usd_pb: tuple[UsdPb, ...] = ()
    waterfalls: tuple[Waterfall, ...] = ()
    bookings: tuple[Booking, ...] = ()
    instruments: tuple[Instrument, ...] = ()
    checks: tuple[Checks, ...] = ()
    executed_today: tuple[Stated, ...] | None = None
    in_flight: tuple[InFlight, ...] = ()
    orders: tuple[Order, ...] = ()
    changes: tuple[Change, ...] = ()
    increase: Increase | None = None
    excess: Excess | None = None
    timeline: tuple[Station, ...] = ()
    stages_unread: tuple[str, ...] = ()
    effectiveness: tuple[Effectiveness, ...] = ()
    period: Period | None = None
    alerts: tuple[Alert, ...] = ()
    gaps: tuple[Gap, ...] = ()
