"""Source bytes → typed cells and rendered, escaped lines; once per table and change."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, TypeAlias

from hawk_backend.catalogue import Table

Cell: TypeAlias = (
    str | int | bool | Decimal | date | datetime | time | dict[str, Any] | list[Any] | None
)
Row: TypeAlias = Mapping[str, Cell]


@dataclass(frozen=True, slots=True)
class Slice:
    """A table in its total order up to its cap, ready for use.

    `rows` and `lines` run in parallel: line i is row i rendered for the context, all
    columns but those marked audit, under `header`. `complete` is False where the cap was hit.
    """

    table: Table
    rows: tuple[Row, ...]
    header: str
    lines: tuple[str, ...]
    index: Mapping[str, Mapping[Cell, tuple[int, ...]]]
    complete: bool
    fetched_at: datetime
    size: int
