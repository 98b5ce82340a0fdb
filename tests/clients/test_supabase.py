"""Reading the source: exact bytes, one reason for every failure, no wait that nobody bounds."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from decimal import Decimal

import httpx
import pytest

from hawk_backend.catalogue import Catalogue
from hawk_backend.clients.breaker import BreakerState
from hawk_backend.clients.http import Deadlines, open_client
from hawk_backend.clients.supabase import Supabase, SupabaseAccess
from hawk_backend.errors import NotPermitted, SourceError, TableAbsent
from hawk_backend.models import SERVICE, Principal, Reason
from hawk_backend.rows import Answer, Term, Where
from tests.faults import Behaviour, FaultySource, Rows

CATALOGUE = Catalogue.load()
COA = CATALOGUE.tables["gl_coa"]
RATES = CATALOGUE.tables["currency_rates"]
ACCOUNTS: Rows = [
    {"account_code": str(i), "description": "x", "segments": None, "active_flag": True}
    for i in range(3)
]


@asynccontextmanager
async def reading(url: str, *, deadline_s: float = 5.0) -> AsyncIterator[Supabase]:
    """Open the client of a source."""
    deadlines = Deadlines(connect=1.0, read=deadline_s)
    async with open_client(deadlines=deadlines) as http:
        access = SupabaseAccess(url, "service-key")
        yield Supabase(http, access, CATALOGUE.tables, deadline_s=deadline_s)


@pytest.fixture
async def source() -> AsyncIterator[FaultySource]:
    """A source with a chart of accounts."""
    async with FaultySource({"gl_coa": list(ACCOUNTS)}).serving() as source:
        yield source


async def fails(supabase: Supabase, where: Where = ()) -> SourceError:
    """Read the chart of accounts, which fails."""
    with pytest.raises(SourceError) as caught:
        await supabase.read(COA, SERVICE, where)
    return caught.value


def mocked(handler: httpx.MockTransport) -> Supabase:
    """Return a client whose every request goes to a handler."""
    http = open_client(transport=handler)
    return Supabase(http, SupabaseAccess("http://s/rest/v1", "k"), CATALOGUE.tables, deadline_s=1)


class Mirror:
    """Answers with no rows and keeps what it was asked."""

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Keep the request."""
        self.requests.append(request)
        return httpx.Response(200, content=b"[]")

    @property
    def asked(self) -> httpx.Request:
        """The last request."""
        return self.requests[-1]


async def test_a_table_is_asked_for_by_name_in_its_total_order_up_to_its_cap() -> None:
    """Its columns, its order without a tie, its cap; with the key's own headers."""
    mirror = Mirror()
    answer = await mocked(httpx.MockTransport(mirror)).read(RATES, SERVICE)

    assert mirror.asked.url.path == "/rest/v1/currency_rates"
    assert dict(mirror.asked.url.params) == {
        "select": "currency_pair,rate_type,rate_value,effective_date",
        "order": "effective_date.desc.nullslast,"
        "currency_pair.asc.nullslast,rate_type.asc.nullslast",
        "limit": "1000",
    }
    assert mirror.asked.headers["apikey"] == "k"
    assert mirror.asked.headers["authorization"] == "Bearer k"
    assert answer.columns == ("currency_pair", "rate_type", "rate_value", "effective_date")


async def test_a_secret_key_of_the_new_kind_is_no_bearer_token() -> None:
    """sb_secret keys are not JWTs: the gateway before PostgREST takes them as apikey alone."""
    access = SupabaseAccess("http://s", "sb_secret_x")

    assert access.headers(SERVICE) == {"apikey": "sb_secret_x"}
    assert "sb_secret_x" not in repr(access)
    with pytest.raises(NotPermitted):
        access.headers(Principal("u", "authenticated"))


@pytest.mark.parametrize(
    ("terms", "name", "said"),
    [
        ([Term("account_code", "null")], "account_code", "is.null"),
        ([Term("account_code", "from", (date(2025, 9, 1),))], "account_code", "gte.2025-09-01"),
        ([Term("account_code", "to", (date(2025, 9, 1),))], "account_code", "lte.2025-09-01"),
        ([Term("active_flag", "in", (True,))], "active_flag", "in.(true)"),
        (
            [Term("account_code", "in", (date(2025, 9, 1),)), Term("account_code", "null")],
            "or",
            "(account_code.in.(2025-09-01),account_code.is.null)",
        ),
        (
            [Term("active_flag", "not in", (True,))],
            "or",
            "(active_flag.is.null,active_flag.not.in.(true))",
        ),
        (
            [Term("account_code", "from", (date(2025, 9, 1),)), Term("active_flag", "null")],
            "or",
            "(account_code.gte.2025-09-01,active_flag.is.null)",
        ),
        (
            [Term("account_code", "to", (date(2025, 9, 1),)), Term("active_flag", "null")],
            "or",
            "(account_code.lte.2025-09-01,active_flag.is.null)",
        ),
    ],
)
async def test_a_filter_is_said_in_the_sources_words(
    terms: list[Term], name: str, said: str
) -> None:
    """Every test has its operator, alone and among alternatives."""
    mirror = Mirror()
    await mocked(httpx.MockTransport(mirror)).read(COA, SERVICE, [terms])

    assert mirror.asked.url.params[name] == said


