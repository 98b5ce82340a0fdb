"""Which tables answer which intent, as intents.toml declares it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, with_config

from hawk_backend.catalogue.rules import HARD, SOFT
from hawk_backend.catalogue.tables import Name, Table

Limit = Annotated[int, Field(gt=0)]


class Need(StrEnum):
    """How much an intent depends on a table, strongest first."""

    CRITICAL = "critical"
    WANTED = "wanted"
    OPTIONAL = "optional"


Scope = Literal["minimal", "targeted", "comprehensive"]


@with_config(ConfigDict(extra="forbid"))
@dataclass(frozen=True, slots=True)
class ScopeTables:
    """What a scope leaves out of an intent's tables, and what it adds."""

    needs: tuple[Need, ...] = tuple(Need)
    adds: tuple[Name, ...] = ()


@with_config(ConfigDict(extra="forbid"))
@dataclass(frozen=True, slots=True)
class IntentTables:
    """An intent's tables by need, and the soft slots that narrow some of them.

    `instruction` is the letter of an instruction; for I, U, R, T and A a critical table that is
    missing or absent ends the prompt. `limits` bounds the rows of a table after its filter;
    the tables of `regardless` are read for the whole currency, with the rows of a record that the
    prompt names beside the others; those of `history` show all days. Of a table in `shown` only the
    rows that pass these slots, too, are shown and counted; the others are for the desk alone.
    """

    name: Name
    family: str
    instruction: Literal["I", "U", "R", "T", "A", "Q"] | None = None
    critical: tuple[Name, ...] = ()
    wanted: tuple[Name, ...] = ()
    optional: tuple[Name, ...] = ()
    limits: Mapping[Name, Limit] = field(default_factory=dict)
    regardless: tuple[Name, ...] = ()
    history: tuple[Name, ...] = ()
    filters: Mapping[str, tuple[Name, ...]] = field(default_factory=dict)
    shown: Mapping[Name, tuple[str, ...]] = field(default_factory=dict)

    @property
    def binding(self) -> bool:
        """Whether a hole in a critical table ends the prompt."""
        return self.instruction not in (None, "Q")

    def __contains__(self, table: str) -> bool:
        return table in self.critical or table in self.wanted or table in self.optional

    def needs(self) -> Iterator[tuple[str, Need]]:
        """Yield every table with its need, most needed first."""
        for need in Need:
            tables: tuple[str, ...] = getattr(self, need.value)
            yield from ((table, need) for table in tables)

    def faults(self, tables: Mapping[str, Table]) -> list[str]:
        """Return what contradicts the tables, one sentence each."""
        named = [name for name, _ in self.needs()]
        faults = [f"{name} is no table of tables.toml" for name in named if name not in tables]
        faults += [f"{name} stands twice" for name in sorted(set(named)) if named.count(name) > 1]
        for key in ("limits", "regardless", "history"):
            others = sorted({*getattr(self, key)} - {*named})
            faults += [f"{key}: {name} is none of its tables" for name in others]
        narrowed = [
            *(("filters", slot, name) for slot, names in self.filters.items() for name in names),
            *(("shown", slot, name) for name, slots in self.shown.items() for slot in slots),
        ]
        if self.binding and not self.critical:
            faults.append("an instruction other than Q needs a critical table")
        return faults + [
            f"{key}.{fault}"
            for key, slot, name in narrowed
            for fault in _slot_faults(slot, name, named, tables)
        ]


def _slot_faults(
    slot: str, name: str, named: list[str], tables: Mapping[str, Table]
) -> Iterator[str]:
    if slot in HARD:
        yield f"{slot}: narrows every table that has a rule for it, name it nowhere"
    elif slot not in SOFT:
        yield f"{slot} is no slot"
    elif name not in named:
        yield f"{slot}: {name} is none of its tables"
    elif name in tables and ("snapshot" if slot == "as_of" else slot) not in tables[name].filters:
        yield f"{slot}: {name} has no rule for it in tables.toml"
