"""From events to bytes: the frame of each, and the chunks in which they leave."""

import asyncio
import json
import re
from collections.abc import Iterator
from itertools import cycle
from typing import Any

import orjson

from hawk_backend.dev.dify.run import Said
from hawk_backend.dev.dify.script import Script
from hawk_backend.dev.dify.wire import Connection, head

LINE_ENDS = {"lf": b"\n", "crlf": b"\r\n", "cr": b"\r"}
_SURROGATE = re.compile("[\ud800-\udfff]")


class CutError(Exception):
    """The script cuts the connection here."""


class Frames:
    """Writes frames as the script wants them; without a script as Dify does."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self.line_end = LINE_ENDS[script.line_end]

    @property
    def ping(self) -> bytes:
        """The heartbeat: an event line and no data."""
        return b"event: ping" + self.line_end * 2

    def of(self, said: Said) -> bytes:
        """Return the bytes of one event."""
        if said.event is None:
            return said.frame
        lines = list(self._lines(said.event))
        return self.line_end.join(lines) + self.line_end * 2

    def _lines(self, event: dict[str, Any]) -> Iterator[bytes]:
        if self._script.comments:
            yield b": comment"
        if self._script.event_lines:
            yield b"event: " + str(event["event"]).encode()
        start = b"data: " if self._script.space else b"data:"
        for line in encode(event, self._script).split(b"\n"):
            yield start + line


def encode(event: dict[str, Any], script: Script) -> bytes:
    """Return the event's JSON: compact and raw UTF-8 unless the script says otherwise."""
    indent = 2 if script.multiline else None
    if script.ascii_json:
        return json.dumps(event, indent=indent).encode()
    try:
        return orjson.dumps(event, option=orjson.OPT_INDENT_2 if script.multiline else None)
    except orjson.JSONEncodeError:  # lone surrogates: only an escape can carry them
        separators = None if script.multiline else (",", ":")
        text = json.dumps(event, indent=indent, separators=separators, ensure_ascii=False)
        return _SURROGATE.sub(lambda match: f"\\u{ord(match[0]):04x}", text).encode()


class Body:
    """A chunked response body: headers go out with its first byte, every chunk in its own write."""

    def __init__(self, connection: Connection, script: Script, content_type: str) -> None:
        self._connection = connection
        self._script = script
        headers = {"Content-Type": content_type, "Transfer-Encoding": "chunked"}
        self._head = head(200, headers)
        self._held: list[bytes] = []
        self._sizes = cycle(script.split) if script.split else None
        self._sent = 0

    @property
    def is_holding(self) -> bool:
        """Whether frames wait to be joined by others."""
        return bool(self._held)

    async def put(self, frame: bytes) -> None:
        """Send one frame, or hold it until `join` of them are there."""
        self._held.append(frame)
        if len(self._held) >= self._script.join:
            await self.flush()

    async def flush(self) -> None:
        """Send what is held."""
        data, self._held = b"".join(self._held), []
        if not data:
            return
        if self._head and self._script.bom:
            data = b"\xef\xbb\xbf" + data
        if self._left() == 0:
            await self.open()
        for piece in self._pieces(data):
            await self._chunk(piece)
            if self._script.split:
                await asyncio.sleep(self._script.gap)

    async def open(self) -> None:
        """Send the headers alone, if they have not gone yet; HungUpError if the client has."""
        await self._connection.write(self._head)
        self._head = b""
        if self._left() == 0:
            raise CutError

    async def end(self) -> None:
        """Send what is held and end the body well."""
        await self.flush()
        await self.terminate()

    async def terminate(self) -> None:
        """End the body well where it stands."""
        await self._connection.write(self._head + b"0\r\n\r\n")

    def _left(self) -> int | None:
        """Return how many bytes may still go out; None: all."""
        cut = self._script.cut
        return None if cut is None or cut.body_bytes is None else cut.body_bytes - self._sent

    def _pieces(self, data: bytes) -> Iterator[bytes]:
        if self._sizes is None:
            yield data
            return
        at = 0
        while at < len(data):
            size = next(self._sizes)
            yield data[at : at + size]
            at += size

    async def _chunk(self, piece: bytes) -> None:
        left = self._left()
        sent = piece if left is None else piece[:left]
        ends_well = self._script.cut is not None and self._script.cut.how == "end"
        announced = len(sent) if ends_well else len(piece)
        close = b"\r\n" if announced == len(sent) else b""
        await self._connection.write(b"%s%x\r\n%s%s" % (self._head, announced, sent, close))
        self._head = b""
        self._sent += len(sent)
        if self._left() == 0:
            raise CutError
