"""The read path: stamps, tier 1, tier 2, source."""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from hawk_backend.cache.futures import done, failed, followed
from hawk_backend.cache.keys import SliceKey, full_name, slice_key
from hawk_backend.cache.limits import CEILING_S, FeedState, longest_s
from hawk_backend.cache.reading import Reading
from hawk_backend.cache.stamps import Seen, Stamps
from hawk_backend.cache.stats import Cause, End, Stats
from hawk_backend.cache.tasks import Tasks
from hawk_backend.cache.tiers import Memory, Shared
from hawk_backend.cache.turns import Turns
from hawk_backend.cache.watched import Watched
from hawk_backend.catalogue import Table
from hawk_backend.errors import TableAbsent
from hawk_backend.models import SERVICE, Freshness, Principal, Tier
from hawk_backend.rows import Answer, Read, Slice, Where, read_slice

_IN_USE_S = 3600.0
"""How long after its last prompt a table is still tended."""
_PATIENCE_S = 0.1
"""After so long a query no longer holds up those who need a younger one."""


class Source(Protocol):
    """Where rows come from."""

    def load(self, table: Table, principal: Principal, where: Where) -> Awaitable[Read]:
        """Return rows by a query that is sent after this call; raises SourceError."""

    def shape(self, table: Table) -> str | None:
        """Return everything of the question that the table's name does not say; None: absent."""


@dataclass(frozen=True, slots=True)
class Clocks:
    """What time it is: at the source, at the desk; and the zone of instants without one."""

    zone: ZoneInfo
    today: Callable[[], date]
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    @property
    def day(self) -> str:
        """The dates that a view may take for today."""
        return f"{self.now():%Y-%m-%d} {self.today()}"


@dataclass(frozen=True, slots=True)
class Tiers:
    """Where slices are kept: in this process, and in Redis where there is one."""

    memory: Memory
    shared: Shared | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """One table of one prompt."""

    table: Table
    principal: Principal
    where: Where
    key: SliceKey
    stamp: bytes | None


