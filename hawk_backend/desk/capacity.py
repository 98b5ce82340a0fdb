"""Capacity: how much of each currency's positions can still be hedged."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial

from hawk_backend.desk.ask import Ask, Tables
from hawk_backend.desk.buffers import RULES
from hawk_backend.desk.figure import Figure, Known, Unknown, total
from hawk_backend.desk.lines import POSITIONS, Line, Lines
from hawk_backend.desk.positions import later, snapshot, stale
from hawk_backend.desk.turns import Steps, each


@dataclass(frozen=True, slots=True)
class Capacity:
    """One currency's lines and what they add up to.

    `total` is Unknown as soon as one line is; `computable` adds up the lines that are known.
    `rules_read` says whether the prompt reads the buffer rules, which `rule_total` goes by.
    `before` is the date asked about where a line's snapshot is later than that.
    """

    currency: str
    places: int | None
    lines: tuple[Line, ...]
    by_entity: Mapping[str, Figure]
    total: Figure
    computable: Figure
    rule_total: Figure
    rules_read: bool
    stale: bool
    before: date | None

    @property
    def nav_types(self) -> tuple[str, ...]:
        """The NAV types of the lines."""
        return tuple(sorted({line.nav_type for line in self.lines}))

    @property
    def as_of(self) -> tuple[date, ...]:
        """The dates of the snapshots, oldest first."""
        return tuple(sorted({line.as_of for line in self.lines if line.as_of}))


def capacities(tables: Tables, ask: Ask) -> Steps[tuple[Capacity, ...]]:
    """Return the capacity of every currency that has positions, ordered by code.

    Available = max(SFX - CAR + Overlay - Buffer - Hedged, 0) per (entity, NAV type); over-hedged
    lines count 0 and are never netted.  Totals add the rounded lines, so that the table adds up
    (domain.md 3.3).
    """
    rows = snapshot(tables.rows(POSITIONS), ask)
    yield
    lines: dict[str, list[Line]] = {}
    for line in (yield from each(Lines(tables, ask).line, rows)):
        lines.setdefault(line.currency, []).append(line)
    found: tuple[Capacity, ...] = ()
    for code, mine in lines.items():
        item = yield from _capacity(code, tables, ask, mine)
        found = (*found, item)
    return found


def _capacity(currency: str, tables: Tables, ask: Ask, lines: Sequence[Line]) -> Steps[Capacity]:
    lack = tables.lack(POSITIONS)
    unread: tuple[Figure, ...] = (Unknown((lack,)),) if lack else ()
    available = [line.available for line in lines]
    entities: dict[str, list[Figure]] = {}
    for line in lines:
        entities.setdefault(line.entity_id, []).append(line.available)
    sums = yield from each(partial(_sum, currency), entities.values())
    yield
    everything = _sum(currency, (*available, *unread))
    yield
    ruled = _sum(currency, (*(line.rule.available for line in lines), *unread))
    yield
    computable = _sum(currency, (figure for figure in available if isinstance(figure, Known)))
    yield
    return Capacity(
        currency=currency,
        places=tables.places(currency),
        lines=tuple(lines),
        by_entity=dict(zip(entities, sums, strict=True)),
        total=everything,
        computable=computable,
        rule_total=ruled,
        rules_read=RULES in tables,
        stale=any(stale(line.as_of, ask.reference) for line in lines),
        before=ask.reference if any(later(line.as_of, ask.reference) for line in lines) else None,
    )


def _sum(currency: str, figures: Iterable[Figure]) -> Figure:
    return total(currency, "sum of Available", figures)
