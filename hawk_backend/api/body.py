"""Reading a request's body: bounded in size and time, JSON only, amounts exact."""

import asyncio
import json
from decimal import Decimal, InvalidOperation
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
        value = json.loads(body, parse_int=_integer, parse_float=_decimal, parse_constant=_refuse)
    except (ValueError, RecursionError) as exc:
        raise MalformedBody(_fault(exc), remedy="send one JSON object in UTF-8") from None
    if not isinstance(value, dict):
        raise InvalidRequest(
            "The body is not a JSON object.",
            remedy='send an object such as {"user_prompt": "…"}',
            field="body",
        )
    return value


def _integer(digits: str) -> int | Decimal:
    """Read an integer of any length; Python's own has a limit that is no concern of the field."""
    try:
        return int(digits)
    except ValueError:
        return Decimal(digits)


def _decimal(number: str) -> Decimal:
    """Read a number exactly; one beyond all exponents is infinite, for its field to refuse."""
    try:
        return Decimal(number)
    except InvalidOperation:
        return Decimal("Infinity")


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


def _fault(exc: ValueError | RecursionError) -> str:
    """Say what keeps a body from being read, without a piece of it."""
    match exc:
        case json.JSONDecodeError():
            return f"The body is not valid JSON at character {exc.pos}."
        case UnicodeDecodeError():
            return f"The body is not UTF-8 at byte {exc.start}."
        case RecursionError():
            return "The body is nested too deeply."
        case _:
            return "The body is not valid JSON: it has no NaN and no Infinity."


def _require_json(request: Request) -> None:
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media != "application/json" and not media.endswith("+json"):
        raise UnsupportedMedia(
            f"Content-Type is {media or 'missing'}.", remedy="send Content-Type: application/json"
        )
    if packed := request.headers.get("content-encoding", "").replace("identity", ""):
        raise UnsupportedMedia(f"Content-Encoding is {packed}.", remedy="send the body unpacked")


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
