"""What is watched: effectiveness, prime broker deposits, risks, settings, and who did what."""

from datetime import timedelta
from decimal import Decimal

from hawk_backend.dev.data.days import Days, at
from hawk_backend.dev.data.entities import ENTITIES, TYPES
from hawk_backend.dev.data.events import Event, events
from hawk_backend.dev.data.instructions import msg_uid, received, trace
from hawk_backend.dev.data.orders import ORDERS, Order
from hawk_backend.dev.data.row import Row, Rows

LOWER, UPPER = 80, 125
OUT_OF_BAND = {"INST019": Decimal("131.2"), "INST025": Decimal("78.4")}
"""Newest effectiveness of the hedges that fail the 80 to 125 test."""

DEPOSITS = {
    "AUD": (104, "WARNING"),
    "CNY": (45, "WITHIN"),
    "HKD": (134, "WARNING"),
    "IDR": (12, "WITHIN"),
    "INR": (62, "WARNING"),
    "JPY": (96, "BREACH"),
    "KRW": (30, "WITHIN"),
    "USD": (128, "WITHIN"),
    "VND": (8, "WITHIN"),
}
"""US dollars on deposit in thousands, and the state; PHP and TWD have no rows."""

SHARES = dict(zip(TYPES, (40, 15, 25, 20), strict=True))
"""Percent of a currency's deposits that an entity of each type holds."""

RISKS = ("CONCENTRATION", "LIMIT_UTILISATION", "STALE_RATE", "COUNTERPARTY", "MATURITY_GAP")
SETTINGS = {
    "HEDGE": {
        "BASE_CURRENCY": "SGD",
        "DEFAULT_BUFFER_PERCENT": "5",
        "EFFECTIVENESS_LOWER": "80",
        "EFFECTIVENESS_UPPER": "125",
        "WATERFALL_DEFAULT": "Opening",
        "NAV_PRIORITY": "RE_COI",
        "SETTLEMENT_DAYS": "2",
    },
    "USD_PB": {
        "CHECK_ENABLED": "true",
        "WARN_ON_DESCENDING_LEVELS": "true",
    },
    "RATES": {
        "MAX_AGE_DAYS": "2",
        "CROSS_VIA": "SGD",
    },
    "GL": {
        "LEDGER": "IFRS",
        "EXPORT_TIME": "18:30",
    },
    "MUREX": {
        "ACK_TIMEOUT_MINUTES": "45",
        "RETRY_LIMIT": "3",
    },
    "SYSTEM": {
        "RETENTION_DAYS": "2555",
    },
}

STEPS = (
    ("INTAKE", "RECEIVE"),
    ("INTAKE", "VALIDATE"),
    ("STAGE_1A", "CHECK_CAPACITY"),
    ("STAGE_1B", "ALLOCATE"),
    ("STAGE_2", "BOOK_DEALS"),
    ("STAGE_3", "POST_GL"),
)
REACHED = {
    "Received": 1,
    "Cancelled": 2,
    "Failed": 3,
    "Validated": 2,
    "Allocated": 4,
    "Processing": 5,
    "Executed": 5,
    "Active": 5,
    "Completed": 6,
}
"""How many of the steps an instruction of each state has seen."""


def hedge_effectiveness(days: Days) -> Rows:
    """Return two tests of every hedge in force that is older than a day: midway and yesterday."""
    tested = [e for e in events(days) if e.order.kind in "IRA" and e.order.done and e.order.ago > 1]
    return [_test(event, days, newest=newest) for event in tested for newest in (False, True)]


def usd_pb_deposit(days: Days) -> Rows:
    """Return deposits of the anchor date and, a little lower, of the day before."""
    return [
        {
            "deposit_id": f"PB_{entity.id}_{day:%Y%m%d}",
            "entity_id": entity.id,
            "total_usd_deposits": Decimal(thousands * 10 * SHARES[entity.type] - 10 * age),
            "current_hedge_exposure": Decimal(thousands * 4 * SHARES[entity.type]),
            "breach_status": state,
            "as_of_date": day,
        }
        for entity in ENTITIES
        if entity.currency in DEPOSITS
        for thousands, state in [DEPOSITS[entity.currency]]
        for age, day in enumerate((days.anchor, days.before(1)))
    ]


def risk_monitoring(days: Days) -> Rows:
    """Return twenty alerts of the last weeks, every third still open."""
    return [
        {
            "monitor_id": f"RSK_{number:03}",
            "entity_id": entity.id,
            "currency_code": entity.currency,
            "risk_flag": RISKS[number % len(RISKS)],
            "resolution_status": ("Open", "Resolved", "Acknowledged")[number % 3],
            "measurement_timestamp": at(days.back(number), 7, number, number),
        }
        for number, entity in enumerate(ENTITIES[::2][:20])
    ]


def system_configuration(_: Days) -> Rows:
    """Return the settings of the desk's own systems."""
    return [
        {
            "config_key": key,
            "config_value": value,
            "config_type": kind,
            "active_flag": "Y",
        }
        for kind, settings in SETTINGS.items()
        for key, value in settings.items()
    ]


def audit_trail(days: Days) -> Rows:
    """Return every step that every instruction has seen."""
    first_event = {event.order.id: event.id for event in reversed(events(days))}
    steps = [
        _step(order, first_event.get(order.id), step, days)
        for order in ORDERS
        for step in range(_reached(order))
    ]
    return [{"audit_id": f"AUD_{number:05}", **step} for number, step in enumerate(steps, start=1)]


def _test(event: Event, days: Days, *, newest: bool) -> Row:
    usual = Decimal(900 + event.number * 37 % 210 + 11 * newest) / 10
    percentage = OUT_OF_BAND.get(event.order.id, usual) if newest else usual
    return {
        "effectiveness_id": f"EFF_{event.number:04}_{1 + newest}",
        "event_id": event.id,
        "currency_code": event.order.currency,
        "measurement_date": days.back(1 if newest else max(event.order.ago // 2, 2)),
        "method": "Dollar Offset" if event.number % 2 else "Regression",
        "effectiveness_percentage": percentage,
        "hedge_ratio": percentage / 100,
        "test_result": "PASS" if LOWER <= percentage <= UPPER else "FAIL",
    }


def _reached(order: Order) -> int:
    return min(REACHED[order.status], {"Q": 2, "U": 3}.get(order.kind, 6))


def _step(order: Order, event_id: str | None, step: int, days: Days) -> Row:
    stage, action = STEPS[step]
    last = step == _reached(order) - 1
    return {
        "trace_id": trace(order, days),
        "transaction_id": f"TXN_{order.number:03}_{step + 1}",
        "event_id": event_id if step > 1 else None,
        "msg_uid": msg_uid(order, days),
        "stage": stage,
        "process_step": action,
        "status": "FAILED" if last and order.status == "Failed" else "SUCCESS",
        "created_at": received(order, days) + timedelta(minutes=step * 5),
    }
