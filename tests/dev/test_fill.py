"""Making and loading the synthetic data: deterministic, for any anchor, all or nothing."""

import asyncio
import hashlib
import os
import sys
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hawk_backend.catalogue import Catalogue
from hawk_backend.dev.data import fill, load, rows
from hawk_backend.dev.schema import core_tables
from tests.dev.database import count
from tests.stack import ANCHOR

CATALOGUE = Catalogue.load()


async def test_the_same_anchor_makes_the_same_bytes() -> None:
    """Two processes with different hash seeds make rows that are equal to the last character."""
    program = (
        "from datetime import date; from hawk_backend.dev.data import rows;"
        "print(rows(date(2025, 9, 17)))"
    )
    outputs = await asyncio.gather(*(_run(program, seed) for seed in ("1", "2")))
    digests = {hashlib.sha256(output).hexdigest() for output in outputs}
    assert len(digests) == 1
    assert outputs[0].strip() == str(rows(ANCHOR)).encode()


@settings(max_examples=25, deadline=None)
@given(st.dates(min_value=date(2001, 1, 1), max_value=date(2099, 12, 31)))
def test_any_anchor_makes_as_many_rows(anchor: date) -> None:
    """Rows per table do not depend on the date, and no two of them share a key."""
    made, usual = rows(anchor), rows(ANCHOR)
    assert {name: len(content) for name, content in made.items()} == {
        name: len(content) for name, content in usual.items()
    }
    for table in core_tables(CATALOGUE):
        keys = Counter(tuple(row[column] for column in table.key) for row in made[table.name])
        assert [key for key, times in keys.items() if times > 1] == []


def test_every_core_table_has_rows() -> None:
    """No table of the local stack is empty: each has something to be tested on."""
    made = rows(ANCHOR)
    assert [table.name for table in core_tables(CATALOGUE) if not made.get(table.name)] == []


async def test_loading_again_changes_nothing(empty: str) -> None:
    """The same anchor leaves a loaded database alone, what was written to it included."""
    await load(empty, ANCHOR)
    before = await _content(empty)
    assert {name: rows for name, (rows, _) in before.items()} == {
        name: len(content) for name, content in rows(ANCHOR).items()
    }
    await _execute(empty, "update entity_master set comments = 'mine'")
    await load(empty, ANCHOR)
    after = await _content(empty)
    assert {name for name in before if after[name] != before[name]} == {"entity_master"}


async def test_another_anchor_shifts_the_data(empty: str) -> None:
    """Loading another date and then the first again gives the first data again, to the row."""
    await load(empty, ANCHOR)
    first = await _content(empty)
    await load(empty, date(2026, 2, 28))
    connection = await asyncpg.connect(empty)
    try:
        newest = await connection.fetchval("select max(as_of_date) from position_nav_master")
        stuck = await count(connection, "v_stage2_stuck")
        recent = await count(connection, "v_available_amounts_fast")
    finally:
        await connection.close()
    assert (newest, stuck, recent) == (date(2026, 2, 28), 2, 44)
    await load(empty, ANCHOR)
    assert await _content(empty) == first


async def test_migrations_come_after_the_schema(empty: str, tmp_path: Path) -> None:
    """They are applied in the order of their names; a new one makes the database anew."""
    (tmp_path / "1_first.sql").write_text(
        "create table kept as select entity_id from entity_master;"
    )
    await load(empty, ANCHOR, tmp_path)
    await _execute(empty, "update entity_master set comments = 'mine'")
    (tmp_path / "2_second.sql").write_text("alter table kept add column note text;")
    await load(empty, ANCHOR, tmp_path)
    connection = await asyncpg.connect(empty)
    try:
        assert await count(connection, "kept", "note is null") == 0
        assert await count(connection, "entity_master", "comments is not null") == 0
    finally:
        await connection.close()


async def test_another_generator_makes_the_database_anew(
    empty: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever changes the code that makes rows finds his rows after the next start."""
    await load(empty, ANCHOR)
    await _execute(empty, "update entity_master set comments = 'mine'")
    (tmp_path / "story.py").write_text("# another story")
    monkeypatch.setattr(fill, "GENERATOR", tmp_path)
    await load(empty, ANCHOR)
    connection = await asyncpg.connect(empty)
    try:
        assert await count(connection, "entity_master", "comments is not null") == 0
    finally:
        await connection.close()


async def test_a_load_that_fails_leaves_what_was_there(empty: str, tmp_path: Path) -> None:
    """Schema and rows change in one transaction."""
    await load(empty, ANCHOR)
    before = await _content(empty)
    (tmp_path / "1_broken.sql").write_text("create table broken (;")
    with pytest.raises(asyncpg.PostgresSyntaxError):
        await load(empty, ANCHOR, tmp_path)
    assert await _content(empty) == before


async def _run(program: str, seed: str) -> bytes:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        program,
        env=os.environ | {"PYTHONHASHSEED": seed},
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate()
    return output


async def _execute(dsn: str, statement: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def _content(dsn: str) -> dict[str, tuple[int, Any]]:
    """Count and digest the rows of every table."""
    connection = await asyncpg.connect(dsn)
    try:
        return {
            name: await connection.fetchrow(
                f"select count(*), md5(string_agg(t::text, '|' order by t::text)) from {name} t"  # noqa: S608 - a test's own words
            )
            for name in rows(ANCHOR)
        }
    finally:
        await connection.close()
