"""One answer under way at Dify: read to its last byte; stopped and drained when asked."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress

from hawk_backend.observability import logger
from hawk_backend.pipeline.relay import Relay
from hawk_backend.runs.clock import Clock
from hawk_backend.runs.limits import RelayClocks
from hawk_backend.runs.parts import Ask, Dify, Event
from hawk_backend.runs.ticker import Ticker

_LOG = logger("runs")
_STOP_ATTEMPTS = 2


class Generation:
    """Reads one answer; `sink` gets the browser's events as they come."""

    def __init__(
        self, dify: Dify, ask: Ask, clocks: RelayClocks, sink: Callable[[list[bytes]], None]
    ) -> None:
        self.relay = Relay()
        self._dify = dify
        self._asks = [ask]
        self._app, self._user = ask.app, ask.user
        self._clocks = clocks
        self._sink = sink
        self._clock: Clock | None = None
        self._stopping = False
        self._stop_sent: asyncio.Task[None] | None = None

    async def run(self, ticker: Ticker) -> None:
        """Return when the connection is closed, whoever ended it; `relay` knows what happened.

        A generation whose last event did not come may still be under way inside Dify, and
        paid for: whatever ended the reading, it is stopped.
        """
        clock = self._clock = Clock(ticker, self._clocks, self._give_up)
        try:
            async with clock:
                await self._read(clock)
        finally:
            self._stopping = True
            self._stop_if_possible()
            if self._stop_sent:
                await self._stop_sent

    def stop(self, *, patience_s: float | None = None) -> None:
        """Stop the generation and drain it.

        Only an event brings the name that stopping needs: before it the connection is kept
        until the time for the first byte is over, or `patience_s`, if that is less.
        """
        if self._stopping:
            return
        self._stopping = True
        if self._clock and not self.relay.task_id:
            self._clock.wait_for_first_event(patience_s)
        self._stop_if_possible()

    def _give_up(self, deadline: str) -> None:
        """Break the answer off at a deadline; what Dify still says to the stop is read."""
        self.relay.break_off(deadline)
        self.stop(patience_s=0)

    async def _read(self, clock: Clock) -> None:
        answer = await self._dify.open(self._asks.pop())  # its context is not kept here
        try:
            while self._take(await answer.read(), clock):
                pass
        finally:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._clocks.last_words):
                    await answer.close()

    def _take(self, events: Sequence[Event] | None, clock: Clock) -> bool:
        """Pass events on; False at the end of the stream."""
        if events is None:
            return False
        clock.heard()
        if events:
            self._sink(self.relay.take(events))
            self._stop_if_possible()
            if self.relay.ended:
                clock.wind_up()
        return True

    def _stop_if_possible(self) -> None:
        relay = self.relay
        if self._stopping and not self._stop_sent and relay.task_id and not relay.ended:
            self._stop_sent = asyncio.create_task(self._send_stop(relay.task_id))
            if self._clock:
                self._clock.drain()

    async def _send_stop(self, task_id: str) -> None:
        for _ in range(_STOP_ATTEMPTS):
            if await self._dify.stop(self._app, task_id, self._user):
                return
        _LOG.warning("dify_not_stopped", app=self._app)
