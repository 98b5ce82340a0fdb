"""Errors as problem+json (RFC 9457): what happened, which field, what to do about it."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from hawk_backend.errors import HawkError, InvalidRequest, Overloaded

MEDIA_TYPE = "application/problem+json"
_REMEDIES = {
    404: "see /docs for the operations there are",
    405: "see /docs for the methods that this path takes",
}


def problem(
    status: int,
    slug: str,
    title: str,
    detail: str,
    *,
    remedy: str = "",
    errors: Sequence[Mapping[str, str]] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return one problem; `errors` lists {field, message} for each field at fault."""
    body: dict[str, Any] = {
        "type": f"urn:hawk:problem:{slug}",
        "title": title,
        "status": status,
        "detail": detail,
    }
    if errors:
        body |= {"field": errors[0]["field"], "errors": list(errors)}
    if remedy:
        body["remedy"] = remedy
    return Response(orjson.dumps(body), status, headers=dict(headers or {}), media_type=MEDIA_TYPE)


def from_error(exc: HawkError) -> Response:
    """Return the problem that an error of ours describes."""
    errors = [{"field": exc.field, "message": exc.detail}] if exc.field else []
    headers = {"Retry-After": str(exc.retry_after_s)} if isinstance(exc, Overloaded) else None
    return problem(
        exc.status,
        exc.slug,
        exc.title,
        exc.detail,
        remedy=exc.remedy,
        errors=errors,
        headers=headers,
    )


def from_validation(faults: Sequence[Mapping[str, Any]]) -> Response:
    """Return 422 naming each field and what it takes; the values themselves are not echoed."""
    errors = [{"field": _field(fault["loc"]), "message": _message(fault)} for fault in faults]
    detail = "; ".join(f"{error['field']}: {error['message']}" for error in errors)
    remedy = "correct the named field and send the request again; /docs shows every field"
    return problem(
        InvalidRequest.status,
        InvalidRequest.slug,
        InvalidRequest.title,
        detail,
        remedy=remedy,
        errors=errors,
    )


def _field(location: Sequence[object]) -> str:
    parts = [str(part) for part in location if part not in {"body", "query", "path", "header"}]
    return ".".join(parts) or "body"


def _message(fault: Mapping[str, Any]) -> str:
    message = str(fault["msg"]).removeprefix("Value error, ")
    return message if message[1:2].isupper() else message[:1].lower() + message[1:]


def install(app: FastAPI) -> None:
    """Answer every refusal of the app as problem+json."""

    @app.exception_handler(HawkError)
    async def hawk_error(_request: Request, exc: HawkError) -> Response:
        return from_error(exc)

    @app.exception_handler(ValidationError)
    async def invalid_body(_request: Request, exc: ValidationError) -> Response:
        return from_validation(exc.errors(include_url=False, include_input=False))

    @app.exception_handler(RequestValidationError)
    async def invalid_parameter(_request: Request, exc: RequestValidationError) -> Response:
        return from_validation(exc.errors())

    @app.exception_handler(HTTPException)
    async def refused(_request: Request, exc: HTTPException) -> Response:
        slug = str(exc.detail).lower().replace(" ", "-")
        return problem(
            exc.status_code,
            slug,
            str(exc.detail),
            f"{exc.detail}.",
            remedy=_REMEDIES.get(exc.status_code, ""),
            headers=exc.headers,
        )
