"""Choose the rows that fit: whole records only, the most relevant first."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from hawk_backend.catalogue import Table
from hawk_backend.pipeline.context.fence import DATA
from hawk_backend.pipeline.fetch import TableResult

_JOIN = "\n" + DATA


@dataclass(frozen=True, slots=True)
class Rows:
    """One table's rows that made it, in the table's order, and how many did not."""

    result: TableResult
    header: str
    positions: Sequence[int]

    @property
    def omitted(self) -> int:
        """Rows that there is no room for."""
        return len(self.result.positions) - len(self.positions)

    @property
    def text(self) -> str:
        """The fenced block."""
        lines = self.result.slice.lines if self.result.slice else ()
        body = _JOIN.join([self.header, *[lines[i] for i in self.positions]])
        return f"{_head(self.result, len(self.positions))}\n{DATA}{body}\n{_tail(self.result)}"


def _head(result: TableResult, shown: int) -> str:
    title = result.slice.table.title if result.slice else result.table
    return f"--- {result.table}: {title}, {shown} of {len(result.positions)} records"


def _tail(result: TableResult) -> str:
    return f"--- end of {result.table}"


def pack(
    results: Sequence[TableResult], wanted: Mapping[str, Sequence[str]], room: int
) -> list[Rows]:
    """Fill `room` characters: rows that match `wanted` first, newest first, then by priority.

    The first row of every table comes before the second of any, so that each has its newest.
    """
    found = [result for result in results if result.slice is not None and result.positions]
    if sum(_whole(result) for result in found) <= room:
        return [Rows(result, _header(result), result.positions) for result in found]
    chosen = _choose(found, wanted, room)
    return [Rows(result, _header(result), sorted(chosen[result.table])) for result in found]


def _header(result: TableResult) -> str:
    return result.slice.header if result.slice else ""


def _whole(result: TableResult) -> int:
    return _frame(result) + sum(map(len, result.lines)) + len(_JOIN) * len(result.positions)


def _frame(result: TableResult) -> int:
    """Characters of a block without rows, its line break included."""
    return (
        len(_head(result, len(result.positions)))
        + len(_tail(result))
        + len(DATA)
        + len(_header(result))
        + 3
    )


def _choose(
    results: Sequence[TableResult], wanted: Mapping[str, Sequence[str]], room: int
) -> Mapping[str, list[int]]:
    chosen: dict[str, list[int]] = {result.table: [] for result in results}
    opened: set[str] = set()
    for result, position in _by_relevance(results, wanted):
        if result.slice is None:
            continue
        cost = len(result.slice.lines[position]) + len(_JOIN)
        if result.table not in opened:
            cost += _frame(result)
        if cost <= room:
            room -= cost
            opened.add(result.table)
            chosen[result.table].append(position)
    return chosen


def _by_relevance(
    results: Sequence[TableResult], wanted: Mapping[str, Sequence[str]]
) -> Iterator[tuple[TableResult, int]]:
    """Yield (table, row): matching rows of all tables in turn, then the others in turn."""
    ranked = sorted(
        results, key=lambda result: -(result.slice.table.priority if result.slice else 0)
    )
    halves = {result.table: _split(result, wanted) for result in ranked}
    for half in (0, 1):
        longest = max((len(halves[result.table][half]) for result in ranked), default=0)
        for turn in range(longest):
            for result in ranked:
                if turn < len(halves[result.table][half]):
                    yield result, halves[result.table][half][turn]


def _split(result: TableResult, wanted: Mapping[str, Sequence[str]]) -> tuple[list[int], list[int]]:
    """Part a table's rows into those that match a slot and the others."""
    matching = _matching(result, wanted)
    hits = [position for position in result.positions if position in matching]
    rest = [position for position in result.positions if position not in matching]
    return hits, rest


def _matching(result: TableResult, wanted: Mapping[str, Sequence[str]]) -> set[int]:
    if result.slice is None:
        return set()
    index = result.slice.index
    return {
        position
        for slot, values in wanted.items()
        for column in _columns(result.slice.table, slot)
        for value in values
        for position in index.get(column, {}).get(value, ())
    }


def _columns(table: Table, slot: str) -> Iterator[str]:
    return (column for rule in table.filters.get(slot, ()) for column in rule.columns)
