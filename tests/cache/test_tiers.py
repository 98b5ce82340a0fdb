"""Tier 1 keeps its bound and what is in use; tier 2's envelopes come back whole or not at all."""

import gc
import tracemalloc
from datetime import UTC, datetime

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hawk_backend.cache.keys import SliceKey, slice_key
from hawk_backend.cache.tiers import Memory, Rejected, pack, size_of, unpack
from hawk_backend.catalogue import Table
from hawk_backend.models import SERVICE, Principal
from hawk_backend.rows import Answer, Slice, read_slice
from tests.cache.rig import PLAIN, TABLES, ZONE

NOW = datetime(2025, 9, 17, 9, tzinfo=UTC)
SCOPES = [SERVICE, *(Principal(f"desk-{i:02}", "authenticated") for i in range(2))]


def rows(table: Table, count: int) -> Slice:
    """Make a slice; a table whose columns are not catalogued has ten."""
    names = [column.name for column in table.columns] or [f"column_{i}" for i in range(10)]
    body = orjson.dumps([{name: f"{name} {i}" for name in names} for i in range(count)])
    return read_slice(table, body, columns=None, cap=count + 1, zone=ZONE, fetched_at=NOW)


def key(table: Table, principal: Principal = SERVICE) -> SliceKey:
    """Name a whole table."""
    return slice_key(table, principal, (), shape="", day="")


def test_it_keeps_its_bound_with_every_table_at_its_cap_in_several_scopes() -> None:
    """However much is put in: what was not used for longest goes."""
    memory = Memory(100_000_000)
    largest = [rows(table, table.row_cap) for table in TABLES.values()]
    for principal in SCOPES:
        for kept in largest:
            memory.put(key(kept.table, principal), b"stamp", kept)
            assert memory.size <= memory.bound
    assert memory.dropped + len(memory) == len(SCOPES) * len(TABLES)
    assert memory.dropped > len(TABLES)
    assert memory.size == sum(size_of(kept) for _, kept in memory.items()) > 0.9 * memory.bound


@pytest.mark.parametrize("table", list(TABLES.values())[::10], ids=lambda table: table.name)
def test_a_slice_takes_no_more_memory_than_it_says(table: Table) -> None:
    """At its cap, with the texts and the indexes that are made of its rows."""
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    largest = rows(table, table.row_cap)
    gc.collect()
    taken = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert 0.4 * largest.size < taken <= largest.size


def test_what_was_not_used_for_longest_goes_first() -> None:
    """A slice in use stays."""
    one, two, three = TABLES["gl_coa"], TABLES["gl_rules"], TABLES["gl_periods"]
    size = max(rows(table, 50).size for table in (one, two, three)) + 2_000
    memory = Memory(2 * size + 1_000)
    memory.put(key(one), b"s", rows(one, 50))
    memory.put(key(two), b"s", rows(two, 50))
    assert memory.get(key(one))
    memory.put(key(three), b"s", rows(three, 50))
    assert memory.get(key(two)) is None
    assert memory.get(key(one))
    assert memory.get(key(three))


def test_a_slice_larger_than_the_bound_is_not_kept() -> None:
    """Nor does it push the others out."""
    memory = Memory(20_000)
    memory.put(key(TABLES["gl_rules"]), b"s", rows(TABLES["gl_rules"], 1))
    memory.put(key(PLAIN), b"s", rows(PLAIN, 1_000))
    assert memory.get(key(PLAIN)) is None
    assert len(memory) == 1


def test_retired_tables_free_their_memory() -> None:
    """In every scope, and no other table's."""
    memory = Memory(1_000_000)
    for principal in SCOPES:
        memory.put(key(PLAIN, principal), b"s", rows(PLAIN, 5))
    memory.put(key(TABLES["gl_rules"]), b"s", rows(TABLES["gl_rules"], 5))
    memory.drop(frozenset({PLAIN.name}))
    assert len(memory) == 1
    assert memory.size == sum(size_of(kept) for _, kept in memory.items())


_ANSWERS = st.builds(
    Answer,
    body=st.binary(max_size=200),
    columns=st.none() | st.lists(st.text(max_size=5), max_size=4).map(tuple),
    cap=st.integers(1, 10_000),
    fetched_at=st.datetimes(timezones=st.just(UTC)),
)


@given(_ANSWERS, st.text(max_size=40))
def test_an_envelope_comes_back_as_it_was(answer: Answer, name: str) -> None:
    """Bytes, columns, cap and moment are what was put in."""
    assert unpack(pack(answer, name, b"secret"), name, b"secret") == answer


@given(_ANSWERS, st.text(max_size=20), st.data())
def test_no_damage_goes_unnoticed(answer: Answer, name: str, data: st.DataObject) -> None:
    """A byte changed, cut off or added, another name, another secret: rejected."""
    whole = pack(answer, name, b"secret")
    at = data.draw(st.integers(0, len(whole) - 1))
    changed = bytearray(whole)
    changed[at] ^= data.draw(st.integers(1, 255))
    for damaged in (bytes(changed), whole[:at], whole + b"x"):
        with pytest.raises(Rejected):
            unpack(damaged, name, b"secret")
    with pytest.raises(Rejected):
        unpack(whole, name + "x", b"secret")
    with pytest.raises(Rejected):
        unpack(whole, name, b"another")
