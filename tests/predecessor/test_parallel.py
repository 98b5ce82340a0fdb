"""Parallel in name only."""

import asyncio
from functools import partial

import httpx

from tests.gateway import ask, open_gateway
from tests.predecessor.reading import FRESH, only, tables
from tests.predecessor.source_proxy import SourceProxy
from tests.predecessor.waiting import eventually
from tests.stack import LocalStack

PROMPT = "Check if I can hedge 150K CNY today"
CURRENCIES = ("AUD", "CNY", "HKD", "IDR", "INR", "JPY", "KRW", "PHP", "TWD", "USD")
LONG_S = 30.0
"""A deadline that these tests never meet: they count."""


async def planned(gateway: httpx.AsyncClient, prompt: str) -> list[str]:
    """Return the tables that a prompt needs."""
    answer = await gateway.post("/hawk-agent/explain", json={"user_prompt": prompt})
    tables: list[str] = answer.json()["plan"]["tables"]
    return tables


async def all_run(gateway: httpx.AsyncClient, count: int) -> bool:
    """Say whether so many prompts are in flight."""
    return len((await gateway.get("/hawk-agent/runs")).json()["runs"]) >= count


async def test_all_tables_of_a_prompt_are_in_flight_at_once(
    stack: LocalStack, source: SourceProxy
) -> None:
    """Not one answer is given before every table was asked for."""
    changes = {"supabase_rest_url": source.url, "hawk_prepare_deadline_s": LONG_S}
    async with open_gateway(stack, **changes) as gateway:
        gateway.headers.update(FRESH)
        wanted = await planned(gateway, PROMPT)
        async with source.holding():
            asking = asyncio.create_task(ask(gateway, PROMPT))
            await source.until_waiting(wanted)
            assert not asking.done()
        events = await asking
    assert len(wanted) > 7
    assert tables(events).keys() == set(wanted)
    assert {told["state"] for told in tables(events).values()} <= {"fresh", "empty"}


async def test_ten_cold_users_wait_side_by_side_and_health_answers(
    stack: LocalStack, source: SourceProxy
) -> None:
    """While nobody has an answer from the source every stream is open, and so is /health."""
    changes = {
        "supabase_rest_url": source.url,
        "hawk_prepare_deadline_s": LONG_S,
        "hawk_dify_concurrency": 10,
    }
    async with open_gateway(stack, **changes) as gateway:
        gateway.headers.update(FRESH)
        async with source.holding():
            prompts = [f"Check if I can hedge 10K {code} today" for code in CURRENCIES]
            asking = [asyncio.create_task(ask(gateway, prompt)) for prompt in prompts]
            await source.until_waiting(await planned(gateway, prompts[0]))
            await eventually(partial(all_run, gateway, len(prompts)))
            for _ in range(20):
                assert (await gateway.get("/health")).status_code == 200
            assert not any(task.done() for task in asking)
        streams = await asyncio.gather(*asking)
    for events in streams:
        assert events[-1]["event"] == "message_end"
        assert only(events, "hawk_done")["outcome"] == "completed"
        assert "missing" not in {told["state"] for told in tables(events).values()}


async def test_users_who_come_together_share_the_queries(
    stack: LocalStack, source: SourceProxy
) -> None:
    """Ten users cost the source about what one costs, not ten times as much."""
    changes = {"supabase_rest_url": source.url, "hawk_supabase_concurrency": 1}
    async with open_gateway(stack, hawk_prepare_deadline_s=LONG_S, **changes) as gateway:
        gateway.headers.update(FRESH)
        wanted = await planned(gateway, PROMPT)
        before = len(source.asked)
        streams = await asyncio.gather(*(ask(gateway, PROMPT) for _ in range(10)))
        asked = [query.partition("?")[0] for query in source.asked[before:]]
    assert all(events[-1]["event"] == "message_end" for events in streams)
    assert sum(asked.count(table) for table in wanted) < 3 * len(wanted)
