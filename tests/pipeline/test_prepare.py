"""Many prompts at once: each has its turn, and between two turns the loop serves others."""

import asyncio

from hawk_backend.models import SERVICE, Prompt
from hawk_backend.pipeline.intent import Intent
from hawk_backend.pipeline.prepare import Pipeline
from tests.pipeline.context.live import open_pipeline, prepare
from tests.stack import LocalStack

MANY = 40


class Loop:
    """Counts the turns of the loop while it is watched."""

    def __init__(self) -> None:
        self.turns = 0
        self._handle = asyncio.get_running_loop().call_soon(self._turn)

    def _turn(self) -> None:
        self.turns += 1
        self._handle = asyncio.get_running_loop().call_soon(self._turn)

    def stop(self) -> None:
        """Count no more."""
        self._handle.cancel()


async def test_a_burst_computes_one_prompt_a_turn(stack: LocalStack) -> None:
    """Of many prompts that come at once, no two are read or planned in one turn of the loop."""
    async with open_pipeline(stack) as pipeline:
        await prepare(pipeline, "Check if I can hedge 150K CNY today")
        loop = Loop()
        read: list[int] = []
        planned: list[int] = []

        async def one(number: int) -> None:
            prompt = Prompt(user_prompt=f"Check if I can hedge {number}K CNY today")
            intent = await pipeline.understood(prompt, {})
            read.append(loop.turns)
            await pipeline.prepare(
                prompt, intent, SERVICE, fresh=False, emit=lambda event: note(event, planned)
            )

        def note(event: object, seen: list[int]) -> None:
            if isinstance(event, dict) and event["event"] == "hawk_plan":
                seen.append(loop.turns)

        await asyncio.gather(*(one(number) for number in range(1, MANY)))
        loop.stop()
    assert len(set(read)) == len(read) == MANY - 1
    assert len(set(planned)) == len(planned) == MANY - 1


async def test_waiting_for_the_turn_counts_against_the_deadline(stack: LocalStack) -> None:
    """What a prompt waited before its fetch is taken off the fetch's time."""
    async with open_pipeline(stack) as pipeline:
        gone: list[float] = []
        fetch = pipeline._fetch.fetch

        async def noted(*arguments: object, gone_s: float, **named: object) -> object:
            gone.append(gone_s)
            return await fetch(*arguments, gone_s=gone_s, **named)  # type: ignore[arg-type]

        pipeline._fetch.fetch = noted  # type: ignore[assignment, method-assign]
        await pipeline._turn.acquire()
        waiting = asyncio.create_task(
            prepare(pipeline, "NOK positions", intent=_positions(pipeline))
        )
        await asyncio.sleep(0.05)
        pipeline._turn.release()
        await waiting
    assert gone[0] >= 0.05


def _positions(pipeline: Pipeline) -> Intent:
    return pipeline.understand(Prompt(user_prompt="What are our NOK positions"))
