"""QueryPlan → TableResults: cache first, then the source in parallel, deadline, manifest."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Protocol

from hawk_backend.catalogue import Catalogue, Table
from hawk_backend.errors import SourceError, TableAbsent
from hawk_backend.models import Freshness, Principal, Reason
from hawk_backend.pipeline.asking import part
from hawk_backend.pipeline.binding import bind
from hawk_backend.pipeline.filters import Filters, Passing
from hawk_backend.pipeline.kept import Kept
from hawk_backend.pipeline.matching import Bound
from hawk_backend.pipeline.narrowing import Narrowing, Reading
from hawk_backend.pipeline.passes import Passes
from hawk_backend.pipeline.plan import QueryPlan, TableQuery
from hawk_backend.pipeline.results import Picked, TableResult, failed, pick, read
from hawk_backend.rows import Read, Slice

__all__ = ["Fetch", "OnResult", "Reading", "Slices", "TableResult"]

OnResult = Callable[[TableResult], None]


class Slices(Protocol):
    """Where slices come from: a cache before the source."""

    async def look(
        self,
        tables: Collection[Table],
        principal: Principal,
        freshness: Freshness,
        *,
        counted: bool = True,
    ) -> Reading:
        """Begin to read these tables as they are after this call; `counted` as a prompt's."""


