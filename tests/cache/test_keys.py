"""The key of a slice: nothing that the source is asked is missing from it."""

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime

import httpx
from hypothesis import given, settings
from hypothesis import strategies as st

from hawk_backend.cache.keys import SliceKey, full_name, slice_key
from hawk_backend.catalogue import Table
from hawk_backend.clients.http import open_client
from hawk_backend.clients.schema import Findings
from hawk_backend.clients.supabase import Supabase, SupabaseAccess
from hawk_backend.models import SERVICE, Principal
from hawk_backend.rows import Term
from tests.cache.rig import TABLES

Asked = tuple[Table, frozenset[str], tuple[tuple[Term, ...], ...]]
_WORDS = st.text(max_size=6) | st.sampled_from(["CNY", "a,b", "a','b", "(", ")", "|", "\\", "\r\n"])
_VALUES = _WORDS | st.booleans() | st.dates(date(2020, 1, 1), date(2030, 1, 1))
_DAYS = st.dates(date(2020, 1, 1), date(2030, 1, 1))


@st.composite
def terms(draw: st.DrawFn, table: Table) -> Term:
    """One comparison that the filters may make."""
    names = [column.name for column in table.columns] or ["anything"]
    column = draw(st.sampled_from(names))
    test = draw(st.sampled_from(["in", "not in", "null", "from", "to"]))
    if test == "null":
        return Term(column, "null")
    if test in ("from", "to"):
        return Term(column, "from" if test == "from" else "to", (draw(_DAYS),))
    values = tuple(draw(st.lists(_VALUES, min_size=1, max_size=3)))
    return Term(column, "in" if test == "in" else "not in", values)


@st.composite
def questions(draw: st.DrawFn) -> Asked:
    """A table, the columns that the database has of it, and a filter."""
    table = draw(st.sampled_from(sorted(TABLES.values(), key=lambda t: t.name)))
    had = frozenset(draw(st.sets(st.sampled_from([c.name for c in table.columns] or ["x"]))))
    groups = st.lists(terms(table), min_size=1, max_size=2).map(tuple)
    return table, had, tuple(draw(st.lists(groups, max_size=2)))


@st.composite
def neighbours(draw: st.DrawFn) -> tuple[Asked, Asked]:
    """Two questions that differ in one place at most."""
    table, had, where = draw(questions())
    other, other_had, other_where = draw(questions())
    match draw(st.sampled_from(["equal", "table", "columns", "filter", "cap", "all"])):
        case "equal":
            return (table, had, where), (table, had, where)
        case "table":
            return (table, had, where), (other, had, where)
        case "columns":
            return (table, had, where), (table, had - set(list(had)[:1]), where)
        case "filter":
            return (table, had, where), (table, had, where[:1])
        case "cap":
            return (table, had, where), (replace(table, row_cap=table.row_cap - 1), had, where)
    return (table, had, where), (other, other_had, other_where)


async def asked(question: Asked) -> tuple[SliceKey, list[str]]:
    """Return the key of a question, and the requests that it makes of PostgREST."""
    table, had, where = question
    requests: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        requests.append(f"{request.url} {sorted(request.headers.items())}")
        return httpx.Response(200, json=[])

    async with open_client(transport=httpx.MockTransport(answer)) as http:
        access = SupabaseAccess("http://source", "key")
        supabase = Supabase(http, access, {table.name: table}, deadline_s=5)
        found = {table.name: had} if table.columns else {}
        supabase.schema.take(Findings(datetime.now(UTC), "test", found))
        shape = supabase.schema.shape(table)
        assert shape is not None
        await supabase.read(table, SERVICE, where)
    return slice_key(table, SERVICE, where, shape=shape, day=""), requests


@settings(max_examples=150, deadline=None)
@given(neighbours())
def test_whatever_changes_the_question_changes_the_key(pair: tuple[Asked, Asked]) -> None:
    """Two questions that make different requests never share a slice."""
    (first, theirs), (second, others) = (asyncio.run(asked(question)) for question in pair)
    if theirs != others:
        assert first != second
    if pair[0] == pair[1]:
        assert first == second


@given(st.lists(st.text(), min_size=5, max_size=5), st.lists(st.text(), min_size=5, max_size=5))
def test_keys_are_written_out_without_confusion(one: list[str], other: list[str]) -> None:
    """Names of tier 2 are equal only where scope, table, filter, shape, day and stamp are."""
    names = [full_name(SliceKey(*parts), b"stamp") for parts in (one, other)]
    assert (names[0] == names[1]) == (one == other)
    assert full_name(SliceKey(*one), b"another") != names[0]


@given(st.text(), st.text(), st.text(), st.text())
def test_scopes_are_apart(role: str, subject: str, other_role: str, other_subject: str) -> None:
    """Two principals share a scope only if they are the same, or both the service."""
    one, other = Principal(subject, role), Principal(other_subject, other_role)
    if one != other:
        assert one.scope != other.scope or role == other_role == SERVICE.role
    assert (one.scope == SERVICE.scope) == (role == SERVICE.role)
