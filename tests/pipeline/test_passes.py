"""A burst of prompts lets the loop look at its sockets again and again."""

import asyncio
from collections.abc import Sequence

from hawk_backend.pipeline.passes import Passes
from tests.pipeline.shelf import turns


async def passes_of(weights: Sequence[int], passes: Passes) -> list[int]:
    """Return in which pass of the loop each prompt of a burst came in."""
    seen: dict[int, int] = {}
    turn = 0

    def tick() -> None:
        nonlocal turn
        turn += 1
        if len(seen) < len(weights):
            asyncio.get_running_loop().call_soon(tick)

    async def prompt(number: int, weight: int) -> None:
        await passes.enter(weight)
        seen[number] = turn

    asyncio.get_running_loop().call_soon(tick)
    await asyncio.gather(*(prompt(i, weight) for i, weight in enumerate(weights)))
    return [seen[i] for i in range(len(weights))]


async def test_a_pass_takes_its_share() -> None:
    """No more prompts of a burst come in between two looks at the sockets."""
    seen = await passes_of([1] * 30, Passes(3))
    assert max(seen.count(turn) for turn in seen) == 3
    assert len(set(seen)) == 10


async def test_whoever_waits_longest_comes_first() -> None:
    """Nobody is passed by a prompt that came later."""
    seen = await passes_of([1] * 30, Passes(3))
    assert seen == sorted(seen)


async def test_a_few_prompts_share_a_pass() -> None:
    """Prompts that come at once share a pass, and so their queries."""
    assert len(set(await passes_of([1] * 8, Passes()))) == 1


async def test_a_long_prompt_takes_the_place_of_several() -> None:
    """What takes as long as a pass is alone in it, and the next has its whole share."""
    seen = await passes_of([4, 1, 1, 1, 4, 1], Passes(3))
    assert [seen.count(turn) for turn in sorted(set(seen))] == [1, 3, 1, 1]


async def test_whoever_leaves_takes_no_place() -> None:
    """A prompt that is cancelled while it waits is passed over."""
    passes = Passes(1)
    await passes.enter()
    leaving = asyncio.ensure_future(passes.enter())
    staying = asyncio.ensure_future(passes.enter())
    await asyncio.sleep(0)
    leaving.cancel()
    await turns(3)

    assert staying.done()
    assert repr(passes) == "<Passes [1 of 1 left, 0 waiting]>"
