"""What a termination or rollover asks for beyond what is outstanding."""

from decimal import Decimal

import pytest

from hawk_backend.desk import Figures, compute
from tests.desk.tables import ask, given, instruction, known

BOOKS = given(
    instruction(1, "I", "ORD-1", "70000"),
    instruction(2, "T", "ORD-2", "20000", previous_order_id="ORD-1"),
    instruction(3, "T", "ORD-3", "15000", previous_order_id="ORD-1", instruction_status="Received"),
)


def unwound(amount: str, **asked: object) -> Figures:
    """Return the figures of a termination of this much of ORD-1, of which 50,000 is left."""
    about = {"instruction_type": "T", "order_id": "ord_1", "amount": Decimal(amount)} | asked
    return compute(ask(**about), {"hedge_instructions": BOOKS})


@pytest.mark.parametrize("kind", ["R", "T"])
def test_more_than_is_outstanding_is_an_alert(kind: str) -> None:
    """60,000 of 50,000 is 10,000 too much; what is in progress is named beside it."""
    found = unwound("60000", instruction_type=kind)
    assert found.excess is not None
    assert known(found.excess.beyond) == Decimal(10_000)
    (alert,) = map(str, found.alerts)
    assert alert == (
        "EXCEEDS_OUTSTANDING: ORD-1: 60,000.0 CNY asked for, 50,000.0 outstanding, 15,000.0 of it "
        "in progress already: 10,000.0 too much."
    )


def test_the_previous_order_is_the_one_that_is_unwound() -> None:
    """The instruction's own order is new."""
    assert unwound("60000", order_id="ORD-9", previous_order_id="ORD-1").excess is not None
    assert unwound("60000", order_id="ORD-1", previous_order_id="ORD-9").excess is None


def test_what_is_covered_or_not_comparable_is_none() -> None:
    """All that is left, less, another currency, another order, another instruction, no amount."""
    for amount in ("50000", "1"):
        assert unwound(amount).excess is None
    for other in (
        {"amount_currency": "USD"},
        {"order_id": "ORD-7"},
        {"instruction_type": "A"},
    ):
        assert unwound("60000", **other).excess is None
    nothing = ask(instruction_type="T", order_id="ORD-1")
    assert compute(nothing, {"hedge_instructions": BOOKS}).excess is None
