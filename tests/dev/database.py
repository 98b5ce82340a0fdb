"""Databases of a test's own beside the session's, and looking at one as another role."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg

HEDGED = """
    select distinct on (entity_id, nav_type) entity_id, nav_type, hedged_position as hedged
      from allocation_engine
     where allocation_status not in ('Rejected', 'Failed')
     order by entity_id, nav_type, created_date desc, allocation_id desc
"""
"""SQL of what each line has hedged: the newest snapshot that is neither rejected nor failed."""


@asynccontextmanager
async def empty_database(dsn: str) -> AsyncIterator[str]:
    """Yield the dsn of a new database in the same cluster, dropped afterwards."""
    name = f"test_{uuid4().hex}"
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(f"create database {name}")
        yield urlunsplit(urlsplit(dsn)._replace(path=f"/{name}"))
        await connection.execute(f"drop database {name} with (force)")
    finally:
        await connection.close()


@asynccontextmanager
async def seen_as(
    connection: asyncpg.Connection, role: str, subject: str = ""
) -> AsyncIterator[None]:
    """Be `role` with the token of `subject`, as PostgREST would be; nothing written stays."""
    transaction = connection.transaction()
    await transaction.start()
    try:
        claims = json.dumps({"role": role, "sub": subject})
        await connection.execute("select set_config('request.jwt.claims', $1, true)", claims)
        await connection.execute(f"set local role {role}")
        yield
    finally:
        await transaction.rollback()


async def count(connection: asyncpg.Connection, relation: str, condition: str = "true") -> int:
    """Count the rows of `relation` that the present role sees."""
    sql = f"select count(*) from {relation} where {condition}"  # noqa: S608 - a test's own words
    return int(await connection.fetchval(sql))
