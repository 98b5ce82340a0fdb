"""Dify: opens a generation, reads its events, stops it, and looks at the apps.

Whatever goes wrong is an event too, so that a generation has one way to end: `hawk_refused`
{status, code, message} for an HTTP error and `hawk_broken` {code} for everything that a
network can do. Nothing of Dify may call itself `hawk_…`.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from dataclasses import replace
from typing import Any, Protocol, TypeAlias, cast

import aiohttp
import httpx
import orjson

from hawk_backend.clients.dify_app import App, read_variables
from hawk_backend.clients.dify_event import Event, read_event, read_json
from hawk_backend.clients.http import Deadlines, open_client, open_transport
from hawk_backend.clients.sse import Frame, FrameParser
from hawk_backend.errors import DifyError

_BODY_LIMIT = 64 * 1024
_NETWORK = (httpx.HTTPError, httpx.StreamError, aiohttp.ClientError, OSError)
_SIDE = Deadlines(connect=2.0, read=5.0, pool=5.0)
_LOOK = httpx.Timeout(1.0, read=2.5)
_REFUSED = frozenset({401, 403})


class _Untold(DifyError):
    """Dify is there, and does not say what was asked."""


_Told: TypeAlias = Mapping[str, Any] | DifyError


class Ask(Protocol):
    """One question to Dify."""

    @property
    def app(self) -> str:
        """Which of the keys."""

    @property
    def user(self) -> str:
        """Who asks; scopes conversations and stopping."""

    @property
    def query(self) -> str:
        """The user's words."""

    @property
    def inputs(self) -> Mapping[str, str]:
        """The app's variables."""

    @property
    def conversation_id(self) -> str:
        """Which conversation goes on; "" begins one."""

    @property
    def trace_id(self) -> str:
        """Our name of the request in Dify's own tracing, or ""."""


class Answer:
    """A generation under way: read until None, then close; close at any time cuts it off.

    Holds the bare stream of the transport: an httpx.Response with its request, whose body is
    the context, would break the target of 40 KB an open stream.
    """

    def __init__(self, response: httpx.Response) -> None:
        coded = "content-encoding" in response.headers
        self._stream = cast("httpx.AsyncByteStream", response.stream)
        self._chunks = response.aiter_bytes() if coded else aiter(self._stream)
        self._parser = FrameParser()
        self._ended = False

    async def read(self) -> list[Event] | None:
        """Return the events that the next bytes complete, perhaps none; None at the end."""
        if self._ended:
            return None
        try:
            chunk = await anext(self._chunks, None)
        except _NETWORK:
            return [*self._last(), _broken("cut")]
        if chunk is None:
            return self._last()
        return self._events(self._parser.feed(chunk))

    async def close(self) -> None:
        """Close the connection; a generation that has not ended runs on inside Dify."""
        try:
            if isinstance(self._chunks, AsyncGenerator):
                await self._chunks.aclose()
            await self._stream.aclose()
        except _NETWORK:
            return

    def _last(self) -> list[Event]:
        self._ended = True
        return self._events(self._parser.finish())

    def _events(self, frames: list[Frame]) -> list[Event]:
        events = [read_event(frame) for frame in frames]
        if self._parser.overflowed and not self._ended:
            self._ended = True
            events.append(_broken("frame_too_large"))
        return events


class Refusal:
    """A generation that did not come to be: one event tells why."""

    def __init__(self, event: Event) -> None:
        self._events: list[Event] | None = [event]

    async def read(self) -> list[Event] | None:
        """Return the one event, then None."""
        events, self._events = self._events, None
        return events

    async def close(self) -> None:
        """Do nothing: nothing is open."""


