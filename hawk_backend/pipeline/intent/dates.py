"""Read dates from words: days, periods, rolling windows and tenors, against a reference date."""

from datetime import date
from itertools import pairwise

from hawk_backend.pipeline.intent import calendar, dayforms, periodforms
from hawk_backend.pipeline.intent import datewords as words
from hawk_backend.pipeline.intent.datewalk import DateWalk
from hawk_backend.pipeline.intent.frame import DateRange
from hawk_backend.pipeline.intent.ids import scan_ids
from hawk_backend.pipeline.intent.spans import blank
from hawk_backend.pipeline.intent.tokens import Tokeniser, Tokens
from hawk_backend.pipeline.intent.wordset import wordset

FORMS = (dayforms, periodforms)
"""Modules that register the forms in which dates are written."""
_LINKS = wordset("through thru until -")
_LENDING = wordset("and or vs versus v against with to than , /")
_PARTS = frozenset((*words.MONTH, *words.ORDINAL, "q", "h"))
_OPENING = wordset("between from")
_INNER = wordset("and to - until")
_FAR_APART = (date(2001, 2, 3), date(2041, 10, 29))


def scan_dates(tokens: Tokens, today: date) -> None:
    """Claim every date, left to right."""
    walk = DateWalk(tokens, today)
    at = 0
    while at < len(tokens):
        reading = walk.read(at) if tokens.claimed[at] is None else None
        if reading is None:
            at += 1
            continue
        found, end = reading
        since = "since" in {walk.word(at - 1), walk.word(at - 2)}
        if since and found.kind in {"day", "period"}:
            found = calendar.rolling(found.start, today)
        tokens.claim(at, end, "date", found, f"date: {found.kind}")
        at = end
    _lend_years(walk)
    _ranges(walk)


def _lend_years(walk: DateWalk) -> None:
    """Give parts of a year the year that is told once, behind the last: "H1 or H2 2024"."""
    tokens = walk.tokens
    year: int | None = None
    following = -1
    for first, end, found in reversed(_spans(tokens)):
        told = next((walk.year_told(at) for at in range(first, end) if walk.year_told(at)), None)
        linked = following == end + 1 and tokens.words[end] in _LENDING
        named = tokens.words[first] in _PARTS and found.kind == "period"
        year = told or (year if linked and named else None)
        if year and not told:
            moved = calendar.years_on(found, year - found.start.year)
            tokens.claim(first, end, "date", moved, "date: period")
        following = first


def _ranges(walk: DateWalk) -> None:
    """Join "between A and B", "A until B" and "from 1 to 15 August" into one period."""
    tokens = walk.tokens
    spans = _spans(tokens)
    for first, last, when in spans:
        number = walk.number(first - 2)
        inner = walk.word(first - 1) in _INNER and walk.word(first - 3) in _OPENING
        if inner and number and when.kind == "day" and number <= when.start.day:
            joined = calendar.period(when.start.replace(day=number), when.end)
            tokens.claim(first - 2, last, "date", joined, "date: range")
    for (first, end, one), (start, last, two) in pairwise(spans):
        link = " ".join(tokens.words[end:start])
        between = walk.word(first - 1) == "between" and link == "and"
        forward = "tenor" not in {one.kind, two.kind} and one.start <= two.end
        if forward and (between or link in _LINKS):
            joined = calendar.period(one.start, two.end)
            tokens.claim(first, last, "date", joined, "date: range")


def _spans(tokens: Tokens) -> list[tuple[int, int, DateRange]]:
    """Return first token, token behind the last, and value of every date."""
    spans: list[tuple[int, int, DateRange]] = []
    previous = None
    for at, finding in enumerate(tokens.claimed):
        if finding is not None and isinstance(finding.value, DateRange):
            if finding is previous:
                spans[-1] = (spans[-1][0], at + 1, finding.value)
            else:
                spans.append((at, at + 1, finding.value))
        previous = finding
    return spans


def read_absolute(low: str) -> DateRange | None:
    """Read a date that needs no reference date: "2025-09-30", "Q3 2024"; else None."""
    readings = {_first_date(low, today) for today in _FAR_APART}
    return readings.pop() if len(readings) == 1 else None


def _first_date(low: str, today: date) -> DateRange | None:
    fixed = [*scan_ids(low, frozenset())]
    tokens = Tokeniser(())(blank(low, fixed), low, {f.start: f for f in fixed})
    scan_dates(tokens, today)
    for finding in tokens.claimed:
        if finding is not None and isinstance(finding.value, DateRange):
            return finding.value
        if finding is not None and isinstance(finding.value, date):
            return calendar.day(finding.value)
    return None
