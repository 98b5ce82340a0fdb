"""The whole answer at once: a client that waits for it is a reader like any other."""

import asyncio

import httpx
import pytest

from hawk_backend.dev.dify.script import Script, Stall
from tests.dify import running
from tests.gateway import open_gateway
from tests.stack import LocalStack

FIELDS = {
    "request_id",
    "outcome",
    "answer",
    "intent",
    "tables",
    "context",
    "usage",
    "timings_ms",
    "error",
}


@pytest.mark.parametrize("switch", ["stream", "stream_response"])
async def test_either_switch_asks_for_one_object(gateway: httpx.AsyncClient, switch: str) -> None:
    """Both generations' fields turn the stream off, and the object has every field."""
    body = {"user_prompt": "Check if I can hedge 150K CNY today", switch: False}
    response = await gateway.post("/hawk-agent/process-prompt", json=body)
    answer = response.json()
    assert answer.keys() >= FIELDS
    assert (answer["outcome"], answer["error"]) == ("completed", None)
    assert "1,347,500" in answer["answer"]
    assert answer["request_id"] == response.headers["x-request-id"]


async def test_a_client_that_leaves_ends_the_generation(stack: LocalStack) -> None:
    """Nobody is left to read the answer, so Dify is told to stop writing it."""
    async with running() as dify, open_gateway(stack, dify_api_url=dify.base_url) as gateway:
        await dify.script(Script(answer="word " * 60, stall=Stall(at="delta:5")))
        body = {"user_prompt": "Check if I can hedge 150K CNY today", "stream": False}
        asking = asyncio.create_task(gateway.post("/hawk-agent/process-prompt", json=body))
        await dify.until(running=1)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        stats = await dify.until(running=0)
    assert stats["stopped"] == 1
