"""Context that drops the facts."""

import asyncio
import os
import random
import subprocess
import sys
from functools import partial

import asyncpg
import httpx
import pytest

from tests.gateway import ask, open_gateway
from tests.predecessor.reading import END, FRESH, block, context_of, explained, only
from tests.predecessor.source_proxy import SourceProxy
from tests.stack import LocalStack

PROMPT = "Check if I can hedge 150K INR today"
MINIMAL = "Status of order ORD-123"

PLANNED = """
from datetime import date
from hawk_backend.catalogue import Catalogue
from hawk_backend.pipeline.intent import IntentParser
from hawk_backend.pipeline.plan import plan
intent = IntentParser(date(2025, 9, 17)).parse({prompt!r})
for query in plan(intent, Catalogue.load(), date(2025, 9, 17)).queries:
    print(query.table, query.need, query.limit)
"""


@pytest.mark.parametrize(
    ("table", "key", "record", "column"),
    [
        ("threshold_configuration", "threshold_id", "THR_INR_PB_20250820", "critical_level"),
        ("threshold_configuration", "threshold_id", "THR_INR_PB_20250820", "maximum_limit"),
        ("buffer_configuration", "buffer_rule_id", "BUF_INR_001", "buffer_percentage"),
        ("currency_configuration", "currency_code", "INR", "proxy_currency"),
    ],
)
async def test_the_facts_that_decide_arrive(
    gateway: httpx.AsyncClient,
    sql: asyncpg.Connection,
    table: str,
    key: str,
    record: str,
    column: str,
) -> None:
    """Levels, limits, buffers and proxies stand in the context as the database stores them."""
    query = f"select {column}::text from {table} where {key} = $1"  # noqa: S608 - ours
    stored = await sql.fetchval(query, record)
    records = block(await context_of(gateway, PROMPT), f"{table},")
    [shown] = [row for row in records if row[key] == record]
    assert stored
    assert shown[column] == stored


async def test_every_row_and_every_column_is_there(
    gateway: httpx.AsyncClient, sql: asyncpg.Connection
) -> None:
    """Not five rows of five columns: all positions of the book with all that is known of them."""
    answer = await explained(gateway, "Analyse our exposure across all entities")
    records = block(answer["context"], "position_nav_master,")
    stored = await sql.fetch("select nav_id, optimal_car_amount from position_nav_master")
    newest = await sql.fetchval(
        "select count(distinct (entity_id, nav_type)) from position_nav_master"
    )
    assert len(records) == newest > 80
    amounts = {row["nav_id"]: format(row["optimal_car_amount"], "f") for row in stored}
    assert all(record["optimal_car_amount"] == amounts[record["nav_id"]] for record in records)
    assert len(records[0]) > 15


@pytest.mark.parametrize("limit", [9_000, 17_000, 40_000])
async def test_the_context_is_never_cut_inside_a_record(stack: LocalStack, limit: int) -> None:
    """Within any budget each record is whole, what is left out is counted, the end is the end."""
    prompt = "Analyse our exposure across all entities"
    async with open_gateway(stack, hawk_context_limit=limit) as gateway:
        events = await ask(gateway, prompt)
        context = await context_of(gateway, prompt)
    async with open_gateway(stack) as gateway:
        whole = set((await context_of(gateway, prompt)).splitlines())
    assert len(context) <= limit
    assert context.rstrip().endswith(END)
    rows = context.partition("=== DATA ROWS ===")[2].splitlines()
    assert {line for line in rows if line.startswith("| ")} <= whole
    told = only(events, "hawk_context")
    assert told["dropped"]
    assert all(entry["rows"] > 0 and entry["reason"] for entry in told["dropped"])
    assert all(entry["table"] in context for entry in told["dropped"])


async def test_the_order_of_tables_does_not_depend_on_who_answers_first(
    stack: LocalStack, source: SourceProxy
) -> None:
    """Tables that arrive in another order make the same context, byte for byte."""
    digests, arrivals = set(), set()
    for seed in range(3):
        shuffle = random.Random(seed)
        changes = {"supabase_rest_url": source.url, "hawk_prepare_deadline_s": 20}
        async with open_gateway(stack, **changes) as gateway:
            gateway.headers.update(FRESH)
            wanted = (await explained(gateway, PROMPT))["plan"]["tables"]
            async with source.holding():
                asking = asyncio.create_task(ask(gateway, PROMPT))
                await source.until_waiting(wanted)
                source.delay_s = partial(shuffle.uniform, 0, 0.2)
            events = await asking
        digests.add(only(events, "hawk_context")["data_sha256"])
        arrivals.add(tuple(event["table"] for event in events if event["event"] == "hawk_table"))
    assert len(arrivals) > 1
    assert len(digests) == 1


@pytest.mark.parametrize("prompt", [PROMPT, MINIMAL])
def test_the_tables_of_a_prompt_are_the_same_in_every_process(prompt: str) -> None:
    """No set decides which tables a small scope has: hash seeds change nothing."""
    plans = set()
    for seed in ("0", "1", "2"):
        command = [sys.executable, "-c", PLANNED.format(prompt=prompt)]
        env = os.environ | {"PYTHONHASHSEED": seed}
        plans.add(subprocess.run(command, env=env, capture_output=True, check=True).stdout)
    assert len(plans) == 1
    assert b"hedge_instructions" in plans.pop()
