"""What is counted: look-ups, prompts, retirements; of this replica, since its start.

A look-up is one table of one prompt; a prompt is what a user waits for.  A time is a prompt's or
a table's, never divided by look-ups.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from hawk_backend import observability
from hawk_backend.cache.tiers import Memory, size_of
from hawk_backend.models import Reason, TableState, Tier
from hawk_backend.rows import Read


class End(StrEnum):
    """How a look-up ended: from which tier, with somebody else's read, without rows, or unasked.

    absent: the source has no such table, which is known without asking.
    """

    MEMORY = "memory"
    REDIS = "redis"
    SOURCE = "source"
    JOINED = "joined"
    MISSING = "missing"
    ABSENT = "absent"


class Warmth(StrEnum):
    """What a prompt found: everything, something or nothing kept; or its deadline came first."""

    WARM = "warm"
    PARTIAL = "partial"
    COLD = "cold"
    LATE = "late"


class Cause(StrEnum):
    """Why a table was retired."""

    FEED = "feed"
    WEBHOOK = "webhook"
    CLEAR = "clear"
    FENCE = "fence"


class Ended(Protocol):
    """How one table of a prompt ended, as far as it is counted."""

    @property
    def tier(self) -> Tier:
        """Where its rows came from."""

    @property
    def state(self) -> TableState:
        """What became of it."""

    @property
    def reason(self) -> Reason | None:
        """Why it is missing."""


_KEPT = frozenset({Tier.MEMORY, Tier.REDIS})


@dataclass(slots=True)
class Stats:
    """The counters; `retired` counts by (table, cause)."""

    ends: Counter[End] = field(default_factory=Counter)
    warmth: Counter[Warmth] = field(default_factory=Counter)
    hits: Counter[str] = field(default_factory=Counter)
    retired: Counter[tuple[str, Cause]] = field(default_factory=Counter)
    rejected: int = 0
    prompts_ms: float = 0.0

    def lookup(self, table: str, end: End) -> None:
        """Count one look-up."""
        self.ends[end] += 1
        if end in (End.MEMORY, End.REDIS):
            self.hits[table] += 1
        observability.cache_lookup(end)

    def prompt(self, results: Sequence[Ended], ms: float) -> None:
        """Count one prompt by what became of its tables; `ms` is its whole prepare."""
        warmth = _warmth([result for result in results if result.state is not TableState.ABSENT])
        self.warmth[warmth] += 1
        self.prompts_ms += ms
        observability.cache_prompt(warmth)

    def retirement(self, tables: Iterable[str], cause: Cause) -> None:
        """Count tables that this replica has retired."""
        for table in tables:
            self.retired[table, cause] += 1
            observability.cache_retired(table, cause)

    def reject(self) -> None:
        """Count an entry of tier 2 that was not what it should be."""
        self.rejected += 1

    def to_dict(self) -> dict[str, object]:
        """Return the counters by unit, beside the names that older clients know."""
        hits, misses = self._hits(), self._misses()
        prompts = self.warmth.total()
        return {
            "cache_hits": hits,
            "cache_misses": misses,
            "cache_hit_rate": _percent(hits, hits + misses),
            "redis_hit_rate": _percent(self.ends[End.REDIS], self.ends[End.REDIS] + misses),
            "total_requests": prompts,
            "avg_extraction_time_ms": round(self.prompts_ms / max(1, prompts), 2),
            "lookups": {end.value: self.ends[end] for end in End},
            "prompts": {warmth.value: self.warmth[warmth] for warmth in Warmth},
            "prompts_warm_rate": _percent(self.warmth[Warmth.WARM], prompts),
            "rejected_entries": self.rejected,
        }

    def tables(self, memory: Memory, now: datetime) -> dict[str, dict[str, object]]:
        """Return rows, bytes, age, hits and retirements of every table that has any of them."""
        names = {key.table for key, _ in memory.items()} | self.hits.keys()
        names |= {table for table, _ in self.retired}
        return {name: self._table(name, memory.of(name), now) for name in sorted(names)}

    def _table(self, name: str, kept: Sequence[Read], now: datetime) -> dict[str, object]:
        ages = [(now - entry.slice.fetched_at).total_seconds() for entry in kept]
        return {
            "slices": len(kept),
            "rows": sum(len(entry.slice.rows) for entry in kept),
            "bytes": sum(map(size_of, kept)),
            "age_s": round(max(ages), 3) if ages else None,
            "hits": self.hits[name],
            "retired": {c.value: self.retired[name, c] for c in Cause if self.retired[name, c]},
        }

    def _hits(self) -> int:
        return self.ends[End.MEMORY] + self.ends[End.REDIS]

    def _misses(self) -> int:
        return self.ends[End.SOURCE] + self.ends[End.JOINED] + self.ends[End.MISSING]


def _warmth(results: Sequence[Ended]) -> Warmth:
    if any(result.reason is Reason.TIMEOUT for result in results):
        return Warmth.LATE
    kept = sum(result.tier in _KEPT for result in results)
    if kept == len(results):
        return Warmth.WARM
    return Warmth.PARTIAL if kept else Warmth.COLD


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole if whole else 0:.1f}%"
