"""The version feed in the database: what it sees, what it never does to a writer, who may look."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from hawk_backend.catalogue import Catalogue
from hawk_backend.dev.data.fill import MIGRATIONS
from hawk_backend.dev.feed import migration, newest
from hawk_backend.dev.schema import core_tables
from tests.dev.database import count, empty_database, seen_as
from tests.stack import LocalStack

CATALOGUE = Catalogue.load()
ROLLBACK = MIGRATIONS.parent / "rollback" / "hawk_changes.sql"
TABLES = """
    create table entity_master (entity_id text primary key, name text);
    create table car_master (entity_id text references entity_master on delete cascade);
    create table something_else (id int);
    create view v_hi_today as select c.entity_id from car_master c;
    create view v_hi_actionable as select * from v_hi_today join entity_master using (entity_id);
    create materialized view mv_car_latest as select * from v_hi_today;
    insert into entity_master values ('A', 'a'), ('B', 'b');
    insert into car_master values ('A');
"""
OBJECTS = """
    select count(*) from pg_class where relname like 'hawk%' and relkind in ('r', 'v', 'S', 'i')
    union all select count(*) from pg_proc where proname like 'hawk%'
    union all select count(*) from pg_trigger where tgname like 'hawk%'
"""


@pytest.fixture
async def dsn(stack: LocalStack) -> AsyncIterator[str]:
    """A small database with the feed applied."""
    async with empty_database(stack.dsn) as dsn:
        connection = await asyncpg.connect(dsn)
        await connection.execute(TABLES)
        await connection.execute(migration(CATALOGUE))
        await connection.close()
        yield dsn


@pytest.fixture
async def db(dsn: str) -> AsyncIterator[asyncpg.Connection]:
    """A writer in that database."""
    connection = await asyncpg.connect(dsn)
    yield connection
    await connection.close()


@pytest.fixture
async def other(dsn: str) -> AsyncIterator[asyncpg.Connection]:
    """Another writer in the same database."""
    connection = await asyncpg.connect(dsn)
    yield connection
    await connection.close()


async def versions(db: asyncpg.Connection) -> dict[str, str]:
    """Return every watched table's version as it is committed now."""
    rows = await db.fetch("select table_name, version from hawk_table_versions")
    return {row["table_name"]: row["version"] for row in rows}


async def changed(db: asyncpg.Connection, sql: str) -> set[str]:
    """Run `sql`; return the tables whose version it changed."""
    before = await versions(db)
    await db.execute(sql)
    after = await versions(db)
    return {name for name in before if before[name] != after[name]}


def test_it_is_what_the_catalogue_makes() -> None:
    """The newest migration watches the catalogue's tables of today; ./scripts/feed writes it."""
    path = newest(MIGRATIONS)
    assert path is not None
    assert path.read_text("utf-8") == migration(CATALOGUE)


async def test_the_local_stack_is_watched_whole(stack: LocalStack) -> None:
    """Every core table of the local stack has a version."""
    connection = await asyncpg.connect(stack.dsn)
    try:
        watched = await versions(connection)
    finally:
        await connection.close()
    assert watched.keys() == {table.name for table in core_tables(CATALOGUE)}


@pytest.mark.parametrize(
    ("sql", "tables"),
    [
        ("insert into car_master values ('B')", {"car_master"}),
        ("update entity_master set name = 'c'", {"entity_master"}),
        ("delete from car_master", {"car_master"}),
        ("delete from entity_master where entity_id = 'A'", {"entity_master", "car_master"}),
        ("truncate entity_master cascade", {"entity_master", "car_master"}),
        ("insert into something_else values (1)", set[str]()),
        ("begin; update entity_master set name = 'd'; rollback", set[str]()),
        ("select * from entity_master", set[str]()),
    ],
)
async def test_a_write_changes_the_versions_of_its_tables(
    db: asyncpg.Connection, sql: str, tables: set[str]
) -> None:
    """Inserts, updates, deletes, cascades and truncates are seen; what is rolled back is not."""
    assert await changed(db, sql) == tables


