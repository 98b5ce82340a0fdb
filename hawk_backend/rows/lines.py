"""Cells as the context shows them: one line a row, and no text can leave its cell.

What a cell is made of stays readable, but these never come out of one:

* a line break or another control or invisible character: breaks become "⏎", a tab a blank, the
  rest is dropped;
* the separator of columns and the marks of quotes and tags: | ` < > become ¦ ' ⟨ ⟩;
* a heading or a fence: three or more of = # - ~ * in a row become one, and such marks at the
  start of a cell, before a blank, become "·".
"""

import re
import unicodedata
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

CELL_LIMIT = 2_000
"""Characters of one cell that the context may show."""

SEPARATOR = " | "

_PLAIN = re.compile(r"[\w .,:;()+/&%@$'\"!?\[\]{}-]*", re.ASCII)
_BREAKS = re.compile("\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]+")
_MARKS = str.maketrans("|`<>\t", "¦'⟨⟩ ")
_RUN = re.compile(r"([=#~*-])\1{2,}")
_LEADING = re.compile(r"\A[=#~*-]+(?=\s)")
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co"})
_DEEPEST = 12
_LONGEST = 60


def lines(columns: Sequence[Sequence[Any]], count: int) -> list[str]:
    """Join the columns' values into `count` lines."""
    if not columns:
        return [""] * count
    texts = [_column(values) for values in columns]
    return [SEPARATOR.join(cells) for cells in zip(*texts, strict=True)]


def _column(values: Sequence[Any]) -> list[str]:
    """Render one column; equal texts are escaped once."""
    known: dict[str, str] = {}
    texts = []
    for value in values:
        if value.__class__ is not str:
            texts.append("" if value is None else rendered(value))
            continue
        if value not in known:
            known[value] = escaped(value)
        texts.append(known[value])
    return texts


def rendered(value: object) -> str:
    """Render one JSON value; numbers keep every digit and never show an exponent."""
    if isinstance(value, str):
        return escaped(value)
    if isinstance(value, Decimal):
        return _number(value)
    if isinstance(value, dict | list):
        return escaped(_nested(value, _DEEPEST))
    return _scalar(value)


def escaped(text: str) -> str:
    """Make a text safe to stand in a line."""
    if len(text) > CELL_LIMIT:
        text = f"{text[:CELL_LIMIT]}… ({len(text)} characters)"
    if _PLAIN.fullmatch(text) and "--" not in text and not text.startswith("- "):
        return text.strip()
    text = _BREAKS.sub("⏎", text.strip()).translate(_MARKS)
    text = "".join(filter(_seen, text)).strip()
    return _LEADING.sub("·", _RUN.sub(r"\1", text))


def _seen(character: str) -> bool:
    return unicodedata.category(character) not in _UNSEEN


def _scalar(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _number(value: Decimal) -> str:
    """Write a number in full; one of absurd size keeps its exponent."""
    text = str(value)
    return format(value, "f") if "E" in text and abs(value.adjusted()) < _LONGEST else text


def _nested(value: object, depth: int) -> str:
    if isinstance(value, Decimal):
        return _number(value)
    if not isinstance(value, dict | list):
        return value if isinstance(value, str) else _scalar(value)
    if depth == 0:
        return "…"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{k}: {_nested(v, depth - 1)}' for k, v in value.items())}}}"
    return f"[{', '.join(_nested(item, depth - 1) for item in value)}]"
