"""HTTP/1.1 on one TCP connection, with every byte and every ending in our hands."""

import asyncio
import socket
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from http import HTTPStatus
from urllib.parse import parse_qs, unquote, urlsplit

HEADERS = {"Server": "hawk-dify-stand-in", "X-Version": "1.12.1", "X-Env": "PRODUCTION"}
"""What every response carries; X-Version is the version of Dify whose behaviour is played."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request, body read; header names in lower case."""

    method: str
    path: str
    params: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Response:
    """One whole response; Content-Length is added."""

    status: int
    body: bytes = b""
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)

    async def send(self, connection: "Connection") -> None:
        """Write it in one piece."""
        headers = {"Content-Type": self.content_type, **self.headers}
        if self.status != HTTPStatus.NO_CONTENT:
            headers["Content-Length"] = str(len(self.body))
        await connection.write(head(self.status, headers) + self.body)


class HungUpError(Exception):
    """The client has left."""


class _WatchedReader(asyncio.StreamReader):
    """A reader that says at once when the peer has gone, although nobody reads."""

    def __init__(self, gone: asyncio.Event) -> None:
        super().__init__()
        self._gone = gone

    def feed_eof(self) -> None:
        super().feed_eof()
        self._gone.set()

    def set_exception(self, exc: Exception) -> None:
        super().set_exception(exc)
        self._gone.set()


class Connection:
    """One client; a half-closed connection counts as one that left, as in common servers."""

    def __init__(self) -> None:
        self.gone = asyncio.Event()
        self.reader = _WatchedReader(self.gone)
        self._writer: asyncio.StreamWriter | None = None

    def attach(self, writer: asyncio.StreamWriter) -> None:
        """Take the writer; from now on a write returns when the kernel has all bytes."""
        self._writer = writer
        writer.transport.set_write_buffer_limits(high=0)

    @property
    def writer(self) -> asyncio.StreamWriter:
        """The attached writer."""
        if self._writer is None:
            raise RuntimeError("the connection is not attached yet")
        return self._writer

    async def request(self) -> Request | None:
        """Read the next request; None when there is none any more."""
        try:
            lines = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            method, target, _ = lines[0].split(" ")
            headers = _headers(lines[1:])
            body = await self._body(headers)
        except (EOFError, OSError, ValueError, asyncio.LimitOverrunError):
            return None
        url = urlsplit(target)
        params = {name: values[-1] for name, values in parse_qs(url.query).items()}
        return Request(method, unquote(url.path), params, headers, body)

    async def _body(self, headers: Mapping[str, str]) -> bytes:
        if headers.get("expect", "").lower() == "100-continue":
            await self.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        if "chunked" in headers.get("transfer-encoding", "").lower():
            return await self._chunks()
        return await self.reader.readexactly(int(headers.get("content-length", "0")))

    async def _chunks(self) -> bytes:
        chunks = []
        while size := int((await self.reader.readline()).split(b";")[0], 16):
            chunks.append(await self.reader.readexactly(size))
            await self.reader.readline()
        while (await self.reader.readline()).strip():
            pass  # trailers
        return b"".join(chunks)

    async def write(self, data: bytes) -> None:
        """Write and wait until the kernel took it; HungUpError when the client has left."""
        if self.gone.is_set():
            raise HungUpError
        self.writer.write(data)
        try:
            await self.writer.drain()
        except OSError as exc:
            raise HungUpError from exc

    async def wait(self, seconds: float) -> None:
        """Wait; HungUpError as soon as the client leaves."""
        try:
            async with asyncio.timeout(seconds):
                await self.gone.wait()
        except TimeoutError:
            return
        raise HungUpError

    def close(self) -> None:
        """End the connection well: FIN after all that was written."""
        self.writer.close()

    def reset(self) -> None:
        """End the connection badly: RST."""
        sock = self.writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


def _headers(lines: list[str]) -> dict[str, str]:
    pairs = (line.split(":", 1) for line in lines if line)
    return {name.strip().lower(): value.strip() for name, value in pairs}


def head(status: int, headers: Mapping[str, str]) -> bytes:
    """Return status line and headers, the common ones included, up to the blank line."""
    try:
        reason = HTTPStatus(status).phrase
    except ValueError:
        reason = "Unknown"
    everything = {"Date": formatdate(usegmt=True), "Connection": "keep-alive", **HEADERS, **headers}
    lines = [f"HTTP/1.1 {status} {reason}", *(f"{k}: {v}" for k, v in everything.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
