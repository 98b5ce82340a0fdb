"""The whole cache: it starts, keeps itself warm, says what it is, and leaves nothing behind."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import date

import pytest

from hawk_backend.cache import cache as cache_module
from hawk_backend.cache.cache import Cache, CacheOptions
from hawk_backend.cache.slices import Clocks
from hawk_backend.errors import CacheUnavailable
from hawk_backend.models import SERVICE, Freshness, Tier
from hawk_backend.rows import Read
from tests.cache.rig import PLAIN, TABLES, VIEW, VOLATILE, ZONE, Database, until
from tests.cache.server import Server


class Caches:
    """Opens caches and closes them."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.opened: list[Cache] = []

    def open(self, server: Server | None = None, **options: object) -> Cache:
        """Open a cache on the source in memory."""
        values: dict[str, object] = {
            "replica": f"replica-{len(self.opened)}",
            "redis_url": server.url if server else "",
            "namespace": "whole",
            "redis_timeout_s": 1.0,
            "feed_interval_s": 0.02,
            **options,
        }
        clocks = Clocks(ZONE, lambda: date(2025, 9, 17), lambda: self.database.now)
        given = CacheOptions(**values)  # type: ignore[arg-type]  # by name, as a test wants them
        cache = Cache(given, TABLES, self.database, self.database, clocks)
        self.opened.append(cache)
        return cache

    def begin(self, server: Server | None = None, **options: object) -> Cache:
        """Open a cache as the app does, over a source that is known."""
        cache = self.open(server, **options)
        cache.start()
        cache.discovered()
        return cache


@pytest.fixture
async def caches(database: Database) -> AsyncIterator[Caches]:
    """Caches of one test."""
    caches = Caches(database)
    yield caches
    for cache in caches.opened:
        await cache.aclose()
        assert len(cache._tasks) == 0


async def ask(cache: Cache, *names: str) -> Sequence[Read]:
    """Be a prompt."""
    tables = [TABLES[name] for name in names]
    reading = await cache.slices.look(tables, SERVICE, Freshness.USUAL)
    return [await reading.start(table) for table in tables]


async def warmed(cache: Cache) -> None:
    """Wait until every table is in."""
    await until(lambda: len(cache.slices.memory) >= len(TABLES) - 1)
    await until(lambda: cache.warming.progress()["left"] == 0)


@pytest.mark.parametrize("shared", [False, True])
async def test_it_warms_itself_once(
    database: Database, caches: Caches, server: Server, *, shared: bool
) -> None:
    """After the first poll every table is read once; the first prompt finds all of them."""
    cache = caches.begin(server if shared else None)
    await warmed(cache)
    reads = await ask(cache, PLAIN.name, VOLATILE.name, VIEW.name)
    assert {read.tier for read in reads} == {Tier.MEMORY}
    assert max(database.reads.values()) == 1
    assert (await cache.stats())["redis_available"] is shared


