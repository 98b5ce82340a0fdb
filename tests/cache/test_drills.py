"""What Redis can do to us: answers stay right, later prompts wait for nothing, retiring never lies.

How long the first prompt waits is measured by scripts/bench/cache; here it is counted what is
still sent to a Redis that is away.
"""

import asyncio
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hawk_backend.cache import connections as connections_module
from hawk_backend.cache import redis as link_module
from hawk_backend.cache.keys import digest
from hawk_backend.cache.limits import CEILING_S
from hawk_backend.cache.redis import Keys
from hawk_backend.cache.stats import Cause, End
from hawk_backend.errors import CacheUnavailable
from hawk_backend.models import SERVICE, Tier
from hawk_backend.rows import Answer
from tests.cache.rig import PLAIN, TABLES, VIEW, VOLATILE, Database, House, Replica, until
from tests.cache.server import Server

KEYS = Keys("test")
CLEAR = Cause.CLEAR


@pytest.fixture
async def pair(house: House, server: Server) -> list[Replica]:
    """Two replicas that share a Redis and hold a table in memory."""
    pair = [await house.replica(server, timeout_s=0.3) for _ in range(2)]
    for replica in pair:
        await replica.read(PLAIN)
        await replica.settled()
    return pair


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Server]:
    """A second server."""
    folder = tmp_path / "other"
    folder.mkdir()
    server = Server(folder)
    server.start()
    yield server
    server.kill()


