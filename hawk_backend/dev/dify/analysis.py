"""The answer: Markdown made of the context that was received, the same for the same context.

Nothing here knows a prompt or a table of ours: it looks for headings, `key: value` lines and rows
of cells divided by `|`, prefers lines that speak of figures, and quotes them as they stand.  Every
number in the answer is therefore in the context or in the question.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise

TOPICS = ("capacity", "available", "threshold", "alert", "gap", "missing", "total", "status")
"""Words that make a line worth quoting, the most wanted first."""

ITEMS = ("- ", "* ", "| ")
"""How an item of a list begins; a row of one cell is one too."""

PER_TOPIC = 6
TABLES = 6
ROWS = 4
LINE = 300

_MARKED = re.compile(r"^(?:#+|-{2,}|={2,})\s*(?P<title>[^=\-\s].*?)\s*(?:-{2,}|={2,})?$")
_CAPITALS = re.compile(r"^[A-Z][A-Z0-9 _/&()-]{3,80}:?$")
_KEY_VALUE = re.compile(r"^(?P<key>[^:|]{2,80}?)\s*[:=]\s+(?P<value>\S.*)$")
_FIGURE = re.compile(r"\d")
_RULE = re.compile(r"^[\s|:\-+]+$")


@dataclass(slots=True)
class Table:
    """Consecutive lines of cells; the first is taken for the header."""

    heading: str
    lines: list[str] = field(default_factory=list)


def analyse(query: str, context: str) -> str:
    """Return the answer to `query`; an empty `context` is said plainly."""
    asked = _short(" ".join(query.split()))
    opening = f"**Asked:** {asked}\n\n"
    if not context.strip():
        return opening + "No context was received with this question, so there are no figures.\n"
    lines = [_short(line.rstrip()) for line in context.split("\n")]
    tables = _tables(lines)
    sections = [*_topics(lines), *(_quoted(table) for table in _chosen(tables))]
    note = "This is the stand-in for Dify: it quotes the context and adds no figure of its own.\n"
    return opening + note + "".join(f"\n{section}\n" for section in sections)


def pieces(text: str, count: int | None = None) -> list[str]:
    """Cut the text into `count` pieces, by default into 20 to 60; a short text is repeated."""
    if count is None:
        count = min(len(text), max(20, min(60, len(text) // 40)))
    elif len(text) < count:
        text = (text or ".") * count
    bounds = [len(text) * i // count for i in range(count + 1)] if count else []
    return [text[a:b] for a, b in pairwise(bounds)]


def _short(line: str) -> str:
    """Cut a long line between two words, never inside a number."""
    return line if len(line) <= LINE else line[:LINE].rpartition(" ")[0]


def _topics(lines: Iterable[str]) -> Iterator[str]:
    found: dict[str, list[str]] = {topic: [] for topic in TOPICS}
    heading = ""
    for line in lines:
        if (title := _heading(line)) is not None:
            heading = title
            continue
        topic, quote = _topic(line, heading), _quote(line)
        if topic and quote and len(found[topic]) < PER_TOPIC:
            found[topic].append(quote)
    for topic, quotes in found.items():
        if quotes:
            yield "\n".join([f"### {topic.capitalize()}", *quotes])


def _topic(line: str, heading: str) -> str | None:
    """Return the topic that a line speaks of; an item of a list also has its heading's."""
    text = f"{heading} {line}" if line.lstrip().startswith(ITEMS) else line
    return next((topic for topic in TOPICS if topic in text.lower()), None)


def _quote(line: str) -> str | None:
    """Return a line that can stand alone as an item; None for prose, citations and rows."""
    text = line.strip()
    is_item = text.startswith(ITEMS)
    text = text[2:].strip() if is_item else text
    if not text or "|" in text or text.startswith(">"):
        return None
    if match := _KEY_VALUE.match(text):
        return f"- **{match['key'].strip('* ')}:** {match['value']}"
    return f"- {text}" if is_item or _FIGURE.search(text) else None


def _heading(line: str) -> str | None:
    text = line.strip()
    if match := _MARKED.match(text):
        return match["title"].strip()
    return text.strip(": ") if _CAPITALS.match(text) else None


def _tables(lines: Iterable[str]) -> list[Table]:
    tables: list[Table] = []
    heading, current = "", None
    for line in lines:
        cells = line.strip().strip("|").strip()
        if "|" not in cells:
            current = None
            heading = _heading(line) or heading
        elif not _RULE.match(line):
            if current is None:
                current = Table(heading)
                tables.append(current)
            current.lines.append(cells)
    return [table for table in tables if len(table.lines) > 1]


def _chosen(tables: list[Table]) -> list[Table]:
    """Return the tables that speak most of what is wanted, in their own order."""

    def rank(table: Table) -> int:
        text = (table.heading + table.lines[0]).lower()
        return sum(topic in text for topic in TOPICS)

    best = sorted(tables, key=rank, reverse=True)[:TABLES]
    return [table for table in tables if any(table is one for one in best)]


def _quoted(table: Table) -> str:
    """Return the first rows, and the one of the total, as a table of Markdown."""
    header, *rows = table.lines
    wanted = rows[:ROWS] + [row for row in rows[ROWS:] if "total" in row.lower()][:1]
    rule = " | ".join("---" for _ in header.split("|"))
    lines = [f"| {line} |" for line in (header, rule, *wanted)]
    return "\n".join([f"### {table.heading or 'Table'}", "", *lines])
