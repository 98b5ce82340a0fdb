"""Caches over a source in memory that counts, fails and waits on demand."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import orjson

from hawk_backend.cache.reading import Reading
from hawk_backend.cache.redis import Keys, Link
from hawk_backend.cache.slices import Clocks, Slices, Tiers
from hawk_backend.cache.stamps import LocalStamps, RedisStamps, Stamps
from hawk_backend.cache.stats import Stats
from hawk_backend.cache.tasks import Tasks
from hawk_backend.cache.tiers import Memory, Shared
from hawk_backend.cache.watched import Watched
from hawk_backend.catalogue import Catalogue, Table
from hawk_backend.errors import SourceError
from hawk_backend.models import SERVICE, Freshness, Principal, Tier
from hawk_backend.rows import Answer, Read, Where, read_slice
from tests.cache.server import Server

CATALOGUE = Catalogue.load()
TABLES = CATALOGUE.tables
ZONE = ZoneInfo("Asia/Singapore")
SECRET = b"the same in every replica"
PLAIN = TABLES["gl_coa"]
VOLATILE = TABLES["hedge_instructions"]
VIEW = TABLES["v_hi_actionable"]


class Database:
    """Tables of one row that say which write made them; every read is counted."""

    def __init__(self) -> None:
        self.written: Counter[str] = Counter()
        self.reads: Counter[tuple[str, str, str]] = Counter()
        self.versions_of: dict[str, str] | None = None
        self.views_of: dict[str, tuple[frozenset[str], bool]] | None = None
        self.errors: dict[str, Exception] = {}
        self.absent: set[str] = set()
        self.shapes: dict[str, str] = {}
        self.before: Callable[[Table], Awaitable[None]] = _at_once
        self.after: Callable[[Table], Awaitable[None]] = _in_a_turn
        self.now = datetime.now(UTC)

    def write(self, table: Table | str) -> None:
        """Commit a write; the feed, where there is one, tells of it."""
        name = table if isinstance(table, str) else table.name
        self.written[name] += 1
        if self.versions_of is not None and name in self.versions_of:
            self.versions_of[name] = f"{self.written[name]}"

    def watch(self, *tables: str) -> None:
        """Have the feed tell of these tables; without any, of all."""
        names = tables or [t.name for t in TABLES.values() if t.kind == "table"]
        self.versions_of = {name: f"{self.written[name]}" for name in names}

    def hold(self) -> asyncio.Event:
        """Keep the answers to what is asked from now on back until the event is set."""
        gate = asyncio.Event()

        async def wait(_: Table) -> None:
            await gate.wait()

        self.after = wait
        return gate

    def go_on(self) -> None:
        """Answer what is asked from now on."""
        self.after = _in_a_turn

    @property
    def asked(self) -> int:
        """Queries sent."""
        return self.reads.total()

    async def load(self, table: Table, principal: Principal, where: Where) -> Read:
        """Read what is committed now; answer later."""
        self.reads[table.name, principal.scope, repr(where)] += 1
        await self.before(table)
        if table.name in self.errors:
            raise self.errors[table.name]
        made_of = sum(self.written[name] for name in {table.name, *table.bases})
        names = table.key or tuple(column.name for column in table.columns[:1]) or ("id",)
        row = dict.fromkeys(names, f"{principal.scope} {made_of}")
        answer = Answer(orjson.dumps([row]), tuple(row), table.row_cap, self.now)
        await self.after(table)
        rows = read_slice(
            table,
            answer.body,
            columns=answer.columns,
            cap=answer.cap,
            zone=ZONE,
            fetched_at=answer.fetched_at,
        )
        return Read(rows, Tier.SOURCE, 1.0, answer)

    def shape(self, table: Table) -> str | None:
        """Return what is asked of a table."""
        return None if table.name in self.absent else self.shapes.get(table.name, "")

    async def versions(self) -> Mapping[str, str] | None:
        """Return what is committed now."""
        if "versions" in self.errors:
            raise self.errors["versions"]
        return None if self.versions_of is None else dict(self.versions_of)

    async def views(self) -> Mapping[str, tuple[frozenset[str], bool]] | None:
        """Return what the views read."""
        return self.views_of

    def later(self, **by: float) -> None:
        """Let time pass."""
        self.now += timedelta(**by)


async def _at_once(_: Table) -> None:
    return


async def _in_a_turn(_: Table) -> None:
    await asyncio.sleep(0)


class House:
    """Makes replicas and closes them."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.replicas: list[Replica] = []

    async def replica(
        self,
        server: Server | None = None,
        *,
        bound: int = 50_000_000,
        policy: tuple[str, ...] = (),
        timeout_s: float = 1.0,
    ) -> "Replica":
        """Start a replica; with a server it shares stamps and tier 2 with its others.

        A machine that is busy with tests is no dead Redis: so `timeout_s` is long.
        """
        replica = Replica(self.database, server, bound, policy, timeout_s)
        self.replicas.append(replica)
        await replica.poll()
        return replica

    async def aclose(self) -> None:
        """Close all replicas."""
        for replica in self.replicas:
            await replica.aclose()


