"""The story that the synthetic data tells: orders, events, allocations, deals, ledger agree."""

from datetime import date
from decimal import Decimal

import asyncpg

from tests.dev.database import HEDGED, count
from tests.stack import ANCHOR


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