@pytest.mark.parametrize(
    "value", ["x),account_code.neq.(y", 'a"b\\c', "a,b", "(select 1)", "*", "&select=*", "null"]
)
async def test_text_is_never_query(value: str) -> None:
    """A value stays one value of one comparison, whatever it says; no parameter is added."""
    mirror = Mirror()
    where = [
        [Term("account_code", "in", (value,))],
        [Term("account_code", "in", (value,)), Term("description", "null")],
    ]
    await mocked(httpx.MockTransport(mirror)).read(COA, SERVICE, where)

    params = mirror.asked.url.params
    quoted = value.replace("\\", "\\\\").replace('"', '\\"')
    assert set(params) == {"select", "order", "limit", "account_code", "or"}
    if any(mark in value for mark in ',:()"\\'):
        assert params["account_code"].startswith(f'in.("{quoted}",')
        assert params["or"].startswith(f'(account_code.in.("{quoted}",')
    else:
        assert params["account_code"].startswith(f"in.({value},")


async def test_rows_arrive_byte_for_byte() -> None:
    """The library's decoding, which knows only floats, never sees them."""
    body = b'[{"current_position": 90071992547409931.27}]'
    supabase = mocked(httpx.MockTransport(lambda _: httpx.Response(200, content=body)))

    answer = await supabase.read(CATALOGUE.tables["position_nav_master"], SERVICE)
    assert answer.body == body
    (row,) = json.loads(answer.body, parse_float=Decimal)
    assert str(row["current_position"]) == "90071992547409931.27"


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (500, b"<html>", Reason.ERROR),
        (503, b'{"code":"PGRST002"}', Reason.ERROR),
        (400, b'{"code":"PGRST100"}', Reason.ERROR),
        (429, b"[]", Reason.ERROR),
        (301, b"", Reason.ERROR),
        (500, b'{"code":"57014"}', Reason.TIMEOUT),
        (504, b'{"code":"PGRST003"}', Reason.TIMEOUT),
        (504, b"<html>", Reason.TIMEOUT),
        (401, b'{"code":"PGRST301"}', Reason.FORBIDDEN),
        (401, b'{"code":"PGRST303"}', Reason.FORBIDDEN),
        (403, b'{"code":"42501"}', Reason.FORBIDDEN),
        (403, b"no", Reason.FORBIDDEN),
    ],
)
async def test_every_bad_answer_has_its_reason(status: int, body: bytes, reason: Reason) -> None:
    """By status and code, never by message; nothing of the answer's text is repeated."""
    reply = httpx.Response(status, content=body)
    failure = await fails(mocked(httpx.MockTransport(lambda _: reply)))

    assert failure.reason is reason
    assert "html" not in failure.detail


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        (Behaviour(stall=True), Reason.TIMEOUT),
        (Behaviour(delay_s=5), Reason.TIMEOUT),
        (Behaviour(drip_s=0.05), Reason.TIMEOUT),
        (Behaviour(status=500), Reason.ERROR),
        (Behaviour(status=503), Reason.ERROR),
        (Behaviour(cut=True), Reason.ERROR),
        (Behaviour(drop=True), Reason.ERROR),
    ],
)
async def test_every_fault_of_the_wire_has_its_reason(
    source: FaultySource, behaviour: Behaviour, reason: Reason
) -> None:
    """What does not come in time, or not whole, is a failure; the other tables are not harmed."""
    source.behaviours["gl_coa"] = behaviour
    async with reading(source.url, deadline_s=0.3) as supabase:
        assert (await fails(supabase)).reason is reason
        del source.behaviours["gl_coa"]
        assert len(json.loads((await supabase.read(COA, SERVICE)).body)) == 3


async def test_a_broken_connection_is_tried_once_more(source: FaultySource) -> None:
    """A connection that the server closed meanwhile costs nothing but a second try."""
    source.behaviours["gl_coa"] = Behaviour(drop=True, fails=1)
    async with reading(source.url) as supabase:
        assert (await supabase.read(COA, SERVICE)).body
        assert source.count("gl_coa") == 2


