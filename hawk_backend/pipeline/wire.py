"""An event → the bytes of the stream: one line of compact JSON that no parser can misread."""

import json
import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import orjson

_SURROGATES = re.compile("[\\ud800-\\udfff]")
_LINE_ENDS = (
    (b"\xe2\x80\xa8", b"\\u2028"),
    (b"\xe2\x80\xa9", b"\\u2029"),
    (b"\xc2\x85", b"\\u0085"),
)


def encode(event: Mapping[str, Any]) -> bytes:
    """Return `data: {…}` and a blank line.

    U+2028, U+2029 and U+0085 are escaped, because some readers end a line there; a lone
    surrogate becomes U+FFFD, a Decimal its text.
    """
    try:
        text = orjson.dumps(event, default=_plain)
    except orjson.JSONEncodeError:
        loose = json.dumps(event, ensure_ascii=False, separators=(",", ":"), default=_plain)
        text = _SURROGATES.sub("\ufffd", loose).encode()
    if not text.isascii():
        for raw, escaped in _LINE_ENDS:
            text = text.replace(raw, escaped)
    return b"data: " + text + b"\n\n"


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(type(value).__name__)
