"""The deadlines of one generation: first byte, silence, total, and what is left once it ends."""

import asyncio
from collections.abc import Callable
from math import inf
from types import TracebackType
from typing import Self

from hawk_backend.runs.limits import RelayClocks
from hawk_backend.runs.ticker import Ticker


class Clock:
    """Calls `give_up` with the name of a deadline that passed; the last one ends the block."""

    def __init__(self, ticker: Ticker, clocks: RelayClocks, give_up: Callable[[str], None]) -> None:
        self._clocks = clocks
        self._ticker = ticker
        self._give_up = give_up
        self._scope = asyncio.timeout(None)
        self._silent_as = "first_byte"
        opened = ticker.now()
        self._first_byte = self._silence = opened + clocks.first_byte
        self._total = opened + clocks.total
        self._last = inf

    async def __aenter__(self) -> Self:
        """Hold the deadlines over the block."""
        self._ticker.add(self)
        await self._scope.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        """Let go; the last deadline ends the block without an error."""
        self._ticker.forget(self)
        try:
            await self._scope.__aexit__(kind, error, trace)
        except TimeoutError:
            if not self._scope.expired():
                raise
            return True
        return False

    def heard(self) -> None:
        """Bytes came."""
        self._silent_as = "idle"
        self._silence = self._ticker.now() + self._clocks.idle

    def wind_up(self) -> None:
        """A terminal event came: only a second one can follow."""
        self._last = min(self._last, self._ticker.now() + self._clocks.last_words)

    def drain(self) -> None:
        """The generation was stopped: its last events follow soon."""
        self._last = self._ticker.now() + self._clocks.drain

    def wait_for_first_event(self, patience_s: float | None) -> None:
        """Nobody wants the answer, but it cannot be stopped before its first event."""
        patience = inf if patience_s is None else self._ticker.now() + patience_s
        self._last = min(self._first_byte, patience)

    def look(self, now: float) -> None:
        """Act on the deadline that has passed, if any; each but the last one passes once."""
        if self._last <= now:
            self._ticker.forget(self)
            self._scope.reschedule(now)
        elif self._total <= now:
            self._total = inf
            self._give_up("total")
        elif self._silence <= now:
            self._silence = inf
            self._give_up(self._silent_as)
