"""The version feed as PostgREST tells it: versions, views, and every other answer a SourceError."""

import httpx
import pytest

from hawk_backend.clients.http import open_client
from hawk_backend.clients.supabase import SupabaseAccess
from hawk_backend.clients.versions import Versions
from hawk_backend.errors import SourceError


def answering(body: bytes, status: int = 200) -> Versions:
    """Return the feed of a source that answers so."""
    http = open_client(
        transport=httpx.MockTransport(lambda _: httpx.Response(status, content=body))
    )
    return Versions(http, SupabaseAccess("http://s/rest/v1", "k"))


async def test_versions_and_views_are_told() -> None:
    """A version is text; of a view its bases, and whether it is materialized."""
    versions = answering(b'[{"table_name":"gl_coa","version":"12"}]')
    assert await versions.versions() == {"gl_coa": "12"}
    views = answering(b'[{"view_name":"v","bases":["gl_coa"],"materialized":false}]')
    assert await views.views() == {"v": (frozenset({"gl_coa"}), False)}


async def test_a_database_without_the_feed_says_so() -> None:
    """Neither is an error."""
    without = answering(b'{"code":"PGRST205"}', 404)
    assert await without.versions() is None
    assert await without.views() is None


@pytest.mark.parametrize(
    "body", [b"<html>", b"", b"\xff", b"{}", b'{"a":1}', b"7", b"null", b"[1]", b"[{}]", b"[[]]"]
)
async def test_what_is_no_feed_is_an_error_of_the_source(body: bytes) -> None:
    """Something between us and PostgREST may answer in its place: the next poll will tell."""
    for ask in (answering(body).versions, answering(body).views):
        with pytest.raises(SourceError):
            await ask()
