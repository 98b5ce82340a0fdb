"""Whatever happens to the source, a prompt has one honest result for each of its tables."""

import asyncio
import gc
from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime
from itertools import pairwise

import pytest

from hawk_backend.catalogue import Table
from hawk_backend.errors import SourceError, TableAbsent
from hawk_backend.models import SERVICE, Freshness, Reason, TableState, Tier
from hawk_backend.pipeline.fetch import Fetch, TableResult
from hawk_backend.pipeline.intent import Intent
from hawk_backend.pipeline.narrowing import Narrowing
from hawk_backend.pipeline.passes import Passes
from hawk_backend.rows import Read, Slice, Where
from tests.pipeline.shelf import (
    CATALOGUE,
    Desk,
    Rows,
    Shelf,
    asks,
    error,
    planned,
    slice_of,
    turns,
)

NOW = datetime(2100, 1, 1, tzinfo=UTC)
CNY = asks("hedge_utilization", currency=("CNY",))
NAMED = asks("hedge_utilization", order_id="ORD-1")
TABLES: Mapping[str, Rows] = {
    "entity_master": [
        {"entity_id": "E1", "entity_type": "Branch", "currency_code": "CNY"},
        {"entity_id": "E2", "entity_type": "Branch", "currency_code": "KRW"},
    ],
    "position_nav_master": [
        {
            "nav_id": "N1",
            "entity_id": "E1",
            "currency_code": "CNY",
            "nav_type": "COI",
            "as_of_date": "2025-09-16",
        }
    ],
    "allocation_engine": [],
    "currency_configuration": [{"currency_code": "CNY", "proxy_currency": None}],
    "currency_rates": [
        {"currency_pair": "CNYSGD", "rate_type": "SPOT", "effective_date": "2025-09-17"}
    ],
    "usd_pb_deposit": [{"deposit_id": "D1", "entity_id": "E1", "as_of_date": "2025-09-17"}],
}


@pytest.fixture
def shelf() -> Shelf:
    """A source that has six of the tables that capacity is computed from."""
    return Shelf(TABLES)


def state(result: TableResult) -> tuple[TableState, Reason | None]:
    """Return how a table's read ended."""
    return result.state, result.reason


async def test_every_table_ends_in_one_state(shelf: Shelf) -> None:
    """Fresh with rows, empty without, absent where there is none; missing with its reason."""
    shelf.errors["currency_rates"] = error(Reason.FORBIDDEN)
    results = await Desk(shelf).ask(CNY)

    assert [query.table for query in planned(CNY).queries] == list(results)
    assert state(results["entity_master"]) == (TableState.FRESH, None)
    assert results["entity_master"].complete
    assert state(results["allocation_engine"]) == (TableState.EMPTY, None)
    assert results["allocation_engine"].complete
    assert state(results["hedging_framework"]) == (TableState.ABSENT, None)
    assert state(results["currency_rates"]) == (TableState.MISSING, Reason.FORBIDDEN)
    assert not results["currency_rates"].complete


async def test_a_result_knows_its_rows_their_day_and_their_age(shelf: Shelf) -> None:
    """The filtered rows with their lines, the newest day among them, and when they were read."""
    result = (await Desk(shelf).ask(CNY))["position_nav_master"]

    assert [row["nav_id"] for row in result.rows] == ["N1"]
    assert list(result.lines) == ["N1 | E1 | CNY | COI | 2025-09-16"]
    assert (result.tier, result.as_of) == (Tier.SOURCE, date(2025, 9, 16))
    assert result.age_s is not None
    assert result.age_s >= 0
    assert result.ms > 0


async def test_all_tables_are_asked_at_once(shelf: Shelf) -> None:
    """No query waits for another: all are in flight before the first is answered."""
    plan = planned(CNY)
    shelf.close(*(query.table for query in plan.queries))
    asking = asyncio.ensure_future(Desk(shelf).ask(CNY))
    await turns()
    assert shelf.in_flight == len(plan.queries)
    shelf.open()

    assert len(await asking) == len(plan.queries) == shelf.most_in_flight


