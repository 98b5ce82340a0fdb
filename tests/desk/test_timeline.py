"""The way of an order: instruction, event, deal, GL."""

from datetime import timedelta
from decimal import Decimal

from hawk_backend.desk import compute
from hawk_backend.desk.timeline import Station
from hawk_backend.rows import Cell, Row
from tests.desk.tables import TODAY, ask, given, instruction, known, whole


def event(number: int, parent: str, **cells: Cell) -> Row:
    """Make a row of hedge_business_events."""
    return {
        "event_id": f"EVT{number}",
        "instruction_id": parent,
        "business_event_type": "Initiation",
        "event_status": "Completed",
        "trade_date": TODAY - timedelta(days=2),
        "notional_amount": Decimal(40_000),
        "expected_deal_count": 6,
        "actual_deal_count": 6,
        **cells,
    }


def deal(number: int, parent: str) -> Row:
    """Make a row of deal_bookings."""
    return {
        "deal_booking_id": f"DEAL{number}",
        "event_id": parent,
        "deal_type": "FX_SPOT",
        "deal_status": "Booked",
        "trade_date": TODAY - timedelta(days=1),
        "sell_amount": Decimal("40000.50"),
        "sell_currency": "CNY",
        "maturity_date": TODAY + timedelta(days=90),
    }


def entry(number: int, parent: str, **cells: Cell) -> Row:
    """Make a row of gl_entries."""
    return {
        "entry_id": f"GL{number}",
        "event_id": parent,
        "package_id": "PKG1",
        "gl_date": TODAY,
        "dr_amount_sgd": Decimal(7_200),
        **cells,
    }


def way(kind: str | None = "Q", **tables: tuple[Row, ...]) -> tuple[Station, ...]:
    """Return the timeline of these rows."""
    made = {name: given(*rows) for name, rows in tables.items()}
    return compute(ask(instruction_type=kind), made).timeline


def test_records_stand_below_the_one_that_they_came_from() -> None:
    """Each instruction is followed by its events, their deals and their ledger entries."""
    found = way(
        hedge_instructions=(instruction(1, "I", "ORD-1", "1"), instruction(2, "I", "ORD-2", "2")),
        hedge_business_events=(event(2, "INST002"), event(1, "INST001")),
        deal_bookings=(deal(1, "EVT1"), deal(2, "EVT2"), deal(3, "EVT1")),
        gl_entries=(entry(1, "EVT1"),),
    )
    assert [station.key for station in found] == [
        *("INST001", "EVT1", "DEAL1", "DEAL3", "GL1", "INST002", "EVT2", "DEAL2"),
    ]


def test_ages_count_calendar_days_to_today() -> None:
    """Today is 0; a record without a date has no age."""
    found = way(
        hedge_instructions=(instruction(1, "I", "ORD-1", "1"),),
        hedge_business_events=(event(1, "INST001"), event(2, "INST001", trade_date=None)),
        deal_bookings=(deal(1, "EVT1"),),
    )
    assert [(s.key, s.age_days) for s in found] == [
        *(("INST001", 0), ("EVT1", 2), ("DEAL1", 1), ("EVT2", None)),
    ]


def test_records_without_their_parent_are_not_lost() -> None:
    """An event, a deal and an entry whose origin is not at hand follow at the end."""
    found = way(
        hedge_instructions=(instruction(1, "I", "ORD-1", "1"),),
        hedge_business_events=(event(9, "INST999"),),
        deal_bookings=(deal(8, "EVT8"),),
        gl_entries=(entry(7, "EVT7"),),
    )
    assert [station.key for station in found] == ["INST001", "EVT9", "DEAL8", "GL7"]


def test_a_station_says_amount_status_and_detail() -> None:
    """Amounts keep their stored digits; the details name what they are."""
    found = way(
        hedge_instructions=(instruction(1, "I", "ORD-1", "1", check_status="Pass"),),
        hedge_business_events=(event(1, "INST001", stage_2_status="Error"),),
        deal_bookings=(deal(1, "EVT1"),),
    )
    first, second, third = found
    assert (first.parent, first.status, first.detail) == ("ORD-1", "Completed", "check Pass")
    assert getattr(second.amount, "unit", None) == "CNY"
    assert "2 Error" in second.detail
    assert third.amount is not None
    assert (known(third.amount), third.detail) == (
        Decimal("40000.50"),
        f"matures {TODAY + timedelta(90)}",
    )


def test_the_ledger_s_other_generation_is_read_too() -> None:
    """gl_entry_id, posting_date and amount_sgd mean the same."""
    row: Row = {
        "gl_entry_id": "GL5",
        "event_id": "EVT1",
        "posting_date": TODAY,
        "amount_sgd": Decimal(5),
    }
    (found,) = way(gl_entries=(row,))
    assert found.amount is not None
    assert (found.key, found.age_days, whole(found.amount)) == ("GL5", 0, 5)


def test_deals_that_are_missing_and_stages_that_failed_are_alerts() -> None:
    """A completed event with 4 of 6 deals, and one whose stage 2 ended in Error."""
    rows = (
        event(1, "INST001", actual_deal_count=4),
        event(2, "INST001", stage_2_status="Error", event_status="Failed", actual_deal_count=0),
    )
    result = compute(ask(instruction_type="Q"), {"hedge_business_events": given(*rows)})
    assert [str(alert) for alert in result.alerts] == [
        "DEALS_MISSING: EVT1 is Completed with 4 of 6 deals.",
        "STAGE_FAILED: EVT2: stage 2 failed.",
    ]


def test_deals_and_ledger_are_followed_for_other_questions_too() -> None:
    """Without an instruction type, events with deals or entries make a timeline."""
    assert way(None, hedge_business_events=(event(1, ""),), deal_bookings=()) != ()
    assert way(None, hedge_business_events=(event(1, ""),)) == ()
    assert way("U", hedge_business_events=(event(1, ""),), deal_bookings=()) == ()
