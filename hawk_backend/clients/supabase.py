"""The source: whole tables, or a part of one, from Supabase through PostgREST."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial

import httpx

from hawk_backend.catalogue import Table
from hawk_backend.clients.breaker import Breaker
from hawk_backend.clients.discovery import Discovery
from hawk_backend.clients.rest import Rest
from hawk_backend.clients.schema import Schema
from hawk_backend.clients.verdict import broken, require_rows, spoken_plainly, unreachable
from hawk_backend.errors import ColumnAbsent, NotPermitted, TableAbsent
from hawk_backend.models import SERVICE, Principal
from hawk_backend.rows import Answer, Where

_ROUND = 50
"""A server may cut answers at a number of its own (`max-rows`), and says so nowhere.  It is a
round number: after so many rows one more is asked for, once, to learn whether that was all."""


@dataclass(frozen=True, slots=True)
class SupabaseAccess:
    """Where PostgREST is and the key that the gateway reads with."""

    rest_url: str
    service_key: str = field(repr=False)

    def headers(self, principal: Principal) -> Mapping[str, str]:
        """Return what identifies `principal`; a secret key of the new kind is no bearer token."""
        if principal.role != SERVICE.role:
            raise NotPermitted(f"the role {principal.role} has no key here")
        if self.service_key.startswith("sb_"):
            return {"apikey": self.service_key}
        return {"apikey": self.service_key, "Authorization": f"Bearer {self.service_key}"}


class Supabase:
    """Reads tables; every failure is a SourceError with its reason.

    `deadline_s` bounds one read, its one retry on a broken connection included. The `http` client
    is shared and stays its owner's.
    """

    def __init__(
        self,
        http: httpx.AsyncClient,
        access: SupabaseAccess,
        tables: Mapping[str, Table],
        *,
        deadline_s: float,
        breaker: Breaker | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._http = http
        self._access = access
        self._deadline_s = deadline_s
        self._ceiling: int | None = None
        self._clock = clock
        self.breaker = breaker or Breaker()
        self.schema = Schema(tables)
        self.discovery = Discovery(self._rest(SERVICE), tables, self.schema)

    def __repr__(self) -> str:
        return f"<Supabase {self._access.rest_url} {self.breaker!r} {self.schema!r}>"

    async def read(self, table: Table, principal: Principal, where: Where = ()) -> Answer:
        """Return the first rows in the table's total order, up to its cap, that `where` allows.

        Raises TableAbsent, or SourceError with its reason.
        """
        if table.name in self.schema.absent:
            raise TableAbsent(f"{table.name} does not exist in this database")
        fetched_at = self._clock()
        try:
            with spoken_plainly(table.name):
                async with asyncio.timeout(self._deadline_s):
                    return await self._read(table, principal, where, fetched_at)
        except TableAbsent:
            self.schema.lost(table.name)
            self.discovery.ask()
            raise

    async def _read(
        self, table: Table, principal: Principal, where: Where, fetched_at: datetime
    ) -> Answer:
        try:
            return await self._once(table, principal, where, fetched_at)
        except ColumnAbsent:
            await self.discovery.look_at(table)
            return await self._once(table, principal, where, fetched_at)

    async def _once(
        self, table: Table, principal: Principal, where: Where, fetched_at: datetime
    ) -> Answer:
        columns = self.schema.columns(table)
        ask = partial(
            self._rest(principal).rows,
            table.name,
            columns or ("*",),
            where=self.schema.translated(table, where),
            order=self.schema.order(table),
        )
        response = await self._sent(partial(ask, limit=table.row_cap))
        body = require_rows(table.name, response)
        count = _counted(response)
        if count and count < table.row_cap and count % _ROUND == 0 and count != self._ceiling:
            following = await self._sent(partial(ask, limit=1, offset=count))
            if require_rows(table.name, following).strip() != b"[]":
                self._ceiling = count
        cap = self._ceiling if count == self._ceiling else table.row_cap
        return Answer(body, columns, cap or table.row_cap, fetched_at)

    async def _sent(self, send: Callable[[], Awaitable[httpx.Response]]) -> httpx.Response:
        """Send, and once more where the connection broke."""
        try:
            return await self._tried(send)
        except httpx.HTTPError as exc:
            if not broken(exc):
                raise
        return await self._tried(send)

    async def _tried(self, send: Callable[[], Awaitable[httpx.Response]]) -> httpx.Response:
        with self.breaker.trial() as trial:
            try:
                response = await send()
            except httpx.HTTPError as exc:
                trial.connection_failed = unreachable(exc)
                raise
            trial.answered = True
            return response

    def _rest(self, principal: Principal) -> Rest:
        return Rest(self._http, self._access.rest_url, self._access.headers(principal))


def _counted(response: httpx.Response) -> int:
    """Return how many rows came, as "Content-Range: 0-99/*" says; 0 where nothing is said."""
    first, _, last = response.headers.get("content-range", "").partition("/")[0].partition("-")
    return int(last) - int(first) + 1 if first.isdigit() and last.isdigit() else 0
