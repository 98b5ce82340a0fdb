"""The feed: who polls, what is relied on, what is said, and that it heals."""

import asyncio
import time
from collections.abc import Iterable, Mapping, Sequence

import pytest

from hawk_backend.cache import feed as feed_module
from hawk_backend.cache import stamps as stamps_module
from hawk_backend.cache import watched as watched_module
from hawk_backend.cache.feed import Feed, Told
from hawk_backend.cache.limits import FeedState
from hawk_backend.cache.redis import Keys
from hawk_backend.cache.stamps import Seen
from hawk_backend.cache.stats import Cause
from hawk_backend.cache.watched import View, Watched
from hawk_backend.errors import SourceError
from hawk_backend.models import Freshness, Tier
from tests.cache.rig import PLAIN, TABLES, VIEW, VOLATILE, Database, House, Replica, broken, until
from tests.cache.server import Server

HEARD = Seen({}, 0.5)
KEYS = Keys("test")


class Listener:
    """Hears what a feed retires and has refreshed."""

    def __init__(self) -> None:
        self.retired: list[str] = []
        self.refreshed: list[str] = []

    def told(self) -> Told:
        """Return who hears."""
        return Told(self.retired.extend, self._refresh)

    def _refresh(self, tables: Iterable[str]) -> None:
        self.refreshed.extend(tables)


@pytest.fixture(autouse=True)
def _learns_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watched_module, "_LEARN_EVERY_S", 0.0)


def feed_of(replica: Replica, name: str, listener: Listener | None = None) -> Feed:
    """Return a feed of that replica."""
    told = (listener or Listener()).told()
    return Feed(
        replica.database, replica.stamps, replica.watched, told, replica=name, interval_s=0.02
    )


