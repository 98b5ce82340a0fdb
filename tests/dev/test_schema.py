"""The schema of the local stack: the catalogue's columns, and who may see which rows."""

import asyncpg
import httpx
import pytest

from hawk_backend.catalogue import Catalogue, ColumnType, Table
from hawk_backend.dev.schema import columns, core_tables, ddl
from tests.dev.database import count, seen_as
from tests.stack import LocalStack

CATALOGUE = Catalogue.load()
TABLES = core_tables(CATALOGUE)
VIEWS = [t for t in CATALOGUE.tables.values() if t.core and t.kind == "view" and not t.materialized]
WITH_ENTITY = [table for table in TABLES if "entity_id" in {c.name for c in columns(table)}]
SQL_TYPES = {
    ColumnType.TEXT: {"text", "uuid", "character varying"},
    ColumnType.AMOUNT: {"numeric"},
    ColumnType.NUMBER: {"numeric"},
    ColumnType.INTEGER: {"integer", "bigint"},
    ColumnType.BOOLEAN: {"boolean"},
    ColumnType.DATE: {"date"},
    ColumnType.TIMESTAMP: {"timestamp without time zone"},
    ColumnType.TIME: {"time without time zone"},
    ColumnType.JSON: {"jsonb"},
}


async def test_it_can_be_applied_twice(empty: str) -> None:
    """The script makes an empty database ours, and changes nothing when it runs again."""
    connection = await asyncpg.connect(empty)
    try:
        shapes = []
        for _ in range(2):
            await connection.execute(ddl(CATALOGUE))
            shapes.append(
                await connection.fetch(
                    "select table_name, column_name, data_type from information_schema.columns"
                    " where table_schema = 'public' order by 1, 2"
                )
            )
    finally:
        await connection.close()
    assert shapes[0] == shapes[1] != []


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
async def test_a_table_has_the_columns_of_the_catalogue(
    sql: asyncpg.Connection, table: Table
) -> None:
    """Each core table has the catalogued columns, in order and in type, and no other."""
    found = await sql.fetch(
        "select column_name, data_type from information_schema.columns"
        " where table_schema = 'public' and table_name = $1 order by ordinal_position",
        table.name,
    )
    assert [row["column_name"] for row in found] == [column.name for column in columns(table)]
    for row, column in zip(found, columns(table), strict=True):
        assert row["data_type"] in SQL_TYPES[column.type]


async def test_the_key_of_the_catalogue_is_the_primary_key(sql: asyncpg.Connection) -> None:
    """No two rows share a catalogued key: the database itself forbids it."""
    found = await sql.fetch(
        "select table_name, array_agg(column_name::text order by ordinal_position) as key"
        "  from information_schema.key_column_usage"
        " where constraint_schema = 'public' and constraint_name = table_name || '_pkey'"
        " group by 1"
    )
    keys = {row["table_name"]: tuple(row["key"]) for row in found}
    assert {table.name: keys.get(table.name) for table in TABLES} == {t.name: t.key for t in TABLES}


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
async def test_a_view_has_the_columns_that_the_catalogue_knows(
    sql: asyncpg.Connection, view: Table
) -> None:
    """Each core view exists with the columns that are catalogued for it."""
    found = await sql.fetch(
        "select column_name from information_schema.columns where table_name = $1", view.name
    )
    assert found
    assert {column.name for column in view.columns} <= {row["column_name"] for row in found}


async def test_the_roles_are_those_of_a_hosted_project(sql: asyncpg.Connection) -> None:
    """Only authenticator logs in, it inherits nothing, and only service_role bypasses policies."""
    found = await sql.fetch(
        "select rolname, rolcanlogin, rolinherit, rolbypassrls from pg_roles"
        " where rolname = any($1) order by 1",
        ["anon", "authenticated", "authenticator", "service_role"],
    )
    assert [tuple(row) for row in found] == [
        ("anon", False, True, False),
        ("authenticated", False, True, False),
        ("authenticator", True, False, False),
        ("service_role", False, True, True),
    ]


