"""Replicas that ask as the desk does, on the real parts, down to their results by table."""

import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import uuid4

from hawk_backend.cache.cache import Cache, CacheOptions
from hawk_backend.cache.slices import Clocks
from hawk_backend.catalogue import Catalogue, Table
from hawk_backend.clients.http import open_client
from hawk_backend.clients.supabase import Supabase, SupabaseAccess
from hawk_backend.clients.versions import Versions
from hawk_backend.models import SERVICE, Freshness, Principal
from hawk_backend.pipeline.fetch import Fetch, TableResult
from hawk_backend.pipeline.plan import QueryPlan
from hawk_backend.pipeline.reads import Reads
from hawk_backend.rows import Read, Where
from tests.pipeline.shelf import CATALOGUE, SINGAPORE, TODAY, asks, planned

CNY = asks("hedge_utilization", currency=("CNY",))


@dataclass(frozen=True, slots=True)
class DeskSource:
    """The source of one replica; counts what is sent."""

    supabase: Supabase
    reads: Reads
    sent: list[str]

    async def load(self, table: Table, principal: Principal, where: Where) -> Read:
        """Ask the real PostgREST."""
        self.sent.append(table.name)
        return await self.reads.start(table, principal, where)

    def shape(self, table: Table) -> str | None:
        """Say what is asked."""
        return self.supabase.schema.shape(table)


@dataclass(frozen=True, slots=True)
class DeskReplica:
    """A replica up to the results of a fetch."""

    cache: Cache
    fetch: Fetch
    source: DeskSource
    plan: QueryPlan

    async def ask(self, freshness: Freshness = Freshness.BOUND) -> dict[str, TableResult]:
        """Be a prompt: what can be hedged of CNY."""
        results = await self.fetch.fetch(
            self.plan, SERVICE, freshness=freshness, on_result=lambda _: None
        )
        self.cache.observe(results, 1.0)
        return {result.table: result for result in results}

    def has_polled_since(self, moment: float) -> bool:
        """Whether a poll that began after `moment` (monotonic) has retired what it found."""
        lag = self.cache.feed.lag_s
        return lag is not None and lag < time.monotonic() - moment


@asynccontextmanager
async def open_replica(
    env: Mapping[str, str],
    *,
    interval_s: float = 0.05,
    redis_url: str | None = None,
    catalogue: Catalogue = CATALOGUE,
) -> AsyncIterator[DeskReplica]:
    """Open a replica on the parts that `env` names; `redis_url` "" keeps its stamps in process."""
    access = SupabaseAccess(env["SUPABASE_REST_URL"], env["SUPABASE_SERVICE_ROLE_KEY"])
    async with open_client() as http:
        supabase = Supabase(http, access, catalogue.tables, deadline_s=5)
        await supabase.discovery.once()
        reads = Reads(supabase, SINGAPORE)
        source = DeskSource(supabase, reads, [])
        options = CacheOptions(
            replica=uuid4().hex,
            redis_url=env["REDIS_URL"] if redis_url is None else redis_url,
            redis_timeout_s=1.0,
            namespace="desk",
            secret=b"the same in every replica",
            feed_interval_s=interval_s,
        )
        clocks = Clocks(SINGAPORE, lambda: TODAY)
        cache = Cache(options, catalogue.tables, source, Versions(http, access), clocks)
        cache.start()
        cache.discovered()
        try:
            fetch = Fetch(cache.slices, catalogue, deadline_s=5)
            yield DeskReplica(cache, fetch, source, planned(CNY, catalogue=catalogue))
        finally:
            await cache.aclose()
            await reads.aclose()