async def test_a_late_commit_is_seen(db: asyncpg.Connection, other: asyncpg.Connection) -> None:
    """A transaction that commits after younger ones changes the version when it commits."""
    late = other.transaction()
    await late.start()
    await other.execute("update entity_master set name = 'late' where entity_id = 'A'")
    assert await changed(db, "update entity_master set name = 'x' where entity_id = 'B'")
    before = await versions(db)
    await late.commit()
    after = await versions(db)
    assert before["entity_master"] != after["entity_master"]


async def test_writers_in_opposite_order_do_not_deadlock(
    db: asyncpg.Connection, other: asyncpg.Connection
) -> None:
    """Two transactions on disjoint rows that write two tables crosswise both commit."""
    both = asyncio.Barrier(2)

    async def write(connection: asyncpg.Connection, *statements: str) -> None:
        async with connection.transaction():
            for statement in statements:
                await connection.execute(statement)
                await connection.execute("select hawk_fold_changes('entity_master')")
                await both.wait()

    async with asyncio.timeout(5):
        await asyncio.gather(
            write(
                db,
                "update entity_master set name = '1' where entity_id = 'A'",
                "insert into car_master values ('A')",
            ),
            write(
                other,
                "insert into car_master values ('B')",
                "update entity_master set name = '2' where entity_id = 'B'",
            ),
        )


async def test_a_failing_trigger_leaves_the_write_standing(db: asyncpg.Connection) -> None:
    """Where the change cannot be noted the writer gets a notice, and his row is written."""
    said: list[str] = []
    db.add_log_listener(lambda _, message: said.append(message.message))
    await db.execute("alter table hawk_changes rename to hidden")
    await db.execute("update entity_master set name = 'still' where entity_id = 'A'")
    name = await db.fetchval("select name from entity_master where entity_id = 'A'")
    assert name == "still"
    assert said
    assert said[0].startswith("hawk: a change of entity_master was not noted")


async def test_a_locked_log_holds_a_writer_up_only_shortly(
    db: asyncpg.Connection, other: asyncpg.Connection
) -> None:
    """A writer does not wait for whoever holds the log: it gives up noting."""
    transaction = other.transaction()
    await transaction.start()
    await other.execute("lock table hawk_changes in access exclusive mode")
    async with asyncio.timeout(5):
        await db.execute("update entity_master set name = 'on time'")
    await transaction.rollback()
    assert await db.fetchval("select count(*) from entity_master where name = 'on time'") == 2


async def test_folding_leaves_the_versions_as_they_are(
    db: asyncpg.Connection, other: asyncpg.Connection
) -> None:
    """A fold replaces tokens by their sum; two at once neither wait nor lose one."""
    for i in range(40):
        await db.execute("update entity_master set name = $1", str(i))
    before = await versions(db)
    first = other.transaction()
    await first.start()
    await other.execute("select hawk_fold_changes('entity_master')")
    async with asyncio.timeout(5):
        await db.execute("update entity_master set name = 'meanwhile'")
        between = await versions(db)
        await db.execute("select hawk_fold_changes('entity_master')")
    assert await versions(db) == between != before
    await first.commit()
    assert await versions(db) == between
    await db.execute("select hawk_fold_changes('entity_master')")
    assert await versions(db) == between
    log = "select count(*) from hawk_changes where table_name = 'entity_master'"
    assert await db.fetchval(log) == 1


async def test_the_log_does_not_grow_with_the_writes(db: asyncpg.Connection) -> None:
    """Writers fold the log themselves, one write in 64."""
    await db.execute(
        "do $$ begin for i in 1..2000 loop"
        " update entity_master set name = i::text; end loop; end $$"
    )
    assert await db.fetchval("select count(*) from hawk_changes") < 1000


