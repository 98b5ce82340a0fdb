"""The synthetic data: the golden figures of the domain, its traps, one coherent story."""

import asyncio
import hashlib
import os
import sys
from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hawk_backend.catalogue import Catalogue
from hawk_backend.dev.data import load, rows
from hawk_backend.dev.schema import core_tables
from tests.dev.database import count
from tests.stack import ANCHOR

CATALOGUE = Catalogue.load()
UNHEDGED = (
    "current_position - optimal_car_amount + manual_overlay_amount - buffer_amount"
    " - coalesce(hedged, 0)"
)
HEDGED = """
    select distinct on (entity_id, nav_type) entity_id, nav_type, hedged_position as hedged
      from allocation_engine
     where allocation_status not in ('Rejected', 'Failed')
     order by entity_id, nav_type, created_date desc, allocation_id desc
"""


async def test_capacity_of_cny(sql: asyncpg.Connection) -> None:
    """The books give 1,347,500.0 and the buffer rules 1,365,000, apart for one entity alone."""
    books, ruled, at_odds = await sql.fetchrow(
        f"""
        with hedged as ({HEDGED})
        select sum({UNHEDGED}),
               sum({UNHEDGED} + buffer_amount - current_position * r.buffer_percentage / 100),
               array_agg(distinct p.entity_id) filter (where p.buffer_pct <> r.buffer_percentage)
          from position_nav_master p
          join buffer_configuration r using (entity_id)
          left join hedged using (entity_id, nav_type)
         where p.currency_code = 'CNY'
        """  # noqa: S608 - a test's own words
    )
    assert (books, ruled) == (Decimal("1347500.0"), Decimal(1_365_000))
    assert at_odds == ["ENTITY0007"]
    assert await sql.fetchval(
        "select (currency_code, entity_type) = ('CNY', 'Subsidiary')"
        " from entity_master where entity_id = 'ENTITY0007'"
    )


async def test_cny_has_nothing_taken_off_but_its_buffer(sql: asyncpg.Connection) -> None:
    """CAR, overlay and hedged amount of CNY are zero, in positions and in allocations."""
    assert await sql.fetchrow(
        "select sum(optimal_car_amount), sum(manual_overlay_amount)"
        " from position_nav_master where currency_code = 'CNY'"
    ) == (0, 0)
    assert await sql.fetchrow(
        "select sum(hedged_position), sum(car_amount_distribution), sum(manual_overlay_amount)"
        " from allocation_engine where currency_code = 'CNY'"
    ) == (0, 0, 0)


async def test_67_records_for_cny(sql: asyncpg.Connection) -> None:
    """What the predecessor's seven queries for CNY returned, they return here."""
    asked = {
        "entity_master": "currency_code = 'CNY'",
        "position_nav_master": "currency_code = 'CNY'",
        "allocation_engine": "currency_code = 'CNY'",
        "currency_configuration": "currency_code = 'CNY' or proxy_currency = 'CNY'",
        "threshold_configuration": "true",
        "buffer_configuration": "currency_code = 'CNY'",
        "(select from currency_rates limit 20) rates": "true",
    }
    counts = [await count(sql, table, condition) for table, condition in asked.items()]
    assert counts == [4, 8, 3, 1, 27, 4, 20]
    assert sum(counts) == 67


async def test_70_records_for_usd_and_coi(sql: asyncpg.Connection) -> None:
    """The same for USD with NAV type COI: the six proxied currencies come with it."""
    asked = {
        "entity_master": "currency_code = 'USD'",
        "position_nav_master": "currency_code = 'USD' and nav_type = 'COI'",
        "allocation_engine": "currency_code = 'USD' and nav_type = 'COI'",
        "currency_configuration": "currency_code = 'USD' or proxy_currency = 'USD'",
        "threshold_configuration": "true",
        "buffer_configuration": "currency_code = 'USD'",
        "(select from currency_rates limit 20) rates": "true",
    }
    counts = [await count(sql, table, condition) for table, condition in asked.items()]
    assert counts == [4, 4, 4, 7, 27, 4, 20]
    assert sum(counts) == 70


async def test_eur_has_rates_and_nothing_else(sql: asyncpg.Connection) -> None:
    """No entity, position, rule or instruction is in EUR; crosses through it can be made."""
    for table in ("entity_master", "position_nav_master", "allocation_engine"):
        assert await count(sql, table, "currency_code = 'EUR'") == 0
    assert await count(sql, "currency_configuration", "currency_code = 'EUR'") == 0
    assert await count(sql, "hedge_instructions", "exposure_currency = 'EUR'") == 0
    assert await count(sql, "currency_rates", "currency_pair = 'EURSGD'") > 0


