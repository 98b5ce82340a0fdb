"""How each table of a prompt ended.  Partial failure is a value."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from hawk_backend.errors import SourceError, TableAbsent
from hawk_backend.models import Reason, TableState, Tier
from hawk_backend.pipeline.filters import Passing
from hawk_backend.pipeline.plan import TableQuery
from hawk_backend.rows import Read, Row, Slice


@dataclass(frozen=True, slots=True)
class TableResult:
    """How one table's read ended, and its rows after filter and limit.

    `positions` are indices into `slice.rows` (and `slice.lines`) that passed filter and limit,
    in the table's order; `unseen` those of rows that are for the desk alone. `complete` says that
    every row that the filter allows is there; a fresh table that is not complete for another
    reason than its limit says `incomplete`. `stamp` tells later whether the table has changed
    since.
    """

    table: str
    state: TableState
    reason: Reason | None = None
    tier: Tier = Tier.NONE
    slice: Slice | None = None
    positions: tuple[int, ...] = ()
    unseen: tuple[int, ...] = ()
    complete: bool = False
    ms: float = 0.0
    as_of: date | None = None
    age_s: float | None = None
    stamp: bytes | None = None

    @property
    def rows(self) -> tuple[Row, ...]:
        """Rows that the desk computes with, in the table's order: shown or not."""
        if self.slice is None:
            return ()
        known = sorted((*self.positions, *self.unseen)) if self.unseen else self.positions
        return tuple(self.slice.rows[i] for i in known)

    @property
    def lines(self) -> Iterator[str]:
        """The rows that are shown, as lines under `slice.header`."""
        return iter(()) if self.slice is None else (self.slice.lines[i] for i in self.positions)


def failed(table: str, error: SourceError) -> TableResult:
    """Return what is said of a table whose read failed."""
    if isinstance(error, TableAbsent):
        return TableResult(table, TableState.ABSENT)
    return TableResult(table, TableState.MISSING, error.reason)


def read(query: TableQuery, found: Read, passing: Passing, now: datetime) -> TableResult:
    """Return the rows that passed, up to the limit.

    Without a row the table is empty only where it is certain that there is none.
    """
    everything = range(len(found.slice.rows))
    passed = everything if len(passing.positions) == len(everything) else sorted(passing.positions)
    positions = tuple(passed[: query.limit])
    whole = passing.certain and found.slice.complete
    state = TableState.FRESH if positions else TableState.EMPTY if whole else TableState.MISSING
    return TableResult(
        table=query.table,
        state=state,
        reason=None if whole or _limited(query, positions) else Reason.INCOMPLETE,
        tier=found.tier,
        slice=found.slice,
        positions=positions,
        unseen=tuple(sorted(passing.unseen)),
        complete=whole and len(positions) == len(passed),
        ms=found.ms,
        as_of=_as_of(found.slice, positions),
        age_s=max(0.0, (now - found.slice.fetched_at).total_seconds()),
        stamp=found.stamp,
    )


def _limited(query: TableQuery, positions: tuple[int, ...]) -> bool:
    """Whether the limit, not the slice's cap, ended the rows: then no other row was wanted."""
    return query.limit is not None and len(positions) == query.limit


def answered(query: TableQuery, found: Read, passing: Passing) -> bool:
    """Whether the slice is enough to answer the query."""
    if not passing.certain:
        return False
    enough = query.limit is not None and len(passing.positions) >= query.limit
    return found.slice.complete or enough


def _as_of(table: Slice, positions: tuple[int, ...]) -> date | None:
    if not table.days or len(positions) == len(table.days):
        return table.newest
    return max(filter(None, map(table.days.__getitem__, positions)), default=None)
