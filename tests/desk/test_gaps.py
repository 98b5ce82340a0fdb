"""What is not there is said, with what to do about it."""

from decimal import Decimal

from hawk_backend.desk import compute
from tests.desk.tables import TODAY, Given, ask, full, given, golden, instruction, missing, position


def gaps(tables: dict[str, Given], **asked: object) -> list[str]:
    """Return the gaps as text."""
    return list(map(str, compute(ask(**asked), tables).gaps))


def test_eur_gives_gaps_with_a_recommendation() -> None:
    """No entity and no position in EUR: no capacity, no status, and what to do."""
    empty = {**full(), "entity_master": given(), "position_nav_master": given()}
    found = gaps(empty, currencies=("EUR",), instruction_type="U", amount=Decimal(1))
    assert found[0] == (
        "No entity and no position in EUR is on record: capacity of EUR cannot be computed. "
        "Recommendation: check the currency, or load entities and positions of EUR before "
        "hedging; do not infer them from other currencies."
    )
    assert any("no USD_PB_DEPOSIT levels of EUR" in gap for gap in found)


def test_a_currency_with_entities_but_no_positions_says_so() -> None:
    """The sentence tells which of the two is missing."""
    tables = {**golden(), "position_nav_master": given()}
    assert gaps(tables)[0].startswith("No position in CNY that this question asks about is")


def test_a_period_without_snapshots_is_no_currency_without_positions() -> None:
    """Nothing in August: it is the period that has none, and nothing is to be loaded."""
    tables = {**golden(), "position_nav_master": given()}
    august = TODAY.replace(month=8, day=31)
    assert gaps(tables, as_of=august)[0] == (
        "No position in CNY is on record in the period asked about, up to 2025-08-31: capacity of "
        "CNY cannot be computed. Recommendation: ask for a period that has snapshots of CNY, or "
        "without one for the newest; do not infer them from other dates."
    )
    unknown = gaps(tables, as_of=august, currencies=("EUR",))[0]
    assert unknown.startswith("No entity and no position in EUR is on record: ")


def test_positions_that_could_not_be_read_are_not_called_absent() -> None:
    """A failed read is a gap of the read, not of the data."""
    tables = {**golden(), "position_nav_master": missing()}
    assert gaps(tables)[0].startswith(
        "Positions in CNY could not be read (position_nav_master: missing (timeout))"
    )


def test_every_input_that_a_figure_lacks_is_named() -> None:
    """Without allocations neither capacity nor what can be placed is known, for one reason."""
    tables = {**full(), "allocation_engine": missing()}
    found = gaps(tables, instruction_type="U", amount=Decimal(1))
    why = (
        "cannot be computed; missing: allocation_engine: missing (timeout). Recommendation: "
        "supply what is missing and ask again; do not estimate it."
    )
    assert found == [f"Capacity of CNY {why}", f"What can be placed in CNY {why}"]


def test_many_missing_inputs_are_counted() -> None:
    """Eight are named and the rest counted, so that a gap stays a sentence."""
    rows = [position(f"ENTITY{n:04}", "COI", "1", "0", optimal_car_amount=None) for n in range(20)]
    (gap,) = gaps({**golden(), "position_nav_master": given(*rows)})
    assert gap.count("optimal_car_amount") == 8
    assert "and 12 more." in gap


def test_an_order_that_is_not_on_record_is_named() -> None:
    """Both the order and the previous one are looked for."""
    tables = {"hedge_instructions": given(instruction(1, "I", "ORD-1", "1"))}
    found = gaps(tables, order_id="ORD-1", previous_order_id="ORD-2", instruction_type="R")
    assert found[0].startswith("No instruction of order ORD-2 is on record.")
    assert not any("ORD_1" in gap for gap in gaps(tables, order_id="ord_1"))
    unread = {"hedge_instructions": missing()}
    assert not any("ORD-2" in gap for gap in gaps(unread, previous_order_id="ORD-2"))


def test_an_order_that_is_only_to_be_made_is_not_missed() -> None:
    """The order of a new hedge, and of what follows a named order, need not be on record."""
    tables = {"hedge_instructions": given(instruction(1, "I", "ORD-1", "1"))}
    new = {"order_id": "ORD-9", "previous_order_id": "ORD-1"}
    for kind in "IURTA":
        assert not any("ORD-9" in gap for gap in gaps(tables, instruction_type=kind, **new))
    assert gaps(tables, instruction_type="T", order_id="ORD-9")[0].startswith(
        "No instruction of order ORD-9 is on record."
    )
    assert not any("ORD-9" in gap for gap in gaps(tables, instruction_type="I", order_id="ORD-9"))


def test_a_currency_without_hedges_says_so() -> None:
    """Nothing to roll, close or ask about in EUR; a new hedge needs none."""
    tables = {"hedge_instructions": given(instruction(1, "I", "ORD-1", "1"))}
    for kind in "RTAQ":
        found = gaps(tables, currencies=("EUR",), instruction_type=kind)
        assert found[0].startswith(
            "No instruction in EUR that this question asks about is on record."
        )
    assert gaps(tables, instruction_type="Q") == []
    assert not any("instruction" in gap for gap in gaps(full(), instruction_type="U"))


def test_nothing_missing_is_no_gap() -> None:
    """A complete utilisation has none."""
    assert gaps(full(), instruction_type="U", amount=Decimal(150_000)) == []
