"""What an amendment changes, field by field."""

from decimal import Decimal

from hawk_backend.desk import compute
from hawk_backend.rows import Row
from tests.desk.tables import ask, given, instruction

OPENED = instruction(1, "I", "ORD-1", "40000", hedge_method="COH", portfolio_code="CO_FX")
AMENDED = instruction(
    2,
    "A",
    "ORD-2",
    "50000",
    previous_order_id="ORD-1",
    hedge_method="COH",
    portfolio_code="HDGIC",
    instruction_status="Processing",
)


def changes(*rows: Row, **asked: object) -> list[tuple[object, ...]]:
    """Return the changes as plain cells."""
    about = ask(instruction_type="A", **asked)
    found = compute(about, {"hedge_instructions": given(*rows)}).changes
    return [(c.order_id, c.by, c.column, c.original, c.amended) for c in found]


def test_only_fields_that_differ_are_listed() -> None:
    """Amount, portfolio and status changed; the method did not."""
    expected = [
        ("ORD-1", "ORD-2", "hedge_amount_order", Decimal(40_000), Decimal(50_000)),
        ("ORD-1", "ORD-2", "portfolio_code", "CO_FX", "HDGIC"),
        ("ORD-1", "ORD-2", "instruction_status", "Completed", "Processing"),
    ]
    assert changes(OPENED, AMENDED) == changes(AMENDED, OPENED) == expected


def test_a_field_that_the_amendment_leaves_empty_stays_as_it_was() -> None:
    """NULL in an amendment changes nothing."""
    row = {**AMENDED, "portfolio_code": None, "instruction_status": "Completed"}
    assert [change[2] for change in changes(OPENED, row)] == ["hedge_amount_order"]


def test_what_the_prompt_asks_for_stands_against_the_order() -> None:
    """120 million asked for ORD-1, which is 40,000."""
    found = changes(OPENED, order_id="ORD_1", amount=Decimal(120_000_000))
    assert found == [
        ("ORD-1", "asked for now", "hedge_amount_order", Decimal(40_000), Decimal(120_000_000))
    ]


def test_a_wish_that_is_fulfilled_already_is_no_change() -> None:
    """The amount that the order has is not listed."""
    assert changes(OPENED, order_id="ORD-1", amount=Decimal(40_000), hedge_method="COH") == []


def test_an_amendment_without_its_order_is_not_compared() -> None:
    """Neither with another order nor with itself."""
    assert changes(AMENDED) == []
    assert changes({**AMENDED, "previous_order_id": "ORD-2"}) == []
    assert changes({**AMENDED, "previous_order_id": None}, OPENED) == []
