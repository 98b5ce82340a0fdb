"""Operations: true values under the names that clients know, never blocked by a slow part."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from tests.gateway import ask, open_gateway
from tests.stack import LocalStack

STATS = {
    "cache_hits",
    "cache_misses",
    "cache_hit_rate",
    "redis_available",
    "cache_type",
    "memory_cache_size",
    "total_requests",
    "avg_extraction_time_ms",
    "optimization_target",
    "redis_memory_usage",
    "redis_keys_count",
    "redis_hit_rate",
}


async def test_health_names_every_component(gateway: httpx.AsyncClient) -> None:
    """With all parts up, /health is healthy and says on which date the desk works."""
    health = (await gateway.get("/health")).json()
    assert health["status"] == "healthy"
    assert health["components"] == {
        "supabase": "connected",
        "redis": "connected",
        "dify": "connected",
        "feed": "connected",
        "prompt_engine": "initialized",
        "data_extractor": "initialized",
    }
    assert (health["today"], health["today_is_fixed"]) == ("2025-09-17", True)
    assert set(health["cache_stats"]) >= STATS


async def test_health_says_that_dify_is_a_stand_in(gateway: httpx.AsyncClient) -> None:
    """Nobody takes the stand-in's analysis for Dify's."""
    health = (await gateway.get("/health")).json()
    assert health["details"]["dify"]["stand_in"] is True


async def test_status_counts_the_entities(gateway: httpx.AsyncClient) -> None:
    """/system/status knows the number of entities and the true uptime."""
    status = (await gateway.get("/system/status")).json()
    assert status["components"]["supabase"]["total_entities"] == 44
    assert 0 < status["uptime_seconds"] < 600


async def test_stats_count_prompts_and_look_ups(gateway: httpx.AsyncClient) -> None:
    """A prompt is one request, each of its tables one look-up."""
    events = await ask(gateway, "Check if I can hedge 150K CNY today")
    tables = sum(event["event"] == "hawk_table" for event in events)
    stats = (await gateway.get("/cache/stats")).json()
    assert set(stats) >= STATS
    assert stats["total_requests"] == 1
    assert stats["cache_hits"] + stats["cache_misses"] == tables


async def test_metrics_name_stages_and_tables(gateway: httpx.AsyncClient) -> None:
    """/metrics carries the stage and table instruments and the replica's name."""
    await ask(gateway, "Check if I can hedge 150K CNY today")
    text = (await gateway.get("/metrics")).text
    for stage in ("intent", "plan", "fetch", "context", "relay"):
        assert f'hawk_stage_seconds_count{{stage="{stage}"}}' in text
    assert 'hawk_table_reads_total{reason="",state="fresh",table="position_nav_master"' in text
    assert 'replica="test"' in text


@pytest.mark.parametrize("method", ["POST", "DELETE"])
@pytest.mark.parametrize("name", ["CNY", "cny", "position_nav_master"])
async def test_clear_by_currency_and_table(
    gateway: httpx.AsyncClient, method: str, name: str
) -> None:
    """Clearing answers both methods; the deployed client sends DELETE."""
    response = await gateway.request(method, f"/cache/clear/{name}")
    assert response.status_code == 200
    assert set(response.json()) >= {"message", "keys_cleared", "timestamp"}


@pytest.mark.parametrize("name", ["*", "XXQ", "position_*", "..", "%2A"])
async def test_clear_takes_no_pattern(gateway: httpx.AsyncClient, name: str) -> None:
    """What is neither a table nor a currency is refused, patterns among it."""
    response = await gateway.delete(f"/cache/clear/{name}")
    assert response.status_code in {404, 422}


async def test_analysis_for_older_clients(gateway: httpx.AsyncClient) -> None:
    """/prompt-analysis/test reads a prompt without asking anybody."""
    url = "/prompt-analysis/test?prompt=Check if I can hedge 150K CNY today&category=Utilisation"
    analysis = (await gateway.get(url)).json()["analysis"]
    assert analysis["intent"] == "hedge_utilization"
    assert analysis["instruction_type"] == "U"
    assert "position_nav_master" in analysis["required_tables"]
    assert analysis["extracted_params"]["currency"] == ["CNY"]


@asynccontextmanager
async def silence() -> AsyncIterator[int]:
    """Give the port of a server that accepts every connection and never says a word."""
    over = asyncio.Event()
    heard: set[asyncio.Task[None]] = set()

    async def say_nothing(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if task := asyncio.current_task():
            heard.add(task)
        await over.wait()
        writer.close()

    async with await asyncio.start_server(say_nothing, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1]
        over.set()
        await asyncio.gather(*heard)


async def test_parts_that_are_down_or_silent_never_block(stack: LocalStack) -> None:
    """With every part refusing or hanging, the gateway is ready and /health says what is wrong."""
    async with silence() as port, asyncio.timeout(10):
        changes = {
            "supabase_rest_url": f"http://127.0.0.1:{port}",
            "redis_url": f"redis://127.0.0.1:{port}/0",
            "dify_api_url": "http://127.0.0.1:9/v1",
        }
        async with open_gateway(stack, **changes) as gateway:
            assert (await gateway.get("/health/ready")).status_code == 200
            for path in ("/system/status", "/cache/stats", "/metrics"):
                assert (await gateway.get(path)).status_code == 200
            health = await degraded(gateway)
            assert set(health["components"].values()) == {"disconnected", "initialized"}


async def degraded(gateway: httpx.AsyncClient) -> dict[str, Any]:
    """Return /health once every part has been looked at."""
    while True:
        health: dict[str, Any] = (await gateway.get("/health")).json()
        if "unknown" not in health["components"].values():
            return health
        await asyncio.sleep(0.05)
