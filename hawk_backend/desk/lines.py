"""One line of capacity: what of an entity's position of one NAV type can still be hedged."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import NamedTuple

from hawk_backend.desk.ask import Ask, Tables
from hawk_backend.desk.buffers import BufferRules
from hawk_backend.desk.cells import day, text
from hawk_backend.desk.figure import ZERO, Address, Figure, Known, Unknown, derive, rounded, stored
from hawk_backend.desk.positions import Current
from hawk_backend.rows import Row

POSITIONS, ALLOCATIONS = "position_nav_master", "allocation_engine"
UNHEDGED = "SFX - CAR + Overlay - Buffer - Hedged"
AVAILABLE = "max(Unhedged, 0)"
SHARE = "max(SFX, 0) x buffer % / 100"

_VOID = frozenset({"Rejected", "Failed"})
_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class ByRule:
    """What a line would be with the buffer that the rules ask for."""

    percent: Figure
    buffer: Figure
    available: Figure


@dataclass(frozen=True, slots=True)
class Line:
    """One entity's position of one NAV type; amounts in `currency`, percents in percent."""

    position: str
    rivals: tuple[str, ...]
    entity_id: str
    entity_type: str
    nav_type: str
    currency: str
    places: int | None
    as_of: date | None
    quality: str
    sfx: Figure
    car: Figure
    overlay: Figure
    buffer_percent: Figure
    buffer: Figure
    hedged: Figure
    unhedged: Figure
    available: Figure
    rule: ByRule

    @property
    def over_hedged(self) -> bool:
        """Whether more is hedged, held back or required than there is."""
        return isinstance(self.unhedged, Known) and self.unhedged.value < 0

    @property
    def buffers_disagree(self) -> bool:
        """Whether position and rule both know the buffer, and not the same one."""
        known = isinstance(self.buffer, Known) and isinstance(self.rule.buffer, Known)
        return known and _differ(self.buffer, self.rule.buffer, self.places)


class Lines:
    """The lookups that the lines of one prompt share."""

    def __init__(self, tables: Tables, ask: Ask) -> None:
        self._tables = tables
        self._rules = BufferRules(tables, ask.reference)
        self._entities = {text(row, "entity_id"): row for row in tables.rows("entity_master")}
        self._hedged = newest_allocations(tables.rows(ALLOCATIONS), ask)
        self._no_allocations = tables.lack(ALLOCATIONS)

    def line(self, current: Current) -> Line:
        """Compute one line from its position row.

        Unhedged = SFX - CAR + Overlay - Buffer - Hedged in the position's currency, rounded once
        to its rounding_precision, half up; Available = max(Unhedged, 0) (domain.md 3.3).
        """
        row = current.row
        currency, entity_id = text(row, "currency_code"), text(row, "entity_id")
        entity, terms = self._entities.get(entity_id), self._terms(row, currency)
        ruled = self._rules.percent(entity_id, currency, entity)
        percent, buffer = _buffer(row, terms, ruled)
        unhedged, available = terms.less(buffer)
        return Line(
            position=text(row, "nav_id"),
            rivals=current.rivals,
            entity_id=entity_id,
            entity_type="" if entity is None else text(entity, "entity_type"),
            nav_type=text(row, "nav_type"),
            currency=currency,
            places=terms.places,
            as_of=day(row, "as_of_date"),
            quality=text(row, "data_quality_status"),
            sfx=terms.sfx,
            car=terms.car,
            overlay=terms.overlay,
            buffer_percent=percent,
            buffer=buffer,
            hedged=terms.hedged,
            unhedged=unhedged,
            available=available,
            rule=_by_rule(terms, ruled, buffer, available),
        )

    def _terms(self, row: Row, currency: str) -> "_Terms":
        key = text(row, "nav_id")
        return _Terms(
            currency,
            self._tables.places(currency),
            sfx=stored(row, Address(POSITIONS, key, "current_position"), currency),
            car=stored(row, Address(POSITIONS, key, "optimal_car_amount"), currency),
            overlay=_overlay(row, key, currency),
            hedged=self.hedged(text(row, "entity_id"), text(row, "nav_type"), currency),
        )

    def hedged(self, entity_id: str, nav_type: str, currency: str) -> Figure:
        """Return hedged_position of the newest allocation that stands (domain.md 3.3).

        Newest by created_date, then allocation_id; Rejected and Failed do not stand, nor does what
        was created after a past day that is asked about.  The column is a snapshot, never summed.
        No row in a completely read table is 0 by record.
        """
        if self._no_allocations:
            return Unknown((self._no_allocations,))
        row = self._hedged.get((entity_id, nav_type))
        if row is None:
            return Known(ZERO, currency, "0 by record: no allocation")
        return hedged_position(row, currency)


