"""What the database has is found out once, and nothing is called absent that merely failed."""

import asyncio
from collections.abc import AsyncIterator, Callable

import httpx
import pytest

from hawk_backend.catalogue import Catalogue
from hawk_backend.clients.discovery import Discovery
from hawk_backend.clients.http import open_client
from hawk_backend.clients.rest import Rest
from hawk_backend.clients.schema import Schema
from tests.faults import Behaviour, FaultySource, Rows

CATALOGUE = Catalogue.load()
NAMES = ("entity_master", "currency_rates", "usd_pb_deposit", "risk_metrics", "gl_coa")
TABLES = {name: CATALOGUE.tables[name] for name in NAMES}
HAD: dict[str, Rows] = {
    "entity_master": [dict.fromkeys(TABLES["entity_master"].by_name)],
    "currency_rates": [dict.fromkeys(("from_ccy", "to_ccy", "rate", "rate_date"))],
    "usd_pb_deposit": [
        dict.fromkeys(("deposit_id", "entity_id", "amount_usd", "as_of_date", "colour"))
    ],
    "risk_metrics": [{"id": 1}],
    "somebody_elses": [{"id": 1}],
}


@pytest.fixture
async def source() -> AsyncIterator[FaultySource]:
    """A database that has four of five tables, one in its other shape, and one of its own."""
    async with FaultySource(dict(HAD)).serving() as source:
        yield source


@pytest.fixture
async def discovery(source: FaultySource) -> AsyncIterator[Discovery]:
    """A discovery of five tables."""
    async with open_client() as http:
        yield Discovery(Rest(http, source.url, {}), TABLES, Schema(TABLES))


@pytest.mark.parametrize(("listed", "by"), [(True, "OpenAPI"), (False, "probing")])
async def test_both_ways_find_the_same(
    source: FaultySource, discovery: Discovery, *, listed: bool, by: str
) -> None:
    """With the listing or, where the key may not see it, by asking table after table."""
    source.listed = listed
    assert await discovery.once()

    schema = discovery._schema
    assert schema.absent == {"gl_coa"}
    assert schema.columns(TABLES["currency_rates"]) == (
        "from_ccy",
        "to_ccy",
        "rate",
        "rate_date",
    )
    assert [(o.column, o.descending) for o in schema.order(TABLES["currency_rates"])] == [
        ("rate_date", True),
        ("from_ccy", False),
        ("to_ccy", False),
    ]
    assert schema.columns(TABLES["risk_metrics"]) is None
    differences = schema.differences()
    assert (differences["by"], differences["absent_tables"]) == (by, ["gl_coa"])
    assert differences["absent_columns"] == {
        "currency_rates": ["rate_type"],
        "usd_pb_deposit": ["current_hedge_exposure", "breach_status"],
    }
    assert differences["unknown_tables"] == (["somebody_elses"] if listed else [])
    assert differences["unknown_columns"] == ({"usd_pb_deposit": ["colour"]} if listed else {})


async def test_at_most_eight_tables_are_probed_at_once(source: FaultySource) -> None:
    """A start-up does not fall on the database with a hundred queries."""
    async with open_client() as http:
        discovery = Discovery(
            Rest(http, source.url, {}), CATALOGUE.tables, Schema(CATALOGUE.tables)
        )
        for name in CATALOGUE.tables:
            source.behaviours[name] = Behaviour(delay_s=0.005)
        await discovery.once()

    assert source.most_in_flight == 8


async def test_before_any_discovery_the_catalogue_is_believed() -> None:
    """Nothing is absent, and no column of another generation is asked for."""
    schema = Schema(TABLES)

    assert schema.absent == frozenset()
    assert schema.columns(TABLES["currency_rates"]) == (
        "currency_pair",
        "rate_type",
        "rate_value",
        "effective_date",
    )
    assert schema.differences() == {"discovered": False, "failure": None}
    assert repr(schema) == "<Schema not discovered, 0 absent>"


@pytest.mark.parametrize(
    ("behaviour", "failure"),
    [
        (Behaviour(status=503), "no table answered (error)"),
        (Behaviour(status=504, body=b"<html>"), "no table answered (timeout)"),
        (Behaviour(drop=True), "the schema could not be read (error)"),
    ],
)
async def test_a_failed_discovery_marks_nothing_absent(
    source: FaultySource, discovery: Discovery, behaviour: Behaviour, failure: str
) -> None:
    """It says why it failed, keeps what was known, and is to be repeated."""
    source.behaviours = dict.fromkeys(["", *NAMES], behaviour)
    assert not await discovery.once()

    assert discovery._schema.absent == frozenset()
    assert discovery._schema.differences()["failure"] == failure


