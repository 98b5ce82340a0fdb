"""Pure ASGI layers around the app: streams stay streams."""

import re
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hawk_backend.api.problems import problem
from hawk_backend.observability import bound, logger

_LOG = logger("api")
_REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_SLASHES = re.compile("/{2,}")
_PREFIX = "/api/"


class RequestId:
    """Give every request an id: the client's X-Request-Id where it is well formed, else ours."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Bind the id to the request's state, its log lines and its response."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        asked = Headers(scope=scope).get("x-request-id", "")
        request_id = asked if _REQUEST_ID.fullmatch(asked) else uuid4().hex
        scope.setdefault("state", {})["request_id"] = request_id

        async def tagged(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["x-request-id"] = request_id
            await send(message)

        with bound(request_id=request_id):
            await self.app(scope, receive, tagged)


class PlainPath:
    """Serve `/api//hawk-agent/…` as `/hawk-agent/…`: deployed clients send both.

    Doubled slashes become one, a leading `/api` goes, and so does a trailing slash. HEAD asks
    what GET would answer; the server leaves the body out.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Rewrite path and method, then call the app."""
        if scope["type"] == "http":
            path = _SLASHES.sub("/", scope["path"])
            if path.startswith(_PREFIX):
                path = path[len(_PREFIX) - 1 :]
            path = path.rstrip("/") or "/"
            method = "GET" if scope["method"] == "HEAD" else scope["method"]
            scope = {**scope, "method": method, "path": path, "raw_path": path.encode()}
        await self.app(scope, receive, send)


class Unforeseen:
    """Answer an error that nobody foresaw with a problem that gives nothing away."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Call the app; where it fails before its response started, answer 500.

        A client that leaves before it has sent everything is no failure, and nobody to answer.
        """
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, watched)
        except ClientDisconnect:
            _LOG.info("client_left", path=scope["path"])
        except Exception:
            if scope["type"] != "http" or started:
                raise
            _LOG.exception("unforeseen error", path=scope["path"])
            await _internal_error()(scope, receive, send)


def _internal_error() -> ASGIApp:
    return problem(
        500,
        "internal-error",
        "Internal error",
        "The request failed inside the service.",
        remedy="quote the X-Request-Id of this answer to the operators",
    )
