"""Writes through SQL while prompts run in two replicas: confirmed means seen."""

from contextlib import AsyncExitStack

import asyncpg
import pytest

from tests.cache.desk import open_replica
from tests.cache.writes import Confirm, by_feed, by_word, drill
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