class Slices:
    """Slices, valid by stamps.  Every read of the source belongs to the cache, not to a prompt."""

    def __init__(
        self,
        source: Source,
        stamps: Stamps,
        watched: Watched,
        tiers: Tiers,
        tasks: Tasks,
        clocks: Clocks,
        stats: Stats,
    ) -> None:
        self.stats = stats
        self.memory = tiers.memory
        self._source = source
        self._stamps = stamps
        self._watched = watched
        self._shared = tiers.shared
        self._tasks = tasks
        self._clocks = clocks
        self._fills: dict[tuple[SliceKey, bytes, float], asyncio.Task[Read]] = {}
        self._straight: Turns[SliceKey, Look, Read] = Turns(
            self._read_straight, tasks, patience_s=_PATIENCE_S
        )
        self._used: dict[str, float] = {}
        self._waiting = 0
        self._idle = asyncio.Event()
        self._idle.set()

    def __repr__(self) -> str:
        shared = "none" if self._shared is None else "in use" if self._shared.usable else "away"
        return f"<Slices {self.memory!r}, tier 2 {shared}, {len(self._fills)} being read>"

    async def look(
        self,
        tables: Collection[Table],
        principal: Principal,
        freshness: Freshness = Freshness.USUAL,
        *,
        counted: bool = True,
    ) -> Reading:
        """Return the view of these tables as they are after this call: one round trip."""
        names = {mark for table in tables for mark in self._marks(table, principal)}
        seen = await self._stamps.read(names)
        return Reading(self, seen, principal, freshness, counted=counted)

    async def renew(self, table: Table, *, oldest_s: float) -> Read:
        """Bring in a table for the service, read from the source at most `oldest_s` ago."""
        seen = await self._stamps.read(self._marks(table, SERVICE))
        future, _ = self.start(seen, table, SERVICE, (), Freshness.USUAL, oldest_s=oldest_s)
        return await future

    def aging(self, tables: Mapping[str, Table], share: float) -> list[str]:
        """Return the service's tables in use that have lived for `share` of their ceiling."""
        since = time.monotonic() - _IN_USE_S
        return [
            key.table
            for key, kept in self.memory.items()
            if self._used.get(key.table, -math.inf) > since
            and key.scope == SERVICE.scope
            and not key.part
            and self.age_s(kept.slice.fetched_at) > share * CEILING_S[tables[key.table].volatility]
        ]

    async def idle(self) -> None:
        """Return once no prompt waits for the source."""
        await self._idle.wait()

    async def retire(self, tables: Sequence[str], cause: Cause) -> None:
        """Make every copy of these tables invalid everywhere; raises CacheUnavailable."""
        if tables:
            await self._stamps.retire(tables)
            self.retired(tables, cause)

    def retired(self, tables: Iterable[str], cause: Cause) -> None:
        """Count retired tables and free the memory that their rows take."""
        self.stats.retirement(tables, cause)
        self.memory.drop(self._watched.dependents(list(tables)))

    async def changed(
        self, stamps: Mapping[str, bytes], tables: Mapping[str, Table], principal: Principal
    ) -> tuple[str, ...]:
        """Return which tables have another stamp now than `stamps` says."""
        marks = {name: self._marks(tables[name], principal) for name in stamps}
        seen = await self._stamps.read({mark for group in marks.values() for mark in group})
        found = {name: joined(seen, group) for name, group in marks.items()}
        return tuple(n for n, old in stamps.items() if found[n] is not None and found[n] != old)

    def peek(self, table: Table, principal: Principal) -> Mapping[str, object]:
        """Return {table, slice, state, age_s} of what this process keeps, without asking."""
        kept = None
        if (shape := self._source.shape(table)) is not None:
            kept = self.memory.peek(self._key(table, principal, (), shape))
        return {
            "table": table.name,
            "slice": principal.scope,
            "state": "cold" if kept is None else "kept",
            "age_s": None if kept is None else round(self.age_s(kept.slice.fetched_at), 3),
        }

    def now(self) -> datetime:
        """Return the moment by which rows have their age."""
        return self._clocks.now()

    def start(
        self,
        seen: Seen,
        table: Table,
        principal: Principal,
        where: Where,
        freshness: Freshness,
        *,
        oldest_s: float = math.inf,
    ) -> tuple[asyncio.Future[Read], End | None]:
        """Return a read under way, and how it ended where that is known at once."""
        shape = self._source.shape(table)
        if shape is None:
            return failed(TableAbsent(f"{table.name} does not exist in this database")), End.ABSENT
        state = self._watched.state(table, seen, as_user=principal.role != SERVICE.role)
        longest = longest_s(table, state, freshness)
        known = state is not FeedState.NEVER
        stamp = joined(seen, self._marks(table, principal)) if known else None
        key = self._key(table, principal, where, shape)
        if stamp is None or longest is None:
            look = Look(table, principal, where, key, stamp)
            return followed(self._straight.join(key, look)), None
        if oldest_s == math.inf:
            self._used[table.name] = time.monotonic()
        longest = min(longest, oldest_s)
        if kept := self._kept(key, stamp, longest):
            return done(kept), End.MEMORY
        return self._fill(Look(table, principal, where, key, stamp), stamp, longest)

    def _kept(self, key: SliceKey, stamp: bytes, longest: float) -> Read | None:
        """Return what memory has, if it is valid and young enough."""
        kept = self.memory.get(key)
        if kept is None or kept.stamp != stamp or self.age_s(kept.slice.fetched_at) > longest:
            return None
        return kept

    def _keep(self, key: SliceKey, stamp: bytes, rows: Slice) -> None:
        """Keep a slice, unless a younger one is there; one of the future is no younger one."""
        before = self.memory.peek(key)
        if before is None or not rows.fetched_at < before.slice.fetched_at <= self.now():
            self.memory.put(key, stamp, rows)

    def age_s(self, fetched_at: datetime) -> float:
        """Return the seconds since the source was asked; another replica's clock may be ahead."""
        return abs((self._clocks.now() - fetched_at).total_seconds())

    def wait(self, future: asyncio.Future[Read]) -> None:
        """Let the warming wait until a prompt has what it wants from the source."""
        self._waiting += 1
        self._idle.clear()
        future.add_done_callback(self._served)

    def _served(self, _: asyncio.Future[Read]) -> None:
        self._waiting -= 1
        if not self._waiting:
            self._idle.set()

    def _fill(
        self, look: Look, stamp: bytes, longest: float
    ) -> tuple[asyncio.Future[Read], End | None]:
        """Join the read under this stamp: it was sent after the stamp was there."""
        name = (look.key, stamp, longest)
        if (task := self._fills.get(name)) is not None:
            return followed(task), End.JOINED
        task = self._fills[name] = self._tasks.start(self._read(look, stamp, longest))
        task.add_done_callback(lambda _: self._fills.pop(name, None))
        return followed(task), None

    async def _read(self, look: Look, stamp: bytes, longest: float) -> Read:
        name = full_name(look.key, stamp)
        if self._shared is not None:
            answer = await self._shared.get(name)
            if answer is not None and self.age_s(answer.fetched_at) <= longest:
                rows = self._rows(look.table, answer)
                self._keep(look.key, stamp, rows)
                return Read(rows, Tier.REDIS, 0.0, stamp=stamp)
        return await self._load(look, stamp)

    async def _read_straight(self, _: SliceKey, looks: Sequence[Look]) -> Read:
        """Ask the source for all who share this turn; keep it under the stamp read last."""
        stamps = [look.stamp for look in looks if look.stamp is not None]
        return await self._load(looks[-1], stamps[-1] if stamps else None)

    async def _load(self, look: Look, stamp: bytes | None) -> Read:
        """Ask the source, after the stamp was read, and keep the answer under that stamp."""
        read = await self._source.load(look.table, look.principal, look.where)
        if stamp is not None:
            self._keep(look.key, stamp, read.slice)
            if self._shared is not None and read.answer is not None:
                name, keep_s = full_name(look.key, stamp), CEILING_S[look.table.volatility]
                self._shared.put(name, read.answer, keep_s=keep_s)
        return replace(read, answer=None, stamp=stamp)

    def _rows(self, table: Table, answer: Answer) -> Slice:
        return read_slice(
            table,
            answer.body,
            columns=answer.columns,
            cap=answer.cap,
            zone=self._clocks.zone,
            fetched_at=answer.fetched_at,
        )

    def _key(self, table: Table, principal: Principal, where: Where, shape: str) -> SliceKey:
        day = self._clocks.day if table.reads_clock else ""
        return slice_key(table, principal, where, shape=shape, day=day)

    def _marks(self, table: Table, principal: Principal) -> frozenset[str]:
        marks = self._watched.marks(table.name)
        return marks if principal.role == SERVICE.role else marks | self._watched.policy


def joined(seen: Seen, marks: frozenset[str]) -> bytes | None:
    """Return the stamp that these nonces make up; None where one of them is not known."""
    if len(marks) == 1:
        return seen.nonces.get(next(iter(marks)))
    found = [seen.nonces.get(mark) for mark in sorted(marks)]
    return None if None in found else b"".join(nonce for nonce in found if nonce)