class Dify:
    """One Dify server; a second client keeps stopping and probing possible when all are busy."""

    def __init__(
        self,
        base_url: str,
        keys: Mapping[str, str],
        *,
        connections: int = 8,
        connect_s: float = 2.0,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._keys = {app: key for app, key in keys.items() if key}
        self._apps = dict.fromkeys(self._keys, App())
        self._base_url = base_url
        self._streams = transport or open_transport(connections)
        self._side = open_client(
            f"{base_url}/", deadlines=_SIDE, connections=2, transport=transport
        )
        self._patience = httpx.Timeout(connect_s, read=None)

    @property
    def apps(self) -> Mapping[str, App]:
        """The apps that have a key, as last seen."""
        return self._apps

    async def aclose(self) -> None:
        """Close every connection."""
        await self._streams.aclose()
        await self._side.aclose()

    async def open(self, ask: Ask) -> Answer | Refusal:
        """Ask, and wait for the first byte without a limit of its own: the caller has the clock.

        Each generation has a connection of its own: an idle one would hold one of Dify's ten,
        and one that Dify has just dropped fails in a way that must not be tried again.
        """
        if ask.app not in self._keys:
            return Refusal(_broken("no_key"))
        app = self._apps[ask.app]
        request = httpx.Request(
            "POST",
            f"{self._base_url}/{app.path}",
            content=_body(app, ask),
            headers=self._headers(ask.app) | _stream_headers(ask.trace_id),
            extensions={"timeout": self._patience.as_dict()},
        )
        try:
            response = await self._streams.handle_async_request(request)
        except _NETWORK as exc:
            return Refusal(_broken(_how_opening_failed(exc)))
        if _is_stream(response):
            return Answer(response)
        return Refusal(await _refusal(response))

    async def stop(self, app: str, task_id: str, user: str) -> bool:
        """Ask Dify to end a generation; it obeys only the `user` that began it."""
        try:
            response = await self._side.post(
                self._apps[app].stop_path(task_id),
                content=orjson.dumps({"user": user}),
                headers=self._headers(app),
            )
        except _NETWORK:
            return False
        return response.is_success

    async def look(self, app: str) -> App:
        """Return the app as it is now, and remember it; what it does not tell stays as it was.

        Raises DifyError where Dify is not there at all, or refuses the key.
        """
        info, form = await asyncio.gather(self._get(app, "info"), self._get(app, "parameters"))
        if isinstance(info, DifyError) and not isinstance(info, _Untold):
            raise info
        self._apps[app] = _seen(self._apps[app], info, form)
        return self._apps[app]

    async def _get(self, app: str, path: str) -> _Told:
        try:
            response = await self._side.get(path, headers=self._headers(app), timeout=_LOOK)
        except (httpx.ReadTimeout, httpx.PoolTimeout):
            return _Untold(f"Dify did not answer /{path} of the app {app} in time.")
        except _NETWORK as exc:
            return DifyError(
                f"Dify could not be reached ({_how_opening_failed(exc)}).",
                remedy="check DIFY_API_URL and the network",
            )
        answer = read_json(response.content)
        if response.is_success and isinstance(answer, dict):
            return answer
        refused = response.status_code in _REFUSED or response.is_server_error
        return (DifyError if refused else _Untold)(
            f"Dify answered {response.status_code} to /{path} of the app {app}.",
            remedy="check DIFY_API_URL and the app's key",
        )

    def _headers(self, app: str) -> dict[str, str]:
        return {
            "Authorization": f"Bearer {self._keys[app]}",
            "Content-Type": "application/json",
        }


def _seen(before: App, info: _Told, form: _Told) -> App:
    silent = tuple(told.detail for told in (info, form) if isinstance(told, DifyError))
    app = replace(before, untold=silent)
    if not isinstance(info, DifyError):
        app = replace(
            app,
            mode=str(info.get("mode") or ""),
            name=str(info.get("name") or ""),
            stand_in="stand-in" in (info.get("tags") or ()),
        )
    return app if isinstance(form, DifyError) else replace(app, variables=read_variables(form))


def _stream_headers(trace_id: str) -> dict[str, str]:
    headers = {
        "Accept": "text/event-stream",
        "Accept-Encoding": "identity",
        "Connection": "close",
    }
    return headers | ({"X-Trace-Id": trace_id} if trace_id else {})


def _body(app: App, ask: Ask) -> bytes:
    body: dict[str, object] = {
        "inputs": dict(ask.inputs),
        "user": ask.user,
        "response_mode": "streaming",
    }
    if app.has_query:
        body |= {
            "query": ask.query,
            "conversation_id": ask.conversation_id,
            "auto_generate_name": False,
        }
    else:
        body["inputs"] = {"query": ask.query, **ask.inputs}
    return orjson.dumps(body)


def _is_stream(response: httpx.Response) -> bool:
    kind = response.headers.get("content-type", "")
    return response.status_code == httpx.codes.OK and kind.startswith("text/event-stream")


async def _refusal(response: httpx.Response) -> Event:
    """Return what an answer that is no stream means; reads no more of it than is needed."""
    try:
        async with asyncio.timeout(_SIDE.read):
            body = await _beginning(response.aiter_bytes())
    except _NETWORK:
        body = b""
    finally:
        await response.aclose()
    if response.is_success:
        return _broken("not_a_stream")
    answer = read_json(body)
    fields = answer if isinstance(answer, dict) else {}
    return {
        "event": "hawk_refused",
        "status": response.status_code,
        "code": str(fields.get("code") or ""),
        "message": str(fields.get("message") or ""),
    }


async def _beginning(chunks: AsyncIterator[bytes]) -> bytes:
    body = bytearray()
    async for chunk in chunks:
        body += chunk
        if len(body) >= _BODY_LIMIT:
            break
    return bytes(body)


def _how_opening_failed(exc: Exception) -> str:
    """Return the code: only a connection that never was makes asking again safe.

    The transport reports a connection that broke after the request as a ConnectTimeout too.
    """
    never_was = aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError | None
    connecting = isinstance(exc, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout)
    return "connect_failed" if connecting and isinstance(exc.__cause__, never_was) else "reset"


def _broken(code: str) -> Event:
    return {"event": "hawk_broken", "code": code}
