"""The deadlines of one generation: first byte, silence, total, and what is left once it ends."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from hawk_backend.runs.limits import RelayClocks
from hawk_backend.runs.ticker import Ticker


class Clock:
    """Calls `give_up` with the name of a deadline that passed; the last one ends the reading."""

    def __init__(self, ticker: Ticker, clocks: RelayClocks, give_up: Callable[[str], None]) -> None:
        self._clocks = clocks
        self._ticker = ticker
        self._give_up = give_up
        self._scope = asyncio.timeout(None)
        self._over = False
        self._heard = False
        self._opened = ticker.now()
        self._silence = ticker.watch(self._silent)
        self._total = ticker.watch(lambda: give_up("total"))
        self._last = ticker.watch(self._end)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Hold the deadlines over the body; the last one ends it without an error."""
        with self._silence, self._total, self._last:
            self._silence.within(self._clocks.first_byte)
            self._total.within(self._clocks.total)
            try:
                async with self._scope:
                    yield
            except TimeoutError:
                if not self._over:
                    raise

    def heard(self) -> None:
        """Bytes came."""
        self._heard = True
        self._silence.within(self._clocks.idle)

    def wind_up(self) -> None:
        """A terminal event came: only a second one can follow."""
        self._last.at_most(self._clocks.last_words)

    def drain(self) -> None:
        """The generation was stopped: its last events follow soon."""
        self._last.within(self._clocks.drain)

    def wait_for_first_event(self, patience_s: float | None) -> None:
        """Nobody wants the answer, but it cannot be stopped before its first event."""
        rest = self._opened + self._clocks.first_byte - self._ticker.now()
        self._last.within(rest if patience_s is None else min(rest, patience_s))

    def _silent(self) -> None:
        self._give_up("idle" if self._heard else "first_byte")

    def _end(self) -> None:
        self._over = True
        self._scope.reschedule(self._ticker.now())
