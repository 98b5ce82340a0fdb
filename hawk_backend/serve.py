"""Serving: one process, bounded socket buffers, and an end that leaves no stream without its end.

SIGTERM or SIGINT: readiness turns 503 and no new stream opens; open ones run on for the drain
time and then get their terminal event; the process ends when the last has ended. A second
signal ends it at once.
"""

import asyncio
import socket
from types import FrameType

import uvicorn
from fastapi import FastAPI

from hawk_backend.errors import ConfigurationError

SEND_BUFFER = 64 * 1024
"""Bytes of the kernel's send buffer a connection: what a browser that stops reading costs."""


class Server(uvicorn.Server):
    """uvicorn's server with our end: drain first, then close."""

    def __init__(self, config: uvicorn.Config, app: FastAPI) -> None:
        super().__init__(config)
        self._app = app
        self._asked_to_stop = False
        self._drain: asyncio.Task[None] | None = None

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Ask for the drain at the first signal, exit at the second or before service."""
        if self._asked_to_stop or not self.started:
            super().handle_exit(sig, frame)
        self._asked_to_stop = True

    async def on_tick(self, counter: int) -> bool:
        """Begin the drain on the loop: a signal handler may run in the middle of anything."""
        if self._asked_to_stop and self._drain is None:
            self._drain = asyncio.create_task(self._drained(), name="drain")
        return await super().on_tick(counter)

    async def _drained(self) -> None:
        await self._app.state.drain()
        self.should_exit = True


def serve(app: FastAPI, host: str, port: int) -> None:
    """Serve until a signal. Raises ConfigurationError where the port cannot be had."""
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=True,
        timeout_graceful_shutdown=5,
        timeout_keep_alive=75,
        h11_max_incomplete_event_size=64 * 1024,
    )
    Server(config, app).run(sockets=[listen(host, port)])


def listen(host: str, port: int, *, stuck_s: float = 20.0) -> socket.socket:
    """Return a bound socket whose connections inherit a bounded send buffer.

    A peer that takes no byte for `stuck_s` loses its connection in the kernel: an ASGI server
    can only close it politely, and waits for ever to send what is still in its buffer.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family)
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
