"""How the desk's tables read."""

from collections.abc import Mapping
from decimal import Decimal

from hawk_backend.desk import compute
from hawk_backend.desk.turns import finish
from hawk_backend.pipeline.context.layout import desk_blocks
from tests.desk.tables import (
    Given,
    ask,
    full,
    given,
    golden,
    instruction,
    missing,
    position,
    with_rows,
)


def rendered(tables: Mapping[str, Given], **asked: object) -> dict[str, list[dict[str, str]]]:
    """Return each desk table's records by the names of their columns."""
    blocks = finish(desk_blocks(compute(ask(**asked), tables)))
    return {
        block.name: [_named(block.header, record) for record in block.records] for block in blocks
    }


def _named(header: str, record: str) -> dict[str, str]:
    names, cells = header.strip().split(" | "), record.split(" | ")
    assert len(names) == len(cells)
    return {
        name.removeprefix("| "): cell.removeprefix("| ")
        for name, cell in zip(names, cells, strict=True)
    }


def test_the_buffer_rules_have_a_column_where_they_were_read() -> None:
    """A rollover reads none: nothing is said about them, not that they are amiss."""
    assert rendered(full())["capacity"][0]["By the buffer rules"] == "1,365,000.0"
    without = {name: table for name, table in golden().items() if name != "buffer_configuration"}
    found = rendered(without)["capacity"][0]
    assert found["Total capacity"] == "1,347,500.0"
    assert "By the buffer rules" not in found


def test_capacity_says_of_which_nav_types_it_is() -> None:
    """The RE of an entity is not taken for all that it has."""
    assert rendered(full())["capacity"][0]["NAV"] == "COI, RE"
    tables = with_rows(full(), "position_nav_master", position("ENTITY0005", "RE", "9", "0"))
    found = rendered(tables)["capacity"][0]
    assert (found["NAV"], found["Entities"]) == ("RE", "1")


def test_an_amount_in_another_currency_stands_beside_what_it_is_turned_into() -> None:
    """21,000 USD at 0.14 are 150,000 CNY; an amount of the currency stands alone."""
    usd = rendered(full(), instruction_type="U", amount=Decimal(21_000), amount_currency="USD")
    assert usd["request"][0]["Requested"] == "150,000.0 (21,000.0 USD)"
    cny = rendered(full(), instruction_type="U", amount=Decimal(150_000))
    assert cny["request"][0]["Requested"] == "150,000.0"


def test_the_timeline_names_the_stages_that_were_not_read() -> None:
    """No deal below an event means that there is none only where deals were read."""
    books = {
        "hedge_instructions": given(instruction(1, "I", "ORD-1", "5")),
        "hedge_business_events": given(),
        "deal_bookings": missing(),
    }
    assert title(books) == "--- Timeline: instruction, event, deal, GL (not read: deal, gl)"
    read = books | {"deal_bookings": given(), "gl_entries": given()}
    assert title(read) == "--- Timeline: instruction, event, deal, GL"


def title(tables: Mapping[str, Given]) -> str:
    """Return the timeline's title."""
    blocks = finish(desk_blocks(compute(ask(instruction_type="Q"), tables)))
    return next(block.title for block in blocks if block.name == "timeline")
