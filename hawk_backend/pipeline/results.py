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


@dataclass(frozen=True, slots=True)
class Picked:
    """What a slice answers to a query, as in TableResult; of the same slices always the same.

    `enough` is False where the source may have rows that the query wants and the slice has not.
    """

    state: TableState
    reason: Reason | None
    positions: tuple[int, ...]
    unseen: tuple[int, ...]
    complete: bool
    enough: bool
    as_of: date | None


def pick(query: TableQuery, table: Slice, passing: Passing) -> Picked:
    """Return the rows that passed, up to the limit.

    Without a row the table is empty only where it is certain that there is none.
    """
    everything = range(len(table.rows))
    passed = everything if len(passing.positions) == len(everything) else sorted(passing.positions)
    positions = tuple(passed[: query.limit])
    whole = passing.certain and table.complete
    limited = query.limit is not None and len(positions) == query.limit
    return Picked(
        state=TableState.FRESH if positions else TableState.EMPTY if whole else TableState.MISSING,
        reason=None if whole or limited else Reason.INCOMPLETE,
        positions=positions,
        unseen=tuple(sorted(passing.unseen)),
        complete=whole and len(positions) == len(passed),
        enough=whole or (passing.certain and limited),
        as_of=_as_of(table, positions),
    )


def read(table: str, found: Read, picked: Picked, now: datetime) -> TableResult:
    """Return the rows that were picked, with where they came from and how old they are."""
    return TableResult(
        table=table,
        state=picked.state,
        reason=picked.reason,
        tier=found.tier,
        slice=found.slice,
        positions=picked.positions,
        unseen=picked.unseen,
        complete=picked.complete,
        ms=found.ms,
        as_of=picked.as_of,
        age_s=max(0.0, (now - found.slice.fetched_at).total_seconds()),
        stamp=found.stamp,
    )


def _as_of(table: Slice, positions: tuple[int, ...]) -> date | None:
    if not table.days or len(positions) == len(table.days):
        return table.newest
    return max(filter(None, map(table.days.__getitem__, positions)), default=None)
