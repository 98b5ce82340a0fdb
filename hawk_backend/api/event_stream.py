"""A run as a response: whole events as they come, a heartbeat in silence, and a clean end."""

import asyncio
from contextlib import suppress

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from hawk_backend import observability
from hawk_backend.runs.buffer import Reader
from hawk_backend.runs.run import Run

_LOG = observability.logger("api")
_HEADERS = {
    "Content-Type": "text/event-stream",
    "Cache-Control": "no-cache, no-transform",
    "X-Accel-Buffering": "no",
}
_PING = b"event: ping\n\n"
_SHARE = 64 * 1024
"""Bytes in one write at most, so that a browser that stops reading costs little here."""


class EventStream(Response):
    """Reads a run from behind its `after`-th event to its end, or to the browser's.

    The browser has gone when the server says so, or when one write takes longer than
    `clocks.stuck`; either way the run loses this reader and nothing else.
    """

    def __init__(self, run: Run, after: int = 0) -> None:
        super().__init__(headers=_HEADERS)
        del self.headers["content-length"]
        self._run = run
        self._after = after

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        """Send the stream."""
        with observability.reading(), self._run.read(self._after) as reader:
            gone = asyncio.create_task(_until_gone(receive))
            gone.add_done_callback(lambda _: reader.close())
            try:
                await self._send(reader, send)
            finally:
                gone.cancel()
                with suppress(asyncio.CancelledError):
                    await gone

    async def _send(self, reader: Reader, send: Send) -> None:
        clocks, ticker = self._run.clocks, self._run.ticker
        start = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
        with suppress(OSError):  # a stuck write, or a server that reports the loss by raising
            async with asyncio.timeout(None) as scope:
                drop = ticker.watch(lambda: self._drop(scope))
                with ticker.watch(reader.wake) as beat, drop:
                    beat.within(clocks.heartbeat)
                    await send(start)
                    while (events := await reader.next(_SHARE)) is not None:
                        drop.within(clocks.stuck)
                        body = events or _PING
                        await send({"type": "http.response.body", "body": body, "more_body": True})
                        drop.rest()
                        beat.within(clocks.heartbeat)
                    await send({"type": "http.response.body", "body": b"", "more_body": False})

    def _drop(self, sending: asyncio.Timeout) -> None:
        _LOG.info("browser_stuck", request_id=self._run.order.request_id)
        sending.reschedule(self._run.ticker.now())


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
