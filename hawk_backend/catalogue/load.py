"""Read and check the catalogue's files; a fault stops the start and names file, table and key."""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self, TypeVar

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from hawk_backend.catalogue.currencies import Currencies
from hawk_backend.catalogue.intents import IntentTables, ScopeTables
from hawk_backend.catalogue.rules import SLOTS
from hawk_backend.catalogue.tables import Table
from hawk_backend.errors import ConfigurationError

T = TypeVar("T")
HERE = Path(__file__).parent
_REMEDY = "correct the file; docs/catalogue.md describes every key"
CHAIN = 3
"""Tables that a filter may lead through, one from another."""


@dataclass(frozen=True, eq=False)
class Catalogue:
    """The domain as data: tables, intents, scopes and the currency codes that are known."""

    tables: Mapping[str, Table]
    intents: Mapping[str, IntentTables]
    scopes: Mapping[str, ScopeTables]
    currencies: frozenset[str]

    @classmethod
    def load(cls, folder: Path = HERE) -> Self:
        """Read the files of `folder`; raise ConfigurationError with one line a fault."""
        files = {name: folder / f"{name}.toml" for name in ("tables", "intents", "currencies")}
        documents = {name: _document(file) for name, file in files.items()}
        scopes = documents["intents"].pop("scopes", {})
        currencies = _check(files["currencies"], Currencies, documents["currencies"])
        catalogue = cls(
            tables=_check(files["tables"], Table, _named(documents["tables"])),
            intents=_check(files["intents"], IntentTables, _named(documents["intents"])),
            scopes=_check(files["intents"], ScopeTables, scopes),
            currencies=frozenset().union(*(group.all for group in currencies.values())),
        )
        _refuse(catalogue.faults())
        return catalogue

    @cached_property
    def tellers(self) -> tuple[Table, ...]:
        """Tables whose rows tell the currency of a record that a prompt names."""
        return tuple(table for table in self.tables.values() if table.tells)

    @cached_property
    def sliced(self) -> frozenset[str]:
        """Tables of which a prompt about currencies reads their rows alone."""
        return frozenset(table.name for table in self.tables.values() if table.slice_by)

    @cached_property
    def chains(self) -> Mapping[tuple[str, str], frozenset[str]]:
        """For (table, slot) the other tables that the slot's rules lead through."""
        return {
            (table.name, slot): frozenset(_led_through(table.name, slot, self.tables))
            for table in self.tables.values()
            for slot in table.filters
        }

    def faults(self) -> Iterator[str]:
        """Yield what contradicts itself, one line each: file, section, sentence."""
        for table in self.tables.values():
            for fault in (*table.faults(), *_chain_faults(table, self.tables)):
                yield f"tables.toml [{table.name}]: {fault}"
        for intent in self.intents.values():
            for fault in intent.faults(self.tables):
                yield f"intents.toml [{intent.name}]: {fault}"
        for name, scope in self.scopes.items():
            for table_name in set(scope.adds) - self.tables.keys():
                yield f"intents.toml [scopes.{name}]: {table_name} is no table of tables.toml"


def _chain_faults(table: Table, tables: Mapping[str, Table]) -> Iterator[str]:
    for base in set(table.bases) - tables.keys():
        yield f"bases: {base} is no table"
    for other in table.beside.keys() - tables.keys():
        yield f"beside: {other} is no table"
    for slot, rules in table.filters.items():
        if slot not in SLOTS:
            yield f"filters.{slot} is no slot"
        for rule in rules:
            target = tables.get(rule.via or "")
            if rule.via is None:
                continue
            if target is None or slot not in target.filters:
                yield f"filters.{slot}: {rule.via} has no rule for {slot}"
            elif rule.matched not in target.indexed:
                yield f"filters.{slot}: {rule.matched} is no filter column of {rule.via}"
        if _depth(table, slot, tables) > CHAIN:
            yield f"filters.{slot}: leads through more than {CHAIN} tables, or in a circle"


def _led_through(table: str, slot: str, tables: Mapping[str, Table]) -> set[str]:
    found: set[str] = set()
    ahead = [table]
    while ahead:
        vias = {rule.via for rule in tables[ahead.pop()].filters.get(slot, ()) if rule.via}
        ahead += vias - found
        found |= vias
    return found


def _depth(table: Table, slot: str, tables: Mapping[str, Table], left: int = CHAIN + 1) -> int:
    """Return how many tables a slot's rules lead through, at most one more than is allowed."""
    targets = {rule.via for rule in table.filters.get(slot, ()) if rule.via in tables}
    if not targets or left == 0:
        return 0
    return 1 + max(_depth(tables[name], slot, tables, left - 1) for name in targets if name)


def _document(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as exc:
        raise ConfigurationError(f"{file.name}: {exc}", remedy=_REMEDY) from exc


def _check(file: Path, kind: type[T], sections: Mapping[str, Any]) -> dict[str, T]:
    """Turn sections into `kind`, each with its own name in it where the kind has one."""
    try:
        return TypeAdapter(dict[str, kind]).validate_python(sections)  # type: ignore[valid-type]
    except ValidationError as exc:
        _refuse(_line(file.name, error) for error in exc.errors())
        raise


def _named(document: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: {"name": name, **section} if isinstance(section, dict) else section
        for name, section in document.items()
    }


def _line(file: str, error: ErrorDetails) -> str:
    section, *keys = (str(part) for part in error["loc"])
    return f"{file} [{section}]: {'.'.join(keys)}: {error['msg'].removeprefix('Value error, ')}"


def _refuse(faults: Iterable[str]) -> None:
    lines = list(faults)
    if lines:
        raise ConfigurationError("; ".join(lines), remedy=_REMEDY)
