"""Untrusted text is quoted: it can pose neither as a section nor as the end of the data.

Every line that carries a value from the database begins with `| `, every line of the user's own
words with `> `; nothing else in the context does.  What stands behind that mark is escaped by
rows.py: no line break, no separator of its own, no fence, nothing that cannot be seen.
"""

import re
from collections.abc import Iterable

from hawk_backend.rows.lines import CELL_LIMIT, SEPARATOR, escaped

DATA = "| "
WORDS = "> "

_HARMLESS = re.compile(r"[\w .,:;()+/&%@$'\"!?|-]*", re.ASCII)
_BREAK = re.compile("\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")


def row(cells: Iterable[object]) -> str:
    """Make one quoted line of a table; None is an empty cell."""
    texts = ["" if cell is None else str(cell) for cell in cells]
    line = SEPARATOR.join(texts)
    if _is_harmless(line, len(texts)):
        return DATA + line
    return DATA + SEPARATOR.join(map(escaped, texts))


def _is_harmless(line: str, cells: int) -> bool:
    """Whether no cell needs escaping: looked at once, not cell by cell, for most lines do not."""
    return (
        len(line) <= CELL_LIMIT
        and _HARMLESS.fullmatch(line) is not None
        and line.count("|") == cells - 1
        and "--" not in line
        and "- " not in line
    )


def quote(text: str, limit: int) -> list[str]:
    """Quote the user's words line by line, at most `limit` characters of them."""
    lines = [WORDS + escaped(line) for line in _BREAK.split(text[:limit])]
    if len(text) > limit:
        lines.append(f"({len(text) - limit} more characters: the query holds the whole prompt)")
    return lines
