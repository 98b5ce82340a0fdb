"""What an amendment changes of an order, field by field."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from hawk_backend.desk.ask import Ask, Tables
from hawk_backend.desk.cells import same_id, text
from hawk_backend.desk.orders import TABLE
from hawk_backend.rows import Cell, Row

_COMPARED = (
    "hedge_amount_order",
    "exposure_currency",
    "hedge_method",
    "hedging_instrument_hint",
    "tenor_or_maturity",
    "portfolio_code",
    "value_date",
    "sub_order_id",
    "instruction_status",
)
_ASKED = "asked for now"


@dataclass(frozen=True, slots=True)
class Change:
    """One field: as the order has it, and as `by` has it (an amending order, or the prompt)."""

    order_id: str
    by: str
    column: str
    original: Cell
    amended: Cell


def changes(tables: Tables, ask: Ask) -> tuple[Change, ...]:
    """Compare every amendment at hand with the order that it amends, then the prompt's own wish.

    Only fields that differ and that the amendment fills; an amendment whose order is not at hand
    has nothing to be compared with and gives none.
    """
    rows = tables.rows(TABLE)
    by_order = {
        text(row, "order_id"): row
        for row in reversed(rows)
        if text(row, "instruction_type") in ("I", "R", "A")
    }
    amendments = [row for row in rows if text(row, "instruction_type") == "A"]
    found = [change for row in amendments for change in _changes(row, by_order)]
    return (*found, *_asked(ask, by_order))


def _changes(row: Row, by_order: Mapping[str, Row]) -> Iterator[Change]:
    previous = text(row, "previous_order_id")
    original = by_order.get(previous)
    if original is None or original is row:
        return
    for column in _COMPARED:
        before, after = original.get(column), row.get(column)
        if after is not None and before != after:
            yield Change(previous, text(row, "order_id"), column, before, after)


def _asked(ask: Ask, by_order: Mapping[str, Row]) -> Iterator[Change]:
    """Compare the amount and method that the prompt asks for with the order that it names."""
    named = ask.previous_order_id or ask.order_id or ""
    order_id = next((mine for mine in by_order if mine and same_id(mine, named)), "")
    original = by_order.get(order_id)
    if ask.instruction_type != "A" or original is None:
        return
    for column, wish in (("hedge_amount_order", ask.amount), ("hedge_method", ask.hedge_method)):
        if wish is not None and wish != original.get(column):
            yield Change(order_id, _ASKED, column, original.get(column), wish)
