"""Writes through SQL while prompts run in two replicas: confirmed means seen."""

from contextlib import AsyncExitStack

import asyncpg
import pytest

from tests.cache.desk import open_replica
from tests.cache.rig import until
from tests.cache.writes import KINDS, Confirm, Drill, by_feed, by_word, drill
from tests.pipeline.shelf import SLICED
from tests.stack import LocalStack

ROUNDS = 50


@pytest.mark.parametrize("confirm", [by_word, by_feed], ids=["retired", "fed"])
async def test_no_prompt_sees_what_was_overwritten(own_stack: LocalStack, confirm: Confirm) -> None:
    """After the retirement, or the poll, no prompt in any replica is given an older row.

    A plain row, a DEFAULT row, one moved to another currency, deleted ones, a truncated table
    and a row under a view: each is seen as it is by every prompt that begins afterwards.
    """
    connection = await asyncpg.connect(own_stack.dsn)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(connection.close)
        replicas = [await stack.enter_async_context(open_replica(own_stack.env)) for _ in range(2)]
        found = await drill(connection, replicas, confirm, ROUNDS)

        assert found.wrong == []
        assert found.prompts >= 2 * ROUNDS
        for replica in replicas:
            counted = await replica.cache.stats()
            assert int(str(counted["cache_hits"])) > int(str(counted["cache_misses"]))


async def test_slices_by_currency_are_as_new(own_stack: LocalStack) -> None:
    """So it is where every table that may be is in slices by currency, whoever tells of writes."""
    connection = await asyncpg.connect(own_stack.dsn)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(connection.close)
        opened = [open_replica(own_stack.env, catalogue=SLICED) for _ in range(2)]
        replicas = [await stack.enter_async_context(replica) for replica in opened]
        assert {kind.table for kind in KINDS[:3]} <= replicas[0].plan.by_currency
        for confirm in (by_word, by_feed):
            found = await drill(connection, replicas, confirm, ROUNDS // 5)
            assert found.wrong == []


async def test_what_nobody_announces_is_missed(own_stack: LocalStack) -> None:
    """The test above can fail: without word or feed each kind of row is seen as it was."""
    connection = await asyncpg.connect(own_stack.dsn)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(connection.close)
        replica = await stack.enter_async_context(open_replica(own_stack.env, interval_s=60.0))
        await until(lambda: replica.cache.feed.lag_s is not None)
        found = await drill(connection, [replica], by_nothing, 4)
    assert {line.split(":")[0] for line in found.wrong} == {kind.name for kind in KINDS}


async def by_nothing(drill: Drill, _: float) -> None:
    """Say that a write was confirmed as soon as it was committed, of all but the first."""
    if drill.begun == 1:
        await by_word(drill, 0.0)
