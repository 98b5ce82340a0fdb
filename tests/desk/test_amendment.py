"""What an amendment changes, field by field."""

from decimal import Decimal

from hawk_backend.desk import Figures, compute
from hawk_backend.rows import Row
from tests.desk.tables import ask, currency, full, given, instruction, known, missing

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
    return [(c.order_id, c.by, c.state, c.column, c.original, c.amended) for c in found]


def test_only_fields_that_differ_are_listed() -> None:
    """Amount and portfolio changed, the method did not; the amendment is in progress."""
    expected = [
        ("ORD-1", "ORD-2", "Processing", "hedge_amount_order", Decimal(40_000), Decimal(50_000)),
        ("ORD-1", "ORD-2", "Processing", "portfolio_code", "CO_FX", "HDGIC"),
    ]
    assert changes(OPENED, AMENDED) == changes(AMENDED, OPENED) == expected


def test_a_field_that_the_amendment_leaves_empty_stays_as_it_was() -> None:
    """NULL in an amendment changes nothing."""
    row = {**AMENDED, "portfolio_code": None}
    assert [change[3] for change in changes(OPENED, row)] == ["hedge_amount_order"]


def test_what_the_prompt_asks_for_stands_against_the_order() -> None:
    """120 million asked for ORD-1, which is 40,000."""
    found = changes(OPENED, order_id="ORD_1", amount=Decimal(120_000_000))
    assert found == [
        ("ORD-1", "asked for now", "", "hedge_amount_order", Decimal(40_000), Decimal(120_000_000))
    ]


def test_a_wish_that_is_fulfilled_already_is_no_change() -> None:
    """The amount that the order has is not listed."""
    assert changes(OPENED, order_id="ORD-1", amount=Decimal(40_000), hedge_method="COH") == []


def test_an_amendment_without_its_order_is_not_compared() -> None:
    """Neither with another order nor with itself."""
    assert changes(AMENDED) == []
    assert changes({**AMENDED, "previous_order_id": "ORD-2"}) == []
    assert changes({**AMENDED, "previous_order_id": None}, OPENED) == []


def test_amendments_under_the_order_s_own_id_are_compared_with_what_was_before() -> None:
    """40,000, then 50,000, then 60,000, all named ORD-1: each against the one before."""
    first = {**AMENDED, "order_id": "ORD-1", "portfolio_code": None}
    second = {**first, "instruction_id": "INST003", "hedge_amount_order": Decimal(60_000)}
    amounts = [change[4:] for change in changes(second, first, OPENED)]
    assert amounts == [(Decimal(50_000), Decimal(60_000)), (Decimal(40_000), Decimal(50_000))]


def amended(amount: str, *rows: Row, **asked: object) -> Figures:
    """Return the figures of an amendment of ORD-1 to `amount` of at most 100,000."""
    limits = currency("CNY", "Matched", maximum_deal_size=Decimal(100_000))
    tables = {
        "hedge_instructions": given(*rows),
        "currency_configuration": given(limits),
    }
    return compute(
        ask(instruction_type="A", order_id="ORD-1", amount=Decimal(amount), **asked), tables
    )


def told(figures: Figures) -> list[str]:
    """Return the alerts as text."""
    return list(map(str, figures.alerts))


def test_a_new_amount_is_checked_as_one_deal() -> None:
    """120,000 against 500 to 100,000: above; 90,000 within; 499.5 below."""
    for amount, size in (("120000", "above maximum"), ("90000", "within"), ("499.5", None)):
        found = amended(amount, OPENED)
        assert [check.size for check in found.checks] == [size or "below minimum"]
    text = (
        "DEAL_SIZE: CNY: the amount of 120,000.0 is above maximum of one deal (500.0 to 100,000.0)."
    )
    assert text in told(amended("120000", OPENED))


def test_an_increase_needs_a_utilisation_check() -> None:
    """90,000 is 50,000 more than 40,000 and, once amended to 50,000, only 40,000 more."""
    (alert,) = told(amended("90000", OPENED))
    assert alert.startswith("INCREASE_UNCHECKED: ORD-1: 50,000.0 CNY more than the notional")
    assert alert.endswith("it needs a utilisation check.")
    done = {**AMENDED, "instruction_status": "Completed"}
    more = amended("90000", OPENED, done).increase
    assert more is not None
    assert known(more.more) == Decimal(40_000)


def test_what_is_no_increase_needs_no_check() -> None:
    """Less, the same, another currency, another order, or nothing asked for."""
    for amount in ("40000", "39999"):
        assert amended(amount, OPENED).increase is None
    assert amended("90000", OPENED, amount_currency="USD").increase is None
    assert amended("90000").increase is None
    assert compute(ask(instruction_type="A"), {"hedge_instructions": missing()}).increase is None


def test_an_increase_beside_capacity_is_not_called_unchecked() -> None:
    """Where positions are read too the figures stand above."""
    tables = {**full(), "hedge_instructions": given(OPENED)}
    about = ask(instruction_type="A", order_id="ORD-1", amount=Decimal(90_000))
    found = compute(about, tables)
    assert found.increase is not None
    assert not any("INCREASE_UNCHECKED" in alert for alert in told(found))
