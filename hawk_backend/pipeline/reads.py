"""Reads: whole tables from the source, all at once, each query sent once for all who wait."""

import asyncio
import heapq
import time
from dataclasses import dataclass
from itertools import count
from typing import Protocol
from zoneinfo import ZoneInfo

from hawk_backend.catalogue import Table
from hawk_backend.errors import SourceError
from hawk_backend.models import Principal, Tier
from hawk_backend.observability import logger
from hawk_backend.rows import Answer, Read, Slice, Where, read_slice

_LOG = logger("pipeline.reads")
_WEIGHT = 0.3
"""Share of the newest time in a table's moving average."""


class Source(Protocol):
    """Where tables come from."""

    async def read(self, table: Table, principal: Principal, where: Where = ()) -> Answer:
        """Return rows in the table's total order; raises TableAbsent or SourceError."""


@dataclass(slots=True)
class _Job:
    """One query for all that wait for it."""

    key: tuple[object, ...]
    table: Table
    principal: Principal
    where: Where
    future: asyncio.Future[Read]
    sent_at: float = 0.0


class Reads:
    """Sends the slowest tables first, `concurrency` at a time.

    Those that want the same rows share a query as long as it has not been sent: so whoever joins
    still reads what was true when it asked. An answer serves those, too, who wait for an older
    query: one that hangs is lost only on those behind whom nobody asked.
    """

    def __init__(self, source: Source, zone: ZoneInfo, *, concurrency: int = 32) -> None:
        self._source = source
        self._zone = zone
        self._concurrency = concurrency
        self._unsent: dict[tuple[object, ...], _Job] = {}
        self._queue: list[tuple[float, int, _Job]] = []
        self._in_flight: dict[asyncio.Task[None], _Job] = {}  # in the order of sending
        self._average: dict[str, float] = {}
        self._turn = count()
        self._pumping = False

    def __repr__(self) -> str:
        return f"<Reads {len(self._in_flight)} in flight, {len(self._unsent)} unsent>"

    def start(self, table: Table, principal: Principal, where: Where = ()) -> asyncio.Future[Read]:
        """Return the future of a read, everybody's who wants these rows: to cancel it ends it."""
        key = (principal.scope, table.name, tuple(map(tuple, where)))
        job = self._unsent.get(key)
        if job is None:
            future: asyncio.Future[Read] = asyncio.get_running_loop().create_future()
            job = self._unsent[key] = _Job(key, table, principal, where, future)
            slowest_first = -self._average.get(table.name, float("inf"))
            heapq.heappush(self._queue, (slowest_first, next(self._turn), job))
            self._call_pump()
        return job.future

    async def aclose(self) -> None:
        """End every query, those that were not sent included."""
        self._queue.clear()
        for job in self._unsent.values():
            job.future.cancel()
        self._unsent.clear()
        tasks = list(self._in_flight)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _call_pump(self) -> None:
        """Send after this turn of the loop, so that prompts of the same turn join."""
        if not self._pumping:
            self._pumping = True
            asyncio.get_running_loop().call_soon(self._pump)

    def _pump(self) -> None:
        self._pumping = False
        while self._queue and len(self._in_flight) < self._concurrency:
            self._send(heapq.heappop(self._queue)[2])

    def _send(self, job: _Job) -> None:
        job.sent_at = time.perf_counter()
        del self._unsent[job.key]
        task = asyncio.ensure_future(self._run(job))
        self._in_flight[task] = job
        task.add_done_callback(self._sent)

    def _sent(self, task: asyncio.Task[None]) -> None:
        job = self._in_flight.pop(task)
        if not job.future.done():
            job.future.cancel()
        if self._queue:
            self._call_pump()

    async def _run(self, job: _Job) -> None:
        try:
            answer = await self._source.read(job.table, job.principal, job.where)
            rows = self._slice(job.table, answer)
            self._serve(job, rows, answer)
        except SourceError as exc:
            _fail(job, exc)
        except Exception as exc:  # noqa: BLE001 - whatever it is, whoever waits must learn of it
            _fail(job, SourceError(f"{job.table.name}: {type(exc).__name__}"))
            _LOG.error("read failed", table=job.table.name, error=type(exc).__name__)
        finally:
            self._learn(job.table.name, _ms(job.sent_at))

    def _serve(self, job: _Job, rows: Slice, answer: Answer) -> None:
        """Serve those who wait for the job, and end older queries for the same rows with it."""
        for task, other in list(self._in_flight.items()):
            if other.key == job.key and not other.future.done():
                other.future.set_result(Read(rows, Tier.SOURCE, _ms(other.sent_at), answer))
            if other is job:
                return
            if other.key == job.key:
                task.cancel()

    def _slice(self, table: Table, answer: Answer) -> Slice:
        return read_slice(
            table,
            answer.body,
            columns=answer.columns,
            cap=answer.cap,
            zone=self._zone,
            fetched_at=answer.fetched_at,
        )

    def _learn(self, table: str, ms: float) -> None:
        before = self._average.get(table, ms)
        self._average[table] = before + _WEIGHT * (ms - before)


def _fail(job: _Job, error: SourceError) -> None:
    """End the read; the error's traceback would keep the job in a circle with its future."""
    if not job.future.done():
        job.future.set_exception(error.with_traceback(None))
        job.future.exception()  # looked at, also where nobody waits any more


def _ms(started: float) -> float:
    return (time.perf_counter() - started) * 1000
