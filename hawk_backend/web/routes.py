"""The page at `/` and the offline /docs, with headers that let them load nothing foreign."""

import os
from pathlib import Path

from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.staticfiles import NotModifiedResponse, StaticFiles
from starlette.types import Scope

STATIC = Path(__file__).parent / "static"
VENDOR = Path(__file__).parent / "vendor"
"""Third-party browser code; `hawk_backend.dev.vendor` fills it."""

_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}

_SAME_ORIGIN = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

PAGE_POLICY = f"{_SAME_ORIGIN}; require-trusted-types-for 'script'; trusted-types dompurify"
"""No string becomes markup on the page, unless DOMPurify has made it harmless."""

DOCS_POLICY = _SAME_ORIGIN
"""Swagger UI writes markup from strings of its own, so it gets no Trusted Types."""

_HEADERS = {
    "Cache-Control": "no-cache",  # kept, but asked for again with its ETag
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}

_UNVENDORED = """The page's libraries are not here yet.

Fetch them on the gateway's machine and load this page again:

    python -m hawk_backend.dev.vendor

The gateway itself runs; its operations do not need them.
"""


def mount(app: Starlette, *, static: Path = STATIC, vendor: Path = VENDOR) -> None:
    """Serve `/`, `/docs`, `/static/…` and `/vendor/…` from `app`."""
    # Plain functions: Starlette runs them in a thread, because they look at files.

    def page(_: Request) -> Response:
        return _document(static / "index.html", PAGE_POLICY, vendor / "marked.js")

    def docs(_: Request) -> Response:
        return _document(static / "docs.html", DOCS_POLICY, vendor / "swagger-ui-bundle.js")

    app.router.add_route("/", page, methods=["GET"], include_in_schema=False)
    app.router.add_route("/docs", docs, methods=["GET"], include_in_schema=False)
    app.router.mount("/static", _Files(static), name="static")
    app.router.mount("/vendor", _Files(vendor), name="vendor")


def _document(path: Path, policy: str, needed: Path) -> Response:
    if not needed.is_file():
        return PlainTextResponse(_UNVENDORED, status_code=503, headers=_HEADERS)
    headers = _HEADERS | {"Content-Security-Policy": policy}
    return FileResponse(path, media_type=_TYPES[".html"], headers=headers)


class _Files(StaticFiles):
    """A folder whose types do not depend on the system's MIME table, which is not even read."""

    def __init__(self, folder: Path) -> None:
        super().__init__(directory=folder, check_dir=False)
        self.config_checked = True  # a folder that is missing is many 404, not a 500

    def file_response(
        self,
        full_path: str | os.PathLike[str],
        stat_result: os.stat_result,
        scope: Scope,
        status_code: int = 200,
    ) -> Response:
        """Return the file, or 304 to whoever has it already."""
        kind = _TYPES.get(Path(full_path).suffix, "application/octet-stream")
        response = FileResponse(full_path, status_code, _HEADERS, kind, stat_result=stat_result)
        if self.is_not_modified(response.headers, Headers(scope=scope)):
            return NotModifiedResponse(response.headers)
        return response
