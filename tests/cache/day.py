"""The desk's day in virtual time, with the real cache class and a live feed.

Thirty users ask 2,880 prompts from 9 to 17 o'clock, in bursts, read and planned as they would be;
632 writes go to the tables as a desk writes them.  Hours pass in seconds: the loop's clock jumps
to the next thing that happens.  A prompt's tables are stale beyond the bound where a write was
committed longer before it began than the feed's interval and one read of it.
"""

import asyncio
import json
import random
import selectors
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path

from hawk_backend.cache.cache import Cache, CacheOptions
from hawk_backend.cache.slices import Clocks
from hawk_backend.catalogue import Table
from hawk_backend.models import SERVICE, Freshness, Principal, Tier
from hawk_backend.pipeline.intent import IntentParser
from hawk_backend.pipeline.plan import plan
from hawk_backend.rows import Read, Where, read_slice
from tests.cache.rig import CATALOGUE, ZONE

CORPUS = Path(__file__).parent.parent / "pipeline" / "intent" / "corpus"
OPENS = datetime(2025, 9, 17, 9, tzinfo=ZONE)
DAY_S = 8 * 3600.0
READ_S = (0.005, 0.080)
INTERVAL_S, POLL_S = 1.0, 0.02
WRITTEN = {
    "hedge_instructions": 22,
    "hedge_business_events": 20,
    "allocation_engine": 14,
    "deal_bookings": 12,
    "currency_rates": 8,
    "audit_trail": 8,
    "gl_entries": 6,
    "hawk_agent_sessions": 4,
    "usd_pb_deposit": 3,
    "position_nav_master": 2,
    "threshold_configuration": 1,
}
"""How often each table is written to, of a hundred writes."""


class VirtualSelector(selectors.SelectSelector):
    """Waits by moving the clock."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Let `timeout` seconds have passed."""
        if timeout is None:
            raise RuntimeError("nothing will ever happen again")
        self.now += timeout
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """A loop whose seconds pass when nothing else is to do."""

    def __init__(self) -> None:
        self.clock = VirtualSelector()
        super().__init__(self.clock)

    def time(self) -> float:
        """Return the virtual seconds."""
        return self.clock.now


@contextmanager
def virtual_time() -> Iterator[VirtualLoop]:
    """Set every clock of the process that measures time to a loop's."""
    loop = VirtualLoop()
    real, time.monotonic = time.monotonic, loop.time
    try:
        yield loop
    finally:
        time.monotonic = real
        loop.close()


@dataclass(frozen=True, slots=True)
class Day:
    """What kind of day it is."""

    name: str
    prompts: int = 2880
    writes: int = 632
    feed: bool = True
    scopes: int = 0


@dataclass(slots=True)
class Desk:
    """The source of one day: which writes there were and when, and what was asked of it."""

    loop: VirtualLoop
    dice: random.Random
    feed: bool
    writes: dict[str, list[float]] = field(default_factory=dict)
    asked: int = 0

    def now(self) -> datetime:
        """Return the desk's moment."""
        return (OPENS + timedelta(seconds=self.loop.time())).astimezone(UTC)

    def write(self, table: str) -> None:
        """Commit a write."""
        self.writes.setdefault(table, []).append(self.loop.time())

    def committed(self, table: Table, by: float) -> int:
        """Count the writes to a table, or under a view, until a moment."""
        names = table.bases or (table.name,)
        return sum(sum(at <= by for at in self.writes.get(name, ())) for name in names)

    def shape(self, table: Table) -> str | None:
        """Return what is asked: the core tables are there."""
        return "all" if table.core else None

    async def load(self, table: Table, principal: Principal, where: Where) -> Read:
        """Answer with the number of writes at the moment of the query."""
        del principal, where
        self.asked += 1
        fetched_at, count = self.now(), self.committed(table, self.loop.time())
        await asyncio.sleep(self.dice.uniform(*READ_S))
        name = (*table.key, *(column.name for column in table.columns), "id")[0]
        rows = read_slice(
            table,
            json.dumps([{name: str(count)}]).encode(),
            columns=(name,),
            cap=table.row_cap,
            zone=ZONE,
            fetched_at=fetched_at,
        )
        return Read(rows, Tier.SOURCE, 1.0)

    async def versions(self) -> Mapping[str, str] | None:
        """Return every table's version."""
        tables = [t for t in CATALOGUE.tables.values() if t.kind == "table" and t.core]
        found = {t.name: str(self.committed(t, self.loop.time())) for t in tables}
        await asyncio.sleep(POLL_S)
        return found if self.feed else None

    async def views(self) -> Mapping[str, tuple[frozenset[str], bool]] | None:
        """Leave it to the catalogue."""
        return None