async def test_44_entities(sql: asyncpg.Connection) -> None:
    """Eleven currencies have one entity of each of four types; the associates have parents."""
    found = await sql.fetch(
        "select currency_code, array_agg(entity_type order by entity_type) as types"
        " from entity_master group by 1 order by 1"
    )
    currencies = ["AUD", "CNY", "HKD", "IDR", "INR", "JPY", "KRW", "PHP", "TWD", "USD", "VND"]
    assert [row["currency_code"] for row in found] == currencies
    assert {tuple(row["types"]) for row in found} == {("Associate", "Branch", "Subsidiary", "TMU")}
    assert await count(sql, "entity_master", "parent_entity_id is not null") == 11


async def test_88_positions(sql: asyncpg.Connection) -> None:
    """Every entity holds 100,000 COI and 250,000 RE as of the anchor date."""
    found = await sql.fetch(
        "select nav_type, current_position, as_of_date, count(*) from position_nav_master"
        " group by 1, 2, 3 order by 1"
    )
    assert [tuple(row) for row in found] == [
        ("COI", 100_000, ANCHOR, 44),
        ("RE", 250_000, ANCHOR, 44),
    ]
    missing = "optimal_car_amount is null or buffer_amount is null"
    assert await count(sql, "position_nav_master", missing) == 0


async def test_34_allocations(sql: asyncpg.Connection) -> None:
    """Allocations are spread over the currencies as in production; PHP has none."""
    found = await sql.fetch("select currency_code, count(*) from allocation_engine group by 1")
    assert dict(map(tuple, found)) == {
        "HKD": 9,
        "AUD": 5,
        "USD": 4,
        "CNY": 3,
        "INR": 3,
        "VND": 3,
        "KRW": 2,
        "TWD": 2,
        "JPY": 2,
        "IDR": 1,
    }


@pytest.mark.parametrize(
    ("table", "columns"),
    [
        ("position_nav_master", "current_position, optimal_car_amount, buffer_amount"),
        ("position_nav_master", "manual_overlay_amount, computed_total_nav"),
        ("allocation_engine", "hedged_position, unhedged_position, hedge_amount_allocation"),
    ],
)
async def test_amounts_are_whole(sql: asyncpg.Connection, table: str, columns: str) -> None:
    """No amount of a position or an allocation has more places than its currency is rounded to."""
    broken = await sql.fetchval(
        f"""
        select count(*)
          from {table} t
          join currency_configuration c using (currency_code),
               unnest(array[{columns}]) as amount
         where amount <> round(amount, c.rounding_precision)
        """  # noqa: S608 - a test's own words
    )
    assert broken == 0
    assert await count(sql, "currency_configuration", "rounding_precision = 0") == 4


async def test_the_buffers_of_the_rules(sql: asyncpg.Connection) -> None:
    """Branches and TMUs keep 5 %, exempt entities nothing; two rules hold for all the others."""
    found = await sql.fetch(
        "select entity_type, car_exemption_flag, buffer_percentage, rule_priority, count(*)"
        " from buffer_configuration group by 1, 2, 3, 4 order by 1, 2"
    )
    assert [tuple(row) for row in found] == [
        ("ALL", "N", 5, 100, 1),
        ("ALL", "Y", 0, 100, 1),
        ("Associate", "Y", 0, 1, 11),
        ("Branch", "N", 5, 1, 11),
        ("Subsidiary", "Y", 0, 1, 11),
        ("TMU", "N", 5, 1, 11),
    ]
    rule = "select buffer_percentage from buffer_configuration where buffer_rule_id = 'BUF_CNY_003'"
    assert await sql.fetchval(rule) == 0


async def test_the_levels_of_the_prime_broker_descend(sql: asyncpg.Connection) -> None:
    """Thirteen currencies have levels whose maximum lies below their warning."""
    descending = "maximum_limit < critical_level and critical_level < warning_level"
    kind = "threshold_type = 'USD_PB_DEPOSIT'"
    assert await count(sql, "threshold_configuration", f"{kind} and {descending}") == 13
    assert await count(sql, "threshold_configuration", kind) == 13
    assert await count(sql, "threshold_configuration", "currency_code is null") == 2
    levels = "threshold_id = 'THR_CNY_PB_20250820' and warning_level = 100000"
    assert await count(sql, "threshold_configuration", levels) == 1


