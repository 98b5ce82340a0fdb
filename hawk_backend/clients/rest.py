"""Questions to PostgREST, built by its client library, answered with raw bytes.

The library's own decoding turns `numeric` into float, and its retries sleep for seconds: it
builds and sends the request here, the bytes are read by rows.
"""

from collections.abc import Mapping, Sequence

import httpx
from postgrest import AsyncPostgrestClient, AsyncSelectRequestBuilder
from postgrest.utils import sanitize_param

from hawk_backend.catalogue import Order
from hawk_backend.rows import Term, Value, Where

_DIRT = ("", "\r\n", "\n", " ")
"""What may follow a code in the database without being part of it."""


class Rest:
    """One PostgREST under one identity: 8 µs to make, so every principal gets its own."""

    def __init__(self, http: httpx.AsyncClient, url: str, headers: Mapping[str, str]) -> None:
        self._client = AsyncPostgrestClient(
            url, headers=dict(headers), http_client=http, retry_enabled=False
        )
        self._http = http
        self._url = url

    async def rows(
        self,
        table: str,
        columns: Sequence[str] = ("*",),
        *,
        where: Where = (),
        order: Sequence[Order] = (),
        limit: int,
        offset: int = 0,
    ) -> httpx.Response:
        """Ask for rows of one table; the answer is whatever came, of any status."""
        builder = self._client.from_(table).select(*columns)
        for terms in where:
            _narrow(builder, terms)
        for term in order:
            builder.order(term.column, desc=term.descending, nullsfirst=False)
        builder.limit(limit)
        if offset:
            builder.offset(offset)
        return await builder.request.send(httpx.Headers())

    async def schema(self) -> httpx.Response:
        """Ask for the OpenAPI description of everything that this identity may see."""
        return await self._http.get(f"{self._url}/", headers=self._client.headers)


def _narrow(builder: AsyncSelectRequestBuilder, terms: Sequence[Term]) -> None:
    """Add one group of alternatives; the library, or its quoting, writes every value."""
    if len(terms) > 1:
        builder.or_(",".join(map(_alternative, terms)))
        return
    term = terms[0]
    match term.test:
        case "in":
            builder.in_(term.column, _written(term))
        case "not in":
            builder.or_(_alternative(term))
        case "null":
            builder.is_(term.column, None)
        case "from":
            builder.gte(term.column, _written(term)[0])
        case "to":
            builder.lte(term.column, _written(term)[0])


def _alternative(term: Term) -> str:
    values = ",".join(map(sanitize_param, _written(term)))
    match term.test:
        case "in":
            return f"{term.column}.in.({values})"
        case "not in":
            return f"{term.column}.is.null,{term.column}.not.in.({values})"
        case "null":
            return f"{term.column}.is.null"
        case "from":
            return f"{term.column}.gte.{values}"
        case "to":
            return f"{term.column}.lte.{values}"


def _written(term: Term) -> list[str]:
    """Write the values; a code is looked for with what may cling to it in the database."""
    texts = [_text(value) for value in term.values]
    if term.test not in ("in", "not in") or not all(isinstance(v, str) for v in term.values):
        return texts
    return [text + dirt for text in texts for dirt in _DIRT]


def _text(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else value.isoformat()