@pytest.mark.parametrize("isolation", ["repeatable_read", "serializable"])
async def test_stricter_writers_do_not_fail_each_other(
    db: asyncpg.Connection, other: asyncpg.Connection, isolation: str
) -> None:
    """Writers of disjoint rows under a strict isolation level all commit."""
    for _ in range(30):
        first = db.transaction(isolation=isolation)
        second = other.transaction(isolation=isolation)
        await first.start()
        await second.start()
        await db.execute("insert into something_else values (1)")
        await db.execute("insert into car_master values ('A')")
        await other.execute("insert into car_master values ('B')")
        await first.commit()
        await second.commit()


async def test_a_disabled_trigger_is_no_feed(db: asyncpg.Connection) -> None:
    """A table whose trigger does not fire has no version; watching it again gives it one."""
    await db.execute("alter table entity_master disable trigger hawk_note_change")
    assert (await versions(db)).keys() == {"car_master"}
    assert await db.fetchval("select hawk_watch('entity_master')") is True
    assert (await versions(db)).keys() == {"car_master", "entity_master"}
    assert await db.fetchval("select hawk_watch('v_hi_today')") is False


async def test_the_database_knows_what_its_views_read(db: asyncpg.Connection) -> None:
    """Bases are found through other views, and materialized views are told from the others."""
    rows = await db.fetch("select view_name, materialized, bases from hawk_view_bases order by 1")
    assert [tuple(row) for row in rows] == [
        ("mv_car_latest", True, ["car_master"]),
        ("v_hi_actionable", False, ["car_master", "entity_master"]),
        ("v_hi_today", False, ["car_master"]),
    ]


async def test_the_catalogue_names_the_bases_of_its_views(stack: LocalStack) -> None:
    """No view of the local stack reads a table that the catalogue does not name as its base."""
    connection = await asyncpg.connect(stack.dsn)
    try:
        rows = await connection.fetch("select view_name, materialized, bases from hawk_view_bases")
    finally:
        await connection.close()
    views = {t.name: t for t in CATALOGUE.tables.values() if t.core and t.kind == "view"}
    assert {row["view_name"] for row in rows} == views.keys()
    for row in rows:
        assert row["materialized"] == views[row["view_name"]].materialized
        assert set(row["bases"]) <= set(views[row["view_name"]].bases)


@pytest.mark.parametrize("role", ["anon", "authenticated"])
async def test_users_may_not_look(db: asyncpg.Connection, role: str) -> None:
    """The feed is for the service alone to read; nobody writes to it or calls its functions."""
    for relation in ("hawk_table_versions", "hawk_view_bases", "hawk_changes"):
        async with seen_as(db, role):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await count(db, relation)
        async with seen_as(db, "service_role"):
            await count(db, relation)
    for sql in ("delete from hawk_changes", "select hawk_watch('x')"):
        for who in (role, "service_role"):
            async with seen_as(db, who):
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await db.execute(sql)


async def test_a_user_who_may_write_is_seen(db: asyncpg.Connection) -> None:
    """The trigger notes what a role writes that may not touch the log itself."""
    await db.execute("grant insert on car_master to authenticated")
    before = await versions(db)
    await db.execute("set role authenticated")
    await db.execute("insert into car_master values (null)")
    await db.execute("reset role")
    assert (await versions(db))["car_master"] != before["car_master"]


async def test_it_can_be_applied_twice_and_taken_away(db: asyncpg.Connection) -> None:
    """A second application changes nothing; the removal leaves nothing behind."""
    before = await versions(db)
    await db.execute(migration(CATALOGUE))
    assert await versions(db) == before
    await db.execute(await asyncio.to_thread(Path.read_text, ROLLBACK))
    assert [row[0] for row in await db.fetch(OBJECTS)] == [0, 0, 0]
    await db.execute("update entity_master set name = 'free'")
    await db.execute(migration(CATALOGUE))
    assert (await versions(db)).keys() == before.keys()
