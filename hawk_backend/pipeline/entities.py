"""Entities as people write them → entity_master's ids.  Pure."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from hawk_backend.rows import Slice

_NUMBER = re.compile(r"(?:ENTITY|ENT|E)?[ _#-]*0*(\d{1,9})", re.IGNORECASE)
_NAMES = ("entity_id", "legal_entity_code", "entity_name", "murex_issuer")


@dataclass(frozen=True, slots=True)
class Resolution:
    """The ids that the asked names stand for, and the names that stand for nothing."""

    ids: frozenset[str]
    unknown: tuple[str, ...]


def resolve(asked: Iterable[str], entities: Slice) -> Resolution:
    """Look every name up: an id, "ENT15", "entity 0015", a legal code, a name, a Murex issuer."""
    known = _by_name(entities)
    numbers = _by_number(entities)
    ids: set[str] = set()
    unknown: list[str] = []
    for name in asked:
        found = known.get(_folded(name)) or numbers.get(_number(name), set())
        ids |= found
        if not found:
            unknown.append(name)
    return Resolution(frozenset(ids), tuple(unknown))


def gazetteer(entities: Slice) -> Mapping[str, str]:
    """Map every name and legal code that stands for one entity to its id, for the parser."""
    known = _by_name(entities)
    return {
        str(row[column]): str(row["entity_id"])
        for column in _NAMES[1:]
        if column in entities.columns
        for row in entities.rows
        if row[column] and len(known[_folded(str(row[column]))]) == 1
    }


def _by_name(entities: Slice) -> dict[str, set[str]]:
    names: dict[str, set[str]] = {}
    for row in entities.rows:
        for column in _NAMES:
            if value := row.get(column):
                names.setdefault(_folded(str(value)), set()).add(str(row["entity_id"]))
    return names


def _by_number(entities: Slice) -> dict[str | None, set[str]]:
    numbers: dict[str | None, set[str]] = {}
    for row in entities.rows:
        if number := _number(str(row["entity_id"])):
            numbers.setdefault(number, set()).add(str(row["entity_id"]))
    return numbers


def _number(name: str) -> str | None:
    match = _NUMBER.fullmatch(name.strip())
    return match[1] if match else None


def _folded(name: str) -> str:
    return " ".join(name.casefold().split())
