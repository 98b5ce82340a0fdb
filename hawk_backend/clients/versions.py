"""What the database tells of its changes: the version feed of supabase/migrations."""

import json
from collections.abc import Mapping
from typing import Any

import httpx

from hawk_backend.clients.rest import Rest
from hawk_backend.clients.supabase import SupabaseAccess
from hawk_backend.clients.verdict import require_rows, spoken_plainly
from hawk_backend.errors import SourceError, TableAbsent
from hawk_backend.models import SERVICE

_VERSIONS, _VIEWS = "hawk_table_versions", "hawk_view_bases"
_MOST = 10_000


class Versions:
    """Reads the feed with the service's key; every failure is a SourceError."""

    def __init__(self, http: httpx.AsyncClient, access: SupabaseAccess) -> None:
        self._rest = Rest(http, access.rest_url, access.headers(SERVICE))

    async def versions(self) -> Mapping[str, str] | None:
        """Return the version of every watched table; None where the database has no feed."""
        rows = await self._rows(_VERSIONS)
        if rows is None:
            return None
        return {str(row["table_name"]): str(row["version"]) for row in rows}

    async def views(self) -> Mapping[str, tuple[frozenset[str], bool]] | None:
        """Return what every view reads, and whether it is materialized; None: not told."""
        rows = await self._rows(_VIEWS)
        if rows is None:
            return None
        return {
            str(row["view_name"]): (frozenset(map(str, row["bases"])), bool(row["materialized"]))
            for row in rows
        }

    async def _rows(self, view: str) -> list[dict[str, Any]] | None:
        try:
            with spoken_plainly(view):
                response = await self._rest.rows(view, limit=_MOST)
                body = require_rows(view, response)
        except TableAbsent:
            return None
        rows = json.loads(body)
        if not isinstance(rows, list):
            raise SourceError(f"{view} came as something else than rows")
        return rows
