"""Wrong rows."""

from functools import partial

import asyncpg
import httpx
import pytest

from tests.gateway import ask, open_gateway
from tests.predecessor.reading import FRESH, block, context_of, explained, only, tables
from tests.predecessor.source_proxy import SourceProxy
from tests.predecessor.waiting import eventually
from tests.stack import LocalStack

FAMILIES = (
    "Start USD 25M COI hedge",
    "Check if I can hedge 150K CNY today",
    "Rollover existing HKD hedge ORD-2025-014",
    "Close JPY hedge position",
    "Modify order ORD-123 notional to 120M",
    "Status of all CNY instructions",
    "Analyse the risk of our AUD hedges",
    "Run a stress test on KRW",
    "Prepare the compliance report for Q3",
    "Which thresholds are breached?",
    "Show the audit trail of order ORD-123",
    "Show the performance metrics of the desk",
    "Show hedge effectiveness for JPY",
    "Attribute the P&L of August",
    "Analyse our exposure in TWD",
    "Show the Murex bookings of AUD",
    "Show the GL entries of September",
    "Show the buffer configuration of INR",
    "Analyse the whole portfolio",
)


@pytest.mark.parametrize(
    ("table", "key", "unbound"),
    [
        ("buffer_configuration", "buffer_rule_id", "currency_code = 'DEFAULT'"),
        ("hedging_framework", "framework_id", "currency_code is null"),
        ("threshold_configuration", "threshold_id", "currency_code is null"),
        ("threshold_configuration", "threshold_id", "currency_code = 'USD'"),
    ],
)
async def test_rules_for_everybody_are_there(
    gateway: httpx.AsyncClient, sql: asyncpg.Connection, table: str, key: str, unbound: str
) -> None:
    """A currency's prompt keeps the DEFAULT rows, the rows without currency and the USD levels."""
    query = f"select {key} from {table} where active_flag = 'Y' and {unbound}"  # noqa: S608 - ours
    stored = {row[0] for row in await sql.fetch(query)}
    context = await context_of(gateway, "Check if I can hedge 150K CNY today")
    assert stored
    assert stored <= {record[key] for record in block(context, f"{table},")}


async def discovered(gateway: httpx.AsyncClient) -> bool:
    """Say whether the gateway knows what the database has."""
    return bool((await gateway.get("/system/status")).json()["source"]["discovered"])


async def test_no_query_names_what_does_not_exist(stack: LocalStack, source: SourceProxy) -> None:
    """Once the database is known, the source refuses no query of any family: no 400, no 404."""
    async with open_gateway(stack, supabase_rest_url=source.url) as gateway:
        await eventually(partial(discovered, gateway))
        before = len(source.statuses)
        gateway.headers.update(FRESH)
        for prompt in FAMILIES:
            await explained(gateway, prompt)
    statuses = source.statuses[before:]
    assert len(statuses) > 100
    assert [told for told in statuses if told[1] not in {200, 206}] == []


@pytest.mark.parametrize(
    ("prompt", "both"),
    [
        (
            "Rollover order ORD-2025-015, previous order ORD-2025-014",
            {"ORD-2025-015", "ORD-2025-014"},
        ),
        (
            "Terminate order ORD-2025-017, previous order ORD-2025-016",
            {"ORD-2025-017", "ORD-2025-016"},
        ),
        (
            "Amend order ORD-2025-012 (previous order ORD-2025-011) to 60K",
            {"ORD-2025-012", "ORD-2025-011"},
        ),
        ("Roll over hedge ORD-2025-014", {"ORD-2025-015", "ORD-2025-014"}),
    ],
)
async def test_an_order_comes_with_the_previous_one(
    gateway: httpx.AsyncClient, prompt: str, both: set[str]
) -> None:
    """R, T and A see the order and the one that it follows, events and deals included."""
    context = await context_of(gateway, prompt)
    instructions = block(context, "hedge_instructions,")
    assert {record["order_id"] for record in instructions} == both
    events = block(context, "hedge_business_events,")
    assert {record["instruction_id"] for record in events} == {
        record["instruction_id"] for record in instructions
    }


async def test_the_previous_order_may_come_as_a_field(gateway: httpx.AsyncClient) -> None:
    """What the client sends beside the text counts as if it stood in it."""
    fields = {"order_id": "ORD-2025-012", "previous_order_id": "ORD-2025-011"}
    context = await context_of(gateway, "Amend the order to 60K", **fields)
    records = block(context, "hedge_instructions,")
    assert {record["order_id"] for record in records} == set(fields.values())