async def test_each_table_is_told_as_it_ends(shelf: Shelf) -> None:
    """A table that has arrived is not held back by one that has not."""
    desk = Desk(shelf)
    shelf.close("currency_rates")
    asking = asyncio.ensure_future(desk.ask(CNY))
    await turns()
    assert {*desk.told} == {query.table for query in planned(CNY).queries} - {"currency_rates"}

    shelf.open()
    await asking
    assert desk.told[-1] == "currency_rates"


async def test_what_is_late_is_missing(shelf: Shelf) -> None:
    """At the deadline the prompt goes on without it."""
    desk = Desk(shelf, deadline_s=0.05)
    shelf.close("currency_rates")
    results = await desk.ask(CNY)

    assert state(results["currency_rates"]) == (TableState.MISSING, Reason.TIMEOUT)
    assert state(results["entity_master"]) == (TableState.FRESH, None)


async def test_what_is_over_before_it_begins_waits_for_nothing(shelf: Shelf) -> None:
    """A deadline that the prompt has waited away is over: nothing that is held is waited for."""
    desk = Desk(shelf, deadline_s=600.0)
    shelf.close(*shelf.tables)
    results = await desk.fetch.fetch(
        planned(CNY),
        SERVICE,
        freshness=Freshness.USUAL,
        on_result=lambda _: None,
        gone_s=600.0,
    )
    assert {state(result) for result in results} == {(TableState.MISSING, Reason.TIMEOUT)}


async def test_a_late_table_takes_with_it_what_leads_through_it(shelf: Shelf) -> None:
    """Deposits belong to a currency by their entity: without it nobody knows whose they are."""
    shelf.close("entity_master")
    results = await Desk(shelf, deadline_s=0.05).ask(CNY)

    assert state(results["entity_master"]) == (TableState.MISSING, Reason.TIMEOUT)
    assert state(results["usd_pb_deposit"]) == (TableState.MISSING, Reason.INCOMPLETE)
    assert state(results["position_nav_master"]) == (TableState.FRESH, None)


async def test_entities_that_cannot_be_looked_up_stand_for_themselves(shelf: Shelf) -> None:
    """What is found by the name as it was typed is shown, but it may not be everything."""
    shelf.errors["entity_master"] = error()
    asked = asks("position_monitoring", entity_ids=("E1",))
    results = await Desk(shelf).ask(asked)

    assert state(results["position_nav_master"]) == (TableState.FRESH, Reason.INCOMPLETE)
    assert not results["position_nav_master"].complete


async def test_a_prompt_that_leaves_does_not_fail_those_that_joined(shelf: Shelf) -> None:
    """Cancelling one of two prompts that share queries leaves the other whole."""
    desk = Desk(shelf)
    shelf.close("entity_master")
    leaves = asyncio.ensure_future(desk.ask(CNY))
    stays = asyncio.ensure_future(desk.ask(CNY))
    await turns()
    leaves.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leaves
    shelf.open()

    assert state((await stays)["entity_master"]) == (TableState.FRESH, None)
    assert [table for table, _ in shelf.asked].count("entity_master") == 1


async def test_two_hundred_prompts_are_served_by_a_few_queries(shelf: Shelf) -> None:
    """Prompts of the same moment share every query, and each has all of its tables."""
    desk = Desk(shelf)
    answers = await asyncio.gather(*(desk.ask(CNY) for _ in range(200)))

    assert len(shelf.asked) == len(planned(CNY).queries)
    assert all(state(a["position_nav_master"]) == (TableState.FRESH, None) for a in answers)


async def test_a_table_that_wakes_many_prompts_does_not_hold_the_loop(shelf: Shelf) -> None:
    """Whoever has something else to do comes between the prompts that a table wakes."""
    desk, told = Desk(shelf), list[int]()
    desk.fetch.passes = Passes(3)
    shelf.close("entity_master")
    asking = [asyncio.ensure_future(desk.ask(CNY)) for _ in range(30)]
    await turns(200)
    shelf.open()
    while not told or told[-1] < len(asking):
        told.append(desk.told.count("entity_master"))
        await asyncio.sleep(0)
    await asyncio.gather(*asking)

    assert max(later - earlier for earlier, later in pairwise(told)) <= 3


