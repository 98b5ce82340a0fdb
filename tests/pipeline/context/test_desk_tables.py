"""How the desk's tables read."""

from collections.abc import Mapping

from hawk_backend.desk import compute
from hawk_backend.desk.turns import finish
from hawk_backend.pipeline.context.layout import desk_blocks
from tests.desk.tables import Given, ask, full, golden, position, with_rows


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
