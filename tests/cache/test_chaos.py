"""The guarantee under everything at once, on a real server; other seeds in `scripts/soak`."""

import random

import pytest

from hawk_backend.cache import connections as connections_module
from tests.cache.chaos import Chaos
from tests.cache.rig import Database, House
from tests.cache.server import Server

ACTIONS = 200
OPEN_GATE = "local time = redis.call('TIME') return {'same', time[1], time[2]}"


async def run(
    house: House, database: Database, server: Server, seed: int, crashes: int = 4
) -> Chaos:
    """Let chaos reign."""
    replicas = [await house.replica(server, timeout_s=0.05) for _ in range(2)]
    chaos = Chaos(database, replicas, server, random.Random(seed), crashes)
    await chaos.run(ACTIONS)
    return chaos


@pytest.mark.parametrize("seed", range(3))
async def test_no_prompt_sees_what_was_retired(
    house: House, database: Database, server: Server, seed: int
) -> None:
    """Redis killed, hung, flushed, restored; prompts that leave; retirements that fail."""
    chaos = await run(house, database, server, seed)
    assert chaos.wrong == []
    assert chaos.did["asked"] > ACTIONS
    assert min(chaos.did[name] for name in ("_crash", "_snapshot", "_retire", "_poll")) > 0


async def test_chaos_finds_a_missing_fence(
    house: House, database: Database, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The test above can fail: without the fence some prompt soon sees old rows."""
    monkeypatch.setattr(connections_module, "FENCE", OPEN_GATE)
    wrong: list[str] = []
    for seed in range(10):
        wrong += (await run(house, database, server, seed, crashes=30)).wrong
        if wrong:
            break
    assert wrong