@pytest.mark.parametrize("verb", ["Rollover existing", "Terminate the"])
async def test_what_is_closed_for_good_is_not_rolled_or_closed(
    gateway: httpx.AsyncClient, sql: asyncpg.Connection, verb: str
) -> None:
    """R and T see no instruction that failed or was cancelled, and all that may be open."""
    context = await context_of(gateway, f"{verb} HKD hedge")
    stored = await sql.fetch(
        "select instruction_id, instruction_status in ('Failed', 'Cancelled') as void"
        " from hedge_instructions where exposure_currency = 'HKD'"
    )
    shown = {record["instruction_id"] for record in block(context, "hedge_instructions,")}
    assert any(row["void"] for row in stored)
    assert shown == {row["instruction_id"] for row in stored if not row["void"]}


async def test_what_is_hedged_of_one_nav_type_is_not_taken_off_the_other(
    gateway: httpx.AsyncClient,
) -> None:
    """The newest allocation that stands of each entity and NAV type, each on its own line."""
    context = await context_of(gateway, "How much HKD can still be hedged?")
    lines = block(context, "Capacity of HKD by entity")
    hedged = {(line["Entity ID"], line["NAV"]): line["Hedged"] for line in lines}
    assert hedged == {
        ("ENTITY0009", "COI"): "40,000.0",  # the younger one of 45,000 was rejected
        ("ENTITY0009", "RE"): "120,000.0",
        ("ENTITY0010", "COI"): "0.0",
        ("ENTITY0010", "RE"): "0.0",  # 60,000 failed
        ("ENTITY0011", "COI"): "0.0",
        ("ENTITY0011", "RE"): "50,000.0",  # a snapshot: not added to the older 80,000
        ("ENTITY0012", "COI"): "30,000.0",
        ("ENTITY0012", "RE"): "0.0",
    }


async def test_a_negative_position_is_not_fully_hedged(
    gateway: httpx.AsyncClient, sql: asyncpg.Connection
) -> None:
    """A position below zero has nothing to hedge, is told as over-hedged and lowers no other."""
    gateway.headers.update(FRESH)
    where = "where entity_id = 'ENTITY0017' and nav_type = 'RE'"
    before = await sql.fetch(f"select nav_id, current_position from position_nav_master {where}")  # noqa: S608 - ours
    await sql.execute(f"update position_nav_master set current_position = -50000 {where}")  # noqa: S608 - ours
    try:
        context = await context_of(gateway, "How much INR can still be hedged?")
    finally:
        for row in before:
            restore = "update position_nav_master set current_position = $2 where nav_id = $1"
            await sql.execute(restore, row["nav_id"], row["current_position"])
    lines = block(context, "Capacity of INR by entity")
    [line] = [row for row in lines if (row["Entity ID"], row["NAV"]) == ("ENTITY0017", "RE")]
    assert line["Available"] == "0.0"
    assert line["Unhedged"].startswith("-")
    assert "OVER_HEDGED: ENTITY0017 RE" in context
    total = sum(float(row["Available"].replace(",", "")) for row in lines)
    [headline] = block(context, "Capacity by currency")
    assert float(headline["Total capacity"].replace(",", "")) == total


async def test_an_over_hedged_line_is_told(gateway: httpx.AsyncClient) -> None:
    """More hedged than there is: 0 available, the difference stands in an alert."""
    context = await context_of(gateway, "How much KRW can still be hedged?")
    assert "OVER_HEDGED: ENTITY0028 RE: unhedged is -27,500" in context


async def test_an_entity_is_found_however_it_is_written(
    gateway: httpx.AsyncClient, sql: asyncpg.Connection
) -> None:
    """ENT15, a legal code, a name and an issuer are one entity; an unknown one is named as such."""
    names = "select legal_entity_code, entity_name, murex_issuer from entity_master"
    [row] = await sql.fetch(f"{names} where entity_id = 'ENTITY0015'")
    found = []
    for written in ("ENT15", "entity 0015", "ENTITY0015"):
        events = await ask(gateway, f"Analyse the exposure of {written}")
        found.append(tables(events)["position_nav_master"]["rows"])
    for written in row:
        events = await ask(gateway, "Analyse the exposure", entity_id=written)
        found.append(tables(events)["position_nav_master"]["rows"])
    assert found == [2] * 6
    unknown = await ask(gateway, "Analyse the exposure", entity_id="The Other Bank")
    assert tables(unknown)["position_nav_master"]["rows"] == 0
    gap = "The Other Bank is no entity on record: do not answer from another one."
    assert gap in only(unknown, "hawk_context")["data_gaps"]