async def test_a_prompt_that_has_ended_leaves_no_garbage(shelf: Shelf) -> None:
    """Nothing of it waits for garbage collection, which would walk its slices on the loop."""
    del shelf.tables["usd_pb_deposit"]
    gc.collect()
    gc.disable()
    try:
        await Desk(shelf).ask(CNY)
        kept = [found for found in gc.get_objects() if isinstance(found, Narrowing)]
    finally:
        gc.enable()

    assert not kept


async def test_a_limit_is_no_gap(shelf: Shelf) -> None:
    """Rows beyond the limit were not asked for: the table is fresh, but not complete."""
    shelf.tables["hawk_agent_sessions"] = [
        {"id": i, "created_at": f"2025-09-17T00:00:{i % 60:02}"} for i in range(80)
    ]
    result = (await Desk(shelf).ask(asks("system_status")))["hawk_agent_sessions"]

    assert state(result) == (TableState.FRESH, None)
    assert (len(result.rows), result.complete) == (50, False)


async def test_a_table_over_its_cap_says_so(shelf: Shelf) -> None:
    """Its newest rows are shown, and nobody takes them for all."""
    shelf.caps["gl_coa"] = 2
    shelf.tables["gl_coa"] = [{"account_code": str(i), "description": None} for i in range(5)]
    result = (await Desk(shelf).ask(asks("gl_entries_query")))["gl_coa"]

    assert state(result) == (TableState.FRESH, Reason.INCOMPLETE)
    assert (len(result.rows), result.complete) == (2, False)


async def test_nothing_is_asked_for_what_is_not_our_domain(shelf: Shelf) -> None:
    """An abstention reads no table."""
    assert await Desk(shelf).ask(asks("out_of_scope")) == {}
    assert shelf.asked == []


class Held:
    """Slices that are kept, and errors, by table; both the views of a prompt and its reads."""

    def __init__(self, tables: Mapping[str, Rows]) -> None:
        self.ends: dict[str, Slice | SourceError] = {
            name: slice_of(name, rows) for name, rows in tables.items()
        }

    async def look(self, *_: object, **__: object) -> "Held":
        """Begin to read."""
        return self

    def start(self, table: Table, where: Where = ()) -> asyncio.Future[Read]:
        """Return what is held."""
        assert not where
        future: asyncio.Future[Read] = asyncio.get_running_loop().create_future()
        end = self.ends.get(table.name, TableAbsent(f"{table.name} does not exist"))
        if isinstance(end, SourceError):
            future.set_exception(end)
        else:
            future.set_result(Read(end, Tier.MEMORY, 0.0))
        return future

    def leave(self, futures: Collection[asyncio.Future[Read]]) -> None:
        """Take notice."""


@pytest.mark.parametrize("intent", [CNY, NAMED], ids=["a currency", "an order"])
@pytest.mark.parametrize("lost", sorted({*TABLES, "hedge_instructions"}))
async def test_what_is_kept_of_slices_is_what_a_first_prompt_picks(
    lost: str, intent: Intent
) -> None:
    """Over the same slices, whatever has failed meanwhile, vanished or come anew."""
    held, plan = Held(TABLES), planned(intent)
    kept = Fetch(held, CATALOGUE, deadline_s=5.0, clock=lambda: NOW)

    async def asked(fetch: Fetch) -> tuple[TableResult, ...]:
        return await fetch.fetch(plan, SERVICE, freshness=Freshness.USUAL, on_result=lambda _: None)

    rows = TABLES.get(lost, ())
    whole, anew = slice_of(lost, rows), slice_of(lost, [*rows, *rows])
    for end in (whole, TableAbsent("gone"), error(), TableAbsent("gone"), anew, whole):
        held.ends[lost] = end
        for _ in range(2):
            first = Fetch(held, CATALOGUE, deadline_s=5.0, clock=lambda: NOW)
            assert await asked(kept) == await asked(first)


def test_the_service_is_the_principal() -> None:
    """The shelf would refuse any other."""
    assert SERVICE.scope == "service_role"
