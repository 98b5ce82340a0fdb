"""Untrusted text is quoted: it can pose neither as a section nor as the end of the data.

Every line that carries a value from the database begins with `| `, every line of the user's own
words with `> `; nothing else in the context does.  Section marks stand at the start of a line, so
no quoted text can forge one as long as it cannot start a line: line breaks, control characters
and invisible characters are taken out of it here.  Row lines come escaped from rows.py.
"""

import re
import unicodedata
from collections.abc import Iterable

DATA = "| "
WORDS = "> "

_BREAK = re.compile("\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_SUSPECT = re.compile(r"[^\x20-\x7e]")
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})


def cell(text: str) -> str:
    """Make one cell of a desk table: one line, no column separator of its own."""
    return _visible(_BREAK.sub(" ", text)).replace("|", "¦").strip()


def row(cells: Iterable[str]) -> str:
    """Join cells into one quoted line of a table."""
    return DATA + " | ".join(map(cell, cells))


def quote(text: str, limit: int) -> list[str]:
    """Quote the user's words line by line, at most `limit` characters of them."""
    lines = [WORDS + _visible(line) for line in _BREAK.split(text[:limit])]
    if len(text) > limit:
        lines.append(f"({len(text) - limit} more characters; the query holds the whole prompt)")
    return lines


def _visible(text: str) -> str:
    """Drop control and invisible characters; a tab is a blank."""
    return _SUSPECT.sub(_seen, text)


def _seen(match: re.Match[str]) -> str:
    character = match[0]
    if character == "\t":
        return " "
    return "" if unicodedata.category(character) in _UNSEEN else character
