"""What is in the books of an order, what has taken effect today, and what is in flight."""

from datetime import timedelta
from decimal import Decimal

import pytest

from hawk_backend.desk import compute
from hawk_backend.desk.orders import Order
from hawk_backend.rows import Row
from tests.desk.tables import (
    TODAY,
    Given,
    ask,
    full,
    given,
    instruction,
    known,
    missing,
    missing_of,
    whole,
)


def order(*rows: Row, order_id: str = "ORD-1", complete: bool = True) -> Order:
    """Return one order of a termination's prompt."""
    table = Given(tuple(rows), complete=complete)
    found = compute(ask(instruction_type="T"), {"hedge_instructions": table}).orders
    return next(item for item in found if item.order_id == order_id)


OPENED = instruction(1, "I", "ORD-1", "100000")


def test_outstanding_is_the_notional_less_what_was_closed_and_rolled() -> None:
    """100,000 - 30,000 closed - 20,000 rolled is 50,000."""
    found = order(
        OPENED,
        instruction(2, "T", "ORD-2", "30000", previous_order_id="ORD-1"),
        instruction(3, "R", "ORD-3", "20000", previous_order_id="ORD-1"),
    )
    assert known(found.outstanding) == Decimal(50_000)
    assert (whole(found.terminated), whole(found.rolled)) == (30_000, 20_000)


def test_an_untouched_order_is_outstanding_in_full() -> None:
    """Nothing closed and nothing rolled are zeros by record."""
    assert known(order(OPENED).outstanding) == Decimal(100_000)


@pytest.mark.parametrize("state", ["Received", "Validated", "Processing", "Pending"])
def test_what_has_not_taken_effect_stands_beside(state: str) -> None:
    """An instruction on its way is not taken off; its amount is told."""
    close = instruction(
        2, "T", "ORD-2", "30000", previous_order_id="ORD-1", instruction_status=state
    )
    found = order(OPENED, close)
    assert (whole(found.outstanding), whole(found.in_progress)) == (100_000, 30_000)


@pytest.mark.parametrize("state", ["Failed", "Cancelled", "Rejected"])
def test_what_will_never_take_effect_does_not_count(state: str) -> None:
    """Failed instructions are neither taken off nor on their way."""
    close = instruction(
        2, "T", "ORD-2", "30000", previous_order_id="ORD-1", instruction_status=state
    )
    found = order(OPENED, close)
    assert (whole(found.outstanding), whole(found.in_progress)) == (100_000, 0)


def test_an_amendment_in_effect_is_the_new_notional() -> None:
    """40,000 amended to 50,000, less 10,000 closed of the amended order, is 40,000."""
    found = order(
        instruction(1, "I", "ORD-1", "40000"),
        instruction(2, "A", "ORD-2", "50000", previous_order_id="ORD-1"),
        instruction(3, "T", "ORD-3", "10000", previous_order_id="ORD-2"),
    )
    assert (whole(found.original), whole(found.notional)) == (40_000, 50_000)
    assert known(found.outstanding) == Decimal(40_000)


def test_of_two_amendments_the_newest_holds() -> None:
    """Dates decide, not the order of the rows."""
    first = instruction(
        2, "A", "ORD-2", "50000", previous_order_id="ORD-1", instruction_date=TODAY - timedelta(1)
    )
    second = instruction(3, "A", "ORD-3", "60000", previous_order_id="ORD-2")
    for rows in ((OPENED, first, second), (second, first, OPENED)):
        assert known(order(*rows).notional) == Decimal(60_000)


def test_a_rollover_is_a_hedge_of_its_own() -> None:
    """What was rolled is outstanding under the new order."""
    rolled = instruction(3, "R", "ORD-3", "20000", previous_order_id="ORD-1")
    assert known(order(OPENED, rolled, order_id="ORD-3").outstanding) == Decimal(20_000)


def test_orders_that_name_each_other_end() -> None:
    """Amendments in a circle are followed once."""
    found = order(
        OPENED,
        instruction(2, "A", "ORD-2", "5", previous_order_id="ORD-3"),
        instruction(3, "A", "ORD-3", "6", previous_order_id="ORD-2"),
    )
    assert known(found.notional) == Decimal(100_000)


def test_instructions_that_may_be_more_leave_outstanding_unknown() -> None:
    """An incomplete table may lack a termination."""
    found = order(OPENED, complete=False)
    assert missing_of(found.outstanding) == ("hedge_instructions: incomplete",)


def test_an_amount_that_is_not_recorded_is_named() -> None:
    """NULL in a termination's amount makes outstanding unknown, not larger."""
    close = instruction(2, "T", "ORD-2", "0", previous_order_id="ORD-1", hedge_amount_order=None)
    found = order(OPENED, close)
    assert missing_of(found.outstanding) == ("hedge_instructions[INST002].hedge_amount_order",)


