"""Tables and their columns, as tables.toml declares them."""

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Literal

from pydantic import BeforeValidator, ConfigDict, Field, with_config

from hawk_backend.catalogue.rules import HARD, SOFT, Rule

Name = Annotated[str, Field(pattern=r"^[a-z_][a-z0-9_]*$", max_length=63)]
"""An identifier of the database that needs no quoting anywhere."""


class ColumnType(StrEnum):
    """What a cell is once it has been read."""

    TEXT = "text"
    AMOUNT = "amount"
    NUMBER = "number"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    DATE = "date"
    TIMESTAMP = "timestamp"
    TIME = "time"
    JSON = "json"


class Flag(StrEnum):
    """What a column is for."""

    FILTER = "filter"
    DESK = "desk"
    AUDIT = "audit"
    NOTE = "note"
    ALT = "alt"


class Volatility(StrEnum):
    """How fast a table's rows go stale."""

    STATIC = "static"
    SLOW = "slow"
    TRANSACTIONAL = "transactional"
    MARKET = "market"


@dataclass(frozen=True, slots=True)
class Column:
    """One column; `alt` names it as another generation of the schema has it."""

    name: Name
    type: ColumnType
    flags: frozenset[Flag] = frozenset()

    @property
    def rendered(self) -> bool:
        """Whether the context shows it."""
        return Flag.AUDIT not in self.flags


@dataclass(frozen=True, slots=True)
class Order:
    """One term of a total order; NULL comes last."""

    column: Name
    descending: bool = False


def _columns(value: object) -> object:
    if not isinstance(value, Mapping):
        return value
    return [_column(name, spec) for name, spec in value.items()]


def _column(name: str, spec: object) -> object:
    if not isinstance(spec, str) or not spec.split():
        raise ValueError(f'{name}: write "<type> [flags]"')
    kind, *flags = spec.split()
    return {"name": name, "type": kind, "flags": flags}


def _order(value: object) -> object:
    if not isinstance(value, list):
        return value
    return [_term(term) for term in value]


def _term(text: object) -> object:
    match str(text).split():
        case [column]:
            return {"column": column}
        case [column, "desc"]:
            return {"column": column, "descending": True}
    raise ValueError(f'{text!r}: write "column" or "column desc"')


def _paths(value: object) -> object:
    if not isinstance(value, Mapping):
        return value
    return {slot: rule if isinstance(rule, list) else [rule] for slot, rule in value.items()}


@with_config(ConfigDict(extra="forbid"))
@dataclass(frozen=True, eq=False, repr=False)
class Table:
    """A table or view of the source: what it holds, in which order, how it may be narrowed.

    `filters` gives for a slot the alternative rules of which a row must pass one.
    `stands_in` gives for a column the alternative columns that hold the same in another
    generation of the schema (several are joined). `tells` is the column that tells the currency of
    a record that a prompt names here. `beside` gives by the name of another table the slots that
    do not narrow this one where that one is read too. With `slice_by` a prompt about
    currencies reads their rows alone. Without columns it takes what the database has.
    """

    name: Name
    title: str
    volatility: Annotated[Volatility, Field(validation_alias="class")]
    key: tuple[Name, ...]
    order: Annotated[tuple[Order, ...], BeforeValidator(_order)]
    ttl_s: Annotated[int, Field(gt=0)]
    priority: Annotated[int, Field(ge=0, le=100)]
    core: bool
    columns: Annotated[tuple[Column, ...], BeforeValidator(_columns)]
    kind: Literal["table", "view"] = "table"
    row_cap: Annotated[int, Field(gt=0, le=10_000)] = 1000
    slice_by: Literal["currency"] | None = None
    as_of: Name | None = None
    tells: Name | None = None
    bases: tuple[Name, ...] = ()
    materialized: bool = False
    reads_clock: bool = False
    filters: Annotated[Mapping[str, tuple[Rule, ...]], BeforeValidator(_paths)] = field(
        default_factory=dict
    )
    stands_in: Mapping[Name, tuple[Name, ...]] = field(default_factory=dict)
    beside: Mapping[Name, tuple[str, ...]] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"<Table {self.name}>"

    @cached_property
    def by_name(self) -> Mapping[str, Column]:
        """Columns by name."""
        return {column.name: column for column in self.columns}

    @cached_property
    def total_order(self) -> tuple[Order, ...]:
        """Order that leaves no tie: the declared columns, then the rest of the key."""
        ordered = {term.column for term in self.order}
        return self.order + tuple(Order(name) for name in self.key if name not in ordered)

    @cached_property
    def indexed(self) -> tuple[str, ...]:
        """Columns that may be filtered on."""
        return tuple(column.name for column in self.columns if Flag.FILTER in column.flags)

    @cached_property
    def slots(self) -> tuple[str, ...]:
        """Slots that may narrow it, in a fixed order."""
        return tuple(slot for slot in (*HARD, *SOFT) if slot in self.filters)

    def faults(self) -> list[str]:
        """Return what contradicts itself inside this table, one sentence each."""
        named = [*self.key, *(term.column for term in self.order), *self.stands_in]
        named += [name for names in self.stands_in.values() for name in names]
        named += [name for name in (self.as_of, self.tells) if name]
        known = self.by_name
        faults = [f"{name} is no column" for name in named if self.columns and name not in known]
        if len(known) < len(self.columns):
            faults.append("a column is declared twice")
        if self.kind == "view" and not self.bases and self.core:
            faults.append("a view names the tables that it is made of in bases")
        faults += [
            f"beside.{other}: {slot} has no rule in filters"
            for other, slots in self.beside.items()
            for slot in slots
            if slot not in self.filters
        ]
        faults += self._slice_faults() if self.slice_by else ()
        return faults + [fault for slot in self.filters for fault in self._filter_faults(slot)]

    def unbound(self, read: Container[str]) -> frozenset[str]:
        """Return the slots that do not narrow it where the tables of `read` are read."""
        found = (slots for other, slots in self.beside.items() if other in read)
        return frozenset[str]().union(*found)

    def _slice_faults(self) -> Iterator[str]:
        """Yield why the rows of a currency cannot be told, or not from these rows alone."""
        rules = self.filters.get("currency", ())
        if not self.columns or not rules or not all(rule.direct for rule in rules):
            yield (
                "slice_by: each rule of filters.currency must go by columns of this table and the "
                "currency alone (columns, words, also, null, always); change it, or leave slice_by "
                "out and raise row_cap"
            )
        columns = {name for rule in rules for name in rule.columns}
        newest = [(slot, r) for slot, found in self.filters.items() for r in found if r.latest_by]
        for slot, rule in newest:
            if missed := sorted(columns - {*rule.latest_by}):
                yield f"slice_by: latest_by of filters.{slot} must name {', '.join(missed)}, too"

    def _filter_faults(self, slot: str) -> list[str]:
        rules = self.filters[slot]
        indexed = {name for rule in rules if not rule.on for name in rule.own_columns}
        known = {name for rule in rules for name in (*rule.own_columns, *rule.latest_by)}
        faults = [
            f"filters.{slot}: {name} is no filter column" for name in indexed - {*self.indexed}
        ]
        faults += [f"filters.{slot}: {name} is no column" for name in known - self.by_name.keys()]
        return sorted(faults) if self.columns else []
