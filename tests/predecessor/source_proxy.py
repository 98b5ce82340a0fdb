"""A proxy in front of the real PostgREST: it counts, holds answers back and lets tables fail."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx
from fastapi import FastAPI, Request, Response

from hawk_backend.clients.http import tls
from tests.live import serving
from tests.predecessor.waiting import PATIENCE, eventually

FAILED = (500, b'{"code":"XX000","message":"relation secret_ledger is broken"}')
ABSENT = (404, b'{"code":"PGRST205","message":"Could not find the table"}')
EMPTY = (200, b"[]")
GARBAGE = (200, b'{"rows": "none"}')

_END_TO_END = frozenset({"content-type", "content-range"})


@dataclass(slots=True)
class SourceProxy:
    """What was asked, what is asked now, and how some tables answer instead of the database."""

    url: str = ""
    answers: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    statuses: list[tuple[str, int]] = field(default_factory=list)
    callers: set[tuple[str, int]] = field(default_factory=set)
    waiting: list[str] = field(default_factory=list)
    delay_s: Callable[[], float] = float
    gate: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        """Let everything pass until a test holds it back."""
        self.gate.set()

    @asynccontextmanager
    async def holding(self) -> AsyncIterator[None]:
        """Answer nothing inside; at the end everything that waits is answered."""
        self.gate.clear()
        try:
            yield
        finally:
            self.gate.set()

    async def until_waiting(self, tables: Iterable[str]) -> None:
        """Wait until queries of all these tables are in flight at once."""
        wanted = frozenset(tables)

        async def all_wait() -> bool:
            return wanted <= set(self.waiting)

        await eventually(all_wait)

    async def handle(self, request: Request, source: httpx.AsyncClient) -> Response:
        """Answer one query: as the test says, else as the database does."""
        table, query = request.url.path.strip("/"), request.url.query
        self.asked.append(f"{table}?{query}")
        if request.client:
            self.callers.add((request.client.host, request.client.port))
        self.waiting.append(table)
        try:
            await self.gate.wait()
            await asyncio.sleep(self.delay_s())
            status, content, headers = await self._answer(table, query, request, source)
        finally:
            self.waiting.remove(table)
        self.statuses.append((table, status))
        return Response(content, status, headers)

    async def _answer(
        self, table: str, query: str, request: Request, source: httpx.AsyncClient
    ) -> tuple[int, bytes, dict[str, str]]:
        if table in self.answers:
            return *self.answers[table], {"content-type": "application/json"}
        ours = {name: request.headers[name] for name in ("apikey", "authorization", "accept")}
        told = await source.get(f"/{table}?{query}", headers=ours)
        kept = {name: value for name, value in told.headers.items() if name in _END_TO_END}
        return told.status_code, told.content, kept


@asynccontextmanager
async def _without_state(_: FastAPI) -> AsyncIterator[dict[str, object]]:
    yield {}


@asynccontextmanager
async def before(rest_url: str) -> AsyncIterator[SourceProxy]:
    """Stand on a free port before the PostgREST at `rest_url`."""
    proxy = SourceProxy()
    app = FastAPI(lifespan=_without_state)
    async with httpx.AsyncClient(base_url=rest_url, timeout=PATIENCE, verify=tls()) as source:

        @app.get("/{table:path}")
        async def answer(table: str, request: Request) -> Response:
            del table
            return await proxy.handle(request, source)

        async with serving(app) as url:
            proxy.url = url
            yield proxy
