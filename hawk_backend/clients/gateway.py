"""Our own gateway as the command line speaks to it."""

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import httpx
import orjson

from hawk_backend.clients.http import Deadlines, open_client
from hawk_backend.clients.sse import FrameParser
from hawk_backend.errors import HawkError, UpstreamError

_PATIENT = Deadlines(connect=2.0, read=60.0)


class Gateway:
    """A running gateway at one address."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def get(self, path: str) -> Any:  # noqa: ANN401 - whatever JSON the operation answers
        """Return an operation's JSON."""
        with _translated(self._client):
            return _json(await self._client.get(path))

    async def post(self, path: str, body: Mapping[str, object]) -> Any:  # noqa: ANN401
        """Return an operation's JSON for a body."""
        with _translated(self._client):
            return _json(await self._client.post(path, json=dict(body)))

    async def ask(self, prompt: str) -> AsyncIterator[dict[str, Any]]:
        """Yield the events of a prompt's stream as they come."""
        body = {"user_prompt": prompt}
        parser = FrameParser()
        with _translated(self._client):
            async with self._client.stream(
                "POST", "/hawk-agent/process-prompt", json=body
            ) as response:
                if response.status_code != httpx.codes.OK:
                    await response.aread()
                    _json(response)
                async for chunk in response.aiter_bytes():
                    for frame in parser.feed(chunk):
                        if frame.data:
                            yield orjson.loads(frame.data)


@asynccontextmanager
async def open_gateway(url: str) -> AsyncIterator[Gateway]:
    """Speak to the gateway at `url`, such as http://127.0.0.1:8004."""
    async with open_client(url, deadlines=_PATIENT) as client:
        yield Gateway(client)


@contextmanager
def _translated(client: httpx.AsyncClient) -> Iterator[None]:
    try:
        yield
    except httpx.HTTPError as exc:
        raise UpstreamError(
            f"No gateway answers at {client.base_url}.",
            remedy="start one with ./scripts/dev or hawk-backend serve, or give --url",
        ) from exc


def _json(response: httpx.Response) -> Any:  # noqa: ANN401
    try:
        value = orjson.loads(response.content)
    except orjson.JSONDecodeError:
        raise UpstreamError(f"{response.url} answered {response.status_code}, not JSON.") from None
    if response.is_error:
        detail = value.get("detail", response.reason_phrase)
        raise HawkError(str(detail), remedy=str(value.get("remedy", "")))
    return value
