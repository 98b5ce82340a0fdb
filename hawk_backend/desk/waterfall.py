"""Waterfall: in which order positions are used, and what each can place in whole lots."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from hawk_backend.desk.ask import Tables
from hawk_backend.desk.capacity import Capacity
from hawk_backend.desk.cells import flag, text, whole
from hawk_backend.desk.figure import ZERO, Address, Figure, Known, Unknown, derive, stored, total
from hawk_backend.desk.lines import Line
from hawk_backend.desk.turns import Steps, each
from hawk_backend.rows import Row

_LOGIC = "waterfall_logic_configuration"
_CURRENCIES = "currency_configuration"
_STANDARD = ("Branch", "Subsidiary", "Associate", "TMU")
_ANY = frozenset({"", "ALL"})
_LAST = 1_000_000


@dataclass(frozen=True, slots=True)
class Step:
    """One line's turn: what it can place in whole lots, and what of the request falls on it.

    `placed` is None where no amount is asked for.
    """

    line: Line
    placeable: Figure
    placed: Figure | None


@dataclass(frozen=True, slots=True)
class Waterfall:
    """The turns of one currency; amounts in `currency`.

    `order` says where the order comes from.  `unplaced` is what the turns leave of the request.
    Opening turns use Available; closing ones use Hedged and are indicative.
    """

    currency: str
    places: int | None
    kind: str
    order: str
    lot: Figure
    steps: tuple[Step, ...]
    placeable: Figure
    unplaced: Figure | None


def opening(tables: Tables, capacity: Capacity, requested: Figure | None) -> Steps[Waterfall]:
    """Place the request: entity types in order, RE before COI, highest available first.

    The order of types is that of waterfall_logic_configuration, else Branch, Subsidiary,
    Associate, TMU.  Each turn is floored to whole multiples of the currency's minimum_deal_size
    (domain.md 3.3); placeable adds up all turns, whatever is asked for.
    """
    order = _Order(tables, capacity.currency, "Opening", _STANDARD)
    lines = sorted(capacity.lines, key=lambda line: _opening_key(order, line))
    turns = [(line, line.available) for line in lines]
    return (yield from _waterfall("opening", order.source, tables, capacity, turns, requested))


def closing(tables: Tables, capacity: Capacity, requested: Figure | None) -> Steps[Waterfall]:
    """Unwind the request, indicative: the opening order turned round, highest hedged first."""
    order = _Order(tables, capacity.currency, "Closing", _STANDARD[::-1])
    lines = sorted(capacity.lines, key=lambda line: _closing_key(order, line))
    turns = [(line, line.hedged) for line in lines]
    return (yield from _waterfall("closing", order.source, tables, capacity, turns, requested))


def _opening_key(order: "_Order", line: Line) -> tuple[int, bool, Decimal, str, str]:
    return (
        order.rank(line),
        line.nav_type != "RE",
        -_value(line.available),
        line.entity_id,
        line.nav_type,
    )


def _closing_key(order: "_Order", line: Line) -> tuple[int, bool, Decimal, str, str]:
    return (
        order.rank(line),
        line.nav_type != "COI",
        -_value(line.hedged),
        line.entity_id,
        line.nav_type,
    )


def _value(figure: Figure) -> Decimal:
    return figure.value if isinstance(figure, Known) else ZERO


class _Order:
    """Which entity types come first, and who says so."""

    def __init__(self, tables: Tables, currency: str, kind: str, standard: Sequence[str]) -> None:
        self._levels = sorted(_levels(tables, currency, kind), key=_level_key)
        self._exempt = {
            text(row, "entity_id"): flag(row, "car_exemption_flag", null=False)
            for row in tables.rows("entity_master")
        }
        self._standard = {name: rank for rank, name in enumerate(standard)}
        lack = tables.lack(_LOGIC)
        self.source = _LOGIC if self._levels else f"standard order ({lack or f'no {kind} rows'})"

    def rank(self, line: Line) -> int:
        """Return the turn of the line's entity; unknown types come last."""
        if not self._levels:
            return self._standard.get(line.entity_type, _LAST)
        return next((n for n, row in enumerate(self._levels) if self._takes(row, line)), _LAST)

    def _takes(self, row: Row, line: Line) -> bool:
        kind = text(row, "entity_type")
        required = flag(row, "car_exemption_required", null=False)
        return (kind.upper() in _ANY or kind == line.entity_type) and (
            not required or self._exempt.get(line.entity_id, False)
        )


def _levels(tables: Tables, currency: str, kind: str) -> Iterator[Row]:
    for row in tables.rows(_LOGIC):
        about = text(row, "currency_code")
        if (
            text(row, "waterfall_type").lower() == kind.lower()
            and flag(row, "active_flag", null=True)
            and (about.upper() in _ANY or about in ("DEFAULT", currency))
        ):
            yield row


def _level_key(row: Row) -> tuple[int, str]:
    level = whole(row, "priority_level")
    return (_LAST if level is None else level, text(row, "entity_type"))


def _waterfall(
    kind: str,
    order: str,
    tables: Tables,
    capacity: Capacity,
    turns: Sequence[tuple[Line, Figure]],
    requested: Figure | None,
) -> Steps[Waterfall]:
    currency = capacity.currency
    lot = _lot(tables, currency)
    left = requested

    def turn(mine: tuple[Line, Figure]) -> Step:
        nonlocal left
        placeable = _in_lots(currency, mine[1], lot)
        if left is None:
            return Step(mine[0], placeable, None)
        placed = _placed(currency, placeable, lot, left)
        left = derive(currency, "left", _minus, left, placed)
        return Step(mine[0], placeable, placed)

    steps = yield from each(turn, turns)
    yield
    unread = (capacity.total,) if isinstance(capacity.total, Unknown) else ()
    amounts = (*(step.placeable for step in steps), *unread)
    everything = total(currency, "sum of the turns", amounts)
    return Waterfall(currency, capacity.places, kind, order, lot, tuple(steps), everything, left)


def _placed(currency: str, amount: Figure, lot: Figure, left: Figure) -> Figure:
    if isinstance(left, Known) and left.value == 0 and isinstance(amount, Known):
        return Known(ZERO, currency, "0: nothing left to place")
    return _in_lots(currency, derive(currency, "min(turn, left)", min, amount, left), lot)


def _lot(tables: Tables, currency: str) -> Figure:
    row = tables.currency(currency)
    if row is None:
        why = tables.lack(_CURRENCIES) or f"{_CURRENCIES}: no row of {currency}"
        return Unknown((why,))
    return stored(row, Address(_CURRENCIES, currency, "minimum_deal_size"), currency)


def _in_lots(currency: str, amount: Figure, lot: Figure) -> Figure:
    return derive(currency, "floor(amount / lot) x lot", floored, amount, lot)


def floored(amount: Decimal, lot: Decimal) -> Decimal:
    """Return the largest multiple of `lot` up to `amount`, never below 0; a lot of 0 is none."""
    if lot <= 0:
        return max(amount, ZERO)
    return max(amount // lot * lot, ZERO)


def _minus(one: Decimal, other: Decimal) -> Decimal:
    return one - other
