"""On the real parts, the rows of every family of intents are those of independent SQL."""

import tomllib
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import asyncpg
import pytest

from hawk_backend.catalogue import Catalogue
from hawk_backend.clients.http import open_client
from hawk_backend.clients.supabase import Supabase, SupabaseAccess
from hawk_backend.models import SERVICE, Freshness, Reason, TableState
from hawk_backend.pipeline.fetch import Fetch, TableResult
from hawk_backend.pipeline.intent import Intent, IntentParser
from hawk_backend.pipeline.plan import plan
from hawk_backend.pipeline.reads import Reads
from hawk_backend.rows import Row
from tests.pipeline.shelf import CATALOGUE, SINGAPORE, SLICED, Straight, asks
from tests.stack import ANCHOR, LocalStack

PARSER = IntentParser(ANCHOR)

DESK: Mapping[str, str] = tomllib.loads(Path(__file__).with_name("desk.toml").read_text("utf-8"))

OPEN = {"hedge_instructions": "open_instructions", "hedge_business_events": "open_events"}
LINE = {
    "hedge_instructions": "line",
    "hedge_business_events": "line_events",
    "deal_bookings": "line_deals",
    "gl_entries": "line_ledger",
    "allocation_engine": "line_allocations",
}
CAPACITY = {
    "entity_master": "entities",
    "position_nav_master": "positions",
    "allocation_engine": "allocations",
    "currency_configuration": "currencies",
    "threshold_configuration": "thresholds",
    "buffer_configuration": "buffers",
    "currency_rates": "rates",
    "usd_pb_deposit": "deposits",
}


def question(name: str, **values: str) -> str:
    """Return a query of the desk with the queries that it is made of."""
    text = DESK[name]
    while "{" in text:
        text = text.format_map({**DESK, **values})
    return text


@pytest.fixture
async def sql(stack: LocalStack) -> AsyncIterator[asyncpg.Connection]:
    """The database itself."""
    connection = await asyncpg.connect(stack.dsn)
    yield connection
    await connection.close()


@asynccontextmanager
async def opened(
    stack: LocalStack, catalogue: Catalogue = CATALOGUE, key: str = ""
) -> AsyncIterator[Supabase]:
    """Open the source's client on the real PostgREST."""
    service = stack.env["SUPABASE_SERVICE_ROLE_KEY"]
    access = SupabaseAccess(stack.env["SUPABASE_REST_URL"], key or service)
    async with open_client() as http:
        yield Supabase(http, access, catalogue.tables, deadline_s=10)


@pytest.fixture
async def supabase(stack: LocalStack) -> AsyncIterator[Supabase]:
    """The source's client on the real PostgREST."""
    async with opened(stack) as supabase:
        yield supabase


async def fetched(
    supabase: Supabase, intent: Intent, catalogue: Catalogue = CATALOGUE
) -> dict[str, TableResult]:
    """Plan and fetch; results by table."""
    reads = Reads(supabase, SINGAPORE)
    fetch = Fetch(Straight(reads), catalogue, deadline_s=20)
    results = await fetch.fetch(
        plan(intent, catalogue, ANCHOR),
        SERVICE,
        freshness=Freshness.USUAL,
        on_result=lambda _: None,
    )
    await reads.aclose()
    return {result.table: result for result in results}


def keys(result: TableResult) -> list[tuple[str, ...]]:
    """Return the key of every row that is shown, in order of the keys."""
    return keys_of(result, [result.slice.rows[i] for i in result.positions] if result.slice else [])


def keys_of(result: TableResult, rows: Iterable[Row]) -> list[tuple[str, ...]]:
    """Return the keys of these rows of a result, in order."""
    names = result.slice.table.key if result.slice else ()
    return sorted(tuple(str(row[name]) for name in names) for row in rows)


async def check(
    supabase: Supabase,
    sql: asyncpg.Connection,
    intent: Intent,
    questions: Mapping[str, str],
    **values: str,
) -> dict[str, TableResult]:
    """Compare each table's rows with the desk's question."""
    results = await fetched(supabase, intent)
    await compare(sql, results, questions, **values)
    return results


