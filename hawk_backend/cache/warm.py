"""Warm: reads tables before a prompt wants them, behind every prompt that wants some now."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable

from hawk_backend.cache.tasks import Tasks
from hawk_backend.errors import SourceError

AT_ONCE = 8


class Warm:
    """Works off what is wanted, eight tables at a time.

    `read` brings one table in, `idle` returns as soon as no prompt waits for the source.
    """

    def __init__(
        self,
        read: Callable[[str], Awaitable[object]],
        idle: Callable[[], Awaitable[object]],
        tasks: Tasks,
    ) -> None:
        self.total = self.done = self.failed = 0
        self._read = read
        self._idle = idle
        self._tasks = tasks
        self._wanted: dict[str, None] = {}
        self._workers = 0

    def want(self, tables: Iterable[str]) -> None:
        """Have these tables brought in; one that is wanted already is wanted once."""
        new = [table for table in tables if table not in self._wanted]
        if not new:
            return
        if not self._workers:
            self.total = self.done = self.failed = 0
        self.total += len(new)
        self._wanted.update(dict.fromkeys(new))
        while self._workers < min(AT_ONCE, len(self._wanted)):
            self._workers += 1
            self._tasks.start(self._work())

    def progress(self) -> dict[str, object]:
        """Return how far the present round is: tables wanted, done, failed, left."""
        left = self.total - self.done - self.failed
        return {"total": self.total, "done": self.done, "failed": self.failed, "left": left}

    async def _work(self) -> None:
        try:
            while self._wanted:
                await self._idle()
                await self._next()
        finally:
            self._workers -= 1

    async def _next(self) -> None:
        if not self._wanted:
            return
        table = next(iter(self._wanted))
        del self._wanted[table]
        try:
            await self._read(table)
        except (SourceError, asyncio.CancelledError) as exc:
            self.failed += 1
            if isinstance(exc, asyncio.CancelledError):
                raise
        else:
            self.done += 1
