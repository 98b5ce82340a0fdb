"""One prompt's reads, and how they are counted."""

import asyncio
from collections.abc import Collection
from typing import Protocol

from hawk_backend.cache.stamps import Seen
from hawk_backend.cache.stats import End, Stats
from hawk_backend.catalogue import Table
from hawk_backend.models import Freshness, Principal
from hawk_backend.rows import Read, Where


class Slices(Protocol):
    """What a prompt's reads are begun with."""

    @property
    def stats(self) -> Stats:
        """Where they are counted."""

    def start(
        self, seen: Seen, table: Table, principal: Principal, where: Where, freshness: Freshness
    ) -> tuple[asyncio.Future[Read], End | None]:
        """Return a read under way, and how it ended where that is known at once."""

    def wait(self, future: asyncio.Future[Read]) -> None:
        """Take notice that a prompt waits for the source."""


class Reading:
    """One prompt's reads: all of them as of the stamps that it saw when it began."""

    def __init__(
        self,
        slices: Slices,
        seen: Seen,
        principal: Principal,
        freshness: Freshness,
        *,
        counted: bool,
    ) -> None:
        self._slices = slices
        self._seen = seen
        self._principal = principal
        self._freshness = freshness
        self._counted = counted

    def start(self, table: Table, where: Where = ()) -> asyncio.Future[Read]:
        """Return the future of a read; it fails with SourceError, and is nobody else's."""
        future, end = self._slices.start(self._seen, table, self._principal, where, self._freshness)
        if not self._counted:
            return future
        if end is None or end is End.JOINED:
            self._slices.wait(future)
            future.add_done_callback(lambda done: self._count(table, _ended(done, end)))
        else:
            self._count(table, end)
        return future

    def leave(self, futures: Collection[asyncio.Future[Read]]) -> None:
        """Take notice that these are no longer waited for; their reads serve the next prompt."""
        for future in futures:
            future.cancel()

    def _count(self, table: Table, end: End) -> None:
        self._slices.stats.lookup(table.name, end)


def _ended(future: asyncio.Future[Read], end: End | None) -> End:
    if future.cancelled() or future.exception() is not None:
        return End.MISSING
    return end or End(future.result().tier.value)
