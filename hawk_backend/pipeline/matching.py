"""Matching: which rows of one slice pass one rule by their own columns.  Pure."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from hawk_backend.catalogue import NAMING, Rule
from hawk_backend.pipeline.wanted import Wanted
from hawk_backend.rows import Cell, Slice

_NOISE = re.compile(r"[^A-Z0-9]")


@dataclass(frozen=True, slots=True)
class Bound:
    """What is wanted, in the words of the data: entities resolved, currencies and proxies known.

    `uncertain` are the slots whose values could not be found out, `absent` the tables that the
    database does not have.
    """

    wanted: Wanted
    values: Mapping[str, frozenset[str]]
    proxies: frozenset[str] = frozenset()
    uncertain: frozenset[str] = frozenset()
    absent: frozenset[str] = frozenset()

    def span(self, rule: Rule) -> tuple[date, date]:
        """Return the first and the last day that a rule about days means."""
        if rule.on == "range" and self.wanted.period:
            return self.wanted.period
        return self.wanted.today, self.wanted.today


def speaks(rule: Rule, slot: str, bound: Bound) -> bool:
    """Whether the rule has anything to compare with: values of its own, or the slot's."""
    if rule.latest_by or rule.on or rule.but:
        return True
    asked = bound.values.get(slot)
    if asked is None:
        return bool(rule.values) or (slot == "currency" and bool(bound.wanted.without))
    return not (rule.values and asked) or any(_known(rule, value) for value in asked)


def _known(rule: Rule, value: str) -> bool:
    return value in rule.values or value in rule.words


def match(table: Slice, rule: Rule, slot: str, bound: Bound, day: date) -> frozenset[int]:
    """Return the positions that pass; `day` chooses the snapshot."""
    if rule.latest_by:
        return _newest(table, rule, day)
    if rule.on:
        return _on_days(table, rule, bound)
    if rule.but:
        return _all_but(table, rule)
    if rule.pair:
        return _pairs(table, rule, bound)
    return _direct(table, rule, slot, bound)


def present(table: Slice, rule: Rule) -> tuple[str, ...]:
    """Return the rule's columns that the database has."""
    return tuple(name for name in rule.columns if name in table.columns)


def _direct(table: Slice, rule: Rule, slot: str, bound: Bound) -> frozenset[int]:
    if slot == "currency" and slot not in bound.values:
        return _all_without(table, rule, bound.wanted.without)
    wanted = meant(rule, slot, bound)
    found: set[int] = set()
    for column in present(table, rule):
        index = table.index[column]
        proxies = bound.proxies if rule.proxy and column == rule.columns[0] else ()
        for value in (*wanted, *rule.also, *proxies):
            found.update(index.get(value, ()))
        if rule.null:
            found.update(index.get(None, ()))
        if slot in NAMING:
            found.update(_alike(index, wanted))
    if rule.back in table.columns:
        _follow(table, rule.columns[0], str(rule.back), found)
    return frozenset(found)


def meant(rule: Rule, slot: str, bound: Bound) -> set[str | bool]:
    """Return the cells that pass: what the slot's words mean here, or the rule's own values."""
    asked = bound.values.get(slot)
    if asked is None:
        return {*rule.values}
    known = [value for value in asked if not rule.values or _known(rule, value)]
    return {*rule.always, *(cell for value in known for cell in rule.words.get(value, (value,)))}


def _alike(index: Mapping[Cell, tuple[int, ...]], wanted: set[str | bool]) -> Iterable[int]:
    """Find ids that are written otherwise: ORD_123 is ORD-123."""
    missed = {_NOISE.sub("", str(value).upper()) for value in wanted if value not in index}
    if not missed:
        return ()
    return (
        position
        for cell, positions in index.items()
        if isinstance(cell, str) and _NOISE.sub("", cell.upper()) in missed
        for position in positions
    )


def _follow(table: Slice, column: str, back: str, found: set[int]) -> None:
    """Add the rows that a passing row names as its own past, and theirs."""
    ahead = list(found)
    while ahead:
        earlier = table.index[column].get(table.rows[ahead.pop()][back], ())
        new = [i for i in earlier if i not in found and table.rows[i][column] is not None]
        found.update(new)
        ahead.extend(new)


def _all_without(table: Slice, rule: Rule, without: frozenset[str]) -> frozenset[int]:
    indexes = [table.index[name] for name in present(table, rule)]
    return everything(table).difference(
        i for index in indexes for code in without for i in index.get(code, ())
    )


def _all_but(table: Slice, rule: Rule) -> frozenset[int]:
    columns = present(table, rule)
    dead = {i for name in columns for value in rule.but for i in table.index[name].get(value, ())}
    return everything(table) - dead


def _pairs(table: Slice, rule: Rule, bound: Bound) -> frozenset[int]:
    """Pass a pair with a wanted leg, or one that leads from wanted to proxy, bridge and back."""
    wanted = bound.values.get("currency")
    ways = (wanted or frozenset()) | bound.proxies | frozenset(rule.bridges)
    found: set[int] = set()
    for cell, positions in table.index[rule.pair or ""].items():
        legs = pair(str(cell))
        if wanted is None:
            passes = not legs & bound.wanted.without
        else:
            passes = bool(legs & wanted) or legs <= ways
        if passes:
            found.update(positions)
    return frozenset(found)


def pair(text: str) -> frozenset[str]:
    """Return the two currencies of "HKDSGD", "HKD/SGD" or "hkd-sgd"."""
    letters = _NOISE.sub("", text.upper())
    return frozenset({letters[:3], letters[3:6]})


def _on_days(table: Slice, rule: Rule, bound: Bound) -> frozenset[int]:
    start, end = bound.span(rule)
    columns = present(table, rule)
    return frozenset(
        i
        for i, row in enumerate(table.rows)
        if any(
            (day := day_of(row[column])) is not None and start <= day <= end for column in columns
        )
    )


def _newest(table: Slice, rule: Rule, asked: date) -> frozenset[int]:
    """Of every group keep its newest day up to the asked one, else its newest day of all."""
    column = rule.columns[0]
    groups: dict[tuple[Cell, ...], list[tuple[date, int]]] = {}
    names = [name for name in rule.latest_by if name in table.columns]
    for i, row in enumerate(table.rows):
        key = tuple(row[name] for name in names)
        groups.setdefault(key, []).append((day_of(row[column]) or date.min, i))
    found: set[int] = set()
    for days in groups.values():
        newest = max((day for day, _ in days if day <= asked), default=max(days)[0])
        found.update(i for day, i in days if day == newest)
    return frozenset(found)


def day_of(cell: Cell) -> date | None:
    """Return the day of a date or of an instant."""
    if isinstance(cell, datetime):
        return cell.date()
    return cell if isinstance(cell, date) else None


def everything(table: Slice) -> frozenset[int]:
    """Return all positions."""
    return frozenset(range(len(table.rows)))
