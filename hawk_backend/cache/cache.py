"""The whole cache: the read path with what keeps it true, warm, counted and operable."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import uuid4

from hawk_backend.cache.feed import READ_S, Feed, Told, Versions
from hawk_backend.cache.limits import CEILING_S, FeedState
from hawk_backend.cache.redis import TIMEOUT_S, Away, Keys, Link, ResponseError
from hawk_backend.cache.slices import Clocks, Slices, Source, Tiers
from hawk_backend.cache.stamps import LocalStamps, RedisStamps, Stamps
from hawk_backend.cache.stats import Cause, Ended, Stats
from hawk_backend.cache.tasks import Tasks
from hawk_backend.cache.tiers import Memory, Shared
from hawk_backend.cache.warm import Warm
from hawk_backend.cache.watched import Watched
from hawk_backend.catalogue import Table
from hawk_backend.errors import CacheUnavailable
from hawk_backend.models import Principal

_TEND_S = 2.0
_TENDED_AT = 0.8
"""Share of its ceiling after which a table in use is read again, so that no prompt has to."""
_TARGET = "98%"
_MEANING = {
    "cache_hits": "look-ups answered from memory or Redis; a look-up is one table of one prompt",
    "cache_misses": "look-ups that waited for the source, or found nothing",
    "cache_hit_rate": "hits of all look-ups",
    "memory_cache_size": "slices in this process",
    "total_requests": "prompts prepared by this replica",
    "avg_extraction_time_ms": "prepare time of a prompt, over prompts",
    "redis_hit_rate": "of the look-ups that this process could not answer, those that Redis did",
    "redis_keys_count": "keys of the whole Redis database, whoever owns them",
    "redis_memory_usage": "memory of the whole Redis server",
}


@dataclass(frozen=True, slots=True)
class CacheOptions:
    """How the cache is set up.

    `namespace` names the database that the rows come from; `secret` is known to all replicas and
    to nobody else; `replica` is this one's name.
    """

    replica: str
    redis_url: str = field(default="", repr=False)
    redis_timeout_s: float = TIMEOUT_S
    namespace: str = ""
    secret: bytes = field(default=b"", repr=False)
    memory_bytes: int = 256_000_000
    feed_interval_s: float = 1.0
    feed_max_age_s: float = 3.0
    policy_tables: tuple[str, ...] = ()

    @property
    def longest_silence_s(self) -> float:
        """Seconds after which the feed is late: never before its next poll could have ended."""
        return max(self.feed_max_age_s, self.feed_interval_s + READ_S)


class Cache:
    """One of each; `start` sets it going, `aclose` ends all its tasks."""

    def __init__(
        self,
        options: CacheOptions,
        tables: Mapping[str, Table],
        source: Source,
        versions: Versions,
        clocks: Clocks,
    ) -> None:
        self._options = options
        self._poller = f"{options.replica} {uuid4().hex}"
        self._tables = tables
        self._source = source
        self._tasks = Tasks()
        self._stats = Stats()
        self._known = False
        self._running: Sequence[asyncio.Task[None]] = ()
        self._redis_facts: Mapping[str, object] = {}
        self._watched = Watched(
            tables, max_age_s=options.longest_silence_s, policy=options.policy_tables
        )
        self._link = self._open_link() if options.redis_url else None
        self._stamps: Stamps = RedisStamps(self._link, self._tasks) if self._link else LocalStamps()
        self.slices = Slices(
            source,
            self._stamps,
            self._watched,
            Tiers(Memory(options.memory_bytes), self._open_shared(self._link)),
            self._tasks,
            clocks,
            self._stats,
        )
        self.feed = Feed(
            versions,
            self._stamps,
            self._watched,
            Told(lambda names: self.slices.retired(names, Cause.FEED), self._refresh),
            replica=self._poller,
            interval_s=options.feed_interval_s,
        )
        self.warming = Warm(self._bring_in, self.slices.idle, self._tasks)

    def __repr__(self) -> str:
        return f"<Cache {self.slices!r} {self.feed!r} {self._link!r}>"

    @property
    def redis_up(self) -> bool:
        """Whether Redis answered when it was last spoken to."""
        return self._link is not None and self._link.up and self._link.connected

    def start(self) -> None:
        """Begin to poll, and to tend what is in use."""
        if self._link is not None:
            self._link.start()
        self._running = [self._tasks.start(self.feed.run()), self._tasks.start(self._tend())]

    def discovered(self) -> None:
        """Have all tables brought in that the source is now known to have, after a poll.

        Before the first time nothing is brought in.
        """
        self._known = True
        self.feed.ask(self._tables)

    async def aclose(self) -> None:
        """End every task, let another replica poll, close the link."""
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        await self._stamps.release(self._poller)
        await self._tasks.aclose()
        if self._link is not None:
            await self._link.aclose()

    async def retire(self, tables: Sequence[str], cause: str) -> tuple[str, ...]:
        """Make every copy of `tables` invalid everywhere; raises CacheUnavailable.

        The feed is polled at once, so that the write that caused this does not retire the
        tables a second time when they have been read again.
        """
        await self.slices.retire(tables, Cause(cause))
        self.feed.ask(tables)
        return tuple(tables)

    def warm(self) -> Mapping[str, object]:
        """Have all tables brought in that the source has; return the progress."""
        self._refresh(self._tables)
        return self.warming.progress()

    async def changed(self, stamps: Mapping[str, bytes], principal: Principal) -> tuple[str, ...]:
        """Return which tables were retired since they had these stamps."""
        return await self.slices.changed(stamps, self._tables, principal) if stamps else ()

    def observe(self, results: Sequence[Ended], ms: float) -> None:
        """Count one prompt by what became of its tables; `ms` is its whole prepare."""
        self._stats.prompt(results, ms)

    def peek(self, table: str, principal: Principal) -> Mapping[str, object]:
        """Return {table, slice, state, age_s} of what this process keeps, without asking."""
        return self.slices.peek(self._tables[table], principal)

    async def look(self) -> Mapping[str, object]:
        """Ask Redis how it is; raises CacheUnavailable where it cannot be reached."""
        if self._link is None:
            return {"configured": False, "stamps": "in this process, for one replica"}
        self._redis_facts = {}
        try:
            memory = await self._link.run(lambda redis: redis.info("memory"))
            keys = await self._link.run(lambda redis: redis.dbsize())
        except ResponseError:
            memory, keys = {}, None
        except Away as exc:
            raise CacheUnavailable(f"Redis {exc}.") from exc
        self._redis_facts = {
            "redis_memory_usage": memory.get("used_memory_human"),
            "redis_keys_count": keys,
        }
        return {"configured": True, "stamps": "in Redis", "tier_2": self._tier_2()}

    async def look_at_feed(self) -> Mapping[str, object]:
        """Return how the feed is, with what it does not see; raises SourceError when silent."""
        await self.feed.look()
        return self._feed_facts() | {"warnings": list(self._warnings())}

    def report(self) -> Mapping[str, object]:
        """Return what operators ask of feed and cache."""
        return {"feed": self._feed_facts(), "tier_2": self._tier_2()}

    async def stats(self) -> dict[str, object]:
        """Return the counters of this replica; waits for nothing."""
        stats, memory, feed = self._stats, self.slices.memory, self.feed.report()
        unknown: dict[str, object] = {"redis_memory_usage": None, "redis_keys_count": None}
        return {
            **stats.to_dict(),
            "redis_available": self.redis_up,
            "cache_type": "memory" if self._link is None else "redis",
            "memory_cache_size": len(memory),
            "optimization_target": _TARGET,
            **unknown,
            **self._redis_facts,
            "replica": self._options.replica,
            "memory_bytes": memory.size,
            "memory_bound_bytes": memory.bound,
            "memory_dropped": memory.dropped,
            "tier_2": self._tier_2(),
            "feed": {name: feed[name] for name in ("mode", "lag_s")},
            "warm": self.warming.progress(),
            "tables": stats.tables(memory, self.slices.now()),
            "meaning": _MEANING,
        }

    def _feed_facts(self) -> dict[str, object]:
        return {
            **self.feed.report(),
            "tables_watched": len(self._watched.names),
            "tables_without_trigger": self._unwatched(),
            "views_that_differ": self._watched.unlike(),
        }

    def _unwatched(self) -> list[str]:
        if not self._known:
            return []
        there = (n for n, table in self._tables.items() if self._source.shape(table) is not None)
        return self._watched.unwatched(there)

    def _warnings(self) -> Iterator[str]:
        """Yield what an operator should know: what nobody tells the changes of."""
        if self.feed.mode is FeedState.NONE:
            yield "there is no version feed: apply supabase/migrations to read less of the source"
        elif names := self._unwatched():
            yield f"changes of these tables are not seen: {', '.join(names)}"
        for name, view in self._watched.unlike().items():
            if more := view["not_in_catalogue"]:
                yield f"the catalogue does not name what {name} reads: {', '.join(more)}"

    async def _bring_in(self, table: str) -> None:
        found = self._tables[table]
        await self.slices.renew(found, oldest_s=_TENDED_AT * CEILING_S[found.volatility])

    async def _tend(self) -> None:
        """Read tables in use again before they reach their ceiling, as long as a feed lives."""
        while True:
            await asyncio.sleep(_TEND_S)
            if self.feed.mode is FeedState.LIVE:
                self.warming.want(self.slices.aging(self._tables, _TENDED_AT))

    def _refresh(self, tables: Iterable[str]) -> None:
        """Bring in again what was retired, and what is made of it: the core of the desk first."""
        names = self._watched.dependents(frozenset(tables if self._known else ()))
        there = [t for n in names if self._source.shape(t := self._tables[n]) is not None]
        self.warming.want(t.name for t in sorted(there, key=lambda t: (not t.core, -t.priority)))

    def _wiped(self, fields: Sequence[bytes]) -> None:
        """Hear which tables the fence has retired for everybody."""
        names = {name.decode(errors="replace") for name in fields} & self._tables.keys()
        self.slices.retired(names, Cause.FENCE)
        self.feed.ask(self._tables)

    def _tier_2(self) -> str:
        if self._link is None:
            return "none: REDIS_URL is not set"
        if not self._link.up:
            return f"away: Redis {self._link.why}"
        return "in use" if self._link.fenced else "off: Redis does not allow INFO"

    def _open_link(self) -> Link:
        return Link(
            self._options.redis_url,
            Keys(self._options.namespace),
            self._tasks,
            timeout_s=self._options.redis_timeout_s,
            on_wiped=self._wiped,
        )

    def _open_shared(self, link: Link | None) -> Shared | None:
        if link is None:
            return None
        return Shared(link, self._tasks, self._options.secret, rejected=self._stats.reject)
