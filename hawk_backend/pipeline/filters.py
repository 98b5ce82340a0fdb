"""Filters: which rows of a slice pass, by the catalogue's rules, chains included.  Pure."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

from hawk_backend.catalogue import NAMING, Rule
from hawk_backend.pipeline.matching import Bound, everything, match, present, speaks
from hawk_backend.pipeline.plan import TableQuery
from hawk_backend.rows import Cell, Slice

Lookup: TypeAlias = Callable[[str, str], Slice | None]
"""Gives the slice of (table, slot) that a filter leads through, or None: it could not be read."""


@dataclass(frozen=True, slots=True)
class Passing:
    """Positions of rows that pass; not `certain` where others may pass that cannot be seen.

    `unseen` are those that pass for the desk alone.
    """

    positions: frozenset[int]
    certain: bool = True
    unseen: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Filters:
    """The rules of one prompt, with the slices that they lead through."""

    bound: Bound
    through: Lookup

    def answer(self, table: Slice, query: TableQuery) -> Passing:
        """Return the rows that answer a query, apart from those that the desk alone sees."""
        found = self.passing(table, query.where, as_of=query.as_of)
        if not query.shown:
            return found
        shown = self.passing(table, query.shown, as_of=query.as_of).positions
        return Passing(found.positions & shown, found.certain, found.positions - shown)

    def passing(
        self, table: Slice, where: Sequence[Sequence[str]], *, as_of: bool = False
    ) -> Passing:
        """Return the rows that pass one slot of every group; `as_of`: the asked day's snapshot."""
        groups = [_either(self._slots(table, group, as_of=as_of)) for group in where]
        narrowing = [group for group in groups if group is not None]
        if not narrowing:
            return Passing(everything(table))
        positions = [group.positions for group in narrowing]
        return Passing(
            positions[0].intersection(*positions[1:]), all(group.certain for group in narrowing)
        )

    def _slots(self, table: Slice, group: Sequence[str], *, as_of: bool) -> list[Passing]:
        """Return what passes each slot; nothing where the group lets all pass."""
        ways = {slot: self._slot(table, slot, as_of=as_of) for slot in group}
        if lets_all_pass(slot for slot, way in ways.items() if way is None):
            return []
        return [way for way in ways.values() if way is not None]

    def _slot(self, table: Slice, slot: str, *, as_of: bool) -> Passing | None:
        """Return the rows that pass one of the slot's rules; None where it does not narrow."""
        spoken = self._spoken(table, slot)
        if not spoken:
            uncertain = slot in self.bound.uncertain
            return Passing(everything(table), certain=False) if uncertain else None
        passed = _either(
            self._rule(table, rule, slot, as_of=as_of) for rule in self._there(table, spoken)
        )
        if passed is None:
            return Passing(frozenset(), certain=False) if table.table.columns else None
        return Passing(passed.positions, passed.certain and slot not in self.bound.uncertain)

    def rules(self, table: Slice, slot: str) -> list[Rule]:
        """Return the slot's rules that say something about what this database has.

        No row can pass by a column or a table that it lacks.
        """
        return self._there(table, self._spoken(table, slot))

    def _spoken(self, table: Slice, slot: str) -> list[Rule]:
        return [r for r in table.table.filters.get(slot, ()) if speaks(r, slot, self.bound)]

    def _there(self, table: Slice, rules: Iterable[Rule]) -> list[Rule]:
        return [
            rule
            for rule in rules
            if (present(table, rule) or rule.pair in table.columns)
            and rule.via not in self.bound.absent
        ]

    def day(self, *, as_of: bool) -> date:
        """Return the day that chooses a snapshot."""
        wanted = self.bound.wanted
        return (wanted.day if as_of else None) or wanted.today

    def _rule(self, table: Slice, rule: Rule, slot: str, *, as_of: bool) -> Passing:
        if rule.via:
            return self._chain(table, rule, slot)
        return Passing(match(table, rule, slot, self.bound, self.day(as_of=as_of)))

    def _chain(self, table: Slice, rule: Rule, slot: str) -> Passing:
        """Pass the rows that belong to passing rows of another table."""
        cells, certain = self.leading(rule, slot)
        index = table.index[rule.columns[0]]
        found = {position for cell in cells for position in index.get(cell, ())}
        if rule.null:
            found.update(index.get(None, ()))
        return Passing(frozenset(found), certain)

    def leading(self, rule: Rule, slot: str) -> tuple[set[Cell], bool]:
        """Return what the passing rows of `rule.via` lead to, and whether that is all."""
        other = self.through(rule.via or "", slot)
        if other is None or rule.matched not in other.columns:
            return set(), False
        theirs = self.passing(other, ((slot,),))
        cells = {other.rows[i][rule.matched] for i in theirs.positions} - {None}
        return cells, theirs.certain and other.complete


def lets_all_pass(silent: Iterable[str]) -> bool:
    """Whether a group narrows nothing: one of its slots without a say does not name a record."""
    return any(slot not in NAMING for slot in silent)


def _either(ways: Iterable[Passing]) -> Passing | None:
    """Join alternatives; None where there is none."""
    found = list(ways)
    if len(found) <= 1:
        return found[0] if found else None
    return Passing(
        frozenset().union(*(way.positions for way in found)), all(way.certain for way in found)
    )
