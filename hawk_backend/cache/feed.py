"""The feed: asks the database which tables have changed, and retires those.

Every replica runs one.  The one with the lease polls; the others look now and then which tables
are watched, for that decides how long rows may live.
"""

import asyncio
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from hawk_backend.cache.limits import FeedState
from hawk_backend.cache.stamps import Lease, Stamps
from hawk_backend.cache.watched import View, Watched
from hawk_backend.errors import SourceError
from hawk_backend.observability import feed_heard, logger

_LOG = logger("cache.feed")
READ_S = 2.0
"""That one read of the versions may take, in seconds."""
_FIRST_S = 0.8
"""That a look may wait for the first turn: less than who looks waits, to hear why there is none."""
_REST_S = 0.1
"""Between two polls, however many call for one."""
_MICRO = 1_000_000
SILENT_S = 10.0
"""After so many seconds without a poll, or two of its intervals, the service is not well."""


class Versions(Protocol):
    """What the database tells of its changes; everything raises SourceError."""

    async def versions(self) -> Mapping[str, str] | None:
        """Return the version of every watched table; None where the database has no feed."""

    async def views(self) -> Mapping[str, tuple[frozenset[str], bool]] | None:
        """Return what every view reads, and whether it is materialized; None: not told."""


@dataclass(frozen=True, slots=True)
class Told:
    """Who hears of retirements.

    `retired` hears the tables whose nonces a poll of ours has deleted; `refresh` those, and what
    somebody else's word has retired, once the poll that he called for has ended.
    """

    retired: Callable[[Sequence[str]], None]
    refresh: Callable[[Iterable[str]], None]


class Feed:
    """Keeps the stamps true to the database."""

    def __init__(
        self,
        source: Versions,
        stamps: Stamps,
        watched: Watched,
        told: Told,
        *,
        replica: str,
        interval_s: float,
    ) -> None:
        self._source = source
        self._stamps = stamps
        self._watched = watched
        self._told = told
        self._replica = replica
        self._interval_s = interval_s
        self._lease: Lease | None = None
        self._lag: tuple[float, float] | None = None
        self._read_s = 0.0
        self._failure = ""
        self._asked: set[str] = set()
        self._call = asyncio.Event()
        self._begun = asyncio.Event()

    def __repr__(self) -> str:
        return f"<Feed {self.mode}, {len(self._watched.names)} tables watched>"

    @property
    def mode(self) -> FeedState:
        """Whether the feed as a whole is live, late or not there."""
        if not self._watched.installed:
            return FeedState.LATE if self._watched.installed is None else FeedState.NONE
        return self._watched.heard(self.lag_s)

    @property
    def lag_s(self) -> float | None:
        """Seconds since the last successful poll of any replica; None: none is on record."""
        if self._lag is None:
            return None
        lag, at = self._lag
        return lag + time.monotonic() - at

    def ask(self, tables: Iterable[str]) -> None:
        """Call for a poll at once, because these have been retired by somebody's word."""
        self._asked.update(tables)
        self._call.set()

    async def run(self) -> None:
        """Poll for ever; the app owns the task and cancels it."""
        while True:
            began = time.monotonic()
            self._call.clear()
            try:
                await self.turn()
            except Exception as exc:  # noqa: BLE001 - a turn that fails is followed by the next
                self._fails(type(exc).__name__)
            await asyncio.sleep(min(_REST_S, self._interval_s))
            rest = self._interval_s - (time.monotonic() - began)
            # not wait_for: before Python 3.12 it may swallow the order to end
            with suppress(TimeoutError):
                async with asyncio.timeout(max(rest, 0.0)):
                    await self._call.wait()

    async def turn(self) -> None:
        """Poll once if it is our turn, or if somebody asked for it."""
        asked, self._asked = self._asked, set()
        began = time.monotonic()
        self._lease = await self._stamps.lease(self._replica)
        if self._lease is not None and self._lease.polled_us is not None:
            self._take_lag(self._lease.at_us - self._lease.polled_us, began)
        ours = self._lease is not None and self._lease.held and self._watched.installed
        changed: Collection[str] = ()
        if ours or asked or self._watched.is_old:
            changed = await self._poll()
        self._begun.set()
        self._told.refresh({*asked, *changed})
        if self._watched.views_are_old:
            await self._look_at_views()

    async def look(self) -> Mapping[str, object]:
        """Return mode, lag and bound; raises SourceError where a feed has fallen silent."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_FIRST_S):
                await self._begun.wait()
        silent = self.lag_s is None or self.lag_s > max(SILENT_S, 2 * self._interval_s)
        if silent and self._watched.installed is not False:
            raise SourceError(f"The version feed is not being read: {self._failure or 'no poll'}.")
        return self.report()

    def report(self) -> Mapping[str, object]:
        """Return how the feed is.

        `bound_s` is how old a change may be that no prompt has noticed yet; None: nothing says.
        """
        lag, live = self.lag_s, self.mode is FeedState.LIVE
        return {
            "mode": self.mode.value,
            "failure": self._failure or None,
            "polls": self._lease is not None and self._lease.held,
            "lag_s": None if lag is None else round(lag, 3),
            "bound_s": round(self._interval_s + self._read_s, 3) if live else None,
        }

    async def _poll(self) -> Sequence[str]:
        """Read the versions, learn from them, and retire what has changed."""
        began = time.monotonic()
        try:
            async with asyncio.timeout(READ_S):
                versions = await self._source.versions()
        except (SourceError, TimeoutError) as exc:
            self._fails(str(exc) or "the versions did not arrive in time")
            return ()
        self._read_s = time.monotonic() - began
        self._watched.learn(versions)
        if versions is None:
            self._failure = ""
            return ()
        if self._lease is None:
            self._fails("the stamps are out of reach")
            return ()
        retired = await self._stamps.settle(versions, self._lease.at_us)
        if retired is None:
            self._fails("the stamps could not be settled")
            return ()
        self._failure, self._lag = "", (0.0, began)
        feed_heard()
        if retired:
            self._told.retired(retired)
        return retired

    async def _look_at_views(self) -> None:
        try:
            async with asyncio.timeout(READ_S):
                found = await self._source.views()
        except (SourceError, TimeoutError):
            return
        views = None if found is None else {name: View(*facts) for name, facts in found.items()}
        self._watched.learn_views(views)

    def _take_lag(self, micros: int, at: float) -> None:
        """Take how long ago the last poll was, unless Redis's clock has not reached it yet."""
        if micros >= 0:
            self._lag = (micros / _MICRO, at)

    def _fails(self, why: str) -> None:
        if not self._failure:
            _LOG.warning("feed not read", reason=why)
        self._failure = why
