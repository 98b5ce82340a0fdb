"""On the real PostgREST: text is never query, codes are found however dirty, amounts are exact."""

import json
from collections.abc import AsyncIterator
from decimal import Decimal

import asyncpg
import pytest

from hawk_backend.catalogue import Catalogue
from hawk_backend.clients.http import open_client
from hawk_backend.clients.supabase import Supabase, SupabaseAccess
from hawk_backend.errors import SourceError, TableAbsent
from hawk_backend.models import SERVICE, Reason
from hawk_backend.rows import Term, Where
from tests.stack import LocalStack

CATALOGUE = Catalogue.load()
OVERLAYS = CATALOGUE.tables["overlay_configuration"]
HOSTILE = (
    "x),overlay_id.neq.(y",
    'quote " and \\ backslash',
    "comma, and space",
    "(select 1)",
    "*",
    "%",
    "&select=*&limit=9",
    "null",
    "'; DROP TABLE overlay_configuration; --",
    "eq.1",
    "{a,b}",
    "Ω人民币",
    "",
)


@pytest.fixture
async def supabase(stack: LocalStack) -> AsyncIterator[Supabase]:
    """The client on the real PostgREST."""
    access = SupabaseAccess(stack.env["SUPABASE_REST_URL"], stack.env["SUPABASE_SERVICE_ROLE_KEY"])
    async with open_client() as http:
        yield Supabase(http, access, CATALOGUE.tables, deadline_s=10)


@pytest.fixture
async def sql(stack: LocalStack) -> AsyncIterator[asyncpg.Connection]:
    """The database, with one overlay for every hostile id; they are gone afterwards."""
    connection = await asyncpg.connect(stack.dsn)
    insert = (
        "INSERT INTO overlay_configuration (overlay_id, currency_code, overlay_amount)"
        " VALUES ($1, $2, $3)"
    )
    rows = [(text, "HKD\r\n", Decimal("90071992547409931.27")) for text in HOSTILE]
    await connection.executemany(insert, rows)
    yield connection
    await connection.execute("DELETE FROM overlay_configuration WHERE overlay_amount > 9e16")
    await connection.close()


async def ids(supabase: Supabase, where: Where) -> set[str]:
    """Return the ids that the source finds."""
    answer = await supabase.read(OVERLAYS, SERVICE, where)
    return {row["overlay_id"] for row in json.loads(answer.body)}


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.usefixtures("sql")
async def test_a_hostile_id_finds_itself_and_nothing_else(supabase: Supabase, text: str) -> None:
    """Alone and among alternatives, a value is compared as it stands."""
    term = Term("overlay_id", "in", (text,))

    assert await ids(supabase, [[term]]) == {text}
    assert await ids(supabase, [[term, Term("overlay_id", "null")]]) == {text}


@pytest.mark.usefixtures("sql")
async def test_a_dirty_code_is_found_at_the_source(supabase: Supabase) -> None:
    """What clings to a code in the database does not hide its row there either."""
    dirty = await ids(supabase, [[Term("currency_code", "in", ("HKD",))]])
    both = await ids(
        supabase, [[Term("currency_code", "in", ("HKD",)), Term("currency_code", "null")]]
    )

    assert dirty >= {*HOSTILE}
    assert both >= {*HOSTILE}


@pytest.mark.usefixtures("sql")
async def test_an_amount_is_exact_to_the_last_digit(supabase: Supabase) -> None:
    """What no float can hold arrives as the database stores it."""
    answer = await supabase.read(OVERLAYS, SERVICE, [[Term("overlay_id", "in", ("%",))]])

    assert b"90071992547409931.27" in answer.body


async def test_the_two_refusals_of_the_real_source(stack: LocalStack, supabase: Supabase) -> None:
    """A table that is not there is absent; a key without rights is refused."""
    with pytest.raises(TableAbsent):
        await supabase.read(CATALOGUE.tables["market_data"], SERVICE)
    async with open_client() as http:
        stranger = SupabaseAccess(stack.env["SUPABASE_REST_URL"], "no-key")
        client = Supabase(http, stranger, CATALOGUE.tables, deadline_s=10)
        with pytest.raises(SourceError) as caught:
            await client.read(OVERLAYS, SERVICE)

    assert caught.value.reason is Reason.FORBIDDEN


async def test_the_real_schema_is_the_catalogues(supabase: Supabase) -> None:
    """Discovery finds every core table with every column, and nothing else is there."""
    assert await supabase.discovery.once()

    core = {name for name, table in CATALOGUE.tables.items() if table.core}
    differences = supabase.schema.differences()
    assert set(CATALOGUE.tables) - core == supabase.schema.absent
    assert differences["absent_columns"] == {}
    assert differences["unknown_columns"] == {}
    assert differences["unread_tables"] == {}
