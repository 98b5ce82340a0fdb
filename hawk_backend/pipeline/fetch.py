"""QueryPlan → TableResults: cache first, then the source in parallel, deadline, manifest."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from hawk_backend.models import Reason, TableState, Tier
from hawk_backend.rows import Row, Slice


@dataclass(frozen=True, slots=True)
class TableResult:
    """How one table's read ended, and its rows after filter and limit.

    `positions` are indices into `slice.rows` (and `slice.lines`) that passed filter and limit,
    in the table's order. `complete` says that every row that the filter allows is there.
    """

    table: str
    state: TableState
    reason: Reason | None = None
    tier: Tier = Tier.NONE
    slice: Slice | None = None
    positions: tuple[int, ...] = ()
    complete: bool = False
    ms: float = 0.0
    as_of: date | None = None
    age_s: float | None = None

    @property
    def rows(self) -> tuple[Row, ...]:
        """Rows after filter and limit, in the table's order."""
        return () if self.slice is None else tuple(self.slice.rows[i] for i in self.positions)

    @property
    def lines(self) -> Iterator[str]:
        """The same rows as rendered lines under `slice.header`."""
        return iter(()) if self.slice is None else (self.slice.lines[i] for i in self.positions)