async def test_the_core_of_the_desk_is_warmed_first(
    caches: Caches, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then by priority: whoever asks early asks about positions."""
    cache = caches.open()
    wanted: list[str] = []
    monkeypatch.setattr(cache.warming, "want", wanted.extend)
    cache.start()
    cache.discovered()
    await until(lambda: len(wanted) >= len(TABLES))
    order = [TABLES[name] for name in wanted]
    assert order == sorted(order, key=lambda table: (not table.core, -table.priority))
    assert (order[0].core, order[-1].core) == (True, False)


async def test_nothing_is_warmed_before_it_is_known_what_there_is(
    database: Database, caches: Caches
) -> None:
    """A table that the source turns out to lack is not asked for, one that comes later is."""
    cache = caches.open()
    cache.start()
    await until(lambda: cache.feed.lag_s is not None)
    await cache.retire([PLAIN.name], "clear")
    cache.warm()
    await asyncio.sleep(0.05)
    assert database.asked == 0
    database.absent.add(PLAIN.name)
    cache.discovered()
    await until(lambda: len(cache.slices.memory) == len(TABLES) - 2)
    assert cache.warming.progress()["failed"] == 0
    database.absent.clear()
    cache.discovered()
    await until(lambda: len(cache.slices.memory) == len(TABLES) - 1)
    assert max(database.reads.values()) <= 2


async def test_what_is_written_is_in_again_before_the_next_prompt(
    database: Database, caches: Caches, server: Server
) -> None:
    """The replica whose poll retired a table reads it again, and what is made of it."""
    cache = caches.begin(server)
    await warmed(cache)
    database.write(VIEW.bases[0])
    await until(lambda: cache._stats.retired.total() > 0)
    await until(lambda: cache.warming.progress()["left"] == 0)
    reads = await ask(cache, VIEW.bases[0], VIEW.name)
    assert {read.tier for read in reads} == {Tier.MEMORY}


async def test_tables_in_use_are_tended(
    database: Database, caches: Caches, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What prompts use is read again before its ceiling; what nobody uses is not."""
    monkeypatch.setattr(cache_module, "_TEND_S", 0.01)
    cache = caches.begin()
    await warmed(cache)
    await ask(cache, VOLATILE.name)
    before = database.asked
    database.later(seconds=250)
    await until(lambda: database.asked > before)
    await asyncio.sleep(0.05)
    assert database.asked == before + 1
    assert (await ask(cache, VOLATILE.name))[0].tier is Tier.MEMORY


async def test_what_is_announced_is_in_again_without_waiting_for_the_feed(
    database: Database, caches: Caches, server: Server
) -> None:
    """Who retires calls for a poll at once, after which the table is read again."""
    cache = caches.begin(server, feed_interval_s=60.0)
    await warmed(cache)
    before = database.asked
    await cache.retire([PLAIN.name], "webhook")
    await until(lambda: database.asked > before)


async def test_who_ends_lets_another_poll_at_once(caches: Caches, server: Server) -> None:
    """The lease is given back, not left to run out; it is of a process, whatever its name."""
    first = caches.begin(server, replica="other")
    await warmed(first)
    assert (await first.stats())["replica"] == "other"
    other = caches.open(server)
    lease = await other._stamps.lease("other")
    assert lease is not None
    assert not lease.held
    await first.aclose()
    lease = await other._stamps.lease("other")
    assert lease is not None
    assert lease.held


@pytest.mark.parametrize(("interval_s", "late_s"), [(1.0, 3.0), (30.0, 32.0)])
def test_a_feed_is_not_late_before_it_could_be_heard(interval_s: float, late_s: float) -> None:
    """Who polls less often than HAWK_FEED_MAX_AGE_S does not lose the feed between two polls."""
    options = CacheOptions(replica="a", feed_interval_s=interval_s, feed_max_age_s=3.0)
    assert options.longest_silence_s == late_s


async def test_retiring_answers_with_the_tables(caches: Caches, server: Server) -> None:
    """And says so where Redis does not confirm."""
    cache = caches.open(server)
    assert await cache.retire([PLAIN.name], "clear") == (PLAIN.name,)
    assert await cache.retire([], "clear") == ()
    server.kill()
    with pytest.raises(CacheUnavailable):
        await cache.retire([PLAIN.name], "clear")


async def test_a_wiped_redis_is_counted_and_filled_again(
    database: Database, caches: Caches, server: Server
) -> None:
    """An old snapshot retires what it holds, with the fence as the cause."""
    cache = caches.begin(server)
    await warmed(cache)
    server.save()
    database.write(PLAIN)
    await until(lambda: cache._stats.retired.total() > 0)
    server.restore()
    await until(lambda: any(cause.value == "fence" for _, cause in cache._stats.retired))
    await until(lambda: cache.warming.progress()["left"] == 0)
    assert (await cache.stats())["redis_available"] is True


async def test_operators_are_told(caches: Caches, server: Server) -> None:
    """What Redis is, what the feed is, what is kept; with Redis gone, that."""
    cache = caches.begin(server)
    await warmed(cache)
    assert (await cache.look())["tier_2"] == "in use"
    stats = await cache.stats()
    assert stats["cache_type"] == "redis"
    assert stats["redis_keys_count"]
    assert stats["memory_cache_size"] == len(cache.slices.memory)
    assert set(stats["meaning"]) <= set(stats)  # type: ignore[call-overload]  # a mapping of texts
    assert cache.peek(PLAIN.name, SERVICE)["state"] == "kept"
    assert cache.peek("mv_car_latest", SERVICE)["state"] == "cold"
    assert "Memory" in repr(cache)
    server.kill()
    with pytest.raises(CacheUnavailable):
        await cache.look()
    assert cache.redis_up is False
    assert str((await cache.stats())["tier_2"]).startswith("away")


async def test_without_redis_it_is_said(caches: Caches) -> None:
    """The stamps are in the process, which is right for one replica."""
    cache = caches.open()
    assert (await cache.look())["configured"] is False
    assert str(cache.report()["tier_2"]).startswith("none")
    assert cache.redis_up is False


async def test_what_changed_is_named(database: Database, caches: Caches) -> None:
    """By the stamps under which a prompt read its tables."""
    cache = caches.begin()
    await warmed(cache)
    [read] = await ask(cache, PLAIN.name)
    stamps = {PLAIN.name: read.stamp or b""}
    assert await cache.changed(stamps, SERVICE) == ()
    assert await cache.changed({}, SERVICE) == ()
    database.write(PLAIN)
    await until(lambda: cache._stats.retired.total() > 0)
    assert await cache.changed(stamps, SERVICE) == (PLAIN.name,)
