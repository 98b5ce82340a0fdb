"""Capacity: how much of each position can still be hedged."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from hawk_backend.desk.ask import Ask, Tables
from hawk_backend.desk.buffers import BufferRules
from hawk_backend.desk.cells import day, text, whole
from hawk_backend.desk.figure import (
    ZERO,
    Address,
    Figure,
    Known,
    Unknown,
    derive,
    rounded,
    stored,
    total,
)
from hawk_backend.desk.positions import snapshot
from hawk_backend.rows import Row

_POSITIONS, _ALLOCATIONS = "position_nav_master", "allocation_engine"
_VOID = frozenset({"Rejected", "Failed"})

UNHEDGED = "SFX - CAR + Overlay - Buffer - Hedged"
AVAILABLE = "max(Unhedged, 0)"
SHARE = "max(SFX, 0) x buffer % / 100"


@dataclass(frozen=True, slots=True)
class Line:
    """One entity's position of one NAV type; amounts in `currency`, percents in percent.

    `rule_available` is what the line would be with the buffer that the rules ask for.
    """

    position: str
    entity_id: str
    entity_type: str
    nav_type: str
    currency: str
    as_of: date | None
    sfx: Figure
    car: Figure
    overlay: Figure
    buffer_percent: Figure
    buffer: Figure
    hedged: Figure
    unhedged: Figure
    available: Figure
    rule_percent: Figure
    rule_buffer: Figure
    rule_available: Figure

    @property
    def over_hedged(self) -> bool:
        """Whether more is hedged, held back or required than there is."""
        return isinstance(self.unhedged, Known) and self.unhedged.value < 0


@dataclass(frozen=True, slots=True)
class Capacity:
    """One currency's lines and what they add up to.

    `total` is Unknown as soon as one line is; `computable` adds up the lines that are known.
    """

    currency: str
    places: int | None
    lines: tuple[Line, ...]
    by_entity: Mapping[str, Figure]
    total: Figure
    computable: Figure
    rule_total: Figure


def capacities(tables: Tables, ask: Ask) -> tuple[Capacity, ...]:
    """Return the capacity of every currency that has positions, in the currencies' order.

    Available = max(SFX - CAR + Overlay - Buffer - Hedged, 0) per (entity, NAV type), in the
    position's currency, each rounded once to its rounding_precision, half up; totals add the
    rounded lines, so that the table adds up (domain.md 3.3).
    """
    reader = _Reader(tables, ask)
    lines: dict[str, list[Line]] = {}
    for row in snapshot(tables.rows(_POSITIONS), ask):
        lines.setdefault(text(row, "currency_code"), []).append(reader.line(row))
    lack = tables.lack(_POSITIONS)
    return tuple(
        _capacity(currency, reader.places.get(currency), found, lack)
        for currency, found in lines.items()
    )


def _capacity(
    currency: str, places: int | None, lines: Sequence[Line], lack: str | None
) -> Capacity:
    whole_table: tuple[Figure, ...] = (Unknown((lack,)),) if lack else ()
    entities = dict.fromkeys(line.entity_id for line in lines)
    return Capacity(
        currency=currency,
        places=places,
        lines=tuple(lines),
        by_entity={
            entity: _sum(currency, (line.available for line in lines if line.entity_id == entity))
            for entity in entities
        },
        total=_sum(currency, (*(line.available for line in lines), *whole_table)),
        computable=_sum(
            currency, (line.available for line in lines if isinstance(line.available, Known))
        ),
        rule_total=_sum(currency, (*(line.rule_available for line in lines), *whole_table)),
    )


def _sum(currency: str, figures: Iterable[Figure]) -> Figure:
    return total(currency, "sum of Available", figures)


class _Reader:
    """The lookups that lines share, built once per prompt."""

    def __init__(self, tables: Tables, ask: Ask) -> None:
        self._rules = BufferRules(tables, ask.today)
        self._entities = {text(row, "entity_id"): row for row in tables.rows("entity_master")}
        self._hedged = _newest(tables.rows(_ALLOCATIONS))
        self._no_allocations = tables.lack(_ALLOCATIONS)
        self.places = {
            text(row, "currency_code"): whole(row, "rounding_precision")
            for row in tables.rows("currency_configuration")
        }

    def line(self, row: Row) -> Line:
        """Compute one line from its position row."""
        currency, entity_id = text(row, "currency_code"), text(row, "entity_id")
        entity = self._entities.get(entity_id)
        places = self.places.get(currency)
        key = text(row, "nav_id")
        sfx = stored(row, Address(_POSITIONS, key, "current_position"), currency)
        car = stored(row, Address(_POSITIONS, key, "optimal_car_amount"), currency)
        overlay = _overlay(row, key, currency)
        hedged = self.hedged(entity_id, text(row, "nav_type"), currency)
        rule_percent = self._rules.percent(entity_id, currency, entity)
        rule_buffer = share(sfx, rule_percent, currency)
        percent, buffer = _buffer(row, key, currency, sfx, rule_percent)
        unhedged = _unhedged(places, currency, sfx, car, overlay, buffer, hedged)
        by_rule = _unhedged(places, currency, sfx, car, overlay, rule_buffer, hedged)
        return Line(
            position=key,
            entity_id=entity_id,
            entity_type="" if entity is None else text(entity, "entity_type"),
            nav_type=text(row, "nav_type"),
            currency=currency,
            as_of=day(row, "as_of_date"),
            sfx=sfx,
            car=car,
            overlay=overlay,
            buffer_percent=percent,
            buffer=buffer,
            hedged=hedged,
            unhedged=unhedged,
            available=derive(currency, AVAILABLE, _floor, unhedged),
            rule_percent=rule_percent,
            rule_buffer=rule_buffer,
            rule_available=derive(currency, AVAILABLE, _floor, by_rule),
        )

    def hedged(self, entity_id: str, nav_type: str, currency: str) -> Figure:
        """Return hedged_position of the newest allocation that stands (domain.md 3.3).

        Newest by created_date, then allocation_id; Rejected and Failed do not stand.  The column
        is a snapshot, never summed.  No row in a completely read table is 0 by record.
        """
        if self._no_allocations:
            return Unknown((self._no_allocations,))
        row = self._hedged.get((entity_id, nav_type))
        if row is None:
            return Known(ZERO, currency, "0 by record: no allocation")
        return stored(
            row, Address(_ALLOCATIONS, text(row, "allocation_id"), "hedged_position"), currency
        )


def _newest(rows: Iterable[Row]) -> dict[tuple[str, str], Row]:
    found: dict[tuple[str, str], Row] = {}
    for row in rows:
        key = (text(row, "entity_id"), text(row, "nav_type"))
        if text(row, "allocation_status") in _VOID:
            continue
        if key not in found or _age(found[key]) < _age(row):
            found[key] = row
    return found


def _age(row: Row) -> tuple[str, str]:
    """Order allocations by created_date, then allocation_id; both sort as text."""
    created = row.get("created_date")
    when = created.isoformat() if isinstance(created, date) else ""
    return (when, text(row, "allocation_id"))


def _overlay(row: Row, key: str, currency: str) -> Figure:
    if row.get("manual_overlay_amount") is None:
        return Known(ZERO, currency, "0: no overlay recorded")
    return stored(row, Address(_POSITIONS, key, "manual_overlay_amount"), currency)


def _buffer(row: Row, key: str, currency: str, sfx: Figure, rule: Figure) -> tuple[Figure, Figure]:
    """Return percent and amount: the recorded amount, else the recorded percent, else the rule."""
    percent = stored(row, Address(_POSITIONS, key, "buffer_pct"), "%")
    amount = stored(row, Address(_POSITIONS, key, "buffer_amount"), currency)
    if isinstance(amount, Known):
        return percent, amount
    chosen = percent if isinstance(percent, Known) else rule
    return chosen, share(sfx, chosen, currency)


def share(sfx: Figure, percent: Figure, currency: str) -> Figure:
    """max(SFX, 0) x percent / 100 in the position's currency, exact; never negative."""
    return derive(currency, SHARE, lambda base, rate: _floor(base) * rate / 100, sfx, percent)


def _unhedged(places: int | None, currency: str, *terms: Figure) -> Figure:
    """SFX - CAR + Overlay - Buffer - Hedged, rounded to `places`."""

    def formula(
        sfx: Decimal, car: Decimal, overlay: Decimal, buffer: Decimal, hedged: Decimal
    ) -> Decimal:
        return rounded(sfx - car + overlay - buffer - hedged, places)

    return derive(currency, UNHEDGED, formula, *terms)


def _floor(value: Decimal) -> Decimal:
    return max(value, ZERO)
