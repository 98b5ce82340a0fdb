"""A source that goes wrong in every way: PostgREST's wire format over a plain asyncio server."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

Rows = list[dict[str, object]]


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How a table answers.

    delay_s  seconds before anything is sent     stall    never answers
    status   of the answer                       body     sent instead of rows
    cut      the connection ends in the body     drop     it ends before the answer
    drip_s   seconds between single bytes        rows     sent whatever the limit
    fails    it behaves so this often, then well
    """

    delay_s: float = 0.0
    stall: bool = False
    status: int = 200
    body: bytes | None = None
    cut: bool = False
    drop: bool = False
    drip_s: float = 0.0
    rows: Rows | None = None
    fails: int | None = None


class FaultySource:
    """Serves tables of rows; filters are ignored, limits are kept. Counts what it is asked."""

    def __init__(self, tables: Mapping[str, Rows]) -> None:
        self.tables = dict(tables)
        self.behaviours: dict[str, Behaviour] = {}
        self.listed = False
        self.asked: list[tuple[str, Mapping[str, list[str]]]] = []
        self.in_flight = 0
        self.most_in_flight = 0
        self.url = ""

    def count(self, table: str) -> int:
        """Return how often a table was asked for."""
        return sum(name == table for name, _ in self.asked)

    @asynccontextmanager
    async def serving(self) -> AsyncIterator["FaultySource"]:
        """Serve on a free loopback port."""
        tasks: set[asyncio.Task[None]] = set()

        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.ensure_future(self._connection(reader, writer))
            tasks.add(task)
            await asyncio.wait([task])

        server = await asyncio.start_server(connected, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        try:
            yield self
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            server.close()
            await server.wait_closed()

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                target = head.split(b" ", 2)[1].decode()
                self.in_flight += 1
                self.most_in_flight = max(self.most_in_flight, self.in_flight)
                try:
                    await self._answer(urlsplit(target).path.strip("/"), target, writer)
                finally:
                    self.in_flight -= 1
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _answer(self, table: str, target: str, writer: asyncio.StreamWriter) -> None:
        query = parse_qs(urlsplit(target).query)
        self.asked.append((table, query))
        how = self._behaviour(table)
        await asyncio.sleep(how.delay_s)
        if how.stall:
            await asyncio.Event().wait()
        if how.drop:
            raise ConnectionAbortedError
        status, body = self._content(table, query, how)
        count = body.count(b"{")
        head = (
            f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\nContent-Range: 0-{count - 1}/*\r\n\r\n"
        ).encode()
        await _send(writer, head + body, how)

    def _behaviour(self, table: str) -> Behaviour:
        how = self.behaviours.get(table, Behaviour())
        if how.fails is not None and self.count(table) > how.fails:
            return Behaviour()
        return how

    def _content(
        self, table: str, query: Mapping[str, list[str]], how: Behaviour
    ) -> tuple[int, bytes]:
        if how.body is not None or how.status != 200:
            return how.status, how.body or b'{"code":"XX000","message":"secret detail"}'
        if not table:
            return (200, self._listing()) if self.listed else (401, b"{}")
        rows = how.rows if how.rows is not None else self.tables.get(table)
        if rows is None:
            return 404, b'{"code":"PGRST205","message":"no such table"}'
        columns = query.get("select", ["*"])[0].split(",")
        if rows and columns != ["*"] and how.rows is None:
            if set(columns) - rows[0].keys():
                return 400, b'{"code":"42703","message":"no such column"}'
            rows = [{name: row[name] for name in columns} for row in rows]
        limit = int(query.get("limit", ["100000"])[0])
        return 200, json.dumps(rows if how.rows is not None else rows[:limit]).encode()

    def _listing(self) -> bytes:
        tables = {
            name: {"properties": dict.fromkeys(rows[0])} for name, rows in self.tables.items()
        }
        return json.dumps({"definitions": tables}).encode()


async def _send(writer: asyncio.StreamWriter, answer: bytes, how: Behaviour) -> None:
    if how.cut:
        writer.write(answer[: len(answer) - 5])
        await writer.drain()
        raise ConnectionAbortedError
    if not how.drip_s:
        writer.write(answer)
        await writer.drain()
        return
    for byte in answer:
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(how.drip_s)
