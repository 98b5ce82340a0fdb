"""Serving: one process, bounded heads and buffers, and an end that gives each stream its own.

SIGTERM or SIGINT: readiness turns 503 and no new stream opens; open ones run on for the drain
time and then get their terminal event; the process ends when the last has ended. A second
signal ends it at once.
"""

import asyncio
import gc
import socket
import sys
from collections.abc import Callable
from contextlib import AsyncExitStack
from http import HTTPStatus
from types import FrameType
from typing import cast

import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from hawk_backend.api.event_stream import StreamsOutside
from hawk_backend.api.problems import problem
from hawk_backend.errors import ConfigurationError
from hawk_backend.observability import task_ended

SEND_BUFFER = 64 * 1024
"""Bytes of the kernel's send buffer a connection: what a browser that stops reading costs."""

HEAD_LIMIT = 64 * 1024
"""Bytes of a request's line and headers that are waited for."""
HEAD_S = 20.0
"""Seconds from the connection, or from a later request's first byte, to the end of its head."""
_FULL_PASS = 200
"""Passes of garbage collection over what is younger, for one over everything."""


class Connection(HttpToolsProtocol):
    """uvicorn's connection, which by itself would take a head of any size for any time."""

    _head: int | None = None
    _late: asyncio.TimerHandle | None = None
    _data = b""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Begin to wait for the first head."""
        super().connection_made(transport)
        self._wait()

    def on_message_begin(self) -> None:
        """Begin to count a head."""
        super().on_message_begin()
        self._head = 0
        self._wait()

    def on_headers_complete(self) -> None:
        """Count no more: the body's bounds are the app's."""
        self._head = None
        self._rest()
        super().on_headers_complete()

    def data_received(self, data: bytes) -> None:
        """Parse what came; refuse a head that is still not whole after HEAD_LIMIT bytes."""
        self._data, parsed = data, b""
        while self._data is not parsed:  # another time for each offer that was passed over
            parsed = self._data
            super().data_received(parsed)
        self._data = b""
        if self._head is not None:
            self._head += len(data)
            if self._head > HEAD_LIMIT:
                detail = f"The head of the request is over {HEAD_LIMIT} bytes."
                self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, detail)

    def _should_upgrade(self) -> bool:
        """Whether to pass over an offer of another protocol; a CONNECT is more than an offer."""
        return self.parser.get_method() != b"CONNECT"

    def handle_websocket_upgrade(self) -> None:
        """Have the request read again without its offer, as RFC 9110 allows (7.8).

        The parser takes it for the last one of this protocol, and says where its head ends.
        """
        offer = cast("Exception", sys.exception())
        method, version = self.parser.get_method(), self.parser.get_http_version().encode()
        lines = [b"%s %s HTTP/%s" % (method, self.url, version)]
        lines += [b"%s: %s" % header for header in self.headers if header[0] != b"upgrade"]
        self._data = b"\r\n".join([*lines, b"", self._data[offer.args[0] :]])

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP/1.1 in the form of every other refusal."""
        self._refuse(HTTPStatus.BAD_REQUEST, msg)

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._rest()
        super().connection_lost(exc)

    def _refuse(self, status: HTTPStatus, detail: str) -> None:
        self.transport.write(_refusal(status, detail))
        self.transport.close()

    def _wait(self) -> None:
        if self._late is None:
            self._late = self.loop.call_later(HEAD_S, self.transport.close)

    def _rest(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None


def _refusal(status: HTTPStatus, detail: str) -> bytes:
    """Write the answer to a request that never reaches the app."""
    answer = problem(
        status,
        status.phrase.lower().replace(" ", "-"),
        status.phrase,
        detail,
        remedy="send a well-formed HTTP/1.1 request with few and short headers",
        headers={"Connection": "close"},
    )
    head = b"\r\n".join(b"%s: %s" % header for header in answer.raw_headers)
    line = f"HTTP/1.1 {status} {status.phrase}".encode()
    return line + b"\r\n" + head + b"\r\n\r\n" + bytes(answer.body)


class Server(uvicorn.Server):
    """uvicorn's server with our start, whose failure is raised, and our end: drain, then close."""

    def __init__(
        self, config: uvicorn.Config, app: FastAPI, *, opened: Callable[[], None] | None = None
    ) -> None:
        super().__init__(config)
        self._app = app
        self._on_open = opened
        self._opened = AsyncExitStack()
        self._asked_to_stop = False
        self._drain: asyncio.Task[None] | None = None

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve until told to end. Raises what keeps the app from opening its services."""
        async with self._opened:
            await super().serve(sockets)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, so that who asks too early is told so; then open the app's services."""
        await super().startup(sockets)
        self.started = False
        life = self._app.router.lifespan_context(self._app)
        self.lifespan.state.update(await self._opened.enter_async_context(life))
        if self._on_open is not None:
            self._on_open()
        self.started = True

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Ask for the drain at the first signal, exit at the second or before service."""
        if self._asked_to_stop or not self.started:
            super().handle_exit(sig, frame)
        self._asked_to_stop = True

    async def on_tick(self, counter: int) -> bool:
        """Begin the drain on the loop: a signal handler may run in the middle of anything."""
        if self._asked_to_stop and self._drain is None:
            self._drain = asyncio.create_task(self._drained(), name="drain")
            self._drain.add_done_callback(task_ended)
        return await super().on_tick(counter)

    async def _drained(self) -> None:
        try:
            await self._app.state.drain()
        finally:
            self.should_exit = True


def serve(app: FastAPI, host: str, port: int) -> None:
    """Serve until a signal. Raises ConfigurationError where the port cannot be had."""
    Server(configured(app), app, opened=_keep).run(sockets=[listen(host, port)])


def _keep() -> None:
    """Keep all that start-up made out of garbage collection, and make its full passes rare.

    One holds the loop while it walks whatever lives: some 80 ms with 200 prompts in flight, of
    which hardly any is garbage, and as Python counts it would come twice in every such burst.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*gc.get_threshold()[:2], _FULL_PASS)


def configured(app: FastAPI, *, grace_s: int = 5) -> uvicorn.Config:
    """Return how we serve; `grace_s` is what is left to open connections after the drain."""
    return uvicorn.Config(
        StreamsOutside(app),
        http=Connection,
        ws="none",
        lifespan="off",  # Server has it
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=True,
        timeout_graceful_shutdown=grace_s,
        timeout_keep_alive=75,
    )


def listen(host: str, port: int, *, stuck_s: float = 20.0) -> socket.socket:
    """Return a bound socket whose connections inherit a bounded send buffer.

    A peer that takes no byte for `stuck_s` loses its connection in the kernel: an ASGI server
    can only close it politely, and waits for ever to send what is still in its buffer.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # the protocol by name: asyncio turns Nagle's delays off only where it is said
    bound = socket.socket(family, proto=socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux
        bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, round(stuck_s * 1000))
    try:
        bound.bind((host, port))
    except OSError as exc:
        bound.close()
        raise ConfigurationError(
            f"Port {port} on {host} cannot be had: {exc.strerror}.",
            remedy="stop what uses it, or choose another with HAWK_PORT",
        ) from None
    bound.set_inheritable(True)
    return bound
