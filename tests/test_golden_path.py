"""The whole path: a prompt of the desk, answered from real tables through every stage."""

from hashlib import sha256

import asyncpg
import httpx
import pytest

from hawk_backend.models import PROMPT_LIMIT
from tests.gateway import ask
from tests.stack import LocalStack

PROMPT = "Check if I can hedge 150K CNY today"

INDEPENDENT = """
with cny as (select entity_id from entity_master where currency_code = 'CNY')
select
  (select count(*) from entity_master where currency_code = 'CNY' and active_flag = 'Y')
+ (select count(*) from position_nav_master where currency_code = 'CNY')
+ (select count(*) from allocation_engine where currency_code = 'CNY')
+ (select count(*) from currency_configuration
   where currency_code = 'CNY' or proxy_currency = 'CNY')
+ (select count(*) from threshold_configuration
   where active_flag = 'Y' and (currency_code in ('CNY', 'USD') or currency_code is null))
+ (select count(*) from buffer_configuration
   where active_flag = 'Y' and currency_code in ('CNY', 'DEFAULT'))
+ (select count(*) from hedging_framework
   where active_flag = 'Y' and (currency_code in ('CNY', 'DEFAULT') or currency_code is null))
+ (select count(*) from waterfall_logic_configuration where active_flag = 'Y')
+ (select count(distinct entity_id) from usd_pb_deposit
   where entity_id in (select entity_id from cny))
+ (select count(*) from v_usd_pb_capacity_check where entity_id in (select entity_id from cny))
+ (select count(*) from hedge_instructions
   where exposure_currency = 'CNY' and instruction_date = date '2025-09-17'
     and instruction_status in ('Executed', 'Completed'))
+ (select count(*) from (
     select distinct currency_pair, rate_type from currency_rates
     where effective_date <= date '2025-09-17'
       and (currency_pair like '%CNY%'
            or (left(currency_pair, 3) in ('SGD', 'USD', 'EUR')
                and right(currency_pair, 3) in ('SGD', 'USD', 'EUR')))) as newest)
"""


async def test_the_golden_prompt_is_answered_from_real_tables(
    gateway: httpx.AsyncClient, stack: LocalStack
) -> None:
    """Records equal an independent count, the answer quotes the capacity, message_end is last."""
    events = await ask(gateway, PROMPT)
    kinds = [event["event"] for event in events]
    tables = {event["table"]: event for event in events if event["event"] == "hawk_table"}
    context = next(event for event in events if event["event"] == "hawk_context")
    answer = "".join(str(event["answer"]) for event in events if event["event"] == "agent_message")

    assert kinds[:3] == ["hawk_started", "hawk_intent", "hawk_plan"]
    assert kinds[-2:] == ["hawk_done", "message_end"]
    timings = events[-2]["timings_ms"]
    assert isinstance(timings, dict)
    assert timings.keys() >= {"intent", "plan", "fetch", "context", "relay", "total"}
    assert kinds.count("message_end") + kinds.count("error") == 1
    assert "1,347,500" in answer
    connection = await asyncpg.connect(stack.dsn)
    try:
        counted = await connection.fetchval(INDEPENDENT)
    finally:
        await connection.close()
    metadata = context["analysis_metadata"]
    assert isinstance(metadata, dict)
    assert metadata["total_records"] == counted
    assert sum(int(str(table["rows"])) for table in tables.values()) == counted


@pytest.mark.parametrize(
    ("prompt", "letter", "table"),
    [
        ("Start USD 25M COI hedge", "I", "hedge_instruments"),
        ("Rollover existing EUR hedge", "R", "hedge_instructions"),
        ("Close JPY hedge position", "T", "hedge_business_events"),
        ("Modify order ORD-123 notional to 120M", "A", "hedge_instructions"),
        ("Status of all CNY instructions", "Q", "hedge_instructions"),
    ],
)
async def test_each_instruction_reads_its_tables(
    gateway: httpx.AsyncClient, prompt: str, letter: str, table: str
) -> None:
    """The desk's other golden prompts are read as what they are and answered to the end."""
    answer = await gateway.post(
        "/hawk-agent/process-prompt", json={"user_prompt": prompt, "stream": False}
    )
    whole = answer.json()
    assert whole["intent"]["instruction_type"] == letter
    assert table in {result["table"] for result in whole["tables"]}
    assert (whole["outcome"], whole["error"]) == ("completed", None)
    assert answer.headers["x-hawk-context-sha256"] == whole["context"]["sha256"]


async def test_the_longest_prompt_is_answered_whatever_its_characters(
    gateway: httpx.AsyncClient,
) -> None:
    """Dify's chatflow echoes it twice over in one event, with the context; that is no fault."""
    events = await ask(gateway, PROMPT + "\U0001f600" * (PROMPT_LIMIT - len(PROMPT)))

    assert events[-1]["event"] == "message_end"


async def test_outside_the_domain_nothing_is_fetched(gateway: httpx.AsyncClient) -> None:
    """A prompt that is not the desk's fetches no table and is still answered."""
    events = await ask(gateway, "how do I bake bread")
    plan = next(event for event in events if event["event"] == "hawk_plan")
    assert plan["tables"] == []
    assert events[-1]["event"] == "message_end"


async def test_a_browser_cannot_choose_the_key(gateway: httpx.AsyncClient) -> None:
    """An agent's key in the request is ignored: the answer comes from our own app."""
    events = await ask(gateway, PROMPT, agent_api_key="app-of-somebody-else")
    assert events[-1]["event"] == "message_end"


async def test_explain_shows_the_reading_without_asking_dify(gateway: httpx.AsyncClient) -> None:
    """Every slot says where it stands in the text and by which rule it was read."""
    body = {"user_prompt": PROMPT}
    response = await gateway.post("/hawk-agent/explain?context=true", json=body)
    answer = response.json()
    currency = next(slot for slot in answer["slots"] if slot["name"] == "currency")
    start, end = currency["span"]
    assert (answer["intent"], currency["source"]) == ("hedge_utilization", "text")
    assert PROMPT[start:end] == "CNY"
    assert {entry["table"] for entry in answer["cache"]} == set(answer["plan"]["tables"])
    assert "1,347,500.0" in answer["context"]
    ledger = answer["ledger"]
    digest = sha256(answer["context"].encode()).hexdigest()
    assert response.headers["x-hawk-context-sha256"] == ledger["sha256"] == digest
    assert (ledger["chars"], ledger["dropped"]) == (len(answer["context"]), [])
    assert ledger["shown"]["position_nav_master"] == 8
    assert {table["table"] for table in ledger["tables"]} == set(answer["plan"]["tables"])