async def test_every_table_is_under_row_level_security(sql: asyncpg.Connection) -> None:
    """No table of the exposed schema is open by its grants alone, no view reads as its owner."""
    open_tables = await sql.fetch(
        "select relname from pg_class where relnamespace = 'public'::regnamespace"
        " and relkind in ('r', 'p') and not relrowsecurity"
    )
    owner_views = await sql.fetch(
        "select relname from pg_class where relnamespace = 'public'::regnamespace"
        " and relkind = 'v' and not coalesce('security_invoker=true' = any(reloptions), false)"
    )
    assert (open_tables, owner_views) == ([], [])


async def test_anon_reads_nothing(sql: asyncpg.Connection) -> None:
    """Every table and view answers anon, and answers with no row."""
    async with seen_as(sql, "anon"):
        seen = {each.name: await count(sql, each.name) for each in (*TABLES, *VIEWS)}
    assert {name: rows for name, rows in seen.items() if rows} == {}


async def test_a_materialized_view_is_for_the_service_alone(sql: asyncpg.Connection) -> None:
    """What no policy can guard, neither anon nor a user may read."""
    for role in ("anon", "authenticated"):
        async with seen_as(sql, role, "desk-03"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await count(sql, "mv_car_latest")
    async with seen_as(sql, "service_role"):
        assert await count(sql, "mv_car_latest") == 44


@pytest.mark.parametrize("table", WITH_ENTITY, ids=lambda table: table.name)
async def test_a_user_sees_the_rows_of_granted_entities(
    sql: asyncpg.Connection, table: Table
) -> None:
    """Rows of other entities are not there; rules bound to no entity are there for everyone."""
    of_japan = "entity_id in (select entity_id from hawk_entity_grants where user_id = 'desk-02')"
    bound = "entity_id is not null and entity_id <> 'DEFAULT'"
    expected = await count(sql, table.name, of_japan)
    unbound = await count(sql, table.name, f"not ({bound})")
    async with seen_as(sql, "authenticated", "desk-02"):
        assert await count(sql, table.name, bound) == expected
        assert await count(sql, table.name) == expected + unbound


async def test_what_hangs_below_an_event_is_seen_with_it(sql: asyncpg.Connection) -> None:
    """Instructions, deals, postings and tests follow the entity of their event."""
    below = ("hedge_instructions", "deal_bookings", "gl_entries", "hedge_effectiveness")
    async with seen_as(sql, "authenticated", "desk-02"):
        assert await count(sql, "hedge_instructions", "exposure_currency <> 'JPY'") == 0
        assert await count(sql, "hedge_business_events", "entity_id <> 'ENTITY0021'") == 0
        japanese = {name: await count(sql, name) for name in below}
        lines = await count(sql, "gl_journal_lines")
    assert japanese == {
        "hedge_instructions": 3,
        "deal_bookings": 18,
        "gl_entries": 6,
        "hedge_effectiveness": 4,
    }
    assert lines == 12


async def test_a_user_without_grants_sees_reference_data_only(sql: asyncpg.Connection) -> None:
    """Currencies, rates, thresholds and general rules are everyone's; positions are not."""
    async with seen_as(sql, "authenticated", "nobody"):
        assert await count(sql, "currency_configuration") == 13
        assert await count(sql, "currency_rates") == 122
        assert await count(sql, "threshold_configuration") == 27
        assert await count(sql, "buffer_configuration") == 2
        assert await count(sql, "entity_master") == 0
        assert await count(sql, "position_nav_master") == 0
        assert await count(sql, "v_entity_capacity_complete") == 0


async def test_views_hold_the_policies(sql: asyncpg.Connection) -> None:
    """A view shows a user the rows that its tables would show."""
    async with seen_as(sql, "authenticated", "desk-02"):
        assert await count(sql, "v_entity_capacity_complete") == 4
        assert await count(sql, "v_usd_pb_capacity_check") == 4
        assert await count(sql, "v_stage2_stuck") == 0
    async with seen_as(sql, "service_role"):
        assert await count(sql, "v_entity_capacity_complete") == 44


async def test_the_service_reads_and_writes_all(sql: asyncpg.Connection) -> None:
    """service_role sees every row and may change any."""
    expected = {table.name: await count(sql, table.name) for table in TABLES}
    async with seen_as(sql, "service_role"):
        assert {table.name: await count(sql, table.name) for table in TABLES} == expected
        changed = await sql.execute("update entity_master set comments = 'seen'")
        assert changed == "UPDATE 44"
        await sql.execute("insert into system_configuration (config_key) values ('NEW')")


async def test_a_user_writes_no_business_data(sql: asyncpg.Connection) -> None:
    """An authenticated user's update reaches no row, his insert is refused."""
    async with seen_as(sql, "authenticated", "desk-03"):
        assert await sql.execute("update entity_master set comments = 'x'") == "UPDATE 0"
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await sql.execute("insert into system_configuration (config_key) values ('NEW')")


async def test_a_user_writes_his_own_sessions(sql: asyncpg.Connection) -> None:
    """The browser upserts its session by msg_uid; a session of somebody else is out of reach."""
    upsert = (
        "insert into hawk_agent_sessions (msg_uid, user_id) values ('MSG_1_1', $1)"
        " on conflict (msg_uid) do update set agent_status = 'completed'"
    )
    async with seen_as(sql, "authenticated", "desk-05"):
        await sql.execute(upsert, "desk-05")
        await sql.execute(upsert, "desk-05")
        assert await count(sql, "hawk_agent_sessions", "agent_status = 'completed'") >= 1
        assert await count(sql, "hawk_agent_sessions", "user_id <> 'desk-05'") == 0
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await sql.execute(upsert.replace("MSG_1_1", "MSG_1_2"), "desk-06")


async def test_using_a_template_counts_it(sql: asyncpg.Connection) -> None:
    """The rpc adds one for a user; anon may not call it."""
    call = "select increment_template_usage(id) from prompt_templates limit 1"
    total = "select sum(usage_count) from prompt_templates"
    before = await sql.fetchval(total)
    async with seen_as(sql, "authenticated", "desk-03"):
        await sql.execute(call)
        assert await sql.fetchval(total) == before + 1
    async with seen_as(sql, "anon"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await sql.execute("select increment_template_usage(gen_random_uuid())")


async def test_an_instruction_id_is_as_narrow_as_in_production(sql: asyncpg.Connection) -> None:
    """A session's instruction id holds ten characters."""
    async with seen_as(sql, "service_role"):
        with pytest.raises(asyncpg.StringDataRightTruncationError):
            await sql.execute(
                "insert into hawk_agent_sessions (instruction_id) values ('I0123456789')"
            )


async def test_an_amount_is_kept_to_the_last_digit(sql: asyncpg.Connection) -> None:
    """Amounts have no binary precision to lose."""
    exact = "90071992547409931.27"
    async with seen_as(sql, "service_role"):
        kept = await sql.fetchval(
            "update position_nav_master set current_position = $1::text::numeric"
            " where nav_id = (select min(nav_id) from position_nav_master)"
            " returning current_position::text",
            exact,
        )
    assert kept == exact


async def test_relations_can_be_embedded(stack: LocalStack) -> None:
    """PostgREST joins along the declared foreign keys, as clients ask it to."""
    embedded = {
        "entity_master": "entity_id,currency_configuration(currency_type)",
        "hedge_business_events": "event_id,hedge_instructions(order_id)",
    }
    narrowed = {
        "entity_master": {"entity_id": "eq.ENTITY0007"},
        "hedge_business_events": {"instruction_id": "eq.INST014"},
    }
    async with httpx.AsyncClient(
        base_url=stack.env["SUPABASE_REST_URL"],
        headers={"Authorization": f"Bearer {stack.env['SUPABASE_SERVICE_ROLE_KEY']}"},
    ) as client:
        answers = {
            name: (await client.get(f"/{name}", params={"select": select} | narrowed[name])).json()
            for name, select in embedded.items()
        }
    assert answers == {
        "entity_master": [
            {"entity_id": "ENTITY0007", "currency_configuration": {"currency_type": "Matched"}}
        ],
        "hedge_business_events": [
            {
                "event_id": "EVT20250716-0004",
                "hedge_instructions": {"order_id": "ORD-2025-021"},
            }
        ],
    }
