"""The waterfall: order, lots, what is placed and what is left."""

from decimal import Decimal

import pytest

from hawk_backend.desk import compute
from hawk_backend.desk.waterfall import Step, Waterfall, floored
from hawk_backend.rows import Cell, Row
from tests.desk.tables import (
    Given,
    allocation,
    ask,
    currency,
    full,
    given,
    known,
    missing,
    missing_of,
    position,
)


def fall(amount: int | None, kind: str = "U", **tables: Given) -> Waterfall:
    """Return CNY's waterfall with some tables given otherwise."""
    about = ask(instruction_type=kind, amount=None if amount is None else Decimal(amount))
    (found,) = compute(about, {**full(), **tables}).waterfalls
    return found


def order(found: Waterfall) -> list[str]:
    """Name the turns."""
    return [f"{step.line.entity_type} {step.line.nav_type}" for step in found.steps]


def level(rank: int, entity_type: str, **cells: Cell) -> Row:
    """Make a row of waterfall_logic_configuration."""
    return {
        "waterfall_type": "Opening",
        "priority_level": rank,
        "entity_type": entity_type,
        "active_flag": "Y",
        **cells,
    }


def test_the_standard_order_is_by_type_then_re_before_coi() -> None:
    """Branch, Subsidiary, Associate, TMU, each RE first; the source of the order is named."""
    found = fall(None)
    assert order(found) == [
        *("Branch RE", "Branch COI", "Subsidiary RE", "Subsidiary COI"),
        *("Associate RE", "Associate COI", "TMU RE", "TMU COI"),
    ]
    assert found.order == "standard order (no Opening rows)"


def test_the_configured_order_comes_first() -> None:
    """priority_level decides; inactive, closing and other currencies' rows do not count."""
    logic = given(
        level(2, "Branch"),
        level(1, "TMU"),
        level(0, "Associate", active_flag="N"),
        level(0, "Associate", waterfall_type="Closing"),
        level(0, "Associate", currency_code="AUD"),
    )
    found = fall(None, waterfall_logic_configuration=logic)
    assert order(found)[:4] == ["TMU RE", "TMU COI", "Branch RE", "Branch COI"]
    assert found.order == "waterfall_logic_configuration"


def test_a_level_may_take_exempt_entities_only() -> None:
    """car_exemption_required lets no other entity of the type have the turn."""
    logic = given(level(1, "ALL", car_exemption_required="Y"), level(2, "Branch"))
    found = fall(None, waterfall_logic_configuration=logic)
    assert {name.split()[0] for name in order(found)[:4]} == {"Associate", "Subsidiary"}
    assert order(found)[4:6] == ["Branch RE", "Branch COI"]


def test_the_highest_available_comes_first_within_a_turn() -> None:
    """Two entities of one type: the larger line, then the entity's id."""
    rows = [position(f"ENTITY000{n}", "RE", amount, "0") for n, amount in ((5, "7"), (9, "8"))]
    entities = {"ENTITY0005", "ENTITY0009"}
    found = fall(
        None,
        position_nav_master=given(*rows),
        entity_master=given(
            *(
                {"entity_id": e, "entity_type": "Branch", "car_exemption_flag": "N"}
                for e in entities
            )
        ),
    )
    assert [step.line.entity_id for step in found.steps] == ["ENTITY0009", "ENTITY0005"]


def placed(step: Step) -> Decimal:
    """Return what of the request falls on a turn."""
    assert step.placed is not None
    return known(step.placed)


def test_the_request_falls_on_the_turns_in_order() -> None:
    """300,000: the Branch's 237,500 of RE, then 62,500 of its 95,000 of COI."""
    found = fall(300_000)
    assert [placed(step) for step in found.steps[:3]] == [237_500, 62_500, 0]
    assert known(found.placeable) == Decimal(1_347_500)
    assert found.unplaced is not None
    assert known(found.unplaced) == 0


def test_each_turn_is_floored_to_whole_lots() -> None:
    """Lots of 100,000 leave 200,000 of 237,500 and nothing of 95,000."""
    lots = given(currency("CNY", "Matched", minimum_deal_size=Decimal(100_000)))
    found = fall(None, currency_configuration=lots)
    assert [known(step.placeable) for step in found.steps[:2]] == [200_000, 0]
    assert known(found.placeable) == Decimal(900_000)
    assert {step.placed for step in found.steps} == {None}


def test_what_is_less_than_a_lot_stays_unplaced() -> None:
    """150,250 in lots of 500 places 150,000 and says so."""
    result = compute(ask(instruction_type="U", amount=Decimal(150_250)), full())
    (found,) = result.waterfalls
    assert found.unplaced is not None
    assert known(found.unplaced) == Decimal(250)
    assert "NOT_IN_LOTS" in [alert.code for alert in result.alerts]


def test_no_lot_on_record_is_a_gap() -> None:
    """NULL in minimum_deal_size, no row and no table: each is named, nothing is floored."""
    null = currency("CNY", "Matched", minimum_deal_size=None)
    cell = "currency_configuration[CNY].minimum_deal_size"
    for table, why in (
        (given(null), cell),
        (given(), "currency_configuration: no row of CNY"),
        (missing(), "currency_configuration: missing (timeout)"),
    ):
        assert missing_of(fall(1, currency_configuration=table).placeable) == (why,)


def test_an_over_hedged_line_places_nothing() -> None:
    """A negative line has its turn with 0."""
    found = fall(None, position_nav_master=given(position("ENTITY0005", "RE", "-9000", "0")))
    assert known(found.steps[0].placeable) == 0


def test_closing_turns_the_order_round_over_hedged_amounts() -> None:
    """A termination unwinds TMU first, COI before RE, up to what is hedged."""
    hedged = given(
        allocation("ALLOC_1", "ENTITY0005", "COI", "9000"),
        allocation("ALLOC_2", "ENTITY0008", "RE", "5000"),
        allocation("ALLOC_3", "ENTITY0008", "COI", "4000"),
    )
    found = fall(10_000, "T", allocation_engine=hedged)
    turns = [(step.line.entity_id, int(placed(step))) for step in found.steps]
    assert [turn for turn in turns if turn[1]] == [
        *(("ENTITY0008", 4_000), ("ENTITY0008", 5_000), ("ENTITY0005", 1_000)),
    ]
    assert found.kind == "closing"


def test_without_entities_there_is_no_order_to_close_in() -> None:
    """The order goes by the entities' types: a prompt that does not read them gets none."""
    tables = {name: table for name, table in full().items() if name != "entity_master"}
    assert compute(ask(instruction_type="T"), tables).waterfalls == ()


@pytest.mark.parametrize(
    ("amount", "lot", "expected"),
    [
        *(("999", "500", "500"), ("1000", "500", "1000"), ("499", "500", "0")),
        *(
            ("-1", "500", "0"),
            ("10.75", "0.5", "10.5"),
            ("123.45", "0", "123.45"),
            ("-5", "0", "0"),
        ),
    ],
)
def test_floored_gives_the_largest_multiple(amount: str, lot: str, expected: str) -> None:
    """Never above the amount, never below zero; a lot of 0 is none."""
    assert floored(Decimal(amount), Decimal(lot)) == Decimal(expected)
