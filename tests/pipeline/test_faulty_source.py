"""Whatever the wire does, prepare's tables end in time and in one honest state each."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest

from hawk_backend.clients.http import Deadlines, open_client
from hawk_backend.clients.supabase import Supabase, SupabaseAccess
from hawk_backend.models import SERVICE, Freshness, Reason, TableState
from hawk_backend.pipeline.fetch import Fetch, TableResult
from hawk_backend.pipeline.reads import Reads
from tests.faults import Behaviour, FaultySource, Rows
from tests.pipeline.shelf import CATALOGUE, SINGAPORE, Straight, asks, planned

CNY = asks("hedge_utilization", currency=("CNY",))
LONG_S, SOON_S = 20.0, 1.0
"""Deadlines that are never met, and that a table misses."""


def rows_of(table: str, count: int = 1) -> Rows:
    """Return rows in CNY with every column that this generation of the schema has."""
    plain = [c.name for c in CATALOGUE.tables[table].columns if "alt" not in c.flags]
    known = {"currency_code": "CNY", "active_flag": "Y", "currency_pair": "CNYSGD"}
    known |= {"exposure_currency": "CNY", "entity_id": "ENTITY0001"}
    return [
        {name: known.get(name, str(i) if name.endswith("_id") else None) for name in plain}
        for i in range(count)
    ]


class Line:
    """A fetch over the wire."""

    def __init__(self, source: FaultySource, supabase: Supabase) -> None:
        self.source = source
        self._slices = Straight(Reads(supabase, SINGAPORE))

    async def ask(self, deadline_s: float = LONG_S) -> dict[str, TableResult]:
        """Fetch what capacity is computed from."""
        results = await Fetch(self._slices, CATALOGUE, deadline_s=deadline_s).fetch(
            planned(CNY), SERVICE, freshness=Freshness.USUAL, on_result=lambda _: None
        )
        return {result.table: result for result in results}


@pytest.fixture
async def line() -> AsyncIterator[Line]:
    """A source that has every table of the plan, and goes wrong where a test says."""
    tables = {query.table: rows_of(query.table) for query in planned(CNY).queries}
    async with (
        FaultySource(tables).serving() as source,
        open_client(deadlines=Deadlines(connect=5, read=LONG_S)) as http,
    ):
        access = SupabaseAccess(source.url, "key")
        yield Line(source, Supabase(http, access, CATALOGUE.tables, deadline_s=LONG_S))


@pytest.mark.parametrize(
    ("behaviour", "state", "reason"),
    [
        (Behaviour(), TableState.FRESH, None),
        (Behaviour(delay_s=0.05), TableState.FRESH, None),
        (Behaviour(drop=True, fails=1), TableState.FRESH, None),
        (Behaviour(body=b"[]"), TableState.EMPTY, None),
        (Behaviour(status=404, body=b'{"code":"42P01"}'), TableState.ABSENT, None),
        (Behaviour(status=404, body=b'{"code":"PGRST205"}'), TableState.ABSENT, None),
        (Behaviour(stall=True), TableState.MISSING, Reason.TIMEOUT),
        (Behaviour(delay_s=2), TableState.MISSING, Reason.TIMEOUT),
        (Behaviour(drip_s=0.01), TableState.MISSING, Reason.TIMEOUT),
        (Behaviour(status=504), TableState.MISSING, Reason.TIMEOUT),
        (Behaviour(status=403), TableState.MISSING, Reason.FORBIDDEN),
        (Behaviour(status=500), TableState.MISSING, Reason.ERROR),
        (Behaviour(status=503), TableState.MISSING, Reason.ERROR),
        (Behaviour(status=404), TableState.MISSING, Reason.ERROR),
        (Behaviour(cut=True), TableState.MISSING, Reason.ERROR),
        (Behaviour(drop=True), TableState.MISSING, Reason.ERROR),
        (Behaviour(body=b"<html>busy</html>"), TableState.MISSING, Reason.ERROR),
        (Behaviour(body=b'{"rows": []}'), TableState.MISSING, Reason.ERROR),
        (Behaviour(body=b"[{}]"), TableState.MISSING, Reason.ERROR),
        (Behaviour(rows=[{"colour": "red"}]), TableState.MISSING, Reason.ERROR),
    ],
    ids=str,
)
async def test_one_bad_table_is_one_bad_table(
    line: Line, behaviour: Behaviour, state: TableState, reason: Reason | None
) -> None:
    """It ends as it deserves, in time; the others are as if nothing had happened.

    Only a connection that breaks is tried once more: a table that stalls is asked for once.
    """
    line.source.behaviours["allocation_engine"] = behaviour
    results = await line.ask(SOON_S if reason is Reason.TIMEOUT else LONG_S)

    assert (results["allocation_engine"].state, results["allocation_engine"].reason) == (
        state,
        reason,
    )
    tries = 2 if behaviour.drop or behaviour.cut else 1
    assert line.source.count("allocation_engine") == tries
    others = [result for name, result in results.items() if name != "allocation_engine"]
    assert {result.state for result in others} <= {TableState.FRESH, TableState.EMPTY}
    assert {result.reason for result in others} == {None}


async def test_more_rows_than_were_asked_for_are_cut(line: Line) -> None:
    """Ten thousand rows make a slice of a thousand that says it is not all."""
    line.source.behaviours["allocation_engine"] = Behaviour(
        rows=rows_of("allocation_engine", 10_000)
    )
    result = (await line.ask())["allocation_engine"]

    assert (result.state, result.reason) == (TableState.FRESH, Reason.INCOMPLETE)
    assert (len(result.rows), result.complete) == (1000, False)


async def test_a_source_that_is_away_costs_no_wait(line: Line) -> None:
    """All tables are missing with their reason; soon nothing is sent any more."""
    async with FaultySource({}).serving() as gone:
        url = gone.url
    async with open_client(deadlines=Deadlines(connect=0.5)) as http:
        away = Line(
            line.source,
            Supabase(http, SupabaseAccess(url, "key"), CATALOGUE.tables, deadline_s=LONG_S),
        )
        first, second = await away.ask(), await away.ask()

    assert {result.state for result in (first | second).values()} == {TableState.MISSING}
    assert Reason.REFUSED in {result.reason for result in first.values()}
    assert {result.reason for result in second.values()} == {Reason.BREAKER}


async def test_a_stall_costs_one_prompt_one_table(line: Line) -> None:
    """What is late is missing; the other tables are there, and the next prompt has it all."""
    line.source.behaviours["currency_rates"] = Behaviour(delay_s=2)
    first = await line.ask(SOON_S)
    del line.source.behaviours["currency_rates"]
    second = await line.ask()

    assert first["currency_rates"].reason is Reason.TIMEOUT
    assert first["entity_master"].state is TableState.FRESH
    assert second["currency_rates"].state is TableState.FRESH


async def test_two_hundred_prompts_do_not_become_two_thousand_queries(line: Line) -> None:
    """However many ask at once, few queries are in flight and every prompt has its tables."""
    answers = await asyncio.gather(*(line.ask() for _ in range(200)))

    assert line.source.most_in_flight <= 32
    assert len(line.source.asked) <= 2 * len(planned(CNY).queries)
    assert {a["position_nav_master"].state for a in answers} == {TableState.FRESH}


async def test_an_error_of_the_source_is_not_repeated(line: Line) -> None:
    """What the database says stays out of results, logs and events."""
    line.source.behaviours["allocation_engine"] = Behaviour(status=500)
    result = (await line.ask())["allocation_engine"]

    assert "secret detail" not in json.dumps(repr(result))
