"""Plan: decide which tables answer the intent, and how far each is narrowed.  Pure; no I/O."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from hawk_backend.catalogue import HARD, NAMING, SOFT, Catalogue, IntentTables, Need, Table
from hawk_backend.pipeline.intent import Intent
from hawk_backend.pipeline.wanted import Wanted, wanted

ENTITIES = "entity_master"
"""The table that knows what a name of an entity stands for."""
CURRENCIES = "currency_configuration"
"""The table that knows the proxy of a currency."""
_FIXED = frozenset({"active", "snapshot", "open", "executed", "today"})
"""Slots that need no value of the prompt."""
_ALTERNATIVES = 2
"""Other readings of an ambiguous prompt whose critical tables are read too."""


@dataclass(frozen=True, slots=True)
class TableQuery:
    """A table in its total order, narrowed in process, at most `limit` rows of it.

    `where` are groups of slots: of each group a row must pass one, by the table's own rules.
    `as_of` says that the asked day, not today, chooses the snapshot. `through` are the other
    tables that must be there before the rows can be told.
    """

    table: str
    need: Need
    where: tuple[tuple[str, ...], ...] = ()
    limit: int | None = None
    as_of: bool = False
    through: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class QueryPlan:
    """What is read for an intent, most needed first.

    `support` are tables that no answer shows: filters lead through them. `told_by` names the
    tables, and the slots there, whose rows tell the currency where none is asked for; all that
    the values of slots depend on is in `rests_on`.
    """

    intent: Intent
    scope: str
    queries: tuple[TableQuery, ...] = ()
    support: tuple[str, ...] = ()
    wanted: Wanted = field(default_factory=Wanted)
    told_by: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    rests_on: frozenset[str] = frozenset()


def plan(intent: Intent, catalogue: Catalogue, today: date) -> QueryPlan:
    """Return the queries that cover `intent`; none where it is not our domain."""
    if intent.behaviour == "abstain":
        return QueryPlan(intent, intent.scope)
    asked = wanted(intent, catalogue, today)
    told_by = _told_by(catalogue, asked)
    rests_on = frozenset(_rests_on(catalogue, asked, told_by))
    readings = _readings(intent, catalogue)
    queries = tuple(
        _query(catalogue, catalogue.tables[name], need, readings, asked, rests_on)
        for name, need in _needs(intent, catalogue, readings).items()
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
    )


def _readings(intent: Intent, catalogue: Catalogue) -> list[IntentTables]:
    """Return the tables of everything that is asked for, the first action first."""
    names = [intent.intent, *intent.intents]
    return [
        catalogue.intents[name]
        for name in dict.fromkeys(names)
        if name in catalogue.intents and name not in intent.negated
    ]


def _needs(intent: Intent, catalogue: Catalogue, readings: list[IntentTables]) -> dict[str, Need]:
    """Give every table its strongest need; only what the user ordered first may be critical."""
    scope = catalogue.scopes[intent.scope]
    found: dict[str, Need] = {}
    for name, need in _all_needs(intent, catalogue, readings):
        if need in scope.needs:
            found[name] = min(found.get(name, need), need, key=list(Need).index)
    if readings and found:
        for name in scope.adds:
            found.setdefault(name, Need.OPTIONAL)
    return dict(sorted(found.items(), key=lambda item: list(Need).index(item[1])))


def _all_needs(
    intent: Intent, catalogue: Catalogue, readings: list[IntentTables]
) -> Iterator[tuple[str, Need]]:
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
    table: Table,
    need: Need,
    readings: list[IntentTables],
    asked: Wanted,
    rests_on: frozenset[str],
) -> TableQuery:
    """Add every slot by which the table may be narrowed for one of the readings."""
    limits = [r.limits[table.name] for r in readings if table.name in r.limits]
    soft = {slot for r in readings for slot in r.filters if table.name in r.filters[slot]}
    regardless = any(table.name in reading.regardless for reading in readings)
    where = tuple(_groups(table, soft, asked, regardless=regardless))
    return TableQuery(
        table=table.name,
        need=need,
        where=where,
        limit=max(limits) if limits else None,
        as_of="as_of" in soft,
        through=frozenset(_through(catalogue, table.name, where, rests_on)) - {table.name},
    )


def _groups(
    table: Table, soft: set[str], asked: Wanted, *, regardless: bool
) -> Iterator[tuple[str, ...]]:
    """Yield groups of alternatives; a record that is named decides alone."""
    named = tuple(slot for slot in asked.named if slot in table.filters and not regardless)
    if named:
        yield named
        return
    for slot in (*HARD, *SOFT):
        if slot not in table.filters or slot in NAMING or (slot in SOFT and slot not in soft):
            continue
        if slot == "snapshot" and "period" in soft and _ranged(asked):
            continue
        if slot in _FIXED or _asks(slot, table, asked):
            yield (slot,)


def _asks(slot: str, table: Table, asked: Wanted) -> bool:
    if slot == "period":
        return _ranged(asked) or (asked.period is not None and "snapshot" not in table.filters)
    if slot == "currency":
        return slot in asked or bool(asked.named) or "entity" in asked
    return slot in asked


def _ranged(asked: Wanted) -> bool:
    return asked.period is not None and asked.period[0] < asked.period[1]


def _through(
    catalogue: Catalogue,
    table: str,
    where: tuple[tuple[str, ...], ...],
    rests_on: frozenset[str],
) -> Iterator[str]:
    """Yield the tables that the filters lead through, or that tell what is wanted."""
    slots = {slot for group in where for slot in group}
    for slot in slots:
        yield from chain(catalogue.tables, table, slot)
    if slots & {"entity", "currency"}:
        yield from rests_on


def _rests_on(
    catalogue: Catalogue, asked: Wanted, told_by: Mapping[str, tuple[str, ...]]
) -> Iterator[str]:
    """Yield the tables that say which entities, currencies and proxies are wanted."""
    if "entity" in asked:
        yield ENTITIES
    if asked.values.get("currency") or told_by:
        yield CURRENCIES
    for table, slots in told_by.items():
        yield table
        for slot in slots:
            yield from chain(catalogue.tables, table, slot)


def _told_by(catalogue: Catalogue, asked: Wanted) -> Mapping[str, tuple[str, ...]]:
    if "currency" in asked:
        return {}
    slots = asked.named or (("entity",) if "entity" in asked else ())
    return {
        table.name: found
        for table in catalogue.tables.values()
        if table.tells and (found := tuple(slot for slot in slots if slot in table.filters))
    }


def chain(tables: Mapping[str, Table], table: str, slot: str) -> frozenset[str]:
    """Return the tables that the rules of `slot` lead through, from `table` on."""
    found: set[str] = set()
    ahead = [table]
    while ahead:
        for rule in tables[ahead.pop()].filters.get(slot, ()):
            if rule.via and rule.via not in found:
                found.add(rule.via)
                ahead.append(rule.via)
    return frozenset(found)