def sent(replica: Replica, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Count the commands that a replica's prompts send, from now on."""
    count = [0]
    assert replica.link is not None
    tried = replica.link._tried

    async def counted(command: object) -> object:
        count[0] += 1
        return await tried(command)  # type: ignore[arg-type]  # handed through as it came

    monkeypatch.setattr(replica.link, "_tried", counted)
    return count


def commands(server: Server, name: str) -> int:
    """Return how often the server has done a command."""
    said = server.say("INFO", "commandstats").decode()
    line = next((line for line in said.splitlines() if line.startswith(f"cmdstat_{name}:")), "")
    return int(line.partition("calls=")[2].partition(",")[0] or 0)


def is_up(replica: Replica) -> bool:
    """Say whether Redis answers this replica."""
    return replica.link is not None and replica.link.up


async def away(replica: Replica) -> None:
    """Be the first prompt that finds Redis away."""
    assert (await replica.read(PLAIN)).tier is Tier.SOURCE
    assert not is_up(replica)


@pytest.mark.parametrize("fault", ["kill", "hang"])
async def test_a_redis_that_is_away_is_asked_once(
    pair: list[Replica], server: Server, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first prompt finds out; those after it ask the source and send Redis nothing."""
    getattr(server, fault)()
    await away(pair[0])
    monkeypatch.setattr(link_module, "_PAUSES_S", (60.0,))
    await asyncio.sleep(0.15)
    count = sent(pair[0], monkeypatch)
    for table in (PLAIN, VOLATILE, VIEW):
        assert (await pair[0].read(table)).tier is Tier.SOURCE
    assert count == [0]
    with pytest.raises(CacheUnavailable):
        await pair[0].slices.retire([PLAIN.name], CLEAR)
    if fault == "hang":
        server.resume()


@pytest.mark.parametrize("fault", ["kill", "hang"])
async def test_prompts_at_once_without_redis_share_their_queries(
    database: Database, pair: list[Replica], server: Server, fault: str
) -> None:
    """Two hundred prompts ask the source at most twice a table."""
    getattr(server, fault)()
    before = database.asked
    found = await asyncio.gather(*(pair[0].read(PLAIN) for _ in range(200)))
    assert {read.tier for read in found} == {Tier.SOURCE}
    assert database.asked - before <= 2
    if fault == "hang":
        server.resume()


async def test_memory_is_not_trusted_while_redis_is_away(
    database: Database, pair: list[Replica], server: Server
) -> None:
    """A write that nobody could announce is seen at once."""
    server.kill()
    database.write(PLAIN)
    for replica in pair:
        assert await replica.made_of(PLAIN) == 1
    server.start()
    for replica in pair:
        await until(lambda: is_up(replica))  # noqa: B023 - asked before the next turn
        assert await replica.made_of(PLAIN) == 1


async def test_a_hung_redis_is_used_again_when_it_goes_on(
    pair: list[Replica], server: Server
) -> None:
    """What is in memory is good again as soon as the stamps can be read."""
    server.hang()
    await away(pair[0])
    server.resume()
    await until(lambda: is_up(pair[0]))
    assert (await pair[0].read(PLAIN)).tier is Tier.MEMORY


async def test_a_redis_that_appears_late_is_used(house: House, tmp_path: Path) -> None:
    """Absent at the start, it is found in the background."""
    server = Server(tmp_path)
    replica = await house.replica(server)
    assert (await replica.read(PLAIN)).tier is Tier.SOURCE
    assert (await replica.read(PLAIN)).tier is Tier.SOURCE
    server.start()
    try:
        await until(lambda: is_up(replica))
        await replica.poll()
        await replica.read(PLAIN)
        assert (await replica.read(PLAIN)).tier is Tier.MEMORY
    finally:
        server.kill()


async def test_nothing_is_said_to_have_changed_without_redis(
    pair: list[Replica], server: Server
) -> None:
    """What is not known is not told."""
    stamps = {PLAIN.name: (await pair[0].read(PLAIN)).stamp or b""}
    server.kill()
    assert await pair[0].slices.changed(stamps, TABLES, SERVICE) == ()


async def test_a_connection_that_was_closed_is_no_failure(
    pair: list[Replica], server: Server
) -> None:
    """A server that cut our idle connections, or came back meanwhile, is asked once more."""
    server.say("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
    assert (await pair[0].read(PLAIN)).tier is Tier.MEMORY
    server.kill()
    server.start()
    assert (await pair[0].read(PLAIN)).tier is Tier.SOURCE
    assert is_up(pair[0])


async def test_a_storm_of_retirements_is_confirmed_to_each(
    pair: list[Replica], server: Server
) -> None:
    """Webhooks come one a row: all who announce at once share a few commands."""
    before = commands(server, "hdel")
    await asyncio.gather(*(pair[0].slices.retire([PLAIN.name], CLEAR) for _ in range(500)))
    assert commands(server, "hdel") - before <= 2


async def test_what_is_written_behind_takes_no_connection_from_prompts(
    house: House, server: Server
) -> None:
    """However much waits to be written while Redis is slow, a prompt can read its stamps."""
    replica = await house.replica(server)
    await replica.read(PLAIN)
    await replica.settled()
    answer = Answer(b"[]", None, 1, datetime.now(UTC))
    assert replica.slices._shared is not None
    server.hang()
    for i in range(100):
        replica.slices._shared.put(str(i), answer)
    await asyncio.sleep(0.01)
    asking = asyncio.ensure_future(replica.read(PLAIN))
    await asyncio.sleep(0.01)
    server.resume()
    assert (await asking).tier is Tier.MEMORY


async def test_redis_keeps_no_rows_that_nobody_could_use(
    house: House, database: Database, server: Server
) -> None:
    """Nobody removes what was retired: rows go by themselves once they are too old for a prompt."""
    replica = await house.replica(server)
    for _ in range(3):
        await replica.read(VOLATILE)
        await replica.settled()
        database.write(VOLATILE)
        await replica.slices.retire([VOLATILE.name], CLEAR)
    keys = re.findall(rb"hawk:\S*:rows:\w+", server.say("KEYS", "*:rows:*"))
    left = [int(server.say("TTL", key).strip()[1:]) for key in keys]
    assert len(left) == 3
    assert all(0 < seconds <= CEILING_S[VOLATILE.volatility] for seconds in left)


async def test_a_flush_costs_a_reading(
    database: Database, pair: list[Replica], server: Server
) -> None:
    """Without its stamps nothing in memory is valid."""
    database.write(PLAIN)
    server.say("FLUSHALL")
    for replica in pair:
        assert await replica.made_of(PLAIN) == 1


async def test_an_old_snapshot_brings_nothing_back(
    database: Database, pair: list[Replica], server: Server
) -> None:
    """Stamps and versions of another process are wiped before the first command."""
    server.save()
    database.write(PLAIN)
    await pair[0].slices.retire([PLAIN.name], CLEAR)
    server.restore()
    for replica in pair:
        assert await replica.made_of(PLAIN) == 1


async def test_without_the_fence_an_old_snapshot_would_bring_old_rows_back(
    database: Database, house: House, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The drill above can fail: it is the fence that keeps it from failing."""
    open_gate = "local time = redis.call('TIME') return {'same', time[1], time[2]}"
    monkeypatch.setattr(connections_module, "FENCE", open_gate)
    replica = await house.replica(server)
    await replica.read(PLAIN)
    await replica.settled()
    server.save()
    database.write(PLAIN)
    await replica.slices.retire([PLAIN.name], CLEAR)
    server.restore()
    assert await replica.made_of(PLAIN) == 0


async def test_what_the_fence_wipes_is_told(house: House, server: Server) -> None:
    """The replica that wipes hears which tables it has retired for all."""
    wiped: list[bytes] = []
    replica = await house.replica(server)
    await replica.read(PLAIN)
    server.save()
    server.restore()
    assert replica.link is not None
    replica.link._on_wiped = wiped.extend
    await replica.read(VOLATILE)
    assert PLAIN.name.encode() in wiped
    assert server.say("EXISTS", KEYS.versions) == b":0\r\n"


async def test_a_full_redis_keeps_answers_right(
    database: Database, pair: list[Replica], server: Server
) -> None:
    """No new stamp can be had, so the source answers; a retirement is done all the same."""
    server.say("CONFIG", "SET", "maxmemory", "1")
    assert (await pair[0].read(PLAIN)).tier is Tier.MEMORY
    database.write(PLAIN)
    await pair[0].slices.retire([PLAIN.name], CLEAR)
    for replica in pair:
        assert await replica.made_of(PLAIN) == 1
        assert (await replica.read(PLAIN)).tier is Tier.SOURCE
        assert is_up(replica)
    server.say("CONFIG", "SET", "maxmemory", "0")
    await pair[0].read(PLAIN)
    assert (await pair[0].read(PLAIN)).tier is Tier.MEMORY


async def test_keys_of_another_type_heal(
    database: Database, pair: list[Replica], server: Server
) -> None:
    """Whatever stands where our hashes should is removed, which retires everything."""
    for key in (KEYS.stamps, KEYS.versions, KEYS.lease, KEYS.fence):
        server.say("DEL", key)
        server.say("SET", key, "nonsense")
        database.write(PLAIN)
        await pair[0].slices.retire([PLAIN.name], CLEAR)
        for replica in pair:
            await replica.poll()
            assert await replica.made_of(PLAIN) == database.written[PLAIN.name]
            assert is_up(replica)
    await pair[0].read(PLAIN)
    assert (await pair[0].read(PLAIN)).tier is Tier.MEMORY


@pytest.mark.parametrize("strange", ["", "x", "y" * 5_000, "\x00\xff"])
async def test_a_stamp_that_is_not_ours_is_replaced(
    database: Database, pair: list[Replica], server: Server, strange: str
) -> None:
    """Something else in a nonce's place is no nonce."""
    server.say("HSET", KEYS.stamps, PLAIN.name, strange)
    server.say("HSET", KEYS.stamps, ":polled", strange)
    database.write(PLAIN)
    assert await pair[0].made_of(PLAIN) == 1
    reply = server.say("HGET", KEYS.stamps, PLAIN.name)
    assert reply.startswith(b"$22")


async def test_a_poll_of_the_future_is_none(pair: list[Replica], server: Server) -> None:
    """A moment that Redis's clock has not reached says nothing about the feed."""
    await pair[0].poll()
    await pair[0].read(VOLATILE)
    assert (await pair[0].read(VOLATILE)).tier is Tier.MEMORY
    server.say("HSET", KEYS.stamps, ":polled", "9" * 17)
    assert (await pair[0].read(VOLATILE)).tier is Tier.SOURCE
    await pair[0].poll()
    assert (await pair[0].read(VOLATILE)).tier is Tier.MEMORY


@pytest.fixture
async def entry(database: Database, house: House, server: Server) -> bytes:
    """The raw name of the one entry in tier 2."""
    replica = await house.replica(server)
    await replica.read(PLAIN)
    await replica.settled()
    assert database.asked == 1
    return server.say("KEYS", KEYS.rows("*")).split(b"\r\n")[2]


@pytest.mark.parametrize(
    "damage", ["garbage", "truncated", "flipped", "swapped", "emptied", "list"]
)
async def test_damaged_rows_are_not_used(
    house: House, server: Server, entry: bytes, damage: str
) -> None:
    """Bytes that are not the entry that was written, whole and in its place, are rejected."""
    key = entry.decode()
    match damage:
        case "garbage":
            server.say("SET", key, "[{}]")
        case "truncated":
            server.say("SETRANGE", key, "0", "HAWK1")
            server.say(
                "EVAL",
                "redis.call('SET', KEYS[1], string.sub(redis.call('GET', KEYS[1]), 1, -2))",
                "1",
                key,
            )
        case "flipped":
            server.say("SETRANGE", key, "60", "#")
        case "swapped":
            other = await house.replica(server)
            await other.read(VOLATILE)
            await other.settled()
            names = server.say("KEYS", KEYS.rows("*")).split(b"\r\n")[2::2]
            [theirs] = [name for name in names if name and name != entry]
            server.say("COPY", theirs.decode(), key, "REPLACE")
        case "emptied":
            server.say("SET", key, "")
        case "list":
            server.say("DEL", key)
            server.say("RPUSH", key, "x")
    reader = await house.replica(server)
    assert (await reader.read(PLAIN)).tier is Tier.SOURCE
    assert reader.stats.rejected == (damage != "list")
    assert reader.stats.ends == {End.SOURCE: 1}


async def test_an_undamaged_entry_is_used(house: House, server: Server, entry: bytes) -> None:
    """The control of the drill above."""
    assert entry
    reader = await house.replica(server)
    assert (await reader.read(PLAIN)).tier is Tier.REDIS


async def test_an_entry_that_would_hold_redis_up_is_not_written(
    house: House, server: Server
) -> None:
    """What takes longer than the timeout to pass would look like a Redis that hangs."""
    replica = await house.replica(server)
    assert replica.slices._shared is not None
    for size in (100, 10_000_000):
        body = bytes(size)
        replica.slices._shared.put(f"{size}", Answer(body, None, 1, datetime.now(UTC)))
        await replica.settled()
    assert len(server.say("KEYS", KEYS.rows("*")).split(b"\r\n")[2::2]) == 1


async def test_another_secret_reads_nothing(
    house: House, server: Server, entry: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An entry can only be made by who knows the secret of the replicas."""
    assert entry
    monkeypatch.setattr("tests.cache.rig.SECRET", b"somebody else's")
    reader = await house.replica(server)
    assert (await reader.read(PLAIN)).tier is Tier.SOURCE
    assert reader.stats.rejected == 1


async def test_a_redis_without_info_is_used_for_stamps_alone(
    database: Database, house: House, server: Server
) -> None:
    """Nobody can tell its processes apart: every connection wipes, tier 2 is off."""
    server.say("ACL", "SETUSER", "default", "-info")
    first, second = await house.replica(server), await house.replica(server)
    assert first.link is not None
    assert not first.link.fenced
    await first.read(PLAIN)
    await first.settled()
    assert (await first.read(PLAIN)).tier is Tier.MEMORY
    assert (await second.read(PLAIN)).tier is Tier.SOURCE
    assert b"rows" not in server.say("KEYS", "*")
    database.write(PLAIN)
    await first.slices.retire([PLAIN.name], CLEAR)
    assert await second.made_of(PLAIN) == 1


async def test_a_redis_without_scripts_is_no_redis(house: House, server: Server) -> None:
    """Where the fence cannot stand nothing is trusted, and a retirement says so."""
    server.say("ACL", "SETUSER", "default", "-eval")
    replica = await house.replica(server)
    assert (await replica.read(PLAIN)).tier is Tier.SOURCE
    with pytest.raises(CacheUnavailable):
        await replica.slices.retire([PLAIN.name], CLEAR)


async def test_a_replica_of_redis_is_refused(
    pair: list[Replica], server: Server, other: Server
) -> None:
    """A server that was demoted takes no retirement; promoted again it is used again."""
    server.say("REPLICAOF", "127.0.0.1", str(other.port))
    with pytest.raises(CacheUnavailable):
        await pair[0].slices.retire([PLAIN.name], CLEAR)
    assert (await pair[0].read(PLAIN)).tier is Tier.SOURCE
    await until(lambda: "read replica" in repr(pair[0].link))
    server.say("REPLICAOF", "NO", "ONE")
    await until(lambda: is_up(pair[0]))
    await pair[0].slices.retire([PLAIN.name], CLEAR)


async def test_only_our_keys_are_touched(
    database: Database, pair: list[Replica], server: Server
) -> None:
    """Keys of others in the same Redis stay; ours all begin with our prefix."""
    server.say("SET", "theirs", "1")
    database.write(PLAIN)
    await pair[0].slices.retire([PLAIN.name, VOLATILE.name, VIEW.name], CLEAR)
    await pair[0].poll()
    names = {name for name in server.say("KEYS", "*").split(b"\r\n")[2::2] if name}
    assert b"theirs" in names
    assert all(name.startswith(b"hawk:test:") for name in names - {b"theirs"})


def test_names_do_not_run_into_each_other() -> None:
    """What is digested keeps its parts apart."""
    assert digest("ab", "c") != digest("a", "bc")