async def test_one_replica_polls(
    house: House, database: Database, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one with the lease; the other only looks now and then which tables are watched."""
    monkeypatch.setattr(watched_module, "_LEARN_EVERY_S", 60.0)
    feeds = [feed_of(await house.replica(server), name) for name in "ab"]
    for feed in feeds:
        await feed.turn()
    polled = [0]
    versions = database.versions

    async def counted() -> object:
        polled[0] += 1
        return await versions()

    monkeypatch.setattr(database, "versions", counted)
    for _ in range(5):
        for feed in feeds:
            await feed.turn()
    assert polled == [5]
    assert [feed.report()["polls"] for feed in feeds] == [True, False]
    assert all(feed.mode is FeedState.LIVE for feed in feeds)


async def test_who_was_told_of_a_write_polls_though_another_has_the_lease(
    house: House, database: Database, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So the version of that write is settled before the rows are read again."""
    monkeypatch.setattr(watched_module, "_LEARN_EVERY_S", 60.0)
    replicas = [await house.replica(server) for _ in range(2)]
    feeds = [feed_of(replica, name) for replica, name in zip(replicas, "ab", strict=True)]
    for feed in feeds:
        await feed.turn()
    database.write(PLAIN)
    await replicas[1].slices.retire([PLAIN.name], Cause.WEBHOOK)
    feeds[1].ask([PLAIN.name])
    await feeds[1].turn()
    assert await replicas[1].made_of(PLAIN) == 1
    asked = database.asked
    await feeds[0].turn()
    assert await replicas[1].made_of(PLAIN) == 1
    assert (database.asked, feeds[1].report()["polls"]) == (asked, False)


async def test_another_takes_over(
    house: House, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At once where the lease was given back, else when it has run out."""
    monkeypatch.setattr(stamps_module, "LEASE_MS", 50)
    replicas = [await house.replica(server) for _ in range(3)]
    feeds = [feed_of(replica, str(i)) for i, replica in enumerate(replicas)]
    await feeds[0].turn()
    await replicas[0].stamps.release("somebody else")
    await feeds[1].turn()
    assert not feeds[1].report()["polls"]
    await replicas[0].stamps.release("0")
    await feeds[1].turn()
    assert feeds[1].report()["polls"]
    await asyncio.sleep(0.06)
    await feeds[2].turn()
    assert feeds[2].report()["polls"]


@pytest.mark.parametrize("command", ["SET", "SADD"])
@pytest.mark.parametrize("key", [KEYS.lease, KEYS.stamps, KEYS.versions])
async def test_nonsense_in_redis_does_not_end_the_feed(
    house: House, database: Database, server: Server, key: str, command: str
) -> None:
    """Whatever stands where the lease or our hashes should, the feed goes on without a prompt."""
    replica = await house.replica(server)
    feed = feed_of(replica, "a")
    await replica.read(PLAIN)
    server.say("DEL", key)
    server.say(command, key, "nonsense")
    database.write(PLAIN)
    for _ in range(2):
        await feed.turn()
    report = feed.report()
    assert (report["mode"], report["failure"], report["polls"]) == ("live", None, True)
    assert await replica.made_of(PLAIN) == 1


@pytest.mark.parametrize("key", [KEYS.stamps, KEYS.versions])
async def test_names_that_are_no_text_do_not_end_the_feed(
    house: House, database: Database, server: Server, key: str
) -> None:
    """A field of bytes that nobody of ours wrote goes as a table that is watched no more."""
    replica = await house.replica(server)
    feed = feed_of(replica, "a")
    await replica.read(PLAIN)
    for hashed in {key, KEYS.versions}:
        server.say("HSET", hashed, b"\xff\xfe", b"\xff")
    database.write(PLAIN)
    await feed.turn()
    assert feed.report()["failure"] is None
    assert await replica.made_of(PLAIN) == 1


@pytest.mark.parametrize("filled", ["before the first poll", "later"])
async def test_a_full_redis_does_not_end_the_feed(
    house: House, database: Database, server: Server, filled: str
) -> None:
    """What it says is kept in the room of what was there before; a write is seen all the same."""
    replica, listener = await house.replica(server), Listener()
    feed = feed_of(replica, "a", listener)
    await replica.read(PLAIN)
    if filled == "later":
        await feed.turn()
    server.say("CONFIG", "SET", "maxmemory", "1")
    for write in (1, 2):
        database.write(PLAIN)
        await feed.turn()
        assert await replica.made_of(PLAIN) == write
    await feed.turn()
    report = feed.report()
    assert (report["mode"], report["failure"], report["polls"]) == ("live", None, True)
    assert listener.retired == [PLAIN.name]


async def test_nobody_waits_for_a_lease_that_a_full_redis_cannot_give(
    house: House, server: Server
) -> None:
    """Both poll, which harms nothing; a lease that was given before still holds."""
    feeds = [feed_of(await house.replica(server), name) for name in "ab"]
    await feeds[0].turn()
    server.say("CONFIG", "SET", "maxmemory", "1")
    for lease, polls in (("held", [True, False]), ("gone", [True, True])):
        if lease == "gone":
            server.say("DEL", KEYS.lease)
        for feed in feeds:
            await feed.turn()
        assert [feed.report()["polls"] for feed in feeds] == polls


async def test_a_turn_retires_and_tells(house: House, database: Database, server: Server) -> None:
    """Whoever's poll deleted a nonce is told, and refreshes; a write retires once."""
    replica, listener = await house.replica(server), Listener()
    feed = feed_of(replica, "a", listener)
    await replica.read(PLAIN)
    database.write(PLAIN)
    await feed.turn()
    await feed.turn()
    assert listener.retired == listener.refreshed == [PLAIN.name]


async def test_a_word_is_followed_by_a_poll(
    house: House, database: Database, server: Server
) -> None:
    """Who announces a write has it polled at once, so that it retires once, not twice."""
    first, second = [await house.replica(server) for _ in range(2)]
    await feed_of(second, "the one with the lease").turn()
    listener = Listener()
    feed = feed_of(first, "the other", listener)
    running = asyncio.create_task(feed.run())
    await first.read(PLAIN)
    database.write(PLAIN)
    await first.slices.retire([PLAIN.name], Cause.WEBHOOK)
    feed.ask([PLAIN.name])
    await until(lambda: PLAIN.name in listener.refreshed)
    running.cancel()
    await first.read(PLAIN)
    assert await second.poll() == ()
    assert listener.retired == []


async def test_a_storm_of_words_is_not_a_storm_of_polls(
    house: House, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However often it is called for, the next poll comes after a rest."""
    monkeypatch.setattr(feed_module, "_REST_S", 3600.0)
    feed = feed_of(await house.replica(), "a")
    feed._interval_s = 3600.0
    polled = [0]
    versions = database.versions

    async def counted() -> Mapping[str, str] | None:
        polled[0] += 1
        return await versions()

    monkeypatch.setattr(database, "versions", counted)
    running = asyncio.create_task(feed.run())
    for _ in range(50):
        feed.ask([PLAIN.name])
        await asyncio.sleep(0.001)
    running.cancel()
    assert polled == [1]


async def test_a_feed_that_falls_silent_is_not_relied_on(
    house: House, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Volatile tables come from the source until it is back, and health says so; it heals."""
    replica = await house.replica()
    feed = feed_of(replica, "a")
    await feed.turn()
    await replica.read(VOLATILE)
    assert (await feed.look())["mode"] == "live"

    database.errors["versions"] = broken()
    replica.watched._max_age_s = -1.0
    monkeypatch.setattr(feed_module, "SILENT_S", -1.0)
    feed._interval_s = -1.0
    await feed.turn()
    assert feed.mode is FeedState.LATE
    assert (await replica.read(VOLATILE)).tier is Tier.SOURCE
    assert (await replica.read(PLAIN)).tier is Tier.SOURCE
    assert (await replica.read(PLAIN)).tier is Tier.MEMORY
    with pytest.raises(SourceError, match="broken"):
        await feed.look()

    database.errors.clear()
    replica.watched._max_age_s = 3.0
    monkeypatch.setattr(feed_module, "SILENT_S", 10.0)
    await feed.turn()
    report = await feed.look()
    assert (report["mode"], report["failure"]) == ("live", None)
    assert (await replica.read(VOLATILE)).tier is Tier.MEMORY


async def test_without_a_feed_it_is_said_and_tables_live_by_their_ttl(
    house: House, database: Database, server: Server
) -> None:
    """The first deployment on an existing database: nothing fails, volatile rows stay young."""
    database.versions_of = None
    replica = await house.replica(server)
    feed = feed_of(replica, "a")
    await feed.turn()
    assert (await feed.look())["mode"] == "none"
    for table in (VOLATILE, PLAIN):
        await replica.read(table)
        assert (await replica.read(table)).tier is Tier.MEMORY
        database.later(seconds=table.ttl_s + 1)
        assert (await replica.read(table)).tier is Tier.SOURCE
    assert (await replica.read(VOLATILE, freshness=Freshness.BOUND)).tier is Tier.SOURCE
    assert (await replica.read(PLAIN, freshness=Freshness.BOUND)).tier is Tier.MEMORY


async def test_without_redis_it_still_learns_what_is_watched(
    house: House, database: Database, server: Server
) -> None:
    """What cannot be settled is not, and it says so; the next turn comes."""
    replica = await house.replica(server)
    database.watch(PLAIN.name)
    server.kill()
    feed = feed_of(replica, "a")
    await feed.turn()
    assert replica.watched.names == {PLAIN.name}
    assert feed.report()["failure"] == "the stamps are out of reach"


async def test_a_bound_is_named_only_where_there_is_one(house: House, database: Database) -> None:
    """A feed that is late, or not there, bounds nothing."""
    feed = feed_of(await house.replica(), "a")
    await feed.turn()
    bound = feed.report()["bound_s"]
    assert isinstance(bound, float)
    assert bound >= 0.02
    feed._lag = (60.0, time.monotonic())
    assert (feed.mode, feed.report()["bound_s"]) == (FeedState.LATE, None)
    database.versions_of = None
    await feed.turn()
    assert (feed.mode, feed.report()["bound_s"]) == (FeedState.NONE, None)


async def test_a_failure_that_is_over_is_no_longer_told(house: House, database: Database) -> None:
    """Nor where the database turns out to have no feed."""
    feed = feed_of(await house.replica(), "a")
    database.errors["versions"] = broken()
    await feed.turn()
    assert feed.report()["failure"] == "broken"
    database.errors.clear()
    database.versions_of = None
    await feed.turn()
    assert feed.report()["failure"] is None


async def test_a_poll_of_the_future_is_no_poll(
    house: House, database: Database, server: Server
) -> None:
    """What Redis's clock has not reached says nothing of how well the feed is."""
    feed = feed_of(await house.replica(server), "a")
    await feed.turn()
    server.say("HSET", KEYS.stamps, ":polled", "9" * 17)
    database.errors["versions"] = broken()
    await feed.turn()
    assert feed.lag_s is not None
    assert feed.lag_s >= 0


async def test_a_feed_that_is_installed_later_is_found(house: House, database: Database) -> None:
    """And one that is taken away is noticed."""
    replica = await house.replica()
    feed = feed_of(replica, "a")
    for installed in (False, True, False):
        if installed:
            database.watch()
        else:
            database.versions_of = None
        await feed.turn()
        assert feed.mode is (FeedState.LIVE if installed else FeedState.NONE)


async def test_until_the_first_poll_nothing_is_relied_on(database: Database) -> None:
    """At the start volatile rows come from the source."""
    watched = Watched(TABLES, max_age_s=3.0)
    assert watched.state(VOLATILE, HEARD) is FeedState.LATE
    watched.learn(await database.versions())
    assert watched.state(VOLATILE, HEARD) is FeedState.LIVE
    assert watched.state(VOLATILE, Seen({}, None)) is FeedState.LATE
    assert watched.state(VOLATILE, Seen({}, 3.5)) is FeedState.LATE


async def test_another_replicas_poll_does_not_speak_for_this_one(
    house: House, database: Database, server: Server
) -> None:
    """Until it has looked itself it does not know which tables are watched."""
    await feed_of(await house.replica(server), "a").turn()
    new = await house.replica(server)
    new.watched = Watched(TABLES, max_age_s=3.0)
    feed = feed_of(new, "b")
    database.errors["versions"] = broken()
    await feed.turn()
    assert feed.report()["mode"] == "late"
    database.errors.clear()
    await feed.turn()
    assert feed.report()["mode"] == "live"


async def test_health_waits_for_the_first_poll(house: House) -> None:
    """It is neither well nor ill before."""
    feed = feed_of(await house.replica(), "a")
    looking = asyncio.create_task(feed.look())
    await asyncio.sleep(0.01)
    assert not looking.done()
    await feed.turn()
    assert (await looking)["mode"] == "live"


async def test_health_does_not_wait_for_ever(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A feed whose first turn does not come to its end is not being read, and that is said."""
    monkeypatch.setattr(feed_module, "_FIRST_S", 0.01)
    feed = feed_of(await house.replica(), "a")
    async with asyncio.timeout(1):
        with pytest.raises(SourceError, match="no poll"):
            await feed.look()


@pytest.mark.parametrize(
    ("watch", "views", "state"),
    [
        (VIEW.bases, {}, FeedState.LIVE),
        (VIEW.bases[:-1], {}, FeedState.NONE),
        (("audit_trail",), {VIEW.name: View(frozenset({"audit_trail"}))}, FeedState.LIVE),
        (VIEW.bases, {VIEW.name: View(frozenset({*VIEW.bases, "other.table"}))}, FeedState.NONE),
        (VIEW.bases, {VIEW.name: View(frozenset(VIEW.bases), materialized=True)}, FeedState.NEVER),
        (VIEW.bases, {VIEW.name: View(frozenset())}, FeedState.LIVE),
    ],
)
def test_a_view_is_watched_if_all_that_it_reads_is(
    watch: Sequence[str], views: dict[str, View], state: FeedState
) -> None:
    """By the database's own word where it gives one, else by the catalogue's."""
    watched = Watched(TABLES, max_age_s=3.0)
    watched.learn(watch)
    watched.learn_views(views)
    assert watched.state(VIEW, HEARD) is state


async def test_a_view_is_retired_with_what_the_database_says_it_reads(
    house: House, database: Database
) -> None:
    """What the catalogue does not name is part of the view's stamp all the same."""
    replica = await house.replica()
    database.views_of = {VIEW.name: (frozenset({"audit_trail"}), False)}
    feed = feed_of(replica, "a")
    await feed.turn()
    await replica.read(VIEW)
    database.write("audit_trail")
    await feed.turn()
    assert (await replica.read(VIEW)).tier is Tier.SOURCE
    for table in ("audit_trail", VIEW.bases[0]):
        assert VIEW.name in replica.watched.dependents([table])
    assert replica.watched.unlike()[VIEW.name]["not_in_catalogue"] == ["audit_trail"]


def test_what_nobody_tells_the_changes_of_is_listed() -> None:
    """Tables, not views, of those that the database has."""
    watched = Watched(TABLES, max_age_s=3.0)
    watched.learn([PLAIN.name])
    watched.learn_views({"car_master": View(frozenset({"x"}))})
    there = [PLAIN.name, VOLATILE.name, VIEW.name, "car_master"]
    assert watched.unwatched(there) == [VOLATILE.name]


@pytest.mark.parametrize(
    ("error", "said"), [(broken(), "broken"), (KeyError("table_name"), "KeyError")]
)
async def test_it_runs_until_it_is_ended(
    house: House, database: Database, error: Exception, said: str
) -> None:
    """Whatever the source does, foreseen or not, the next turn comes."""
    replica, listener = await house.replica(), Listener()
    feed = feed_of(replica, "a", listener)
    running = asyncio.create_task(feed.run())
    await replica.read(PLAIN)
    database.errors["versions"] = error
    await until(lambda: feed.report()["failure"] == said)
    database.errors.clear()
    database.write(PLAIN)
    await until(lambda: PLAIN.name in listener.retired)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
