"""The same figures from SQL, written apart from the desk, over the synthetic data."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import asyncpg
import pytest

from hawk_backend.desk import Figures
from hawk_backend.desk.capacity import Capacity
from hawk_backend.desk.figure import total
from hawk_backend.desk.lines import Line
from hawk_backend.pipeline.intent import DateRange, Intent, Slots
from tests.desk.tables import TODAY, known, missing_of, whole
from tests.pipeline.context.live import open_pipeline, prepare
from tests.pipeline.shelf import CATALOGUE
from tests.stack import LocalStack

LINES = """
with hedged as (
    select distinct on (entity_id, nav_type) entity_id, nav_type, hedged_position
    from allocation_engine
    where allocation_status not in ('Rejected', 'Failed') and created_date::date <= $2
    order by entity_id, nav_type, created_date desc, allocation_id desc
), ruled as (
    select distinct on (e.entity_id) e.entity_id, b.buffer_percentage
    from entity_master e
    join buffer_configuration b
      on b.entity_id in (e.entity_id, 'DEFAULT')
     and b.currency_code in (e.currency_code, 'DEFAULT')
     and b.car_exemption_flag = e.car_exemption_flag
     and b.active_flag = 'Y'
    order by e.entity_id, b.rule_priority, b.buffer_rule_id
)
select p.currency_code, p.entity_id, p.nav_type,
       round(p.current_position - p.optimal_car_amount + coalesce(p.manual_overlay_amount, 0)
             - p.buffer_amount - coalesce(h.hedged_position, 0), c.rounding_precision) as unhedged,
       round(p.current_position - p.optimal_car_amount + coalesce(p.manual_overlay_amount, 0)
             - p.current_position * r.buffer_percentage / 100
             - coalesce(h.hedged_position, 0), c.rounding_precision) as by_rule
from position_nav_master p
join currency_configuration c using (currency_code)
join ruled r using (entity_id)
left join hedged h using (entity_id, nav_type)
where p.as_of_date = (select max(as_of_date) from position_nav_master o
                      where o.entity_id = p.entity_id and o.nav_type = p.nav_type
                        and o.as_of_date <= $1)
order by 1, 2, 3
"""

BROKER = """
with latest as (
    select distinct on (entity_id) entity_id, total_usd_deposits
    from usd_pb_deposit where as_of_date <= $1
    order by entity_id, as_of_date desc, deposit_id desc
), hedged as (
    select distinct on (entity_id, nav_type) entity_id, hedged_position
    from allocation_engine
    where allocation_status not in ('Rejected', 'Failed')
    order by entity_id, nav_type, created_date desc, allocation_id desc
), priced as (
    select t.*, case when t.currency_code = 'USD' then 1 else
        (select r.rate_value from currency_rates r
          where r.currency_pair = t.currency_code || 'USD' and r.rate_type = 'SPOT'
            and r.effective_date <= $1 order by r.effective_date desc limit 1) end as rate
    from threshold_configuration t
    where t.threshold_type = 'USD_PB_DEPOSIT' and t.active_flag = 'Y'
), summed as (
    select p.*, round($2 * p.rate, 2) + coalesce(
        (select sum(l.total_usd_deposits) from latest l join entity_master e using (entity_id)
          where e.currency_code = p.currency_code),
        (select round(coalesce(sum(h.hedged_position), 0) * p.rate, 2)
           from hedged h join entity_master e using (entity_id)
          where e.currency_code = p.currency_code)) as total
    from priced p
)
select currency_code, total,
       (select count(*) from unnest(array[warning_level, critical_level, maximum_limit]) level
         where level < total) as above
from summed
"""

OUTSTANDING = """
select o.order_id, o.hedge_amount_order
       - coalesce((select sum(t.hedge_amount_order) from hedge_instructions t
                    where t.previous_order_id = o.order_id and t.instruction_type in ('T', 'R')
                      and t.instruction_status in ('Executed', 'Completed')), 0) as outstanding
from hedge_instructions o
where o.instruction_type in ('I', 'R') and o.order_id is not null
  and o.instruction_status in ('Executed', 'Completed', 'Active')
  and not exists (select 1 from hedge_instructions a
                   where a.previous_order_id = o.order_id and a.instruction_type = 'A')
