"""The cache as the rest of the house sees it; every look-up goes to the source yet."""

from collections.abc import Mapping, Sequence

from hawk_backend.cache.redis import Redis, RedisError
from hawk_backend.models import Principal, Tier

_TARGET = "98%"


class Cache:
    """Look-ups counted by tier, Redis looked at, retirements confirmed."""

    def __init__(self, redis: Redis | None) -> None:
        self._redis = redis
        self._lookups = dict.fromkeys(Tier, 0)
        self._prompts = 0
        self._prompts_ms = 0.0
        self.redis_up = False

    def observe(self, tiers: Sequence[Tier], ms: float) -> None:
        """Count one prompt's look-ups; `ms` is its whole prepare."""
        for tier in tiers:
            self._lookups[tier] += 1
        self._prompts += 1
        self._prompts_ms += ms

    def peek(self, table: str, principal: Principal) -> Mapping[str, object]:
        """Return {table, slice, state, age_s} without reading anything."""
        return {"table": table, "slice": principal.scope, "state": "cold", "age_s": None}

    async def retire(self, tables: Sequence[str], cause: str) -> tuple[str, ...]:
        """Return the tables retired: none, as none is kept."""
        del tables, cause
        return ()

    async def look(self) -> Mapping[str, object]:
        """Ask Redis whether it is there; raises what the client raises."""
        self.redis_up = False
        if self._redis is None:
            return {"configured": False}
        await self._redis.ping()
        self.redis_up = True
        return {"configured": True}

    async def stats(self) -> dict[str, object]:
        """Return the counters under the names that clients know."""
        hits = self._lookups[Tier.MEMORY] + self._lookups[Tier.REDIS]
        misses = self._lookups[Tier.SOURCE]
        total = hits + misses
        return {
            "cache_hits": hits,
            "cache_misses": misses,
            "cache_hit_rate": f"{100 * hits / total if total else 0:.1f}%",
            "redis_available": self.redis_up,
            "cache_type": "none",
            "memory_cache_size": 0,
            "total_requests": self._prompts,
            "avg_extraction_time_ms": round(self._prompts_ms / max(1, self._prompts), 2),
            "optimization_target": _TARGET,
            **await self._redis_facts(),
            "redis_hit_rate": "N/A",
        }

    async def _redis_facts(self) -> dict[str, object]:
        unknown: dict[str, object] = {"redis_memory_usage": None, "redis_keys_count": None}
        if self._redis is None or not self.redis_up:
            return unknown
        try:
            memory = await self._redis.info("memory")
            keys = await self._redis.dbsize()
        except RedisError:
            return unknown
        return {"redis_memory_usage": memory["used_memory_human"], "redis_keys_count": keys}

    async def aclose(self) -> None:
        """Close the link to Redis."""
        if self._redis is not None:
            await self._redis.aclose()