async def compare(
    sql: asyncpg.Connection,
    results: Mapping[str, TableResult],
    questions: Mapping[str, str],
    **values: str,
) -> None:
    """Compare the keys of the rows, and see that none is said to be left out."""
    for table, name in questions.items():
        rows = await sql.fetch(question(name, **values))
        assert (table, keys(results[table])) == (table, sorted(tuple(map(str, r)) for r in rows))
        assert (table, results[table].complete) == (table, True)


async def test_check_if_i_can_hedge_cny_today(supabase: Supabase, sql: asyncpg.Connection) -> None:
    """Everything that capacity is computed from; what is in flight is for the desk alone."""
    intent = PARSER.parse("Check if I can hedge 150K CNY today")
    questions = CAPACITY | {"hedge_instructions": "executed_today"}
    results = await check(supabase, sql, intent, questions, c="CNY")
    instructions = results["hedge_instructions"]
    current = await sql.fetch(question("current_instructions", c="CNY"))
    assert keys_of(instructions, instructions.rows) == sorted(map(tuple, current))
    assert len(instructions.positions) < len(instructions.rows)

    assert intent.intent == "hedge_utilization"
    assert len(results["entity_master"].rows) == 4
    assert len(results["position_nav_master"].rows) == 8
    assert results["position_nav_master"].as_of == ANCHOR


async def test_start_a_usd_coi_hedge(supabase: Supabase, sql: asyncpg.Connection) -> None:
    """The positions of the NAV type, and the instruments of the currency for it."""
    intent = PARSER.parse("Start USD 25M COI hedge")
    questions = {**CAPACITY, "hedge_instruments": "instruments"}
    results = await fetched(supabase, intent)
    whole = await fetched(supabase, replace(intent, slots=replace(intent.slots, nav_type=None)))
    await compare(sql, whole, questions, c="USD")

    assert intent.intent == "hedge_inception"
    assert len(results["currency_configuration"].rows) == 7
    for table in ("position_nav_master", "allocation_engine"):
        coi = [row for row in whole[table].rows if row["nav_type"] == "COI"]
        assert list(results[table].rows) == coi
    assert len(results["position_nav_master"].rows) == 4


async def test_roll_an_eur_hedge(supabase: Supabase, sql: asyncpg.Connection) -> None:
    """EUR has no entity and no position: they are empty, which is not the same as missing."""
    intent = PARSER.parse("Rollover existing EUR hedge")
    questions = {name: CAPACITY[name] for name in ("entity_master", "currency_rates")}
    results = await check(supabase, sql, intent, OPEN | questions, c="EUR")

    assert intent.intent == "hedge_rollover"
    assert results["entity_master"].state is TableState.EMPTY
    assert results["position_nav_master"].state is TableState.EMPTY


async def test_close_a_jpy_hedge(supabase: Supabase, sql: asyncpg.Connection) -> None:
    """What is open, its deals, its ledger and how effective it was."""
    intent = PARSER.parse("Close JPY hedge position")
    others = {"deal_bookings": "deals", "gl_entries": "ledger"}
    others["hedge_effectiveness"] = "effectiveness"
    await check(supabase, sql, intent, OPEN | others, c="JPY")

    assert intent.intent == "hedge_termination"


async def test_amend_an_order(supabase: Supabase, sql: asyncpg.Connection) -> None:
    """The order with its past and future, its events, deals, ledger and allocations."""
    intent = PARSER.parse("Modify order ORD-123 notional to 120M")
    results = await check(supabase, sql, intent, LINE, o="ORD-123")

    assert intent.intent == "hedge_amendment"
    assert results["hedge_instructions"].state is TableState.FRESH


