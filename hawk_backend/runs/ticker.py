"""One timer for all deadlines of all streams: arming one costs an assignment."""

import asyncio
from collections.abc import Callable
from math import inf
from types import TracebackType
from typing import Protocol, Self


class Looking(Protocol):
    """Whatever has deadlines."""

    def look(self, now: float) -> None:
        """Expire if the time has come."""


class Watch:
    """A deadline that is armed, moved and put to rest; `expire` is called once per arming."""

    __slots__ = ("_due", "_expire", "_ticker")

    def __init__(self, ticker: "Ticker", expire: Callable[[], None]) -> None:
        self._ticker = ticker
        self._expire = expire
        self._due = inf

    def within(self, seconds: float) -> None:
        """Expire unless moved or put to rest within `seconds`."""
        self._due = self._ticker.now() + seconds

    def rest(self) -> None:
        """Expire no more until armed again."""
        self._due = inf

    def look(self, now: float) -> None:
        """Expire if the time has come."""
        if self._due <= now:
            self._due = inf
            self._expire()

    def close(self) -> None:
        """Leave the ticker."""
        self._ticker.forget(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class Ticker:
    """Looks at every watch each `every_s`; has no timer of its own while there is none."""

    def __init__(self, every_s: float) -> None:
        self._every_s = every_s
        self._watches: set[Looking] = set()
        self._timer: asyncio.TimerHandle | None = None

    def __repr__(self) -> str:
        return f"<Ticker [{len(self._watches)} watches]>"

    @staticmethod
    def now() -> float:
        """Return the loop's time in seconds."""
        return asyncio.get_running_loop().time()

    def watch(self, expire: Callable[[], None]) -> Watch:
        """Return a new watch, at rest; close it when it is no longer needed."""
        watch = Watch(self, expire)
        self.add(watch)
        return watch

    def add(self, watch: Looking) -> None:
        """Let `watch` look at the time at every tick."""
        self._watches.add(watch)
        if self._timer is None:
            self._arm()

    def forget(self, watch: Looking) -> None:
        """Look at `watch` no more."""
        self._watches.discard(watch)
        if not self._watches and self._timer:
            self._timer.cancel()
            self._timer = None

    def _arm(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(self._every_s, self._tick)

    def _tick(self) -> None:
        self._arm()
        now = self.now()
        for watch in tuple(self._watches):
            watch.look(now)
