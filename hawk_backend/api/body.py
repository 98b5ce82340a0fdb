"""Reading a request's body: bounded in size and time, JSON only, amounts exact."""

import asyncio
import json
from decimal import Decimal
from typing import Any, NoReturn

from starlette.requests import Request

from hawk_backend.errors import (
    BodyTooLarge,
    InvalidRequest,
    MalformedBody,
    SlowBody,
    UnsupportedMedia,
)
from hawk_backend.models import Prompt

BODY_LIMIT = 1 << 20
"""Bytes that a body may have (1 MiB)."""
BODY_S = 30.0
"""Seconds within which it must have arrived."""


async def read_prompt(request: Request) -> Prompt:
    """Return the validated prompt of a request.

    Raises UnsupportedMedia (415), BodyTooLarge (413), SlowBody (408), MalformedBody (400),
    InvalidRequest or pydantic's ValidationError (422).
    """
    return Prompt.model_validate(await read_object(request))


async def read_object(request: Request) -> dict[str, Any]:
    """Return the JSON object of the body, its numbers exact (int or Decimal)."""
    _require_json(request)
    body = await _read_bounded(request)
    try:
        value = json.loads(body, parse_float=Decimal, parse_constant=_refuse)
    except (ValueError, RecursionError) as exc:
        where = f" at character {exc.pos}" if isinstance(exc, json.JSONDecodeError) else ""
        raise MalformedBody(
            f"The body is not valid JSON{where}.", remedy="send one JSON object in UTF-8"
        ) from None
    if not isinstance(value, dict):
        raise InvalidRequest(
            "The body is not a JSON object.",
            remedy='send an object such as {"user_prompt": "…"}',
            field="body",
        )
    return value


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


def _require_json(request: Request) -> None:
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media != "application/json" and not media.endswith("+json"):
        raise UnsupportedMedia(
            f"Content-Type is {media or 'missing'}.", remedy="send Content-Type: application/json"
        )


async def _read_bounded(request: Request) -> bytes:
    announced = request.headers.get("content-length", "")
    if announced.isdigit() and int(announced) > BODY_LIMIT:
        raise _too_large()
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_S):
            async for chunk in request.stream():
                body += chunk
                if len(body) > BODY_LIMIT:
                    raise _too_large()
    except TimeoutError:
        raise SlowBody(
            f"The body did not arrive within {BODY_S:.0f} s.", remedy="send it again, at once"
        ) from None
    return bytes(body)


def _too_large() -> BodyTooLarge:
    return BodyTooLarge(
        f"The body is over {BODY_LIMIT} bytes.",
        remedy="shorten the prompt; a prompt may have 100,000 characters",
    )
