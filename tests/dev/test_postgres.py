"""PostgreSQL as whoever may run it."""

import os
from pathlib import Path

import asyncpg
import pytest

from hawk_backend.dev import postgres
from hawk_backend.dev.folder import DataFolder
from hawk_backend.dev.part import bring_down, bring_up
from hawk_backend.dev.postgres import Postgres
from hawk_backend.dev.process import Identity, free_ports

# What is chosen here, and what root falls back to where the kernel denies user namespaces.
IDENTITIES = {postgres.identity()} | ({"nobody"} if os.geteuid() == 0 else set())


@pytest.mark.parametrize("identity", sorted(IDENTITIES))
async def test_postgres_runs_and_keeps_its_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, identity: Identity
) -> None:
    """A cluster is made once, and a clean end leaves it for the next start."""
    monkeypatch.setattr(postgres, "identity", lambda: identity)
    with DataFolder(tmp_path).held():
        await run_sql(tmp_path, "CREATE TABLE kept AS SELECT 42 AS answer")
        assert await run_sql(tmp_path, "SELECT answer FROM kept") == 42


async def run_sql(path: Path, statement: str) -> object:
    """Start the server, run one statement, end the server."""
    part = Postgres(DataFolder(path), *free_ports(1))
    try:
        await bring_up(part)
        connection = await asyncpg.connect(part.dsn)
        value = await connection.fetchval(statement)
        await connection.close()
    finally:
        await bring_down(part)
    assert part.process is not None
    assert part.process.returncode == 0
    return value