class Replica:
    """One replica's read path."""

    def __init__(
        self,
        database: Database,
        server: Server | None,
        bound: int,
        policy: tuple[str, ...],
        timeout_s: float,
    ) -> None:
        self.database = database
        self.tasks = Tasks()
        self.stats = Stats()
        self.memory = Memory(bound)
        self.watched = Watched(TABLES, max_age_s=3.0, policy=policy)
        self.link = (
            Link(server.url, Keys("test"), self.tasks, timeout_s=timeout_s) if server else None
        )
        self.stamps: Stamps = RedisStamps(self.link, self.tasks) if self.link else LocalStamps()
        self.slices = Slices(
            database,
            self.stamps,
            self.watched,
            Tiers(self.memory, self._shared()),
            self.tasks,
            Clocks(ZONE, lambda: date(2025, 9, 17), lambda: database.now),
            self.stats,
        )

    def _shared(self) -> Shared | None:
        if self.link is None:
            return None
        return Shared(self.link, self.tasks, SECRET, rejected=self.stats.reject)

    async def aclose(self) -> None:
        """End its tasks, close its link."""
        await self.tasks.aclose()
        if self.link is not None:
            await self.link.aclose()

    async def poll(self) -> tuple[str, ...] | None:
        """Do what one turn of the feed does."""
        lease = await self.stamps.lease("replica")
        await self.stamps.release("replica")
        versions = await self.database.versions()
        self.watched.learn(versions)
        if lease is None:
            return None
        if versions is None:
            return ()
        return await self.stamps.settle(versions, lease.at_us)

    async def look(
        self,
        *tables: Table,
        principal: Principal = SERVICE,
        freshness: Freshness = Freshness.USUAL,
    ) -> Reading:
        """Begin a prompt."""
        return await self.slices.look(tables, principal, freshness)

    async def read(
        self,
        table: Table,
        where: Where = (),
        *,
        principal: Principal = SERVICE,
        freshness: Freshness = Freshness.USUAL,
    ) -> Read:
        """Be a prompt of one table."""
        reading = await self.look(table, principal=principal, freshness=freshness)
        return await reading.start(table, where)

    async def made_of(self, table: Table, freshness: Freshness = Freshness.USUAL) -> int:
        """Return which write a prompt sees."""
        return seen(await self.read(table, freshness=freshness))

    async def settled(self) -> None:
        """Wait until everything that goes on behind the prompts has ended."""
        await until(lambda: not len(self.tasks))


async def until(holds: Callable[[], bool]) -> None:
    """Wait until `holds` says yes; the test's deadline is five seconds."""
    async with asyncio.timeout(5):
        while not holds():  # noqa: ASYNC110 - what is waited for sets no event
            await asyncio.sleep(0.001)


def seen(read: Read) -> int:
    """Return which write the rows were made of."""
    [row] = read.slice.rows
    return int(str(next(iter(row.values()))).split()[-1])


def broken() -> SourceError:
    """Return what a source raises."""
    return SourceError("broken")
