"""Narrowing: the rows that a slice at its cap cannot tell are asked of the source by themselves."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from hawk_backend.catalogue import Table
from hawk_backend.errors import SourceError
from hawk_backend.pipeline.asking import asked, further
from hawk_backend.pipeline.binding import bind
from hawk_backend.pipeline.filters import Filters, Passing
from hawk_backend.pipeline.matching import Bound
from hawk_backend.pipeline.plan import QueryPlan, TableQuery
from hawk_backend.rows import Read, Slice, Term, Where

DEEPEST = 2
"""Questions to the source that depend on one another."""


class Reading(Protocol):
    """The reads of one prompt."""

    def start(self, table: Table, where: Where = ()) -> asyncio.Future[Read]:
        """Return the future of a read; it fails with SourceError."""

    def leave(self, futures: Collection[asyncio.Future[Read]]) -> None:
        """Take notice that these are no longer waited for."""


class Narrowing:
    """The questions of one prompt; each is asked once, however many filters lead through it."""

    def __init__(self, reading: Reading, slices: Mapping[str, Slice], plan: QueryPlan) -> None:
        self._reading = reading
        self._slices = slices
        self._plan = plan
        self._asked: list[asyncio.Future[Read]] = []
        self._leads: dict[tuple[str, str], asyncio.Task[Read | None]] = {}

    async def narrow(self, query: TableQuery, own: Read, bound: Bound) -> tuple[Read, Passing]:
        """Return the query's rows from the source, or what the slice has where that fails."""
        bound = await self._bound(query, bound)
        filters = Filters(bound, self._through)
        slots = [slot for group in query.where for slot in group]
        ms = sum([await self._lead(own.slice, slot, bound, DEEPEST) for slot in slots])
        found = (
            None
            if own.slice.complete
            else await self._rows(own.slice, query.where, filters, as_of=query.as_of)
        )
        rows = replace(found or own, ms=ms + own.ms + (found.ms if found else 0.0))
        return rows, filters.answer(rows.slice, query)

    async def _bound(self, query: TableQuery, bound: Bound) -> Bound:
        """Find out by questions which currency is meant, where the slices did not tell."""
        narrowed = any("currency" in group for group in query.where)
        if not narrowed or "currency" not in bound.uncertain:
            return bound
        for name, slots in self._plan.told_by.items():
            for slot in slots if name in self._slices else ():
                await self._told(self._slices[name], slot, bound, DEEPEST)
        return bind(self._plan, self._through, bound.absent)

    async def _rows(
        self,
        table: Slice,
        where: Sequence[Sequence[str]],
        filters: Filters,
        *,
        as_of: bool = False,
    ) -> Read | None:
        """Ask for the rows that pass and for the past that they name, in at most two questions.

        Rows whose past goes further back are not all there.
        """
        groups = asked(table, where, filters, as_of=as_of)
        earlier: list[Term] = []
        found = None
        ms = 0.0
        try:
            for _ in range(DEEPEST if groups else 0):
                found = await self._ask(table.table, [[*group, *earlier] for group in groups])
                ms += found.ms
                more = further(found.slice, where, filters, earlier)
                if not more:
                    return replace(found, ms=ms)
                earlier += more
        except SourceError:
            return None
        return found and replace(found, ms=ms, slice=replace(found.slice, complete=False))

    async def _lead(self, table: Slice, slot: str, bound: Bound, depth: int) -> float:
        """Have every table in hand that the slot's rules lead through; return what that took."""
        through = {rule.via for rule in Filters(bound, self._through).rules(table, slot)}
        reads = [
            await self._told(self._slices[name], slot, bound, depth)
            for name in sorted(name for name in through if name and name in self._slices)
        ]
        return sum(read.ms for read in reads if read)

    async def _told(self, table: Slice, slot: str, bound: Bound, depth: int) -> Read | None:
        """Ask for the rows of another table that pass the slot, where its slice is at its cap."""
        key = (table.table.name, slot)
        if key not in self._leads:
            self._leads[key] = asyncio.ensure_future(self._tell(table, slot, bound, depth))
        return await asyncio.shield(self._leads[key])

    async def _tell(self, table: Slice, slot: str, bound: Bound, depth: int) -> Read | None:
        ms = await self._lead(table, slot, bound, depth - 1) if depth > 1 else 0.0
        if table.complete:
            return None
        found = await self._rows(table, ((slot,),), Filters(bound, self._through))
        return found and replace(found, ms=found.ms + ms)

    def _through(self, table: str, slot: str) -> Slice | None:
        """Give the narrowed rows where there are any, else the slice."""
        lead = self._leads.get((table, slot))
        if lead is not None and lead.done() and (found := lead.result()) is not None:
            return found.slice
        return self._slices.get(table)

    async def _ask(self, table: Table, where: Where) -> Read:
        """Return the rows that `where` allows; raises SourceError."""
        future = self._reading.start(table, where)
        self._asked.append(future)
        return await asyncio.shield(future)

    def close(self) -> None:
        """End what is still being asked."""
        self._reading.leave(self._asked)
        for task in self._leads.values():
            task.cancel()