class Fetch:
    """Reads all tables of a plan at once and ends by `deadline_s`, whatever fails."""

    def __init__(
        self,
        slices: Slices,
        catalogue: Catalogue,
        *,
        deadline_s: float,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._slices = slices
        self._catalogue = catalogue
        self._deadline_s = deadline_s
        self._clock = clock
        self._picked: Kept[dict[str, Picked]] = Kept()
        self.passes = Passes()
        """Of the loop, in which prompts take in what has arrived: a table may wake hundreds."""

    async def fetch(
        self,
        plan: QueryPlan,
        principal: Principal,
        *,
        freshness: Freshness,
        on_result: OnResult,
        gone_s: float = 0.0,
    ) -> tuple[TableResult, ...]:
        """Return one result a query, in the plan's order; `on_result` hears of each as it ends.

        What does not arrive in time is missing; its read goes on and serves the next prompt.
        `gone_s` of the deadline are over already.
        """
        until = asyncio.get_running_loop().time() + self._deadline_s - gone_s
        names = (*(query.table for query in plan.queries), *plan.support)
        tables = [self._catalogue.tables[name] for name in names]
        reading = await self._slices.look(tables, principal, freshness)
        prompt = _Prompt(reading, tables, plan, self._picked, self._clock)
        results: dict[str, TableResult] = {}
        try:
            async for result in prompt.ends(until, self.passes):
                results[result.table] = result
                on_result(result)
        finally:
            prompt.leave()
        return tuple(results[query.table] for query in plan.queries)


class _Prompt:
    """The reads of one prompt, from the first question to the last answer or the deadline."""

    def __init__(
        self,
        reading: Reading,
        tables: Sequence[Table],
        plan: QueryPlan,
        kept: Kept[dict[str, Picked]],
        clock: Callable[[], datetime],
    ) -> None:
        self._reading = reading
        self._plan = plan
        self._open = {query.table: query for query in plan.queries}
        self._reads = {table.name: reading.start(table, part(table, plan)) for table in tables}
        self._found: dict[str, Read] = {}
        self._slices: dict[str, Slice] = {}
        self._failed: dict[str, SourceError] = {}
        self._bounds: dict[tuple[frozenset[str], frozenset[str]], Bound] = {}
        self._kept = kept
        self._clock = clock
        self._picked: dict[str, Picked] | None = None
        self._narrowing = Narrowing(reading, self._slices, plan)
        self._narrowed: dict[asyncio.Task[tuple[Read, Passing]], TableQuery] = {}

    async def ends(self, until: float, passes: Passes) -> AsyncIterator[TableResult]:
        """Yield every table's end as it comes; at `until` all others end as they stand."""
        loop = asyncio.get_running_loop()
        while self._open:
            for result in self._settled():
                yield result
            waiting: list[asyncio.Future[Any]] = [*self._unread(), *self._narrowed]
            left = until - loop.time()
            if not waiting or left <= 0:
                break
            await asyncio.wait(waiting, timeout=left, return_when=asyncio.FIRST_COMPLETED)
            with suppress(TimeoutError):
                async with asyncio.timeout_at(until):
                    await passes.enter()
        for result in self._given_up():
            yield result

    def leave(self) -> None:
        """Stop waiting; queries that were sent run on and serve the next prompt."""
        self._reading.leave(self._reads.values())
        self._narrowing.close()
        for task in self._narrowed:
            task.cancel()

    def _unread(self) -> list[asyncio.Future[Read]]:
        return [
            future
            for name, future in self._reads.items()
            if name not in self._found and name not in self._failed
        ]

    def _take(self) -> None:
        """Take in what has arrived."""
        for name, future in self._reads.items():
            if name in self._found or name in self._failed or not future.done():
                continue
            if future.cancelled():
                self._failed[name] = SourceError(f"the read of {name} was ended")
            elif (error := future.exception()) is None:
                self._found[name] = future.result()
                self._slices[name] = self._found[name].slice
            elif isinstance(error, SourceError):  # kept, not raised: its traceback would keep us
                self._failed[name] = error
            else:
                raise error

    def _settled(self) -> Iterator[TableResult]:
        """Yield the tables that can be told now; send those that need a question of their own."""
        self._take()
        known = self._found.keys() | self._failed.keys()
        for task in [task for task in self._narrowed if task.done()]:
            query = self._narrowed.pop(task)
            del self._open[query.table]
            own, passing = task.result()
            yield self._read(query, own, pick(query, own.slice, passing))
        for query in list(self._open.values()):
            ready = query.table in known and query.through <= known and not self._is_asked(query)
            if ready and (result := self._end(query)) is not None:
                del self._open[query.table]
                yield result

    def _is_asked(self, query: TableQuery) -> bool:
        return query in self._narrowed.values()

    def _end(self, query: TableQuery) -> TableResult | None:
        """Return how the table has ended; None where the source is asked once more."""
        if (error := self._failed.get(query.table)) is not None:
            return failed(query.table, error)
        own, picked = self._found[query.table], self._pick(query)
        if picked.enough or not query.where:
            return self._read(query, own, picked)
        narrow = self._narrowing.narrow(query, own, self._bound())
        self._narrowed[asyncio.ensure_future(narrow)] = query
        return None

    def _given_up(self) -> Iterator[TableResult]:
        """End what is left: by what is there, or as missing."""
        for query in self._open.values():
            if query.table in self._found:
                yield self._read(query, self._found[query.table], self._pick(query))
            else:
                late = SourceError(f"{query.table} did not arrive in time", reason=Reason.TIMEOUT)
                yield failed(query.table, self._failed.get(query.table, late))

    def _read(self, query: TableQuery, found: Read, picked: Picked) -> TableResult:
        return read(query.table, found, picked, self._clock())

    def _pick(self, query: TableQuery) -> Picked:
        """Return the rows that answer a query; what was picked from these very slices is kept."""
        known = self._known()
        if (picked := known.get(query.table)) is None:
            table = self._slices[query.table]
            passing = Filters(self._bound(), self._slice).answer(table, query)
            picked = known[query.table] = pick(query, table, passing)
        return picked

    def _known(self) -> dict[str, Picked]:
        """Return what is kept of this plan over these slices, once all that it reads has ended."""
        if len(self._found) + len(self._failed) < len(self._reads):
            return {}
        if self._picked is None:
            slices = {name: self._slices.get(name) for name in self._reads}
            key = (self._plan, self._absent())
            self._picked = self._kept.get(key, slices)
            if self._picked is None:
                self._picked = self._kept.put(key, slices, {})
        return self._picked

    def _slice(self, table: str, _slot: str) -> Slice | None:
        return self._slices.get(table)

    def _bound(self) -> Bound:
        """Bind anew only when a table that the binding rests on has arrived."""
        absent = self._absent()
        key = (self._plan.rests_on.intersection(self._slices), absent)
        if key not in self._bounds:
            self._bounds[key] = bind(self._plan, self._slice, absent)
        return self._bounds[key]

    def _absent(self) -> frozenset[str]:
        return frozenset(n for n, exc in self._failed.items() if isinstance(exc, TableAbsent))
