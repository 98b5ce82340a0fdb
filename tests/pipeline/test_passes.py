"""A burst of prompts lets the loop look at its sockets again and again."""

import asyncio
from itertools import count

from hawk_backend.pipeline.passes import Passes


async def passes_of(burst: int, passes: Passes) -> list[int]:
    """Return in which pass of the loop each of a burst of prompts came in."""
    seen: list[int] = []
    turn = 0

    def tick() -> None:
        nonlocal turn
        turn += 1
        if len(seen) < burst:
            asyncio.get_running_loop().call_soon(tick)

    async def prompt() -> None:
        await passes.enter()
        seen.append(turn)

    asyncio.get_running_loop().call_soon(tick)
    await asyncio.gather(*(prompt() for _ in range(burst)))
    return seen


async def test_a_pass_takes_what_its_time_allows() -> None:
    """Where each prompt takes a third of the budget, three share a pass."""
    clock = count()
    seen = await passes_of(30, Passes(3, clock=lambda: next(clock)))
    assert max(seen.count(turn) for turn in seen) <= 3
    assert len(seen) == 30


async def test_a_burst_within_the_budget_is_one_pass() -> None:
    """Prompts that come at once and are quick share a pass, and so their queries."""
    seen = await passes_of(30, Passes(1, clock=lambda: 0.0))
    assert len(set(seen)) == 1


async def test_every_pass_has_its_budget_anew() -> None:
    """What one pass used up is not missing in the next."""
    now = 0.0
    passes = Passes(1, clock=lambda: now)
    await passes.enter()
    now = 5.0
    await asyncio.wait_for(passes.enter(), 1)
    now = 5.5
    await asyncio.wait_for(passes.enter(), 1)
