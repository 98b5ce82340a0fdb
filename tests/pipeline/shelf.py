"""A source in memory that understands `where`, counts what it is asked and fails on demand."""

import asyncio
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from hawk_backend.catalogue import Catalogue, Table
from hawk_backend.errors import SourceError, TableAbsent
from hawk_backend.models import SERVICE, Freshness, Principal, Reason
from hawk_backend.pipeline.fetch import Fetch, TableResult
from hawk_backend.pipeline.intent import Intent, Slots
from hawk_backend.pipeline.plan import QueryPlan, plan
from hawk_backend.pipeline.reads import Reads
from hawk_backend.rows import Answer, Read, Slice, Term, Where, read_slice

CATALOGUE = Catalogue.load()
SINGAPORE = ZoneInfo("Asia/Singapore")
TODAY = date(2025, 9, 17)

Rows = Sequence[Mapping[str, object]]


def by_currency(catalogue: Catalogue) -> Catalogue:
    """Return the catalogue with every table in slices by currency of which that is possible."""
    tables = [replace(table, slice_by="currency") for table in catalogue.tables.values()]
    sliced = {table.name: table for table in tables if not table.faults()}
    return replace(catalogue, tables={**catalogue.tables, **sliced})


SLICED = by_currency(CATALOGUE)


class Shelf:
    """Holds rows by table; every catalogued table that it does not hold is absent."""

    def __init__(self, tables: Mapping[str, Rows]) -> None:
        self.tables = dict(tables)
        self.caps: dict[str, int] = {}
        self.errors: dict[str, Exception] = {}
        self.gates: dict[str, asyncio.Event] = {}
        self.asked: list[tuple[str, Where]] = []
        self.answers_questions = True
        self.in_flight = 0
        self.most_in_flight = 0

    def close(self, *tables: str) -> None:
        """Let reads of these tables wait until `open`."""
        self.gates |= {table: asyncio.Event() for table in tables}

    def open(self, *tables: str) -> None:
        """Let the waiting reads, and all later ones, go on."""
        for table in tables or list(self.gates):
            self.gates.pop(table).set()

    async def read(self, table: Table, principal: Principal, where: Where = ()) -> Answer:
        """Answer like the source: in total order, at most as many rows as the cap."""
        assert principal == SERVICE
        self.asked.append((table.name, where))
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            return await self._answer(table, where)
        finally:
            self.in_flight -= 1

    async def _answer(self, table: Table, where: Where) -> Answer:
        if (gate := self.gates.get(table.name)) is not None:
            await gate.wait()
        await asyncio.sleep(0)
        if table.name in self.errors:
            raise self.errors[table.name]
        if where and not self.answers_questions:
            raise error()
        if table.name not in self.tables:
            raise TableAbsent(f"{table.name} does not exist")
        cap = self.caps.get(table.name, table.row_cap)
        rows = ordered(table, [row for row in self.tables[table.name] if allows(where, row)])
        return Answer(encoded(rows[:cap]), None, cap, datetime.now(UTC))

    def whole(self, table: str) -> Slice:
        """Return all rows of a table as a slice."""
        found = CATALOGUE.tables[table]
        rows = ordered(found, self.tables[table])
        return slice_of(table, rows)


def slice_of(table: str, rows: Rows, *, cap: int = 10_000) -> Slice:
    """Read rows into a slice, complete unless they fill the cap."""
    return read_slice(
        CATALOGUE.tables[table],
        encoded(rows),
        columns=None,
        cap=cap,
        zone=SINGAPORE,
        fetched_at=datetime.now(UTC),
    )


def encoded(rows: Iterable[Mapping[str, object]]) -> bytes:
    """Write rows as the source does."""
    return json.dumps(list(rows), default=_plain).encode()


def _plain(value: object) -> object:
    return float(value) if isinstance(value, Decimal) else str(value)


def ordered(table: Table, rows: Rows) -> list[Mapping[str, object]]:
    """Sort rows in the table's total order, NULL last."""
    found = list(rows)
    for term in reversed(table.total_order):
        known = [row for row in found if row.get(term.column) is not None]
        known.sort(key=lambda row: str(row[term.column]), reverse=term.descending)
        found = known + [row for row in found if row.get(term.column) is None]
    return found


def allows(where: Where, row: Mapping[str, object]) -> bool:
    """Whether of every group one term holds."""
    return all(any(_holds(term, row.get(term.column)) for term in group) for group in where)


def _holds(term: Term, cell: object) -> bool:
    if term.test == "null":
        return cell is None
    if cell is None:
        return term.test == "not in"
    value = cell.strip() if isinstance(cell, str) else cell
    match term.test:
        case "in":
            return value in term.values
        case "not in":
            return value not in term.values
        case "from":
            return str(value) >= str(term.values[0])
        case _:
            return str(value)[:10] <= str(term.values[0])


def asks(intent: str, **slots: object) -> Intent:
    """Return an intent with these slots."""
    return Intent(intent, (intent,), slots=Slots(**slots))  # type: ignore[arg-type]


def planned(intent: Intent, today: date = TODAY, *, catalogue: Catalogue = CATALOGUE) -> QueryPlan:
    """Plan by the shipped catalogue, or another."""
    return plan(intent, catalogue, today)


class Straight:
    """Every read is the source's: slices without a cache."""

    def __init__(self, reads: Reads) -> None:
        self.reads = reads

    async def look(
        self,
        tables: Collection[Table],
        principal: Principal,
        freshness: Freshness,
        *,
        counted: bool = True,
    ) -> "StraightReading":
        """Begin to read."""
        del tables, freshness, counted
        return StraightReading(self.reads, principal)


@dataclass(frozen=True, slots=True)
class StraightReading:
    """The reads of one prompt."""

    reads: Reads
    principal: Principal

    def start(self, table: Table, where: Where = ()) -> asyncio.Future[Read]:
        """Ask the source."""
        return self.reads.start(table, self.principal, where)

    def leave(self, futures: Collection[asyncio.Future[Read]]) -> None:
        """Take notice; nobody else is harmed, for a read is everybody's."""


class Desk:
    """A fetch over a shelf, and what became of its tables."""

    def __init__(
        self,
        shelf: Shelf,
        *,
        deadline_s: float = 5.0,
        concurrency: int = 32,
        catalogue: Catalogue = CATALOGUE,
    ) -> None:
        self.shelf = shelf
        self.catalogue = catalogue
        self.reads = Reads(shelf, SINGAPORE, concurrency=concurrency)
        self.fetch = Fetch(Straight(self.reads), catalogue, deadline_s=deadline_s)
        self.told: list[str] = []

    async def ask(self, intent: Intent, *, today: date = TODAY) -> dict[str, TableResult]:
        """Plan and fetch; results by table."""
        results = await self.fetch.fetch(
            planned(intent, today, catalogue=self.catalogue),
            SERVICE,
            freshness=Freshness.USUAL,
            on_result=lambda result: self.told.append(result.table),
        )
        return {result.table: result for result in results}


def error(reason: Reason = Reason.ERROR) -> SourceError:
    """Return what a source raises."""
    return SourceError("broken", reason=reason)


async def turns(count: int = 20) -> None:
    """Let the loop turn, until everything that can happen has happened."""
    for _ in range(count):
        await asyncio.sleep(0)