def test_more_closed_than_there_was_is_an_alert() -> None:
    """A negative outstanding amount is shown as it is."""
    close = instruction(2, "T", "ORD-2", "130000", previous_order_id="ORD-1")
    result = compute(ask(instruction_type="T"), {"hedge_instructions": given(OPENED, close)})
    assert known(result.orders[0].outstanding) == Decimal(-30_000)
    assert "OVER_TERMINATED" in [alert.code for alert in result.alerts]


def test_questions_and_checks_are_no_orders() -> None:
    """Only I and R that took effect are hedges in the books."""
    rows = (
        instruction(1, "Q", "ORD-1", "1"),
        instruction(2, "U", "ORD-2", "2"),
        instruction(3, "I", "ORD-3", "3", instruction_status="Processing"),
    )
    result = compute(ask(instruction_type="R"), {"hedge_instructions": given(*rows)})
    assert result.orders == ()


def test_what_was_executed_today_is_listed() -> None:
    """Hedges of today that took effect, in the currencies asked about; checks are none."""
    rows = (
        OPENED,
        instruction(2, "U", "", "2"),
        instruction(3, "I", "ORD-3", "3", instruction_date=TODAY - timedelta(days=1)),
        instruction(4, "I", "ORD-4", "4", instruction_status="Failed"),
        instruction(5, "I", "ORD-5", "5", exposure_currency="AUD"),
    )
    tables = {"hedge_instructions": given(*rows)}
    found = compute(ask(instruction_type="U"), tables).executed_today
    assert found is not None
    assert [(item.instruction_id, whole(item.amount)) for item in found] == [("INST001", 100_000)]


def test_what_is_in_flight_is_an_alert_and_takes_nothing_off() -> None:
    """By type with its sum, of whatever day; what has taken effect or failed is not in flight."""
    rows = (
        OPENED,
        instruction(2, "I", "ORD-2", "80000", instruction_status="Received"),
        instruction(3, "I", "ORD-3", "40000.55", instruction_status=None),
        instruction(4, "A", "ORD-4", "75000", instruction_status="Validated"),
        instruction(5, "I", "ORD-5", "5", instruction_status="Cancelled"),
        instruction(6, "U", "", "6", instruction_status="Received"),
        instruction(7, "I", "ORD-7", "7", instruction_status="Received", exposure_currency="AUD"),
    )
    old = {**rows[1], "instruction_date": TODAY - timedelta(days=9)}
    tables = {**full(), "hedge_instructions": given(rows[0], old, *rows[2:])}
    result = compute(ask(instruction_type="U"), tables)
    assert [(item.kind, known(item.total)) for item in result.in_flight] == [
        ("I", Decimal("120000.55")),
        ("A", Decimal(75_000)),
    ]
    first, second = [str(alert) for alert in result.alerts if alert.code == "IN_FLIGHT"]
    assert "type I in flight, together 120,000.55: INST002 Received 80,000.0, INST003 " in first
    assert "type A in flight, together 75,000.0: INST004 Validated 75,000.0." in second
    whole = " The amount of an amendment is the whole new one of its order."
    assert (first.endswith(whole), second.endswith(whole)) == (False, True)
    assert result.capacity == compute(ask(instruction_type="U"), full()).capacity
    part = {**full(), "hedge_instructions": Given(rows, complete=False)}
    (some, _) = compute(ask(instruction_type="U"), part).in_flight
    assert missing_of(some.total) == ("hedge_instructions: incomplete",)


def test_instructions_that_were_not_read_say_nothing_of_today() -> None:
    """None is not the same as nothing executed."""
    assert (
        compute(ask(instruction_type="U"), {"hedge_instructions": missing()}).executed_today is None
    )
    assert compute(ask(instruction_type="U"), {"hedge_instructions": given()}).executed_today == ()


def test_an_order_matures_with_its_last_deal() -> None:
    """Deals belong to an order through their event; none at hand leaves the maturity unknown."""
    events: list[Row] = [{"event_id": f"EVT{n}", "instruction_id": f"INST00{n}"} for n in (1, 2)]
    deals: list[Row] = [
        {"event_id": "EVT1", "maturity_date": TODAY + timedelta(days=30)},
        {"event_id": "EVT1", "maturity_date": TODAY + timedelta(days=90)},
        {"event_id": "EVT1", "maturity_date": None},
        {"event_id": "EVT2", "maturity_date": TODAY + timedelta(days=300)},
    ]
    tables = {
        "hedge_instructions": given(OPENED),
        "hedge_business_events": given(*events),
        "deal_bookings": given(*deals),
    }
    (found,) = compute(ask(instruction_type="R"), tables).orders
    assert found.matures == TODAY + timedelta(days=90)
    assert order(OPENED).matures is None