"""

AMOUNT = Decimal(150_000)


async def rows(stack: LocalStack, query: str, *values: object) -> Sequence[Any]:
    """Run a query apart from our own path."""
    connection = await asyncpg.connect(stack.dsn)
    try:
        return list(await connection.fetch(query, *values))
    finally:
        await connection.close()


async def asked(stack: LocalStack, kind: str, slots: Sequence[Slots]) -> list[Figures]:
    """Return the figures of one prompt per slots, through the whole path."""
    async with open_pipeline(stack) as pipeline:
        intents = [Intent(kind, (kind,), slots=each) for each in slots]
        return [(await prepare(pipeline, "asked", each)).context.figures for each in intents]


def lines(capacity: Sequence[Capacity]) -> list[Line]:
    """Return all lines in the order of the query."""
    return [line for item in capacity for line in item.lines]


async def test_every_line_of_every_currency_is_that_of_sql(stack: LocalStack) -> None:
    """88 lines in 11 currencies: unhedged, available and the rule's figure, digit for digit."""
    expected = await rows(stack, LINES, TODAY, TODAY)
    (figures,) = await asked(stack, "hedge_utilization", [Slots()])
    found = [
        (
            x.currency,
            x.entity_id,
            x.nav_type,
            known(x.unhedged),
            known(x.available),
            known(x.rule.available),
        )
        for x in lines(figures.capacity)
    ]
    assert len(found) == 88
    assert found == [
        (*row[:4], max(row["unhedged"], Decimal(0)), max(row["by_rule"], Decimal(0)))
        for row in expected
    ]


async def test_the_totals_of_every_currency_and_nav_type_are_those_of_sql(
    stack: LocalStack,
) -> None:
    """Asked by currency, with and without a NAV type: 33 prompts, 33 sums."""
    expected = await rows(stack, LINES, TODAY, TODAY)
    codes = sorted({row["currency_code"] for row in expected})
    slots = [Slots(currency=(code,), nav_type=nav) for code in codes for nav in (None, "COI", "RE")]
    for asked_for, figures in zip(
        slots, await asked(stack, "hedge_utilization", slots), strict=True
    ):
        mine = [
            max(row["unhedged"], Decimal(0))
            for row in expected
            if row["currency_code"] in asked_for.currency
            and asked_for.nav_type in (None, row["nav_type"])
        ]
        (capacity,) = figures.capacity
        assert known(capacity.total) == sum(mine)
        assert len(capacity.lines) == len(mine) == (8 if asked_for.nav_type is None else 4)


async def test_every_entity_is_that_of_sql(stack: LocalStack) -> None:
    """What each of the 44 entities can still hedge."""
    expected: dict[str, Decimal] = {}
    for row in await rows(stack, LINES, TODAY, TODAY):
        before = expected.get(row["entity_id"], Decimal(0))
        expected[row["entity_id"]] = before + max(row["unhedged"], Decimal(0))
    (figures,) = await asked(stack, "hedge_utilization", [Slots()])
    shares = [item.by_entity for item in figures.capacity]
    found = {entity: known(share) for each in shares for entity, share in each.items()}
    assert len(found) == 44
    assert found == expected


async def test_every_broker_status_is_that_of_sql(stack: LocalStack) -> None:
    """150,000 of each currency on top of what the broker holds, at the day's rate, judged."""
    expected = {row["currency_code"]: row for row in await rows(stack, BROKER, TODAY, AMOUNT)}
    codes = sorted(expected.keys() - {"CNH", "SGD"})
    slots = [Slots(currency=(code,), amount=AMOUNT, amount_currency=code) for code in codes]
    bases = set()
    for code, figures in zip(codes, await asked(stack, "hedge_utilization", slots), strict=True):
        (status,) = figures.usd_pb
        above = expected[code]["above"]
        assert known(status.headline.total) == expected[code]["total"]
        assert status.headline.status == ("WITHIN", "WARN", "CRITICAL", "BREACH")[above]
        assert status.descending
        bases.add(status.headline.name)
    assert bases == {"usd_pb_deposit", "hedged x rate"}