async def test_the_traps_of_currency_configuration(sql: asyncpg.Connection) -> None:
    """Nine codes have a line break stuck to them; flags are boolean here and Y or N elsewhere."""
    dirty = await sql.fetch(
        "select exposure_currency from currency_configuration"
        " where exposure_currency <> currency_code"
    )
    assert len(dirty) == 9
    assert "HKD\r\n" in {row["exposure_currency"] for row in dirty}
    assert await count(sql, "currency_configuration", "active_flag is true") == 13
    assert await count(sql, "entity_master", "active_flag = 'Y'") == 44
    types = await sql.fetch("select currency_type, count(*) from currency_configuration group by 1")
    assert dict(map(tuple, types)) == {"Matched": 5, "Mismatched": 2, "Mismatched_with_Proxy": 6}


async def test_rates_agree_with_each_other(sql: asyncpg.Connection) -> None:
    """A rate to USD is the cross of two rates to SGD; today's stand beside yesterday's."""
    apart = await sql.fetchval(
        """
        select count(*)
          from currency_rates_parsed direct
          join currency_rates_parsed first
            on (first.ccy_from, first.ccy_to) = (direct.ccy_from, 'SGD')
           and (first.rate_type, first.effective_date) = (direct.rate_type, direct.effective_date)
          join currency_rates_parsed second
            on (second.ccy_from, second.ccy_to) = ('SGD', 'USD')
           and (second.rate_type, second.effective_date) = (direct.rate_type, direct.effective_date)
         where direct.ccy_to = 'USD' and direct.effective_date = $1
           and abs(first.rate_value * second.rate_value / direct.rate_value - 1) > 0.0001
        """,
        ANCHOR,
    )
    assert apart == 0
    dates = await sql.fetch("select distinct effective_date from currency_rates order by 1 desc")
    assert [row[0] for row in dates[:2]] == [ANCHOR, ANCHOR - timedelta(days=1)]


async def test_what_is_hedged_is_what_the_orders_made(sql: asyncpg.Connection) -> None:
    """The newest valid snapshot of each line is the sum of the orders that took effect."""
    apart = await sql.fetch(
        f"""
        with snapshot as ({HEDGED}), done as (
            select * from hedge_instructions
             where instruction_status in ('Completed', 'Executed', 'Active')
        ), ordered as (
            select entity_id, nav_type,
                   sum(case instruction_type when 'T' then -notional_amount
                                             else notional_amount end) as amount
              from hedge_business_events
              join done using (instruction_id)
             where instruction_type in ('I', 'A', 'T')
               and order_id not in (select previous_order_id from done
                                     where instruction_type = 'A')
             group by 1, 2
        )
        select * from snapshot
          full join ordered using (entity_id, nav_type)
         where coalesce(hedged, 0) <> coalesce(amount, 0)
        """  # noqa: S608 - a test's own words
    )
    assert apart == []


async def test_an_allocation_adds_up(sql: asyncpg.Connection) -> None:
    """Unhedged is SFX less CAR, buffer and hedged plus overlay; one line is over-hedged."""
    wrong = (
        "unhedged_position <> sfx_position - car_amount_distribution + manual_overlay_amount"
        " - buffer_amount - hedged_position"
        " or available_amount_for_hedging <> greatest(unhedged_position, 0)"
    )
    assert await count(sql, "allocation_engine", wrong) == 0
    over = await sql.fetch("select entity_id from allocation_engine where unhedged_position < 0")
    assert [row["entity_id"] for row in over] == ["ENTITY0028"]


async def test_a_rejected_allocation_would_falsify_the_sum(sql: asyncpg.Connection) -> None:
    """The newest row of a line is a rejected one, with another amount than the valid one."""
    found = await sql.fetch(
        "select allocation_status, hedged_position from allocation_engine"
        " where (entity_id, nav_type) = ('ENTITY0009', 'COI') order by created_date desc"
    )
    assert [tuple(row) for row in found] == [("Rejected", 45_000), ("Confirmed", 40_000)]


