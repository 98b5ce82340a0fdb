"""What the context is laid out from: blocks of whole records, one line each."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from hawk_backend.desk.turns import Steps, each
from hawk_backend.pipeline.context.fence import DATA, row
from hawk_backend.rows.lines import escaped

FRAME, ASKED, HEADLINE, NOTES, SUMMARY, DESK, MEASURED = range(7)
"""Turns where room is short.

Opening, headings and end; the prompt; verdict and totals; alerts and gaps; what was read; the
desk's other tables; ages and times.
"""

CELLS = DATA
"""The mark of records that are cells from the database, escaped already."""

Tiers = Iterator[Iterator[int]]
"""Record numbers in the order of their relevance: all of one tier before any of the next."""


@dataclass(frozen=True, slots=True)
class Block:
    """A title, a header and records that stand behind `mark`.

    `name` is how an omission names it.  `turn` is its place when room is short: smaller first,
    None takes turns with its like, record by record, in the order of `tiers`.  `counted` puts the
    number of records into the title.  `room` is what it takes at most, where that varies though
    the data are the same.
    """

    name: str
    title: str
    records: Sequence[str] = ()
    header: str = ""
    mark: str = ""
    turn: int | None = 0
    counted: bool = False
    tiers: Callable[[], Tiers] | None = None
    room: int = 0

    def head(self, shown: int) -> str:
        """Return the title, with how many records are shown where that is counted."""
        count = f": {shown} of {len(self.records)} records" if self.counted else ""
        return f"{self.title}{count}\n{self.header}"

    def frame(self) -> int:
        """Return the characters that it takes beside its records."""
        return max(len(self.head(len(self.records))), self.room)

    def size(self) -> int:
        """Return the characters that all of it takes."""
        return self.frame() + sum(map(len, self.records)) + len(self.records) * (len(self.mark) + 1)

    def text(self, chosen: Sequence[int]) -> str:
        """Write the chosen records under the title."""
        everything = len(chosen) == len(self.records)
        records = self.records if everything else [self.records[i] for i in chosen]
        body = f"\n{self.mark}".join(records)
        return f"{self.head(len(chosen))}{self.mark}{body}\n" if records else self.head(0)

    @property
    def everything(self) -> Sequence[int]:
        """All record numbers."""
        return range(len(self.records))

    def by_relevance(self) -> Tiers:
        """Return the records' numbers by relevance; without tiers as they stand."""
        return self.tiers() if self.tiers else iter((iter(self.everything),))


def section(label: str, lines: Sequence[str] = (), *, turn: int) -> Block:
    """Make a section of ready lines."""
    return Block(label, f"\n=== {label} ===", lines, turn=turn)


@dataclass(frozen=True, slots=True)
class DeskTable:
    """A desk table that is not rendered yet."""

    name: str
    title: str
    columns: Iterable[object]
    rows: Iterable[Iterable[object]]
    turn: int = DESK

    def block(self) -> Steps[Block]:
        """Render it, record by record; the title may quote a currency's code from a row."""
        records = yield from each(row, self.rows)
        title, header = f"--- {escaped(self.title)}", f"{row(self.columns)}\n"
        return Block(self.name, title, records, header, turn=self.turn, counted=True)
