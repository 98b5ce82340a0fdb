"""Conditions: by which slots a table is narrowed, and which tables that leads through.  Pure."""

from collections.abc import Collection, Container, Mapping
from dataclasses import dataclass

from hawk_backend.catalogue import NAMING, SOFT, Catalogue, IntentTables, Table
from hawk_backend.pipeline.wanted import Wanted

Where = tuple[tuple[str, ...], ...]
"""Groups of slots: of each group a row must pass one, by its table's own rules."""

ENTITIES = "entity_master"
"""The table that knows what a name of an entity stands for."""
CURRENCIES = "currency_configuration"
"""The table that knows the proxy of a currency."""
_FIXED = frozenset({"active", "snapshot", "open", "current", "executed", "today"})
"""Slots that need no value of the prompt."""
_WHOSE = frozenset({"entity", "entity_type", "nav_type"})
"""Slots that take a part of a currency."""


@dataclass(frozen=True, slots=True)
class Narrow:
    """What the intents that use a table say of it: what narrows it beside the hard slots."""

    soft: frozenset[str]
    shown: frozenset[str]
    unbound: frozenset[str]
    regardless: bool
    history: bool
    limit: int | None

    @classmethod
    def of(cls, table: Table, readings: Collection[IntentTables], read: Container[str]) -> "Narrow":
        """Join several intents: no row that one of them wants is left out for another.

        `read` are all tables that are read for them.
        """
        name = table.name
        users = [reading for reading in readings if name in reading]
        slots = [{slot for slot, names in r.filters.items() if name in names} for r in users]
        shown = [{*reading.shown.get(name, ())} for reading in users]
        limits = [reading.limits.get(name) for reading in users]
        return cls(
            soft=frozenset(set.intersection(*slots) if slots else ()),
            shown=frozenset(set.intersection(*shown) if shown else ()),
            unbound=table.unbound(read),
            regardless=any(name in reading.regardless for reading in users),
            history=any(name in reading.history for reading in users),
            limit=None if None in limits or not limits else max(n for n in limits if n),
        )


def where(table: Table, narrow: Narrow, asked: Wanted) -> Where:
    """Return the groups that narrow a table.

    A record that is named decides alone, or, where the table is read regardless of it, passes
    beside the rows that pass all the rest.
    """
    left_out = narrow.unbound | (_WHOSE if narrow.regardless else frozenset())
    slots = [slot for slot in table.slots if slot not in left_out]
    named = tuple(slot for slot in asked.named if slot in slots)
    if named and not narrow.regardless:
        return (named,)
    return tuple((*named, slot) for slot in slots if _narrows(slot, table, narrow, asked))


def shown(table: Table, narrow: Narrow, asked: Wanted) -> Where:
    """Return the groups that choose, of the rows that are read, those that are shown."""
    named = tuple(slot for slot in asked.named if slot in table.slots)
    if named and not narrow.regardless:
        return ()
    return tuple((*named, slot) for slot in table.slots if slot in narrow.shown)


def _narrows(slot: str, table: Table, narrow: Narrow, asked: Wanted) -> bool:
    if slot in NAMING or (slot in SOFT and slot not in narrow.soft):
        return False
    if slot == "snapshot":
        return not narrow.history and not ("period" in narrow.soft and asked.ranges)
    if slot == "period":
        return asked.ranges or (asked.period is not None and "snapshot" not in table.filters)
    if slot == "currency":
        return slot in asked or bool(asked.named) or "entity" in asked
    return slot in _FIXED or slot in asked


def through(
    catalogue: Catalogue, table: str, groups: Where, rests_on: Collection[str]
) -> frozenset[str]:
    """Return the other tables that must be there before a table's rows can be told."""
    slots = [slot for group in groups for slot in group]
    found = {name for slot in slots for name in catalogue.chains[table, slot]}
    if "entity" in slots or "currency" in slots:
        found.update(rests_on)
    return frozenset(found) - {table}


def told_by(catalogue: Catalogue, asked: Wanted) -> Mapping[str, tuple[str, ...]]:
    """Return the tables, and the slots there, whose rows tell the currency where none is asked."""
    if "currency" in asked:
        return {}
    if not asked.named:
        return {ENTITIES: ("entity",)} if "entity" in asked else {}
    return {
        table.name: found
        for table in catalogue.tellers
        if (found := tuple(slot for slot in asked.named if slot in table.filters))
    }


def rests_on(
    catalogue: Catalogue, asked: Wanted, told: Mapping[str, tuple[str, ...]]
) -> frozenset[str]:
    """Return the tables that say which entities, currencies and proxies are wanted."""
    found = {ENTITIES} if "entity" in asked else set()
    if asked.values.get("currency") or told:
        found.add(CURRENCIES)
    for table, slots in told.items():
        found |= {table}.union(*(catalogue.chains[table, slot] for slot in slots))
    return frozenset(found)