async def test_instructions_of_every_kind_and_state(sql: asyncpg.Connection) -> None:
    """All six types and nine states occur, and CNY has most of them."""
    kinds = await sql.fetchval(
        "select array_agg(distinct instruction_type) from hedge_instructions"
    )
    assert set(kinds) == set("IURTAQ")
    states = await sql.fetchval(
        "select array_agg(distinct instruction_status) from hedge_instructions"
    )
    assert len(states) == 9
    assert await count(sql, "hedge_instructions", "exposure_currency = 'CNY'") == 8
    today = "instruction_date = '2025-09-17' and instruction_status = 'Executed'"
    assert await count(sql, "hedge_instructions", today) == 2


async def test_an_amendment_differs_from_what_it_amends(sql: asyncpg.Connection) -> None:
    """Each amended order exists, and at least two of its fields are changed."""
    found = await sql.fetch(
        """
        select a.order_id, o.order_id as original,
               (a.hedge_amount_order <> o.hedge_amount_order)::int
               + (a.portfolio_code <> o.portfolio_code)::int
               + (a.tenor_or_maturity <> o.tenor_or_maturity)::int as changes
          from hedge_instructions a
          join hedge_instructions o on o.order_id = a.previous_order_id
           and o.instruction_type = 'I'
         where a.instruction_type = 'A'
         order by 1
        """
    )
    assert [(row["order_id"], row["original"]) for row in found] == [
        ("ORD-123-A1", "ORD-123"),
        ("ORD-2025-012", "ORD-2025-011"),
        ("ORD-2025-083", "ORD-2025-082"),
    ]
    assert all(row["changes"] >= 2 for row in found)


async def test_the_open_yen_hedge(sql: asyncpg.Connection) -> None:
    """ORD-2025-021 was 70,000; 20,000 are closed, 10,000 rolled, and 15,000 wait to be closed."""
    found = await sql.fetch(
        "select instruction_type, instruction_status, hedge_amount_order from hedge_instructions"
        " where 'ORD-2025-021' in (order_id, previous_order_id) and instruction_type <> 'Q'"
        " order by instruction_id"
    )
    assert [tuple(row) for row in found] == [
        ("I", "Completed", 70_000),
        ("T", "Completed", 20_000),
        ("R", "Completed", 10_000),
        ("T", "Received", 15_000),
    ]


async def test_every_chain_has_its_beginning(sql: asyncpg.Connection) -> None:
    """R, T and A refer to an order that was opened; no other instruction refers to one."""
    dangling = await sql.fetch(
        """
        select i.instruction_id from hedge_instructions i
          left join hedge_instructions o
            on o.order_id = i.previous_order_id and o.instruction_type = 'I'
         where (i.instruction_type in ('R', 'T', 'A')) <> (o.instruction_id is not null)
        """
    )
    assert dangling == []


async def test_deals_follow_the_booking_model(sql: asyncpg.Connection) -> None:
    """A-COI has 6 deals, B-COI and C-COI 10, C-RE 5, the others 3, for every booked event."""
    found = await sql.fetch(
        """
        select assigned_booking_model as model, deals, count(*) as events
          from hedge_business_events e
          join lateral (select count(*) as deals from deal_bookings d
                         where d.event_id = e.event_id) on true
         where stage_2_status is not null
         group by 1, 2
        """
    )
    assert {row["model"]: row["deals"] for row in found} == {
        "A-COI": 6,
        "B-COI": 10,
        "C-COI": 10,
        "A-RE": 3,
        "B-RE": 3,
        "C-RE": 5,
    }
    assert len(found) == 6
    wrong = await sql.fetchval(
        """
        select count(*) from hedge_business_events e
         where actual_deal_count <> (select count(*) from deal_bookings d
                                      where d.event_id = e.event_id and deal_status = 'Booked')
        """
    )
    assert wrong == 0


async def test_one_event_is_stuck(sql: asyncpg.Connection) -> None:
    """Stage 2 of one event has been running for days, that of another has failed."""
    found = await sql.fetch(
        "select stage_2_status, expected_deal_count, actual_deal_count, days_stuck"
        " from v_stage2_stuck order by event_id"
    )
    assert [tuple(row) for row in found] == [("Processing", 10, 4, 6), ("Error", 5, 2, 5)]


async def test_an_event_disagrees_with_its_order(sql: asyncpg.Connection) -> None:
    """A split order is no mismatch; one event carries 2,000 less than its order says."""
    found = await sql.fetch(
        "select instruction_id, hedge_amount_order, notional_of_events"
        " from hawk_hbe_instruction_mismatch"
    )
    assert [tuple(row) for row in found] == [("INST039", 40_000, 38_000)]
    split = "instruction_id = 'INST022' and notional_amount < 35000"
    assert await count(sql, "hedge_business_events", split) == 2