@pytest.mark.parametrize(
    "narrowed",
    [
        Slots(currency=("HKD",), entity_type="Branch"),
        Slots(currency=("HKD",), nav_type="RE"),
        Slots(entity_ids=("ENTITY0012",)),
    ],
)
@pytest.mark.parametrize("kind", ["hedge_utilization", "hedge_inception"])
async def test_the_broker_s_levels_are_those_of_the_whole_currency(
    stack: LocalStack, kind: str, narrowed: Slots
) -> None:
    """Whichever entities or NAV type hedge: HKD holds 134,000 USD, 50,000 HKD more are CRITICAL."""
    amount = Decimal(50_000)
    expected = {row["currency_code"]: row for row in await rows(stack, BROKER, TODAY, amount)}
    slots = replace(narrowed, amount=amount, amount_currency="HKD")
    (figures,) = await asked(stack, kind, [slots])
    (status,) = figures.usd_pb
    assert known(status.headline.total) == expected["HKD"]["total"] == Decimal("140428.02")
    assert status.headline.status == "CRITICAL"
    assert known(status.other.current) == Decimal("30854.47")
    assert 0 < len(lines(figures.capacity)) < 8


async def test_a_termination_shows_where_it_would_unwind(stack: LocalStack) -> None:
    """HKD closes TMU first, then Subsidiary, then Branch, COI before RE: all 240,000 hedged."""
    (figures,) = await asked(stack, "hedge_termination", [Slots(currency=("HKD",))])
    (fall,) = figures.waterfalls
    turns = [
        (step.line.entity_type, step.line.nav_type, int(known(step.placeable)))
        for step in fall.steps
    ]
    assert [turn for turn in turns if turn[2]] == [
        ("TMU", "COI", 30_000),
        ("Subsidiary", "RE", 50_000),
        ("Branch", "COI", 40_000),
        ("Branch", "RE", 120_000),
    ]
    assert (fall.kind, fall.order) == ("closing", "waterfall_logic_configuration")


async def test_a_past_day_counts_what_was_hedged_by_then(stack: LocalStack) -> None:
    """August has no snapshot: September's stands in by name, less 160,000 HKD hedged by then."""
    past = date(2025, 8, 20)
    slots = Slots(currency=("HKD",), date=DateRange("day", past, past))
    (figures,) = await asked(stack, "hedge_utilization", [slots])
    (capacity,), (status,) = figures.capacity, figures.usd_pb
    expected = [row for row in await rows(stack, LINES, TODAY, past) if row[0] == "HKD"]
    assert [known(line.unhedged) for line in capacity.lines] == [row[3] for row in expected]
    assert known(total("HKD", "hedged", (line.hedged for line in capacity.lines))) == 160_000
    assert known(capacity.total) == Decimal(1_145_000)
    assert "NO_SNAPSHOT" in [alert.code for alert in figures.alerts]
    assert missing_of(status.headline.current) == (
        "usd_pb_deposit: no row of an entity of HKD up to 2025-08-20",
    )


async def test_naming_an_order_changes_no_capacity(stack: LocalStack) -> None:
    """Every intent that computes capacity still knows what stands hedged beside the order."""
    expected = sum(
        max(row["unhedged"], Decimal(0))
        for row in await rows(stack, LINES, TODAY, TODAY)
        if row["currency_code"] == "HKD"
    )
    computed = {
        kind
        for kind in CATALOGUE.intents
        for figures in await asked(stack, kind, [Slots(order_id="ORD-2025-014")])
        for capacity in figures.capacity
        if known(capacity.total) == expected == Decimal(1_065_000)
    }
    made_of = ("entity_master", "position_nav_master", "allocation_engine")
    assert computed == {
        kind
        for kind, intent in CATALOGUE.intents.items()
        if all(name in intent for name in made_of)
    }
    assert computed >= {"hedge_inception", "hedge_utilization", "hedge_rollover"}


async def test_what_is_outstanding_is_that_of_sql(stack: LocalStack) -> None:
    """Every hedge in the books that was not amended, less what was closed and rolled of it."""
    expected = {row["order_id"]: row["outstanding"] for row in await rows(stack, OUTSTANDING)}
    (figures,) = await asked(stack, "hedge_termination", [Slots()])
    found = {order.order_id: order for order in figures.orders}
    assert len(expected) > 5
    for order_id, outstanding in expected.items():
        assert known(found[order_id].outstanding) == outstanding
    assert whole(found["ORD-2025-021"].outstanding) == 40_000
