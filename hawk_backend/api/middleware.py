"""Pure ASGI layers around the app: streams stay streams."""

import re
from http import HTTPStatus
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hawk_backend.api.problems import problem
from hawk_backend.observability import bound, logger

_LOG = logger("api")
_REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_SLASHES = re.compile("/{2,}")
_PREFIX = "/api/"
_SAFE = {"GET", "HEAD", "OPTIONS"}


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


class ListedOrigins(CORSMiddleware):
    """CORS for the listed origins; a page of another may neither read here nor change anything.

    A browser sends a foreign page's simple requests without asking first, and says so in
    Sec-Fetch-Site. The gateway's own page stays its own behind any proxy.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse a foreign page's POST or DELETE; else answer as CORS has it."""
        if scope["type"] == "http" and self._is_foreign(scope["method"], Headers(scope=scope)):
            await _not_listed(403, "Another site's page may not change anything here.")(
                scope, receive, send
            )
        else:
            await super().__call__(scope, receive, send)

    def preflight_response(self, request_headers: Headers) -> Response:
        """Answer a preflight; a refusal is a problem that says how to be let in."""
        response = super().preflight_response(request_headers)
        if response.status_code == HTTPStatus.OK:
            return response
        return _not_listed(response.status_code, f"{bytes(response.body).decode()}.")

    def _is_foreign(self, method: str, headers: Headers) -> bool:
        return (
            method not in _SAFE
            and headers.get("sec-fetch-site") in {"cross-site", "same-site"}
            and not self.is_allowed_origin(headers.get("origin", ""))
        )


def _not_listed(status: int, detail: str) -> Response:
    return problem(
        status,
        "origin-not-listed",
        "Origin not listed",
        detail,
        remedy="list the page's exact origin, such as http://localhost:4200, in ALLOWED_ORIGINS",
    )


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