def hedged_position(row: Row, currency: str) -> Figure:
    """Return an allocation's hedged_position, as stored."""
    address = Address(ALLOCATIONS, text(row, "allocation_id"), "hedged_position")
    return stored(row, address, currency)


def newest_allocations(rows: Iterable[Row], ask: Ask) -> dict[tuple[str, str], Row]:
    """Give each (entity, NAV type) its newest allocation that is neither Rejected nor Failed.

    For a past day those count that had been created by then.
    """
    found: dict[tuple[str, str], Row] = {}
    for row in rows:
        if text(row, "allocation_status") in _VOID or _came_later(row, ask.past_day):
            continue
        key = (text(row, "entity_id"), text(row, "nav_type"))
        if key not in found or _age(found[key]) < _age(row):
            found[key] = row
    return found


def _came_later(row: Row, past_day: date | None) -> bool:
    created = day(row, "created_date")
    return past_day is not None and created is not None and created > past_day


def _age(row: Row) -> tuple[datetime, str]:
    created = row.get("created_date")
    return (created if isinstance(created, datetime) else _NEVER, text(row, "allocation_id"))


class _Terms(NamedTuple):
    """A line's amounts but for its buffer."""

    currency: str
    places: int | None
    sfx: Figure
    car: Figure
    overlay: Figure
    hedged: Figure

    def less(self, buffer: Figure) -> tuple[Figure, Figure]:
        """Return Unhedged and Available with this buffer."""
        terms = (self.sfx, self.car, self.overlay, buffer, self.hedged)
        unhedged = derive(self.currency, UNHEDGED, self._unhedged, *terms)
        return unhedged, derive(self.currency, AVAILABLE, _floor, unhedged)

    def _unhedged(self, *values: Decimal) -> Decimal:
        sfx, car, overlay, buffer, hedged = values
        return rounded(sfx - car + overlay - buffer - hedged, self.places)


def _overlay(row: Row, key: str, currency: str) -> Figure:
    if row.get("manual_overlay_amount") is None:
        return Known(ZERO, currency, "0: no overlay recorded")
    return stored(row, Address(POSITIONS, key, "manual_overlay_amount"), currency)


def _buffer(row: Row, terms: _Terms, rule: Figure) -> tuple[Figure, Figure]:
    """Return percent and amount: the recorded amount, else the recorded percent, else the rule."""
    key = text(row, "nav_id")
    percent = stored(row, Address(POSITIONS, key, "buffer_pct"), "%")
    amount = stored(row, Address(POSITIONS, key, "buffer_amount"), terms.currency)
    if isinstance(amount, Known):
        return percent, amount
    chosen = percent if isinstance(percent, Known) else rule
    return chosen, _share(terms.sfx, chosen, terms.currency)


def _by_rule(terms: _Terms, ruled: Figure, buffer: Figure, available: Figure) -> ByRule:
    """Return the rules' side: what is available anyway where their buffer is the same money."""
    own = _share(terms.sfx, ruled, terms.currency)
    if _differ(buffer, own, terms.places):
        _, available = terms.less(own)
    return ByRule(ruled, own, available)


def _share(sfx: Figure, percent: Figure, currency: str) -> Figure:
    """max(SFX, 0) x percent / 100 in the position's currency, exact; never negative."""
    return derive(currency, SHARE, lambda base, rate: _floor(base) * rate / 100, sfx, percent)


def _differ(one: Figure, other: Figure, places: int | None) -> bool:
    """Whether two amounts are not known to be the same money, rounded to `places`."""
    if isinstance(one, Unknown) or isinstance(other, Unknown):
        return True
    return rounded(one.value, places) != rounded(other.value, places)


def _floor(value: Decimal) -> Decimal:
    return max(value, ZERO)