@pytest.mark.parametrize(
    ("fault", "tries"),
    [
        (httpx.RemoteProtocolError("gone"), 2),
        (httpx.ReadError("reset"), 2),
        (httpx.ConnectError("refused"), 2),
        (httpx.ConnectTimeout("slow"), 1),
        (httpx.ReadTimeout("slow"), 1),
        (httpx.PoolTimeout("busy"), 1),
    ],
)
async def test_one_more_try_is_all(fault: httpx.HTTPError, tries: int) -> None:
    """What took its time is not tried again, what broke is tried once more."""
    sent = []

    def refuse(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        raise fault

    await fails(mocked(httpx.MockTransport(refuse)))
    assert len(sent) == tries


@pytest.mark.parametrize("behaviour", [Behaviour(status=503), Behaviour(stall=True)])
async def test_nothing_else_is_tried_again(source: FaultySource, behaviour: Behaviour) -> None:
    """The library's retries, which sleep for seconds, are off; an answer is an answer."""
    source.behaviours["gl_coa"] = behaviour
    async with reading(source.url, deadline_s=0.3) as supabase:
        await fails(supabase)

    assert source.count("gl_coa") == 1


async def test_a_source_that_is_away_is_left_alone() -> None:
    """After a few refused connections nothing is sent; the reason says why."""
    async with FaultySource({}).serving() as gone:
        url = gone.url
    async with reading(url) as supabase:
        reasons = [(await fails(supabase)).reason for _ in range(4)]

        assert reasons[0] is Reason.REFUSED
        assert reasons[-1] is Reason.BREAKER
        assert supabase.breaker.state is BreakerState.OPEN


async def test_bad_answers_do_not_open_the_breaker(source: FaultySource) -> None:
    """A source that answers is there, however badly it answers."""
    source.behaviours["gl_coa"] = Behaviour(status=500)
    async with reading(source.url) as supabase:
        for _ in range(8):
            assert (await fails(supabase)).reason is Reason.ERROR


async def test_an_absent_table_is_not_asked_for_again(source: FaultySource) -> None:
    """Until the next discovery, for which it calls."""
    del source.tables["gl_coa"]
    async with reading(source.url) as supabase:
        for _ in range(2):
            assert isinstance(await fails(supabase), TableAbsent)

    assert source.count("gl_coa") == 1


async def test_a_column_that_the_database_lacks_is_dropped_at_once(source: FaultySource) -> None:
    """The first read finds out which, and the table is read without it."""
    source.tables["gl_coa"] = [{"account_code": "1", "active_flag": True}]
    async with reading(source.url) as supabase:
        first = await supabase.read(COA, SERVICE)
        asked = source.count("gl_coa")
        second = await supabase.read(COA, SERVICE)

    assert first.columns == second.columns == ("account_code", "active_flag")
    assert source.count("gl_coa") == asked + 1


async def test_ten_thousand_rows_are_cut_at_the_cap(source: FaultySource) -> None:
    """A source that ignores the limit does not make the slice larger."""
    source.behaviours["gl_coa"] = Behaviour(rows=[dict(ACCOUNTS[0]) for _ in range(10_000)])
    async with reading(source.url) as supabase:
        answer = await supabase.read(COA, SERVICE)

    assert answer.cap == 1000


async def caps(source: FaultySource, rows: int, ceiling: int) -> list[Answer]:
    """Read twice a table of so many rows from a server that sends no more than `ceiling`."""
    stock = [dict(ACCOUNTS[0]) for _ in range(rows)]

    def serve(request: httpx.Request) -> httpx.Response:
        first = int(request.url.params.get("offset", 0))
        last = first + min(int(request.url.params["limit"]), ceiling)
        sent = stock[first:last]
        said = {"content-range": f"{first}-{first + len(sent) - 1}/*" if sent else "*/*"}
        source.asked.append(("gl_coa", {}))
        return httpx.Response(200, content=json.dumps(sent), headers=said)

    supabase = mocked(httpx.MockTransport(serve))
    return [await supabase.read(COA, SERVICE) for _ in range(2)]


async def test_a_ceiling_of_the_server_is_found_out(source: FaultySource) -> None:
    """Where the server cuts at a number of its own, its rows are not taken for all of them."""
    answers = await caps(source, rows=120, ceiling=100)

    assert [answer.cap for answer in answers] == [100, 100]
    assert len(source.asked) == 3


async def test_a_round_number_of_rows_may_be_all(source: FaultySource) -> None:
    """One more row is asked for, and there is none; other numbers are not doubted."""
    answers = await caps(source, rows=100, ceiling=1000)
    assert [answer.cap for answer in answers] == [1000, 1000]

    source.asked.clear()
    await caps(source, rows=99, ceiling=1000)
    assert len(source.asked) == 2