async def test_the_ledger_balances(sql: asyncpg.Connection) -> None:
    """Every journal and every entry sums to zero, every posting lies in a period."""
    unbalanced = await sql.fetch(
        "select journal_id from gl_journal_lines group by 1 having sum(dr_amt) <> sum(cr_amt)"
    )
    uneven = await sql.fetch(
        "select entry_id from gl_entries_detail group by 1"
        " having sum(amount_sgd) <> 0 or count(*) <> 2"
    )
    outside = await sql.fetch(
        "select entry_id from gl_entries where not exists (select from gl_periods"
        " where gl_date between start_date and end_date)"
    )
    assert (unbalanced, uneven, outside) == ([], [], [])
    through = await count(sql, "hedge_business_events", "stage_3_status = 'Completed'")
    packages = "(select distinct package_id, event_id from gl_entries) packages"
    assert await count(sql, packages) == through > 0


async def test_one_period_is_open(sql: asyncpg.Connection) -> None:
    """It is that of the anchor date."""
    found = await sql.fetch("select period_id, start_date, end_date from gl_periods where is_open")
    assert [tuple(row) for row in found] == [("2025-09", date(2025, 9, 1), date(2025, 9, 30))]


async def test_effectiveness_in_and_out_of_the_band(sql: asyncpg.Connection) -> None:
    """The newest test of two hedges lies outside 80 to 125 %, one on each side."""
    found = await sql.fetch(
        "select distinct on (event_id) effectiveness_percentage, test_result"
        " from hedge_effectiveness order by event_id, measurement_date desc, effectiveness_id desc"
    )
    outside = {row[0]: row[1] for row in found if not 80 <= row[0] <= 125}
    assert outside == {Decimal("131.2"): "FAIL", Decimal("78.4"): "FAIL"}
    assert {row["test_result"] for row in found if 80 <= row[0] <= 125} == {"PASS"}


async def test_deposits_of_the_prime_broker(sql: asyncpg.Connection) -> None:
    """CNY stays within its levels, JPY is above them, PHP and TWD have no deposit at all."""
    found = await sql.fetch(
        "select currency_code, sum(total_usd_deposits) from usd_pb_deposit"
        " join entity_master using (entity_id) where as_of_date = $1 group by 1",
        ANCHOR,
    )
    deposits = dict(map(tuple, found))
    assert {"PHP", "TWD"}.isdisjoint(deposits)
    assert (deposits["CNY"], deposits["JPY"]) == (45_000, 96_000)


async def test_109_active_templates(sql: asyncpg.Connection) -> None:
    """They are in six families; 23 of them in four categories of instructions."""
    families = await sql.fetch(
        "select family_type, count(*), count(distinct template_category)"
        " from prompt_templates where status = 'active' group by 1"
    )
    counted = {row[0]: (row[1], row[2]) for row in families}
    assert len(counted) == 6
    assert sum(templates for templates, _ in counted.values()) == 109
    assert counted["Instructions & Processing"] == (23, 4)
    assert await count(sql, "prompt_templates", "status = 'inactive'") == 5


async def test_sessions_of_thirty_users(sql: asyncpg.Connection) -> None:
    """Sessions end in every state; what failed says why; new ones are numbered after them."""
    assert await sql.fetchrow(
        "select count(*), count(distinct user_id), count(distinct agent_status)"
        " from hawk_agent_sessions"
    ) == (60, 30, 4)
    failed = await count(sql, "hawk_agent_sessions", "agent_status = 'failed'")
    assert await count(sql, "hawk_agent_errors") == failed > 0
    transaction = sql.transaction()
    await transaction.start()
    new = await sql.fetchval("insert into hawk_agent_sessions default values returning id")
    await transaction.rollback()
    assert new > 60


async def test_nothing_has_happened_after_the_anchor(sql: asyncpg.Connection) -> None:
    """Only what is agreed for later (value dates, maturities, period ends) lies in the future."""
    found = await sql.fetch(
        "select table_name, column_name from information_schema.columns"
        " join information_schema.tables using (table_schema, table_name)"
        " where table_schema = 'public' and table_type = 'BASE TABLE'"
        " and data_type in ('date', 'timestamp without time zone')"
    )
    ahead = {
        row["column_name"]
        for row in found
        if await count(sql, row["table_name"], f"{row['column_name']} >= '2025-09-18'")
    }
    assert ahead == {"value_date", "maturity_date", "end_date"}


