"""What an amendment changes of an order, field by field."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from hawk_backend.desk.ask import Ask, Tables
from hawk_backend.desk.booking import Checks, checks
from hawk_backend.desk.cells import same_id, text
from hawk_backend.desk.figure import Known, derive
from hawk_backend.desk.orders import TABLE, Order, amount
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
)
_ASKED = "asked for now"


@dataclass(frozen=True, slots=True)
class Change:
    """One field: as the order has it, and as `by` has it (an amending order, or the prompt).

    `state` is the status of the amending instruction: whether it has taken effect.
    """

    order_id: str
    by: str
    state: str
    column: str
    original: Cell
    amended: Cell


def changes(tables: Tables, ask: Ask) -> tuple[Change, ...]:
    """Compare every amendment at hand with the order that it amends, then the prompt's own wish.

    Only fields that differ and that the amendment fills; an amendment whose order is not at hand
    has nothing to be compared with and gives none.
    """
    rows = tables.rows(TABLE)
    versions = _versions(tables)
    amendments = [row for row in rows if text(row, "instruction_type") == "A"]
    found = [change for row in amendments for change in _changes(row, versions)]
    return (*found, *_asked(ask, _by_order(tables)))


def _versions(tables: Tables) -> Mapping[str, Sequence[Row]]:
    """Give each order its instructions, newest first; an amendment may bear its order's own id."""
    found: dict[str, list[Row]] = {}
    for row in tables.rows(TABLE):
        if text(row, "instruction_type") in ("I", "R", "A"):
            found.setdefault(text(row, "order_id"), []).append(row)
    return found


def _by_order(tables: Tables) -> Mapping[str, Row]:
    return {order_id: rows[0] for order_id, rows in _versions(tables).items()}


def _changes(row: Row, versions: Mapping[str, Sequence[Row]]) -> Iterator[Change]:
    previous = text(row, "previous_order_id")
    original = _before(row, versions.get(previous, ()))
    if original is None:
        return
    names = (previous, text(row, "order_id"), text(row, "instruction_status"))
    for column in _COMPARED:
        before, after = original.get(column), row.get(column)
        if after is not None and before != after:
            yield Change(*names, column, before, after)


def _before(row: Row, versions: Sequence[Row]) -> Row | None:
    """Return the newest version, or the one before `row` where that is one of them."""
    mine = next((place for place, other in enumerate(versions) if other is row), -1)
    return versions[mine + 1] if mine + 1 < len(versions) else None


def _asked(ask: Ask, by_order: Mapping[str, Row]) -> Iterator[Change]:
    """Compare the amount and method that the prompt asks for with the order that it names."""
    order_id = _named(ask, by_order)
    original = by_order.get(order_id)
    if ask.instruction_type != "A" or original is None:
        return
    for column, wish in (("hedge_amount_order", ask.amount), ("hedge_method", ask.hedge_method)):
        if wish is not None and wish != original.get(column):
            yield Change(order_id, _ASKED, "", column, original.get(column), wish)


def _named(ask: Ask, by_order: Mapping[str, Row]) -> str:
    """Return the order that the prompt names, as the books write it; empty where it is unknown."""
    named = ask.previous_order_id or ask.order_id or ""
    return next((mine for mine in by_order if mine and same_id(mine, named)), "")


@dataclass(frozen=True, slots=True)
class Increase:
    """What an amendment asks for beyond the order's notional in effect; positive, in `currency`."""

    order_id: str
    currency: str
    places: int | None
    more: Known


def increase(tables: Tables, ask: Ask, orders: Sequence[Order]) -> Increase | None:
    """Return asked amount - notional in effect, as stored; None where it is no increase.

    Amounts of two currencies are not compared.
    """
    by_order = _by_order(tables)
    order_id = _named(ask, by_order)
    asked = _asked_amount(ask, by_order.get(order_id, {}))
    if asked is None:
        return None
    before = next((item.notional for item in orders if item.order_id == order_id), None)
    more = derive(
        asked.unit,
        "asked - notional",
        lambda new, old: new - old,
        asked,
        amount(by_order[order_id]) if before is None else before,
    )
    same = asked.unit == text(by_order[order_id], "exposure_currency")
    if not same or not isinstance(more, Known) or more.value <= 0:
        return None
    return Increase(order_id, asked.unit, tables.places(asked.unit), more)


def amended_size(tables: Tables, ask: Ask) -> tuple[Checks, ...]:
    """Check the amount that an amendment asks for as one deal of its currency."""
    by_order = _by_order(tables)
    asked = _asked_amount(ask, by_order.get(_named(ask, by_order), {}))
    found = None if asked is None else checks(tables, ask, asked.unit, asked)
    return () if found is None else (found,)


def _asked_amount(ask: Ask, original: Row) -> Known | None:
    """Return the new amount in its own currency, else in the order's."""
    currency = ask.amount_currency or text(original, "exposure_currency")
    if ask.amount is None or not original or not currency:
        return None
    return Known(ask.amount, currency, "as asked")
