"""Poisoned cache."""

from collections.abc import AsyncIterator

import asyncpg
import httpx
import pytest
import redis.asyncio as redis

from tests.gateway import ask, open_gateway
from tests.predecessor.reading import block, context_of, only, tables
from tests.predecessor.source_proxy import SourceProxy
from tests.predecessor.waiting import eventually
from tests.stack import LocalStack

STATUS = "Show the status of all EUR hedge instructions"


@pytest.fixture
async def shared(stack: LocalStack) -> AsyncIterator["redis.Redis"]:
    """A client of the Redis that the gateway shares with others."""
    client = redis.Redis.from_url(stack.env["REDIS_URL"], decode_responses=True)
    yield client
    await client.aclose()


async def test_one_order_never_shows_anothers_rows(gateway: httpx.AsyncClient) -> None:
    """Order after order, there and back: each context holds its own order's rows alone."""
    wanted = {
        "ORD-123": {"ORD-123", "ORD-123-A1"},
        "ORD-2025-012": {"ORD-2025-011", "ORD-2025-012"},
        "ORD-2025-031": {"ORD-2025-031"},
    }
    for order in (*wanted, *wanted):
        context = await context_of(gateway, f"Modify order {order} notional to 50K")
        shown = {row["order_id"] for row in block(context, "hedge_instructions,")}
        assert shown == wanted[order]


async def test_an_unknown_order_shows_nobodys_rows(gateway: httpx.AsyncClient) -> None:
    """Right after another order's rows an order that is not on record has none, and says so."""
    known = await ask(gateway, "Modify order ORD-123")
    unknown = await ask(gateway, "Modify order ORD-222")
    assert tables(known)["hedge_instructions"]["rows"] == 3
    assert tables(unknown)["hedge_instructions"]["state"] == "empty"
    assert any("ORD-222" in gap for gap in only(unknown, "hawk_context")["data_gaps"])


async def test_a_short_answer_does_not_serve_a_full_report(
    gateway: httpx.AsyncClient, sql: asyncpg.Connection
) -> None:
    """After a prompt that needs a few rows of a table, one that needs all of them has all."""
    few = await ask(gateway, "Status of order ORD-2025-031")
    many = await ask(gateway, "Status of all hedge instructions")
    count = await sql.fetchval("select count(*) from hedge_instructions")
    assert 0 < tables(few)["hedge_instructions"]["rows"] < count
    assert tables(many)["hedge_instructions"]["rows"] == count


async def test_an_empty_answer_is_not_kept_for_ever(
    gateway: httpx.AsyncClient, sql: asyncpg.Connection
) -> None:
    """What is written after an empty answer is soon seen, and soon gone when it is deleted."""
    assert await rows_of(gateway) == 0
    await sql.execute(
        "insert into hedge_instructions (instruction_id, instruction_type, exposure_currency,"
        " instruction_date, instruction_status, order_id)"
        " values ('INST900', 'I', 'EUR', '2025-09-17', 'Received', 'ORD-900')"
    )
    try:
        await until(gateway, 1)
    finally:
        await sql.execute("delete from hedge_instructions where instruction_id = 'INST900'")
    await until(gateway, 0)


async def rows_of(gateway: httpx.AsyncClient) -> object:
    """Return how many EUR instructions a prompt sees."""
    return tables(await ask(gateway, STATUS))["hedge_instructions"]["rows"]


async def until(gateway: httpx.AsyncClient, rows: int) -> None:
    """Ask again until a prompt sees so many rows."""

    async def seen() -> bool:
        return await rows_of(gateway) == rows

    await eventually(seen)


async def test_positions_are_not_permanent(
    gateway: httpx.AsyncClient, sql: asyncpg.Connection
) -> None:
    """A position that changes changes the capacity, though the same prompt was just answered."""
    prompt, total = "How much CNY can still be hedged?", "Total capacity"

    async def capacity() -> str:
        [line] = block(await context_of(gateway, prompt), "Capacity by currency")
        return line[total]

    async def changed() -> bool:
        return await capacity() == "1,354,500.0"

    assert await capacity() == "1,347,500.0"
    change = (
        "update position_nav_master set current_position = current_position + $1"
        " where entity_id = 'ENTITY0005' and nav_type = 'COI'"
    )
    await sql.execute(change, 7_000)
    try:
        await eventually(changed)
    finally:
        await sql.execute(change, -7_000)


@pytest.mark.parametrize("method", ["POST", "DELETE"])
async def test_clearing_a_currency_says_what_it_cleared(
    gateway: httpx.AsyncClient, method: str
) -> None:
    """Every table that has rows of the currency is retired, by name; the number is theirs."""
    await ask(gateway, "Check if I can hedge 150K CNY today")
    told = (await gateway.request(method, "/cache/clear/CNY")).json()
    assert {"position_nav_master", "allocation_engine", "hedge_instructions"} <= set(told["tables"])
    assert told["keys_cleared"] == len(told["tables"])


async def test_what_was_cleared_is_read_from_the_source(
    stack: LocalStack, source: SourceProxy
) -> None:
    """The database is asked again, for the next prompt at the latest."""
    async with open_gateway(stack, supabase_rest_url=source.url) as gateway:
        await ask(gateway, "Check if I can hedge 150K CNY today")
        before = len(source.asked)
        assert (await gateway.delete("/cache/clear/CNY")).status_code == 200
        await ask(gateway, "Check if I can hedge 150K CNY today")
    assert any(asked.startswith("position_nav_master?") for asked in source.asked[before:])


@pytest.mark.parametrize("path", ["/cache/clear", "/cache/clear/CNY", "/cache/clear/entity_master"])
async def test_clearing_touches_our_keys_alone(
    gateway: httpx.AsyncClient, shared: "redis.Redis", path: str
) -> None:
    """A neighbour's key survives, and neither FLUSHDB, FLUSHALL nor KEYS was ever sent."""
    foreign = ("their:CNY:session", "hedge:CNY:positions", "CNY")
    await shared.mset(dict.fromkeys(foreign, "theirs"))
    try:
        await ask(gateway, "Check if I can hedge 150K CNY today")
        assert (await gateway.post(path)).status_code == 200
        assert await shared.mget(foreign) == ["theirs"] * len(foreign)
    finally:
        await shared.delete(*foreign)
    commands = await shared.info("commandstats")
    assert not {"cmdstat_flushdb", "cmdstat_flushall", "cmdstat_keys"} & commands.keys()


async def test_the_average_is_of_prompts(gateway: httpx.AsyncClient) -> None:
    """avg_extraction_time_ms is the mean of the prompts' own times, not of table look-ups."""
    times = []
    for code in ("CNY", "HKD", "JPY"):
        events = await ask(gateway, f"Check if I can hedge 10K {code} today")
        metadata = only(events, "hawk_context")["analysis_metadata"]
        times.append(metadata["extraction_time_ms"])
    stats = (await gateway.get("/cache/stats")).json()
    assert stats["total_requests"] == len(times)
    assert stats["avg_extraction_time_ms"] == pytest.approx(sum(times) / len(times), abs=0.02)
