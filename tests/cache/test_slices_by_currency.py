"""Slices by currency in the real cache: warm by their currency, and retired with their table."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from uuid import uuid4

import pytest

from hawk_backend.cache.cache import Cache, CacheOptions
from hawk_backend.cache.slices import Clocks
from hawk_backend.catalogue import Table
from hawk_backend.models import SERVICE, Freshness, Principal, Tier
from hawk_backend.pipeline.fetch import Fetch, TableResult
from hawk_backend.pipeline.reads import Reads
from hawk_backend.rows import Read, Where
from tests.cache.rig import until
from tests.cache.server import Server
from tests.pipeline.shelf import SINGAPORE, SLICED, TODAY, Rows, Shelf, asks, planned

TABLE = "allocation_engine"
TABLES: Mapping[str, Rows] = {
    "entity_master": [{"entity_id": "E1", "currency_code": "CNY", "entity_type": "Branch"}],
    "currency_configuration": [{"currency_code": "CNY", "proxy_currency": None}],
    TABLE: [
        {"allocation_id": f"A{i:02}", "currency_code": code, "entity_id": "E1", "nav_type": "COI"}
        for i, code in enumerate(["CNY", "CNY", "EUR", *["KRW"] * 30])
    ],
}


@dataclass(slots=True)
class Source:
    """The shelf as a cache's source, and its feed."""

    shelf: Shelf = field(default_factory=lambda: Shelf(TABLES))
    writes: int = 0

    async def load(self, table: Table, principal: Principal, where: Where) -> Read:
        """Read what is there now."""
        return await Reads(self.shelf, SINGAPORE).start(table, principal, where)

    def shape(self, table: Table) -> str | None:
        """Return what is asked of a table."""
        return "" if table.name in self.shelf.tables else None

    async def versions(self) -> Mapping[str, str]:
        """Return what the feed tells."""
        return {name: f"{self.writes * (name == TABLE)}" for name in SLICED.tables}

    async def views(self) -> None:
        """Tell nothing of views."""

    def move(self, row: int, currency: str) -> None:
        """Commit a write that gives a row another currency."""
        rows = [dict(row) for row in self.shelf.tables[TABLE]]
        rows[row]["currency_code"] = currency
        self.shelf.tables[TABLE] = rows
        self.writes += 1

    def questions(self) -> list[str]:
        """Return which parts of the table were asked for since the last call."""
        asked = [str(where and where[0][0].values) for name, where in self.shelf.asked]
        names = [name for name, _ in self.shelf.asked]
        self.shelf.asked.clear()
        return [part for name, part in zip(names, asked, strict=True) if name == TABLE]


@dataclass(frozen=True, slots=True)
class Replica:
    """A replica's cache under a live feed, and what prompts see through it."""

    cache: Cache
    fetch: Fetch

    async def ask(self, name: str = "hedge_utilization", **slots: object) -> TableResult:
        """Return what became of the table in one prompt."""
        intent = asks(name, **slots)
        results = await self.fetch.fetch(
            planned(intent, catalogue=SLICED),
            SERVICE,
            freshness=Freshness.BOUND,
            on_result=lambda _: None,
        )
        return next(result for result in results if result.table == TABLE)

    async def ids(self, *currency: str) -> list[object]:
        """Return the rows of these currencies."""
        return [row["allocation_id"] for row in (await self.ask(currency=currency)).rows]

    def retired(self) -> int:
        """Return how often the table was retired, whatever the cause."""
        return sum(n for (table, _), n in self.cache.slices.stats.retired.items() if table == TABLE)


@asynccontextmanager
async def opened(source: Source, server: Server | None = None) -> AsyncIterator[Replica]:
    """Open a replica; it has read every table whole when it is given."""
    options = CacheOptions(
        replica=uuid4().hex,
        redis_url=server.url if server else "",
        redis_timeout_s=1.0,
        namespace="by currency",
        feed_interval_s=0.02,
    )
    clocks = Clocks(SINGAPORE, lambda: TODAY)
    cache = Cache(options, SLICED.tables, source, source, clocks)
    cache.start()
    cache.discovered()
    try:
        await until(lambda: len(cache.slices.memory) == len(TABLES))
        source.questions()
        yield Replica(cache, Fetch(cache.slices, SLICED, deadline_s=5))
    finally:
        await cache.aclose()


@pytest.fixture
def source() -> Source:
    """Three tables, of which the table shows ten rows at a time."""
    source = Source()
    source.shelf.caps = {TABLE: 10}
    return source


async def test_a_currency_is_warm_for_every_prompt_about_it(source: Source) -> None:
    """Other words and other filters need no query; another currency needs one, and so do two."""
    async with opened(source) as replica:
        first = await replica.ask(currency=("CNY",))
        assert (first.tier, first.complete) == (Tier.SOURCE, True)
        for name, slots in (
            ("hedge_utilization", {}),
            ("position_monitoring", {}),
            ("hedge_inception", {"nav_type": "COI"}),
            ("hedge_utilization", {"entity_ids": ("E1",)}),
        ):
            found = await replica.ask(name, currency=("CNY",), **slots)
            assert (found.tier, found.slice) == (Tier.MEMORY, first.slice)
        assert source.questions() == ["('CNY',)"]

        assert await replica.ids("EUR") == ["A02"]
        assert await replica.ids("CNY", "EUR") == await replica.ids("EUR", "CNY")
        assert source.questions() == ["('EUR',)", "('CNY', 'EUR')"]


async def test_a_prompt_without_a_currency_has_the_warm_table(source: Source) -> None:
    """The whole of it, up to its cap, is brought in and tended as any other; the parts are not."""
    async with opened(source) as replica:
        found = await replica.ask()
        assert (found.tier, len(found.rows), found.complete) == (Tier.MEMORY, 10, False)
        await replica.ids("CNY")
        assert replica.cache.slices.aging(SLICED.tables, -1.0).count(TABLE) == 1


@pytest.mark.parametrize("cause", ["webhook", "clear", "feed"])
async def test_what_retires_the_table_retires_all_its_slices(source: Source, cause: str) -> None:
    """A row that moved to another currency is gone from the one and stands in the other."""
    async with opened(source) as replica:
        assert [await replica.ids(code) for code in ("CNY", "EUR")] == [["A00", "A01"], ["A02"]]
        before = replica.retired()
        source.move(0, "EUR")
        if cause == "feed":
            await until(lambda: replica.retired() > before)
        else:
            await replica.cache.retire([TABLE], cause)

        assert [await replica.ids(code) for code in ("CNY", "EUR")] == [["A01"], ["A00", "A02"]]
        assert await replica.ids("EUR", "CNY") == ["A00", "A01", "A02"]


async def test_replicas_share_the_rows_of_a_currency(source: Source, server: Server) -> None:
    """What one has read the other finds in Redis, and neither after a retirement by the other."""
    async with AsyncExitStack() as stack:
        one = await stack.enter_async_context(opened(source, server))
        other = await stack.enter_async_context(opened(source, server))
        await one.ask(currency=("CNY",))
        shared = one.cache.slices._shared
        assert shared is not None
        await until(lambda: not shared._behind)
        source.questions()
        assert (await other.ask(currency=("CNY",))).tier is Tier.REDIS
        assert source.questions() == []

        source.move(0, "EUR")
        await other.cache.retire([TABLE], "webhook")
        assert await one.ids("CNY") == await other.ids("CNY") == ["A01"]
