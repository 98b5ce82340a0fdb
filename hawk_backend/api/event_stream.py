"""A run as a response: whole events as they come, a heartbeat in silence, and a clean end."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from hawk_backend import observability
from hawk_backend.runs.buffer import Reader
from hawk_backend.runs.run import Run

_LOG = observability.logger("api")
_HEADERS = (
    (b"content-type", b"text/event-stream"),
    (b"cache-control", b"no-cache, no-transform"),
    (b"x-accel-buffering", b"no"),
)
_OUTSIDE = "hawk.streams_outside"
_PING = b"event: ping\n\n"
_SHARE = 64 * 1024
"""Bytes in one write at most, so that a browser that stops reading costs little here."""


class EventStream(Response):
    """Reads a run from behind its `after`-th event to its end, or to the browser's.

    The browser has gone when the server says so, or when one write takes longer than
    `clocks.stuck`; either way the run loses this reader and nothing else.
    """

    def __init__(self, run: Run, after: int = 0) -> None:
        super().__init__()
        self._run = run
        self._after = after

    def init_headers(self, _headers: Mapping[str, str] | None = None) -> None:
        """Take the headers of a stream, which has no length."""
        self.raw_headers = [*_HEADERS]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the head; then the stream, from outside the framework where that is prepared."""
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        outside: list[EventStream] | None = scope.get(_OUTSIDE)
        if outside is None:
            await self.stream(receive, send)
        else:
            outside.append(self)

    async def stream(self, receive: Receive, send: Send) -> None:
        """Send the events to the end, or until the browser has gone."""
        with observability.reading(), self._run.read(self._after) as reader:
            gone = asyncio.create_task(until_gone(receive))
            gone.add_done_callback(lambda _: reader.close())
            try:
                await self._send(reader, send)
            finally:
                gone.cancel()
                with suppress(asyncio.CancelledError):
                    await gone

    async def _send(self, reader: Reader, send: Send) -> None:
        clocks, ticker = self._run.clocks, self._run.ticker
        with suppress(OSError):  # a stuck write, or a server that reports the loss by raising
            async with asyncio.timeout(None) as scope:
                drop = ticker.watch(lambda: self._drop(scope))
                with ticker.watch(reader.wake) as beat, drop:
                    beat.within(clocks.heartbeat)
                    while (events := await reader.next(_SHARE)) is not None:
                        drop.within(clocks.stuck)
                        body = events or _PING
                        await send({"type": "http.response.body", "body": body, "more_body": True})
                        drop.rest()
                        beat.within(clocks.heartbeat)
                    drop.within(clocks.stuck)
                    await send({"type": "http.response.body", "body": b"", "more_body": False})

    def _drop(self, sending: asyncio.Timeout) -> None:
        _LOG.info("browser_stuck", request_id=self._run.request_id)
        sending.reschedule(self._run.ticker.now())


async def until_gone(receive: Receive) -> None:
    """Return when the server says that the client has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


class StreamsOutside:
    """What the server calls: sends a stream after the framework has returned.

    For as long as a response is under way, the framework holds its request, dependencies and
    exit stacks; streams are open for minutes. Without this an open stream misses its target of
    40 KB.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the app answer, then send the stream whose head it may have sent."""
        streams: list[EventStream] = []
        inside = {**scope, _OUTSIDE: streams}
        await self._app(inside, receive, send)
        del inside  # the framework has put route, dependencies and stacks into it
        if streams:
            await streams.pop().stream(receive, send)
