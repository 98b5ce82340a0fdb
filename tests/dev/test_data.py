"""The synthetic data: the golden figures of the domain, and the traps of production's tables."""

from datetime import timedelta
from decimal import Decimal

import asyncpg
import pytest

from tests.dev.database import HEDGED, count
from tests.stack import ANCHOR

UNHEDGED = (
    "current_position - optimal_car_amount + manual_overlay_amount - buffer_amount"
    " - coalesce(hedged, 0)"
)


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
