"""A frame of Dify's stream → an event: its JSON object, whatever its text is like."""

import json
import re
from decimal import Decimal
from typing import Any, TypeAlias

import orjson

from hawk_backend.clients.sse import Frame

Event: TypeAlias = dict[str, Any]
"""The object of one frame; "event" is always there and a text."""

_SURROGATES = re.compile("[\\ud800-\\udfff]")


def read_event(frame: Frame) -> Event:
    """Return a frame's JSON object with its "event"; data that is none becomes `undecodable`."""
    event = read_json(frame.data) if frame.data else {}
    kind = event.get("event", frame.event) if isinstance(event, dict) else None
    if not isinstance(kind, str) or kind.startswith("hawk_"):
        return {"event": "undecodable"}
    if kind == "message_end":
        event = _exact_json(frame.data) or event
    return {**event, "event": kind}


def read_json(data: bytes) -> Any:  # noqa: ANN401 - any JSON value
    """Return the value of any JSON text, however odd; None where it is none."""
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        return _exact_json(data)


def _exact_json(data: bytes) -> Any:  # noqa: ANN401
    """Return the value with Decimals for fractions (prices) and U+FFFD for what is no character."""
    try:
        value = json.loads(data.decode("utf-8", "replace"), parse_float=Decimal)
        return _without_surrogates(value)
    except (ValueError, RecursionError):
        return None


def _without_surrogates(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, str):
        return _SURROGATES.sub("\ufffd", value)
    if isinstance(value, list):
        return [_without_surrogates(item) for item in value]
    if isinstance(value, dict):
        return {_without_surrogates(k): _without_surrogates(v) for k, v in value.items()}
    return value
