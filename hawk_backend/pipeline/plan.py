"""Plan: decide which tables answer the intent, and how far each is narrowed.  Pure; no I/O."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from hawk_backend.catalogue import Catalogue, IntentTables, Need
from hawk_backend.pipeline import conditions
from hawk_backend.pipeline.conditions import ENTITIES, Narrow, Where
from hawk_backend.pipeline.intent import Intent
from hawk_backend.pipeline.wanted import Wanted, wanted

_STRENGTH = {need: strength for strength, need in enumerate(Need)}
_ALTERNATIVES = 2
"""Other readings of an ambiguous prompt whose critical tables are read too."""


@dataclass(frozen=True, slots=True)
class TableQuery:
    """A table in its total order, narrowed in process, at most `limit` rows of it.

    `as_of` says that the asked day, not today, chooses the snapshot. `through` are the other
    tables that must be there before the rows can be told. Rows that do not pass `shown`, too, are
    for the desk alone: they are neither shown nor counted.
    """

    table: str
    need: Need
    where: Where = ()
    shown: Where = ()
    limit: int | None = None
    as_of: bool = False
    through: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, eq=False)
class QueryPlan:
    """What is read for an intent, most needed first; equal to itself alone.

    `support` are tables that no answer shows: filters lead through them. `told_by` names the
    tables, and the slots there, whose rows tell the currency where none is asked for; all that
    the values of slots depend on is in `rests_on`. Of the tables in `by_currency` the
    rows of the asked currencies are read, of all others every row.
    """

    intent: Intent
    scope: str
    queries: tuple[TableQuery, ...] = ()
    support: tuple[str, ...] = ()
    wanted: Wanted = field(default_factory=Wanted)
    told_by: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    rests_on: frozenset[str] = frozenset()
    by_currency: frozenset[str] = frozenset()


def plan(intent: Intent, catalogue: Catalogue, today: date) -> QueryPlan:
    """Return the queries that cover `intent`; none where it is not our domain."""
    if intent.behaviour == "abstain":
        return QueryPlan(intent, intent.scope)
    asked = wanted(intent, catalogue, today)
    told_by = conditions.told_by(catalogue, asked)
    rests_on = conditions.rests_on(catalogue, asked, told_by)
    readings = _readings(intent, catalogue)
    needs = _needs(intent, catalogue, readings, asked)
    queries = tuple(
        _query(
            catalogue,
            name,
            need,
            Narrow.of(catalogue.tables[name], readings, needs),
            asked,
            rests_on,
        )
        for name, need in needs.items()
    )
    through = frozenset[str]().union(*(query.through for query in queries))
    return QueryPlan(
        intent=intent,
        scope=intent.scope,
        queries=queries,
        support=tuple(sorted(through - {query.table for query in queries})),
        wanted=asked,
        told_by=told_by,
        rests_on=rests_on,
        by_currency=_by_currency(catalogue, queries, asked, rests_on),
    )


def _readings(intent: Intent, catalogue: Catalogue) -> list[IntentTables]:
    """Return the tables of everything that is asked for, the first action first."""
    return [
        catalogue.intents[name]
        for name in dict.fromkeys((intent.intent, *intent.intents))
        if name in catalogue.intents and name not in intent.negated
    ]


def _needs(
    intent: Intent, catalogue: Catalogue, readings: list[IntentTables], asked: Wanted
) -> dict[str, Need]:
    """Give every table its strongest need, most needed first."""
    scope = catalogue.scopes[intent.scope]
    found: dict[str, Need] = {}
    for name, need in _all_needs(intent, catalogue, readings):
        if need in scope.needs:
            found[name] = min(found.get(name, need), need, key=_STRENGTH.__getitem__)
    if found:
        for name in (*scope.adds, *((ENTITIES,) if "entity" in asked else ())):
            found.setdefault(name, Need.OPTIONAL)
    return dict(sorted(found.items(), key=lambda item: _STRENGTH[item[1]]))


def _all_needs(
    intent: Intent, catalogue: Catalogue, readings: list[IntentTables]
) -> Iterator[tuple[str, Need]]:
    """Yield tables by need; what a second request only asks about is never critical."""
    for i, reading in enumerate(readings):
        for name, need in reading.needs():
            yield name, need if i == 0 or reading.binding else _softened(need)
    if intent.behaviour == "clarify":
        for other in intent.alternatives[:_ALTERNATIVES]:
            critical = catalogue.intents[other.intent].critical
            yield from ((name, Need.WANTED) for name in critical)


def _softened(need: Need) -> Need:
    return Need.WANTED if need is Need.CRITICAL else need


def _query(
    catalogue: Catalogue,
    name: str,
    need: Need,
    narrow: Narrow,
    asked: Wanted,
    rests_on: frozenset[str],
) -> TableQuery:
    groups = conditions.where(catalogue.tables[name], narrow, asked)
    shown = conditions.shown(catalogue.tables[name], narrow, asked)
    return TableQuery(
        table=name,
        need=need,
        where=groups,
        shown=shown,
        limit=narrow.limit,
        as_of="as_of" in narrow.soft,
        through=conditions.through(catalogue, name, groups + shown, rests_on),
    )


def _by_currency(
    catalogue: Catalogue, queries: Iterable[TableQuery], asked: Wanted, rests_on: Collection[str]
) -> frozenset[str]:
    """Return the sliced tables of which nothing else is needed than the asked currencies' rows."""
    if not catalogue.sliced or not asked.values.get("currency"):
        return frozenset()
    whole = {*rests_on}
    for query in queries:
        slots = {slot for group in query.where + query.shown for slot in group}
        whole.update(*(catalogue.chains[query.table, slot] for slot in slots - {"currency"}))
        if ("currency",) not in query.where:
            whole.add(query.table)
    return catalogue.sliced - whole