async def test_status_of_all_cny_instructions(supabase: Supabase, sql: asyncpg.Connection) -> None:
    """All of them, newest first, in whatever state, with all that followed."""
    intent = PARSER.parse("Status of all CNY instructions")
    questions = {
        "hedge_instructions": "instructions",
        "hedge_business_events": "events",
        "deal_bookings": "deals",
        "gl_entries": "ledger",
        "allocation_engine": "allocations",
    }
    results = await check(supabase, sql, intent, questions, c="CNY")

    assert intent.intent == "hedge_inquiry"
    ordered = await sql.fetch(question("newest_instructions", c="CNY"))
    shown = [row["instruction_id"] for row in results["hedge_instructions"].rows]
    assert shown == [row["instruction_id"] for row in ordered]


TABLE_OF = {
    **{asked: table for table, asked in CAPACITY.items()},
    "all_rates": "currency_rates",
    "instructions": "hedge_instructions",
    "open_instructions": "hedge_instructions",
    "events": "hedge_business_events",
    "open_events": "hedge_business_events",
    "deals": "deal_bookings",
    "ledger": "gl_entries",
    "effectiveness": "hedge_effectiveness",
    "risks": "risk_monitoring",
    "proxies": "proxy_configuration",
    "settings": "system_configuration",
}
"""The table that a question of the desk is about."""

OTHERS = (
    ("var_calculation", "JPY", ("positions", "all_rates", "open_instructions")),
    ("stress_test", "KRW", ("positions", "rates", "deposits", "thresholds")),
    ("correlation_analysis", "INR", ("positions", "all_rates", "proxies", "currencies")),
    (
        "compliance_report",
        "CNY",
        ("thresholds", "deposits", "effectiveness", "instructions", "events"),
    ),
    ("regulatory_report", "HKD", ("instructions", "events", "deals", "thresholds", "ledger")),
    ("performance_metrics", "JPY", ("effectiveness", "events", "deals", "positions")),
    ("pnl_attribution", "CNY", ("ledger", "events", "deals", "effectiveness", "all_rates")),
    ("performance_comparison", "AUD", ("effectiveness", "events", "instructions", "ledger")),
    ("hedge_monitoring", "HKD", ("events", "instructions", "deals", "deposits", "risks")),
    (
        "portfolio_analysis",
        "USD",
        ("positions", "allocations", "entities", "open_instructions", "open_events", "rates"),
    ),
    ("general_query", "IDR", ("currencies",)),
    ("system_status", "CNY", ("settings",)),
)
"""Other intents: each for a currency, with what it asks the database."""

FAMILIES: list[tuple[Intent, dict[str, str], dict[str, str]]] = [
    (
        asks("risk_analysis", currency=("KRW",)),
        {"position_nav_master": "positions", "currency_rates": "rates", "risk_monitoring": "risks"},
        {"c": "KRW"},
    ),
    (
        asks("threshold_monitoring", currency=("HKD",)),
        {"threshold_configuration": "thresholds", "usd_pb_deposit": "deposits"},
        {"c": "HKD"},
    ),
    (
        asks("hedge_effectiveness", currency=("AUD",)),
        {"hedge_effectiveness": "effectiveness", "hedge_business_events": "events"},
        {"c": "AUD"},
    ),
    (
        asks("position_monitoring", entity_type="Subsidiary", nav_type="RE"),
        {"position_nav_master": "subsidiaries"},
        {},
    ),
    (
        asks("exposure_analysis", entity_ids=("ENT15",)),
        {
            "entity_master": "entity",
            "position_nav_master": "entity_positions",
            "currency_configuration": "entity_currency",
        },
        {},
    ),
    (asks("mx_bookings", order_id="ORD-123"), LINE, {"o": "ORD-123"}),
    (
        asks("gl_entries_query", currency=("CNY",)),
        {"gl_entries": "ledger", "gl_entries_detail": "ledger_details"},
        {"c": "CNY"},
    ),
    (
        asks("configuration_query", currency=("CNY",)),
        {"buffer_configuration": "buffers", "threshold_configuration": "thresholds"},
        {"c": "CNY"},
    ),
    (asks("market_analysis", currency=("TWD",)), {"currency_rates": "all_rates"}, {"c": "TWD"}),
    *(
        (asks(name, currency=(code,)), {TABLE_OF[asked]: asked for asked in questions}, {"c": code})
        for name, code, questions in OTHERS
    ),
    (
        asks("audit_trail", order_id="ORD-123"),
        {"hedge_instructions": "line", "hedge_business_events": "line_events"},
        {"o": "ORD-123"},
    ),
]


