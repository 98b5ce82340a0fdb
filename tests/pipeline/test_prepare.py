"""Prepare: what a prompt waited before its fetch is not lost to its deadline."""

import asyncio

from tests.pipeline.context.live import open_pipeline, prepare
from tests.stack import LocalStack


async def test_waiting_counts_against_the_deadline(stack: LocalStack) -> None:
    """What a prompt waited before its fetch is taken off the fetch's time."""
    async with open_pipeline(stack) as pipeline:
        gone: list[float] = []
        fetch = pipeline._fetch.fetch

        async def noted(*arguments: object, gone_s: float, **named: object) -> object:
            gone.append(gone_s)
            return await fetch(*arguments, gone_s=gone_s, **named)  # type: ignore[arg-type]

        async def late(weight: int = 1) -> None:
            await asyncio.sleep(0.05 * weight)

        pipeline._fetch.fetch = noted  # type: ignore[assignment, method-assign]
        pipeline._passes.enter = late  # type: ignore[method-assign]
        await prepare(pipeline, "What are our NOK positions")
    assert gone[0] >= 0.05
