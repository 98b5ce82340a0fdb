"""Put schema, migrations and rows into a PostgreSQL; a second time only what has changed."""

import asyncio
import hashlib
import json
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import NamedTuple

import asyncpg

import hawk_backend
from hawk_backend.catalogue import Catalogue
from hawk_backend.dev.data.row import Row, Rows
from hawk_backend.dev.data.story import rows
from hawk_backend.dev.schema import ddl

MIGRATIONS = Path(hawk_backend.__file__).parents[1] / "supabase" / "migrations"
"""The migrations that a hosted project gets; they come after our own tables."""

GENERATOR = Path(__file__).parent

AFTER = """
refresh materialized view mv_car_latest;
select setval('hawk_agent_sessions_id_seq', max(id)) from hawk_agent_sessions;
select setval('hawk_agent_errors_id_seq', max(id)) from hawk_agent_errors;
select setval('hawk_agent_conversations_id_seq', max(id)) from hawk_agent_conversations;
"""
"""What follows the rows: new sessions are numbered after those that were copied in."""


class Loaded(NamedTuple):
    """What a database holds: the digest of what made it, the date of its data."""

    made_of: str
    anchor: date


async def load(dsn: str, anchor: date, migrations: Path = MIGRATIONS) -> None:
    """Make the database at `dsn` hold the data of `anchor`, in one transaction.

    A database that holds it already is left alone, whatever was written to it since. Another
    anchor replaces all rows; another schema or generator replaces everything. `dsn` needs a
    superuser.
    """
    schema = await asyncio.to_thread(script, migrations)
    connection = await asyncpg.connect(dsn)
    try:
        async with connection.transaction():
            await _bring(connection, anchor, schema)
    finally:
        await connection.close()


def script(migrations: Path) -> str:
    """Return the whole DDL: our own, then the migrations in the order of their names."""
    later = sorted(migrations.glob("*.sql"))
    return "\n".join([ddl(Catalogue.load()), *(path.read_text() for path in later)])


def digest(schema: str) -> str:
    """Tell databases apart that other DDL or another generator of rows has made."""
    made_of = hashlib.sha256(schema.encode())
    for source in sorted(path for path in GENERATOR.iterdir() if path.is_file()):
        made_of.update(source.read_bytes())
    return made_of.hexdigest()


async def _bring(connection: asyncpg.Connection, anchor: date, schema: str) -> None:
    wanted = Loaded(digest(schema), anchor)
    found = await _found(connection)
    if found == wanted:
        return
    if found is None:
        await connection.execute(schema)
    elif found.made_of != wanted.made_of:
        await connection.execute("drop schema public cascade; create schema public")
        await connection.execute(schema)
    await _fill(connection, rows(anchor))
    await connection.execute("delete from hawk_dev.loaded")
    await connection.execute("insert into hawk_dev.loaded values ($1, $2)", *wanted)


async def _found(connection: asyncpg.Connection) -> Loaded | None:
    if await connection.fetchval("select to_regclass('hawk_dev.loaded')") is None:
        return None
    row = await connection.fetchrow("select made_of, anchor from hawk_dev.loaded")
    return Loaded(*row) if row else None


async def _fill(connection: asyncpg.Connection, tables: dict[str, Rows]) -> None:
    await connection.execute(f"truncate {', '.join(tables)}")
    for name, content in tables.items():
        columns = tuple(dict.fromkeys(column for row in content for column in row))
        await connection.copy_records_to_table(
            name, records=_records(content, columns), columns=columns
        )
    await connection.execute(AFTER)


def _records(content: Iterable[Row], columns: Iterable[str]) -> Iterable[tuple[object, ...]]:
    return (tuple(_cell(row.get(column)) for column in columns) for row in content)


def _cell(value: object) -> object:
    return json.dumps(value) if isinstance(value, dict | list) else value
