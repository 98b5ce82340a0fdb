"""A client on a bare socket: what was really on the wire, chunk by chunk, and how it ended."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Literal

from tests.dify import Dify

How = Literal["open", "end", "fin", "rst"]


@dataclass(frozen=True, slots=True)
class Seen:
    """A response as far as it came; `ended` is "open" when it still goes on."""

    head: str
    chunks: tuple[bytes, ...]
    rest: bytes
    ended: How

    @property
    def body(self) -> bytes:
        """The chunks and what came of one that was cut, without its size line."""
        return b"".join(self.chunks) + self.rest.partition(b"\r\n")[2]

    @property
    def status(self) -> int:
        """The status of the response."""
        return int(self.head.split(" ")[1])


class RawClient:
    """One connection to the stand-in, for one request."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._head = b""
        self._chunks: list[bytes] = []
        self._rest = b""
        self._ended: How = "open"

    @property
    def seen(self) -> Seen:
        """All that was read by now."""
        return Seen(self._head.decode(), tuple(self._chunks), self._rest, self._ended)

    async def post(self, path: str, headers: dict[str, str], body: bytes) -> None:
        """Send a POST."""
        length = {"Content-Length": str(len(body)), "Host": "standin"}
        lines = [f"POST {path} HTTP/1.1", *(f"{k}: {v}" for k, v in (headers | length).items())]
        data = ("\r\n".join(lines) + "\r\n\r\n").encode() + body
        await asyncio.get_running_loop().sock_sendall(self._sock, data)

    async def more(self) -> None:
        """Read once; data that came before a reset is not lost, as it is with streams."""
        try:
            data = await asyncio.get_running_loop().sock_recv(self._sock, 65536)
        except ConnectionResetError:
            self._ended = "rst"
            return
        self._rest += data
        if not data:
            self._ended = "fin"
        elif self._head or b"\r\n\r\n" in self._rest:
            self._parse()

    def _parse(self) -> None:
        if not self._head:
            self._head, _, self._rest = self._rest.partition(b"\r\n\r\n")
        while self._ended == "open":
            line, found, after = self._rest.partition(b"\r\n")
            if not found or len(after) < (size := int(line, 16)) + 2:
                return
            if size:
                self._chunks.append(after[:size])
            else:
                self._ended = "end"
            self._rest = after[size + 2 :]

    async def until(self, text: bytes) -> Seen:
        """Read until `text` is in the body or all is over."""
        while self._ended == "open" and text not in self.seen.body:
            await self.more()
        return self.seen

    async def all(self) -> Seen:
        """Read until the body or the connection ends."""
        while self._ended == "open":
            await self.more()
        return self.seen


@asynccontextmanager
async def connected(dify: Dify) -> AsyncIterator[RawClient]:
    """Connect, and close at the end."""
    with socket.socket() as sock:
        sock.settimeout(0)
        await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", dify.port))
        yield RawClient(sock)


@asynccontextmanager
async def asked(dify: Dify, app: str = "chat", **more: object) -> AsyncIterator[RawClient]:
    """Connect and ask an app; the answer is still to be read."""
    payload = {"inputs": {}, "query": "q", "user": "u", "response_mode": "streaming"}
    body = json.dumps(payload | {"auto_generate_name": False} | more).encode()
    path = {"workflow": "/workflows/run", "completion": "/completion-messages"}.get(app)
    headers = dify.headers(app) | {"Content-Type": "application/json"}
    async with connected(dify) as client:
        await client.post(f"/v1{path or '/chat-messages'}", headers, body)
        yield client
