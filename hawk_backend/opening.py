"""Opens everything that serves a request, each part handed what it needs of the settings.

What is opened stands on an exit stack, so that it closes in the opposite order.
"""

import asyncio
import json
import socket
import time
from collections.abc import Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from hashlib import sha256
from typing import cast

from hawk_backend import __version__
from hawk_backend.api.health import Facts, Probe, Watch
from hawk_backend.api.services import Identity, Readiness, Services
from hawk_backend.cache.cache import Cache, CacheOptions
from hawk_backend.cache.slices import Clocks
from hawk_backend.catalogue import Catalogue, Table
from hawk_backend.clients.dify import Dify
from hawk_backend.clients.http import Deadlines, open_client, tls
from hawk_backend.clients.supabase import Supabase, SupabaseAccess
from hawk_backend.clients.versions import Versions
from hawk_backend.errors import ConfigurationError
from hawk_backend.models import SERVICE, Principal
from hawk_backend.observability import name_replica, task_ended
from hawk_backend.pipeline.fetch import Fetch
from hawk_backend.pipeline.intent import IntentParser
from hawk_backend.pipeline.names import Names
from hawk_backend.pipeline.prepare import Pipeline, Prepared
from hawk_backend.pipeline.reads import Reads
from hawk_backend.rows import Read, Where
from hawk_backend.runs.limits import RelayClocks, RunLimits
from hawk_backend.runs.parts import Changed, Delivery
from hawk_backend.runs.probe import probe
from hawk_backend.runs.registry import Runs
from hawk_backend.settings import Settings

_PATIENCE_S = 0.3
"""How long start-up waits for the first look at the parts; their state never delays it more."""
_LOOK_AT_DIFY_S = 5.0
"""How often Dify is looked at, and how long a look may take: each takes one of its few
connections, two at once."""
_FETCH_SHARE = 0.95
"""Share of the prepare's time that the fetch may take; desk and context keep the rest."""
_READ_S = 5.0
"""That one read of the source may take; it outlives its prompt's deadline to serve the next."""


async def open_services(settings: Settings, stack: AsyncExitStack) -> Services:
    """Open everything that serves a request; raises ConfigurationError."""
    catalogue = await asyncio.to_thread(Catalogue.load)
    parser = await asyncio.to_thread(IntentParser, settings.today)
    await asyncio.to_thread(tls)
    supabase, versions = await _open_supabase(settings, catalogue, stack)
    cache = _open_cache(settings, catalogue, supabase, versions, stack)
    dify = _open_dify(settings, stack)
    pipeline = _open_pipeline(settings, catalogue, parser, cache, stack)
    runs = _open_runs(settings, pipeline, dify, cache, stack)
    watch = Watch(_probes(settings, catalogue, supabase, cache, dify))
    stack.push_async_callback(watch.aclose)
    await watch.start(_PATIENCE_S)
    return Services(
        identity=_identity(settings),
        readiness=Readiness(),
        catalogue=catalogue,
        pipeline=pipeline,
        runs=runs,
        cache=cache,
        watch=watch,
        report=lambda: {
            "source": supabase.schema.differences(),
            **cache.report(),
            **runs.report(),
        },
        webhook_secrets=tuple(s.get_secret_value() for s in settings.hawk_webhook_secrets),
    )


@dataclass(frozen=True, slots=True)
class _Source:
    """The source as the cache sees it: what is asked, and how it is sent."""

    supabase: Supabase
    reads: Reads

    def load(self, table: Table, principal: Principal, where: Where) -> asyncio.Future[Read]:
        """Return rows by a query that is sent after this call."""
        return self.reads.start(table, principal, where)

    def shape(self, table: Table) -> str | None:
        """Return everything of the question that the table's name does not say."""
        return self.supabase.schema.shape(table)


def _open_cache(
    settings: Settings,
    catalogue: Catalogue,
    supabase: Supabase,
    versions: Versions,
    stack: AsyncExitStack,
) -> Cache:
    reads = Reads(supabase, settings.hawk_tz, concurrency=settings.hawk_supabase_concurrency)
    stack.push_async_callback(reads.aclose)
    key = settings.supabase_service_role_key.get_secret_value().encode()
    options = CacheOptions(
        replica=_replica(settings),
        redis_url=settings.redis_url.get_secret_value(),
        redis_timeout_s=settings.hawk_redis_timeout_s,
        namespace=sha256(settings.rest_url.encode()).hexdigest()[:12],
        secret=sha256(key).digest(),
        memory_bytes=settings.hawk_cache_mb * 1_000_000,
        feed_interval_s=settings.hawk_feed_interval_s,
        feed_max_age_s=settings.hawk_feed_max_age_s,
        policy_tables=settings.hawk_policy_tables,
    )
    cache = Cache(
        options,
        catalogue.tables,
        _Source(supabase, reads),
        versions,
        Clocks(settings.hawk_tz, settings.today),
    )
    stack.push_async_callback(cache.aclose)
    supabase.discovery.tell(cache.discovered)
    cache.start()
    return cache


