"""Which path is whose, and what comes before the handlers: key, method, refusals."""

import json
import re
from collections.abc import Awaitable, Callable, Iterable
from typing import Protocol

from hawk_backend.dev.dify.apps import BY_KEY, App
from hawk_backend.dev.dify.asking import Asking
from hawk_backend.dev.dify.control import Control
from hawk_backend.dev.dify.payloads import RefusedError
from hawk_backend.dev.dify.reading import Reading
from hawk_backend.dev.dify.refusals import NOT_FOUND_PAGE, error, unauthorized
from hawk_backend.dev.dify.standin import StandIn
from hawk_backend.dev.dify.wire import Connection, Request, Response


class Reply(Protocol):
    """What a handler returns: something that sends itself."""

    async def send(self, connection: Connection) -> None:
        """Send all of it."""


Handler = Callable[[Request, App, str], Awaitable[Reply]]

HEALTH = Response(
    200,
    json.dumps(
        {"status": "ok", "service": "stand-in for Dify", "note": "No language model answers here."}
    ).encode(),
)


class Routes:
    """Answers every request."""

    def __init__(self, standin: StandIn) -> None:
        self._control = Control(standin)
        self._table = [
            (method, re.compile(f"/v1{path}"), handler)
            for method, path, handler in _table(Asking(standin), Reading(standin))
        ]

    async def reply(self, request: Request) -> Reply:
        """Return the reply: never raises for what a client sends."""
        if request.path.startswith("/control/"):
            return self._control(request)
        if request.path == "/health":
            return HEALTH
        found = [(method, path.fullmatch(request.path), h) for method, path, h in self._table]
        found = [route for route in found if route[1]]
        if not found:
            return NOT_FOUND_PAGE
        for method, match, handler in found:
            if match and method == request.method:
                return await self._handled(handler, request, "".join(match.groups()))
        text = "The method is not allowed for the requested URL."
        return error(405, "method_not_allowed", text)

    async def _handled(self, handler: Handler, request: Request, argument: str) -> Reply:
        try:
            return await handler(request, app_of(request), argument)
        except RefusedError as exc:
            return exc.response


def app_of(request: Request) -> App:
    """Return the app whose key the request carries; RefusedError with Dify's 401 otherwise."""
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not key:
        text = "Authorization header must be provided and start with 'Bearer'"
        raise RefusedError(unauthorized(text))
    if (app := BY_KEY.get(key.strip())) is None:
        raise RefusedError(unauthorized("Access token is invalid"))
    return app


def _table(asking: Asking, reading: Reading) -> Iterable[tuple[str, str, Handler]]:
    return (
        ("POST", "/chat-messages", asking.chat),
        ("POST", "/completion-messages", asking.completion),
        ("POST", "/workflows/run", asking.workflow),
        ("POST", "/(?:chat|completion)-messages/([^/]+)/stop", asking.stop),
        ("POST", "/workflows/tasks/([^/]+)/stop", asking.stop),
        ("GET", "/info", reading.info),
        ("GET", "/parameters", reading.parameters),
        ("GET", "/conversations", reading.conversations),
        ("GET", "/messages", reading.messages),
        ("GET", "/messages/([^/]+)/suggested", reading.suggested),
        ("POST", "/conversations/([^/]+)/name", reading.name),
        ("DELETE", "/conversations/([^/]+)", reading.delete),
        ("GET", "/workflows/run/([^/]+)", reading.workflow_run),
    )
