"""The first deployment on an existing database: no feed, then one, then none again."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from hawk_backend.cache import watched as watched_module
from hawk_backend.catalogue import Volatility
from hawk_backend.dev.data.fill import MIGRATIONS
from hawk_backend.dev.feed import newest
from hawk_backend.models import Freshness, Tier
from tests.cache.desk import DeskReplica, open_replica
from tests.cache.rig import TABLES, until
from tests.stack import LocalStack

ROLLBACK = MIGRATIONS.parent / "rollback" / "hawk_changes.sql"
CALM = {Volatility.STATIC, Volatility.SLOW}


@pytest.fixture
async def sql(own_stack: LocalStack) -> AsyncIterator[asyncpg.Connection]:
    """SQL on the parts of this module."""
    connection = await asyncpg.connect(own_stack.dsn)
    yield connection
    await connection.close()


@pytest.fixture(autouse=True)
def _learns_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watched_module, "_LEARN_EVERY_S", 0.05)


async def become(replica: DeskReplica, mode: str) -> None:
    """Wait until the feed is in that mode."""
    await until(lambda: replica.cache.feed.report()["mode"] == mode)


async def kept(replica: DeskReplica, freshness: Freshness) -> set[str]:
    """Return the tables of a second prompt that the source was not asked for."""
    await replica.ask(freshness)
    results = (await replica.ask(freshness)).values()
    return {result.table for result in results if result.tier is Tier.MEMORY}


async def test_the_feed_comes_and_goes(own_stack: LocalStack, sql: asyncpg.Connection) -> None:
    """Without it volatile rows come from the source for who needs them new, and it is said aloud;
    with it everything is kept; the migration and its removal are found without a restart.
    """
    removal = await asyncio.to_thread(ROLLBACK.read_text)
    migration = await asyncio.to_thread(Path.read_text, newest(MIGRATIONS) or ROLLBACK)
    await sql.execute(removal)
    async with open_replica(own_stack.env) as replica:
        for _ in range(2):
            await become(replica, "none")
            facts = await replica.cache.look_at_feed()
            assert "no version feed" in str(facts["warnings"])
            bound = await kept(replica, Freshness.BOUND)
            assert {TABLES[name].volatility for name in bound} <= CALM
            assert {"entity_master", "currency_configuration"} <= bound
            assert {"allocation_engine", "hedge_instructions"} <= await kept(
                replica, Freshness.USUAL
            )
            await sql.execute("update allocation_engine set notes = 'seen at once'")
            result = (await replica.ask())["allocation_engine"]
            assert {row["notes"] for row in result.rows} == {"seen at once"}

            await sql.execute(migration)
            await become(replica, "live")
            assert "allocation_engine" in await kept(replica, Freshness.BOUND)
            assert (await replica.cache.look_at_feed())["warnings"] == []

            await sql.execute(removal)
        await become(replica, "none")


async def test_a_table_that_came_later_is_named(
    own_stack: LocalStack, sql: asyncpg.Connection
) -> None:
    """One that nobody watches is named, lives by its ttl, and is watched after one call."""
    await sql.execute(await asyncio.to_thread(Path.read_text, newest(MIGRATIONS) or ROLLBACK))
    async with open_replica(own_stack.env) as replica:
        await become(replica, "live")
        await sql.execute("alter table entity_master disable trigger hawk_note_change")
        await until(lambda: "entity_master" in str(list(replica.cache._warnings())))
        facts = await replica.cache.look_at_feed()
        assert "entity_master" in str(facts["tables_without_trigger"])
        await sql.execute("select hawk_watch('entity_master')")
        await until(lambda: "entity_master" not in replica.cache._unwatched())