@pytest.mark.parametrize(
    ("intent", "questions", "values"), FAMILIES, ids=[case[0].intent for case in FAMILIES]
)
async def test_every_family_sees_the_right_rows(
    supabase: Supabase,
    sql: asyncpg.Connection,
    intent: Intent,
    questions: dict[str, str],
    values: dict[str, str],
) -> None:
    """Every other intent, its own tables compared."""
    planned = {query.table for query in plan(intent, CATALOGUE, ANCHOR).queries}
    asked = {table: name for table, name in questions.items() if table in planned}
    assert len(asked) >= min(2, len(questions))
    await check(supabase, sql, intent, asked, **values)


def test_every_intent_is_compared_with_sql() -> None:
    """Beside the six golden prompts each intent that reads a table has its case."""
    golden = {name for name, intent in CATALOGUE.intents.items() if intent.instruction}
    compared = {intent.intent for intent, _, _ in FAMILIES}
    assert compared | golden | {"out_of_scope"} == CATALOGUE.intents.keys()
    assert len(golden) == 6


@pytest.mark.parametrize("name", sorted(CATALOGUE.intents))
async def test_no_intent_leaves_a_hole_on_the_real_parts(supabase: Supabase, name: str) -> None:
    """Every table of every intent is read whole, or known to be absent; core tables are there."""
    for slots in ({"currency": ("CNY",)}, {"order_id": "ORD-123"}, {"entity_ids": ("ENT7",)}):
        for table, result in (await fetched(supabase, asks(name, **slots))).items():
            core = CATALOGUE.tables[table].core
            assert (table, result.state is TableState.ABSENT) == (table, not core)
            assert (table, result.reason) == (table, None)


async def test_tables_over_their_caps_give_the_same_rows(
    stack: LocalStack, sql: asyncpg.Connection
) -> None:
    """With slices far too small the order's records come by questions of their own."""
    caps = {"hedge_instructions": 7, "hedge_business_events": 6, "deal_bookings": 14}
    small = {
        name: replace(table, row_cap=caps.get(name, 30)) for name, table in CATALOGUE.tables.items()
    }
    catalogue = replace(CATALOGUE, tables=small)
    order = asks("hedge_amendment", order_id="ORD_123")
    entity = asks("position_monitoring", entity_ids=("ENTITY0015",))
    async with opened(stack, catalogue) as supabase:
        await compare(sql, await fetched(supabase, order, catalogue), LINE, o="ORD-123")
        found = await fetched(supabase, entity, catalogue)
        await compare(sql, found, {"position_nav_master": "entity_positions"})


async def test_tables_in_slices_by_currency_give_the_same_rows(
    stack: LocalStack, sql: asyncpg.Connection
) -> None:
    """What PostgREST sends of a currency is what the desk asks for, whatever clings to its code."""
    read: set[str] = set()
    async with opened(stack, SLICED) as supabase:
        for intent, questions, values in FAMILIES:
            planned = plan(intent, SLICED, ANCHOR)
            tables = {query.table for query in planned.queries}
            asked = {table: name for table, name in questions.items() if table in tables}
            await compare(sql, await fetched(supabase, intent, SLICED), asked, **values)
            read |= planned.by_currency & asked.keys()

    assert read >= {"entity_master", "position_nav_master", "buffer_configuration"}
    assert read >= {"threshold_configuration", "proxy_configuration", "hedge_instructions"}


async def test_a_key_without_rights_reads_nothing(stack: LocalStack) -> None:
    """What row-level security withholds looks empty; what is not granted is forbidden."""
    async with opened(stack, key="no-such-key") as supabase:
        results = await fetched(supabase, asks("system_status"))

    assert {result.reason for result in results.values()} == {Reason.FORBIDDEN}
