"""What the database tells of its changes: the version feed of supabase/migrations."""

import json
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import httpx

from hawk_backend.clients.rest import Rest
from hawk_backend.clients.supabase import SupabaseAccess
from hawk_backend.clients.verdict import require_rows, spoken_plainly
from hawk_backend.errors import SourceError, TableAbsent
from hawk_backend.models import SERVICE

_VERSIONS, _VIEWS = "hawk_table_versions", "hawk_view_bases"
_MOST = 10_000
T = TypeVar("T")


class Versions:
    """Reads the feed with the service's key; every failure is a SourceError."""

    def __init__(self, http: httpx.AsyncClient, access: SupabaseAccess) -> None:
        self._rest = Rest(http, access.rest_url, access.headers(SERVICE))

    async def versions(self) -> Mapping[str, str] | None:
        """Return the version of every watched table; None where the database has no feed."""
        return await self._read(
            _VERSIONS, lambda row: (str(row["table_name"]), str(row["version"]))
        )

    async def views(self) -> Mapping[str, tuple[frozenset[str], bool]] | None:
        """Return what every view reads, and whether it is materialized; None: not told."""
        return await self._read(
            _VIEWS,
            lambda row: (
                str(row["view_name"]),
                (frozenset(map(str, row["bases"])), bool(row["materialized"])),
            ),
        )

    async def _read(
        self, view: str, pair: Callable[[Mapping[str, Any]], tuple[str, T]]
    ) -> dict[str, T] | None:
        try:
            with spoken_plainly(view):
                response = await self._rest.rows(view, limit=_MOST)
                body = require_rows(view, response)
        except TableAbsent:
            return None
        try:
            rows = json.loads(body)
            if isinstance(rows, list):
                return dict(map(pair, rows))
        except (ValueError, TypeError, KeyError):
            pass
        raise SourceError(f"{view} came as something else than rows")