async def test_the_same_anchor_makes_the_same_bytes() -> None:
    """Two processes with different hash seeds make rows that are equal to the last character."""
    program = (
        "from datetime import date; from hawk_backend.dev.data import rows;"
        "print(rows(date(2025, 9, 17)))"
    )
    outputs = await asyncio.gather(*(_run(program, seed) for seed in ("1", "2")))
    digests = {hashlib.sha256(output).hexdigest() for output in outputs}
    assert len(digests) == 1
    assert outputs[0].strip() == str(rows(ANCHOR)).encode()


@settings(max_examples=25, deadline=None)
@given(st.dates(min_value=date(2001, 1, 1), max_value=date(2099, 12, 31)))
def test_any_anchor_makes_as_many_rows(anchor: date) -> None:
    """Rows per table do not depend on the date, and no two of them share a key."""
    made, usual = rows(anchor), rows(ANCHOR)
    assert {name: len(content) for name, content in made.items()} == {
        name: len(content) for name, content in usual.items()
    }
    for table in core_tables(CATALOGUE):
        keys = Counter(tuple(row[column] for column in table.key) for row in made[table.name])
        assert [key for key, times in keys.items() if times > 1] == []


def test_every_core_table_has_rows() -> None:
    """No table of the local stack is empty: each has something to be tested on."""
    made = rows(ANCHOR)
    assert [table.name for table in core_tables(CATALOGUE) if not made.get(table.name)] == []


async def test_loading_again_changes_nothing(empty: str) -> None:
    """The same anchor leaves a loaded database alone, what was written to it included."""
    await load(empty, ANCHOR)
    before = await _content(empty)
    assert {name: rows for name, (rows, _) in before.items()} == {
        name: len(content) for name, content in rows(ANCHOR).items()
    }
    await _execute(empty, "update entity_master set comments = 'mine'")
    await load(empty, ANCHOR)
    after = await _content(empty)
    assert {name for name in before if after[name] != before[name]} == {"entity_master"}


async def test_another_anchor_shifts_the_data(empty: str) -> None:
    """Loading another date and then the first again gives the first data again, to the row."""
    await load(empty, ANCHOR)
    first = await _content(empty)
    await load(empty, date(2026, 2, 28))
    connection = await asyncpg.connect(empty)
    try:
        newest = await connection.fetchval("select max(as_of_date) from position_nav_master")
        stuck = await count(connection, "v_stage2_stuck")
        recent = await count(connection, "v_available_amounts_fast")
    finally:
        await connection.close()
    assert (newest, stuck, recent) == (date(2026, 2, 28), 2, 44)
    await load(empty, ANCHOR)
    assert await _content(empty) == first


async def test_migrations_come_after_the_schema(empty: str, tmp_path: Path) -> None:
    """They are applied in the order of their names; a new one makes the database anew."""
    (tmp_path / "1_first.sql").write_text(
        "create table kept as select entity_id from entity_master;"
    )
    await load(empty, ANCHOR, tmp_path)
    await _execute(empty, "update entity_master set comments = 'mine'")
    (tmp_path / "2_second.sql").write_text("alter table kept add column note text;")
    await load(empty, ANCHOR, tmp_path)
    connection = await asyncpg.connect(empty)
    try:
        assert await count(connection, "kept", "note is null") == 0
        assert await count(connection, "entity_master", "comments is not null") == 0
    finally:
        await connection.close()


async def test_a_load_that_fails_leaves_what_was_there(empty: str, tmp_path: Path) -> None:
    """Schema and rows change in one transaction."""
    await load(empty, ANCHOR)
    before = await _content(empty)
    (tmp_path / "1_broken.sql").write_text("create table broken (;")
    with pytest.raises(asyncpg.PostgresSyntaxError):
        await load(empty, ANCHOR, tmp_path)
    assert await _content(empty) == before


async def _run(program: str, seed: str) -> bytes:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        program,
        env=os.environ | {"PYTHONHASHSEED": seed},
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate()
    return output


async def _execute(dsn: str, statement: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def _content(dsn: str) -> dict[str, tuple[int, Any]]:
    """Count and digest the rows of every table."""
    connection = await asyncpg.connect(dsn)
    try:
        return {
            name: await connection.fetchrow(
                f"select count(*), md5(string_agg(t::text, '|' order by t::text)) from {name} t"  # noqa: S608 - a test's own words
            )
            for name in rows(ANCHOR)
        }
    finally:
        await connection.close()
