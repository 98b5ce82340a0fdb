"""The link to Redis: how it connects, what it calls dead, what it says."""

import asyncio
import time
from pathlib import Path
from unittest.mock import Mock

import pytest

from hawk_backend.cache import redis as link_module
from hawk_backend.cache.redis import Away, Keys, Link
from hawk_backend.cache.tasks import Tasks
from hawk_backend.errors import ConfigurationError
from tests.cache.rig import until
from tests.cache.server import Server

KEYS = Keys("test")


async def ping(link: Link) -> None:
    """Send the smallest command."""
    await link.run(lambda redis: redis.ping())


async def closed(link: Link, tasks: Tasks) -> None:
    """End everything."""
    await tasks.aclose()
    await link.aclose()


@pytest.mark.parametrize("kind", ["password", "user and database", "socket"])
async def test_every_kind_of_address_passes_the_fence(tmp_path: Path, kind: str) -> None:
    """With a password, as a user in another database, through a socket of the file system."""
    options, url = {
        "password": (["--requirepass", "secret"], "redis://:secret@127.0.0.1:{port}"),
        "user and database": (
            ["--user", "hawk", "on", ">word", "~*", "+@all"],
            "redis://hawk:word@127.0.0.1:{port}/3",
        ),
        "socket": (["--unixsocket", str(tmp_path / "s")], f"unix://{tmp_path / 's'}"),
    }[kind]
    server, tasks = Server(tmp_path, *options), Tasks()
    server.start()
    link = Link(url.format(port=server.port), KEYS, tasks, timeout_s=1.0)
    try:
        await ping(link)
        stored = await link.run(lambda redis: redis.get(KEYS.fence))
        assert isinstance(stored, bytes)
        assert len(stored) == 81
        assert link.fenced
    finally:
        await closed(link, tasks)
        server.kill()


@pytest.mark.parametrize("url", ["http://127.0.0.1", "127.0.0.1:6379", "redis://h:0/0?db=x"])
async def test_an_address_that_is_none_is_refused_at_once(url: str) -> None:
    """The setting is named, and how to write it."""
    with pytest.raises(ConfigurationError, match="REDIS_URL"):
        Link(url, KEYS, Tasks())


async def test_an_address_that_cannot_be_read_keeps_its_password() -> None:
    """A password with "/" in it breaks the address; what is said holds no part of it."""
    with pytest.raises(ConfigurationError) as refused:
        Link("redis://:s3cr/et@host:6379/0", KEYS, Tasks())
    said = f"{refused.value.detail} {refused.value.remedy}"
    assert "percent-encode" in said
    assert "s3cr" not in said


@pytest.mark.parametrize(("delay_s", "times"), [(0.2, 1), (0.03, 8)])
async def test_our_own_delay_is_not_redis_failing(
    server: Server, delay_s: float, times: int
) -> None:
    """A loop that is held up, at once or again and again, still takes the reply: while it
    connects, passes the fence and asks.
    """
    tasks = Tasks()
    link = Link(server.url, KEYS, tasks, timeout_s=0.05)
    asking = asyncio.ensure_future(ping(link))
    for _ in range(times):
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        time.sleep(delay_s)  # noqa: ASYNC251 - the loop is held up on purpose
    await asking
    assert link.up
    await closed(link, tasks)


async def test_an_order_to_end_is_not_taken_for_a_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where both come in the same turn of the loop the task ends as it was told to."""
    monkeypatch.setattr(link_module, "_STEPS", 1)

    async def hang() -> None:
        with link_module._Patience(0.0):
            await asyncio.Event().wait()

    task = asyncio.create_task(hang())
    await asyncio.sleep(0)
    asyncio.get_running_loop().call_later(0.0, task.cancel)
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_its_clock_is_taken_for_the_middle_of_the_round_trip(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asked at 8 s and heard at 10 s of ours: it said 100.5 s at 9 s."""
    link = Link(server.url, KEYS, Tasks())
    monkeypatch.setattr(link_module, "time", Mock(monotonic=lambda: 10.0))
    assert link.heard(b"100", b"500000", 8.0) == 100_500_000
    assert link.clock_us() == 101_500_000


async def test_too_much_at_once_is_not_redis_failing(server: Server) -> None:
    """Who finds no connection left does without, and the link stays up for the others."""
    tasks = Tasks()
    link = Link(server.url, KEYS, tasks, timeout_s=1.0)
    ends = await asyncio.gather(*(ping(link) for _ in range(100)), return_exceptions=True)
    assert {type(end) for end in ends} == {type(None), Away}
    assert link.up
    await closed(link, tasks)


async def test_what_is_wrong_is_said_without_hosts_and_keys(tmp_path: Path) -> None:
    """In plain words, for /health and for who wanted to retire something."""
    server, tasks = Server(tmp_path, "--requirepass", "secret"), Tasks()
    server.start()
    link = Link(f"redis://:wrong@127.0.0.1:{server.port}", KEYS, tasks, timeout_s=1.0)
    with pytest.raises(Away, match=r"^refuses our password$"):
        await ping(link)
    server.kill()
    await until(lambda: link.why == "cannot be reached")
    with pytest.raises(Away, match=r"^cannot be reached$"):
        await ping(link)
    await closed(link, tasks)


async def test_who_gives_up_leaves_the_link_whole(server: Server) -> None:
    """A command whose caller was cancelled closes its connection, nobody else's."""
    tasks = Tasks()
    link = Link(server.url, KEYS, tasks, timeout_s=1.0)
    await ping(link)
    for _ in range(20):
        asking = asyncio.ensure_future(ping(link))
        for _ in range(3):
            await asyncio.sleep(0)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        await ping(link)
    assert link.up
    await closed(link, tasks)