def _open_pipeline(
    settings: Settings,
    catalogue: Catalogue,
    parser: IntentParser,
    cache: Cache,
    stack: AsyncExitStack,
) -> Pipeline:
    deadline_s = _FETCH_SHARE * settings.hawk_prepare_deadline_s
    pipeline = Pipeline(
        catalogue,
        parser,
        Fetch(cache.slices, catalogue, deadline_s=deadline_s),
        now=settings.now,
        context_limit=settings.hawk_context_limit,
        observe=cache.observe,
        redis_up=lambda: cache.redis_up,
    )
    names = Names(cache.slices, catalogue.tables["entity_master"], pipeline.know)
    _keep_running(stack, names.run(), "names")
    return pipeline


def _open_runs(
    settings: Settings, pipeline: Pipeline, dify: Dify, cache: Cache, stack: AsyncExitStack
) -> Runs:
    runs = Runs(
        pipeline,
        dify,
        clocks=_clocks(settings),
        limits=_limits(settings),
        delivery=_delivery(settings),
        changes=lambda prepared: _changes(cache, cast("Prepared", prepared)),
    )
    stack.push_async_callback(runs.aclose)
    return runs


def _changes(cache: Cache, prepared: Prepared) -> Changed:
    """Return what names, later, the tables that were retired since this prompt read them."""
    principal = prepared.principal
    stamps = {result.table: result.stamp for result in prepared.results if result.stamp}

    async def changed() -> Sequence[str]:
        return await cache.changed(stamps, principal)

    return changed


async def _open_supabase(
    settings: Settings, catalogue: Catalogue, stack: AsyncExitStack
) -> tuple[Supabase, Versions]:
    key = settings.supabase_service_role_key.get_secret_value()
    if not settings.rest_url or not key:
        raise ConfigurationError(
            "SUPABASE_URL and SUPABASE_SERVICE_ROLE_KEY are not set.",
            remedy="copy .env.example to .env and fill them in, or run ./scripts/dev",
        )
    deadlines = Deadlines(connect=1.0, read=settings.hawk_prepare_deadline_s)
    http = await stack.enter_async_context(
        open_client(deadlines=deadlines, connections=2 * settings.hawk_supabase_concurrency)
    )
    access = SupabaseAccess(settings.rest_url, key)
    supabase = Supabase(http, access, catalogue.tables, deadline_s=_READ_S)
    _keep_running(stack, supabase.discovery.run(), "discovery")
    return supabase, Versions(http, access)


def _probes(
    settings: Settings, catalogue: Catalogue, supabase: Supabase, cache: Cache, dify: Dify
) -> Mapping[str, Probe]:
    """Return how each part is looked at."""
    delivery = _delivery(settings)
    return {
        "supabase": Probe(lambda: _look_at_supabase(supabase, catalogue)),
        "redis": Probe(cache.look),
        "feed": Probe(cache.look_at_feed),
        "dify": Probe(
            lambda: probe(dify, delivery, settings.hawk_context_limit),
            every_s=_LOOK_AT_DIFY_S,
            deadline_s=_LOOK_AT_DIFY_S,
        ),
    }


async def _look_at_supabase(supabase: Supabase, catalogue: Catalogue) -> Facts:
    """Read the entities: the least that every prompt needs."""
    entities = await supabase.read(catalogue.tables["entity_master"], SERVICE)
    return {"total_entities": len(json.loads(entities.body))}


def _keep_running(stack: AsyncExitStack, work: Coroutine[None, None, None], name: str) -> None:
    """Run a task of the app; it is cancelled and seen off when the stack closes."""
    task = asyncio.create_task(work, name=name)
    task.add_done_callback(task_ended)

    async def end() -> None:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    stack.push_async_callback(end)


def _open_dify(settings: Settings, stack: AsyncExitStack) -> Dify:
    keys = {
        "default": settings.dify_api_key,
        "allocation": settings.dify_api_key_allocation,
        "booking": settings.dify_api_key_booking,
        "analytics": settings.dify_api_key_analytics,
        "config": settings.dify_api_key_config,
    }
    dify = Dify(
        settings.dify_api_url,
        {app: key.get_secret_value() for app, key in keys.items()},
        connections=settings.hawk_dify_concurrency,
        connect_s=settings.hawk_dify_connect_s,
    )
    stack.push_async_callback(dify.aclose)
    return dify


def _clocks(settings: Settings) -> RelayClocks:
    return RelayClocks(
        first_byte=settings.hawk_dify_first_byte_s,
        idle=settings.hawk_dify_idle_s,
        total=settings.hawk_dify_total_s,
        heartbeat=settings.hawk_heartbeat_s,
        stuck=settings.hawk_write_timeout_s,
    )


def _limits(settings: Settings) -> RunLimits:
    return RunLimits(
        concurrency=settings.hawk_dify_concurrency,
        queue=settings.hawk_dify_queue,
        resume_s=settings.hawk_resume_s,
        replay_s=settings.hawk_replay_s,
        kept_bytes=settings.hawk_replay_bytes,
        run_bytes=settings.hawk_run_bytes,
    )


def _delivery(settings: Settings) -> Delivery:
    return Delivery(
        in_query=settings.hawk_dify_context_delivery == "query",
        variable=settings.hawk_dify_context_variable,
    )


def _replica(settings: Settings) -> str:
    return settings.hawk_replica or f"{socket.gethostname()}:{settings.hawk_port}"


def _identity(settings: Settings) -> Identity:
    replica = _replica(settings)
    name_replica(__version__, replica)
    return Identity(
        version=__version__,
        replica=replica,
        started_at=time.monotonic(),
        today=settings.today,
        today_is_fixed=settings.hawk_today is not None,
    )