async def test_a_forbidden_table_is_not_absent(source: FaultySource, discovery: Discovery) -> None:
    """The key may not read it: that is said, and it is asked for again."""
    source.behaviours["gl_coa"] = Behaviour(status=403, body=b'{"code":"42501"}')
    assert await discovery.once()

    assert discovery._schema.absent == frozenset()
    assert discovery._schema.differences()["unread_tables"] == {"gl_coa": "forbidden"}


async def test_a_table_that_fails_leaves_the_others_known(
    source: FaultySource, discovery: Discovery
) -> None:
    """One broken view does not keep the rest from being known, but the look is repeated."""
    source.behaviours["entity_master"] = Behaviour(status=500)
    assert not await discovery.once()

    assert discovery._schema.absent == {"gl_coa"}
    assert discovery._schema.differences()["unread_tables"] == {"entity_master": "error"}
    assert len(discovery._schema.columns(TABLES["entity_master"]) or ()) == len(
        TABLES["entity_master"].columns
    )


async def test_a_new_table_is_found_when_asked_for(
    source: FaultySource, discovery: Discovery, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A running discovery looks again when a table turned out to be gone."""
    monkeypatch.setattr("hawk_backend.clients.discovery._FIRST_PAUSE_S", 0.001)
    running = asyncio.ensure_future(discovery.run())
    try:
        await _until(lambda: discovery._schema.absent == {"gl_coa"})
        source.tables["gl_coa"] = [{"account_code": "1"}]
        discovery.ask()
        await _until(lambda: discovery._schema.absent == frozenset())
        assert discovery._schema.columns(TABLES["gl_coa"]) == ("account_code",)
    finally:
        running.cancel()


async def test_what_is_missed_during_a_discovery_calls_for_no_other(
    source: FaultySource, discovery: Discovery
) -> None:
    """A prompt that comes before the first one has ended does not make it two."""
    source.behaviours["gl_coa"] = Behaviour(delay_s=0.05)
    running = asyncio.ensure_future(discovery.run())
    try:
        await _until(lambda: source.count("gl_coa") == 1)
        discovery.ask()
        await _until(lambda: discovery._schema.absent == {"gl_coa"})
        assert not discovery._wanted.is_set()
    finally:
        running.cancel()


async def test_what_is_new_is_told(source: FaultySource, discovery: Discovery) -> None:
    """The first discovery, and every later one that finds other tables or columns."""
    told: list[int] = []
    discovery.tell(lambda: told.append(1))
    await discovery.once()
    await discovery.once()
    assert told == [1]
    source.tables["gl_coa"] = [{"account_code": "1"}]
    await discovery.once()
    assert told == [1, 1]


async def test_an_order_to_end_is_never_lost(discovery: Discovery) -> None:
    """It ends although it is called for in the same moment: a shutdown waits for it."""
    running = asyncio.ensure_future(discovery.run())
    await _until(lambda: discovery._schema.absent == {"gl_coa"})
    discovery.ask()
    running.cancel()
    ended, _ = await asyncio.wait([running], timeout=5)
    running.cancel()
    assert ended


async def test_a_failed_discovery_is_repeated(
    source: FaultySource, discovery: Discovery, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until it succeeds, without being asked to."""
    monkeypatch.setattr("hawk_backend.clients.discovery._FIRST_PAUSE_S", 0.001)
    source.behaviours = {name: Behaviour(status=500, fails=2) for name in ["", *NAMES]}
    running = asyncio.ensure_future(discovery.run())
    try:
        await _until(lambda: discovery._schema.absent == {"gl_coa"})
    finally:
        running.cancel()


async def test_a_lost_table_is_absent_until_the_next_discovery(
    source: FaultySource, discovery: Discovery
) -> None:
    """What answered that it does not exist is not asked again; a good look starts anew."""
    schema = discovery._schema
    schema.lost("entity_master")
    assert schema.absent == {"entity_master"}

    await discovery.once()
    assert schema.absent == {"gl_coa"}
    assert source.count("entity_master") == 1


async def test_a_listing_that_is_none_is_not_believed() -> None:
    """An answer without definitions leads to probing."""
    asked = []

    def serve(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        return httpx.Response(200, content=b"[]" if request.url.path != "/" else b'{"a": 1}')

    http = open_client(transport=httpx.MockTransport(serve))
    schema = Schema(TABLES)
    await Discovery(Rest(http, "http://s", {}), TABLES, schema).once()

    assert schema.differences()["by"] == "probing"
    assert len(asked) > len(TABLES)


async def _until(holds: Callable[[], bool]) -> None:
    """Wait for something that must come."""
    for _ in range(1000):
        if holds():
            return
        await asyncio.sleep(0.005)
    pytest.fail("it did not come")