@dataclass(slots=True)
class Tally:
    """What prompts met."""

    lookups: Counter[str] = field(default_factory=Counter)
    prompts: Counter[str] = field(default_factory=Counter)
    stale: int = 0
    behind: int = 0
    asked: int = 0

    @property
    def hit_rate(self) -> float:
        """Look-ups that did not wait for the source."""
        return self.lookups["memory"] / self.lookups.total()

    @property
    def warm_rate(self) -> float:
        """Prompts that waited for nothing."""
        return self.prompts["warm"] / self.prompts.total()


@cache
def plans() -> Sequence[Sequence[Table]]:
    """Return the tables of every prompt of our corpora that asks for any."""
    parser = IntentParser(OPENS.date())
    files = [path.read_bytes() for path in sorted(CORPUS.glob("own_*.jsonl"))]
    lines = [line for file in files for line in file.splitlines()]
    texts = [str(json.loads(line)["prompt"]) for line in lines]
    found = []
    for text in texts:
        queries = plan(parser.parse(text), CATALOGUE, OPENS.date())
        names = [*(query.table for query in queries.queries), *queries.support]
        tables = [CATALOGUE.tables[name] for name in names if CATALOGUE.tables[name].core]
        if tables:
            found.append(tables)
    return found


def bursts(dice: random.Random, count: int) -> list[float]:
    """Return so many moments of a day: most in the busy hours, many close together."""
    moments: list[float] = []
    while len(moments) < count:
        at = dice.choice([dice.uniform(0, DAY_S), dice.gauss(DAY_S / 4, 2400)])
        together = [at + dice.expovariate(1 / 20) for _ in range(dice.randrange(1, 6))]
        moments += [moment for moment in together if 0 < moment < DAY_S]
    return sorted(moments[:count])


def live(day: Day, seed: int = 1) -> Tally:
    """Live through one day."""
    plans()  # what they are made of is read from files, for which the loop must not wait
    with virtual_time() as loop:
        return loop.run_until_complete(_live(loop, day, seed))


async def _live(loop: VirtualLoop, day: Day, seed: int) -> Tally:
    dice = random.Random(seed)
    desk, tally = Desk(loop, dice, day.feed), Tally()
    options = CacheOptions(replica="day", feed_interval_s=INTERVAL_S)
    clocks = Clocks(ZONE, lambda: date(2025, 9, 17), desk.now)
    cached = Cache(options, CATALOGUE.tables, desk, desk, clocks)
    cached.start()
    cached.discovered()
    users = [Principal(f"desk-{i}", "authenticated") for i in range(day.scopes)] or [SERVICE]

    async def at(moment: float, work: Callable[[], Awaitable[None]]) -> None:
        await asyncio.sleep(moment - loop.time())
        await work()

    async def write() -> None:
        desk.write(dice.choices(list(WRITTEN), list(WRITTEN.values()))[0])

    async def ask() -> None:
        await prompt(cached, desk, tally, dice.choice(users), dice.choice(plans()))

    await asyncio.sleep(5)
    moments = [(m, write) for m in bursts(dice, day.writes)]
    moments += [(m, ask) for m in bursts(dice, day.prompts)]
    await asyncio.gather(*(at(moment, work) for moment, work in moments))
    tally.asked = desk.asked
    await cached.aclose()
    return tally


async def prompt(
    cached: Cache, desk: Desk, tally: Tally, principal: Principal, tables: Sequence[Table]
) -> None:
    """Ask as today's client does, which always forbids the cache; note what came."""
    began = desk.loop.time()
    reading = await cached.slices.look(tables, principal, Freshness.BOUND)
    reads = [await future for future in [reading.start(table) for table in tables]]
    for table, read in zip(tables, reads, strict=True):
        tally.lookups["memory" if read.tier is Tier.MEMORY else "source"] += 1
        seen = int(str(next(iter(read.slice.rows[0].values()))))
        tally.behind += seen < desk.committed(table, began)
        tally.stale += seen < desk.committed(table, began - INTERVAL_S - POLL_S)
    warm = all(read.tier is Tier.MEMORY for read in reads)
    tally.prompts["warm" if warm else "not warm"] += 1
