"""Forms that give a stretch of time: last month, Q3 2024, the past six months, year to date."""

from datetime import date, timedelta

from hawk_backend.pipeline.intent import calendar
from hawk_backend.pipeline.intent import datewords as words
from hawk_backend.pipeline.intent.datewalk import DateWalk, Reading, form
from hawk_backend.pipeline.intent.dayforms import last_day

_PARTS = {"q": 3, "h": 6, "quarter": 3, "half": 6}
_WEEKS = frozenset(("week", "w", "wc"))
"""What opens a week of a day: there is no week of such a week."""
_YEAR_DIGITS = 4
_MONTHS = 12


@form(["q", "h", "fy"])
def _short_part(walk: DateWalk, at: int) -> Reading | None:
    """Read "Q3", "H1 2025", "2024 Q3", "Q3'24", "FY2024"."""
    letter = walk.word(at)
    number, _, short = walk.word(at + 1).partition("'")
    if not number.isdecimal() or len(number) > _YEAR_DIGITS:
        return None
    if letter == "fy":
        return calendar.year(_full(int(number))), at + 2
    if not walk.tokens.touches(at):
        return None
    behind = walk.year(at + 2) or walk.short_year(at + 2)
    year = _full(int(short)) if short.isdecimal() else behind or walk.year(at - 1)
    return _part(walk, _PARTS[letter], int(number), year, at + 2 + (behind is not None))


def _full(year: int) -> int:
    return year if year >= calendar.CENTURY else calendar.CENTURY + year % 100


def _part(walk: DateWalk, size: int, number: int, year: int | None, end: int) -> Reading | None:
    """Return part `number` of a year that has parts of `size` months."""
    if not 1 <= number <= _MONTHS // size:
        return None
    return calendar.months(year or walk.today.year, (number - 1) * size + 1, size), end


@form(["fiscal", "financial"])
def _fiscal(walk: DateWalk, at: int) -> Reading | None:
    end = at + 1 + (walk.word(at + 1) == "year")
    year = walk.year(end)
    return (calendar.year(year), end + 1) if year else None


@form(words.ORDINAL)
def _ordinal(walk: DateWalk, at: int) -> Reading | None:
    """Read "third quarter of 2024" and "first half"; not "the first half of the hedge"."""
    size = _PARTS.get(walk.word(at + 1))
    if size is None:
        return None
    end = at + 2 + (walk.word(at + 2) in {"of", "in"})
    year = walk.year(end)
    if year is None and walk.word(at + 2) == "of" and walk.word(end) in {"the", "a", "my", "our"}:
        return None
    number = words.ORDINAL[walk.word(at)]
    return _part(walk, size, number, year, end + 1 if year is not None else at + 2)


@form(words.TO_DATE)
def _to_date(walk: DateWalk, at: int) -> Reading | None:
    start = calendar.around(walk.today, words.TO_DATE[walk.word(at)], 0).start
    return calendar.rolling(start, walk.today), at + 1


@form(words.RUNNING)
def _unit_word(walk: DateWalk, at: int) -> Reading | None:
    """Read "month end", "year to date", "week of 8 Sep", "how was the quarter"."""
    word, behind = walk.word(at), walk.word(at + 1)
    unit = words.UNIT[word]
    if behind in {"end", "ends"}:
        year = walk.year(at + 2) if unit == "y" else None
        return last_day(walk, unit, year), at + 2 + (year is not None)
    if behind == "to" and walk.word(at + 2) == "date":
        return calendar.rolling(calendar.around(walk.today, unit, 0).start, walk.today), at + 3
    if unit == "w" and behind in {"of", "commencing", "beginning", "starting"}:
        return _week_of(walk, at + 2 + (walk.word(at + 2) == "the"))
    running = walk.word(at - 1) == "the" and walk.word(at - 2) in words.RUNNING_BEFORE
    if running and behind not in {"of", "on", "over"}:
        return calendar.around(walk.today, unit, 0), at + 1
    return None


def _week_of(walk: DateWalk, at: int) -> Reading | None:
    finding = walk.tokens.claimed[at] if at < len(walk.tokens) else None
    if finding is not None and isinstance(finding.value, date):
        return calendar.week(finding.value), at + 1
    reading = walk.read(at) if walk.word(at) not in _WEEKS else None
    return (calendar.week(reading[0].start), reading[1]) if reading else None


@form([*words.SHIFT, *words.BACK])
def _shifted(walk: DateWalk, at: int) -> Reading | None:
    """Read "last week", "next Friday", "past 6 months", "this year"."""
    word, behind = walk.word(at), walk.word(at + 1)
    if behind in words.WEEKDAY:
        monday = calendar.around(walk.today, "w", words.SHIFT.get(word, -1)).start
        return calendar.day(monday + timedelta(days=words.WEEKDAY[behind])), at + 2
    number = walk.number(at + 1)
    window = window_of(walk, at, word, number) if number is not None else None
    if window:
        return window
    if behind in words.MONTH:
        return _shifted_month(walk, at, word, behind)
    at += behind == "calendar"
    unit = words.UNIT.get(walk.word(at + 1), "d")
    return (
        None
        if unit == "d" or walk.word(at + 1).endswith("s")
        else _shifted_unit(walk, at, word, unit)
    )


def _shifted_unit(walk: DateWalk, at: int, word: str, unit: str) -> Reading | None:
    if unit == "f":
        return window_of(walk, at - 1, word, 1)
    shift = words.SHIFT.get(word)
    if shift is None:
        return calendar.rolling(calendar.add(walk.today, -1, unit), walk.today), at + 2
    if walk.word(at + 2) in {"end", "ends"}:
        return last_day(walk, unit, shift=shift), at + 3
    return calendar.around(walk.today, unit, shift), at + 2


def _shifted_month(walk: DateWalk, at: int, word: str, name: str) -> Reading:
    """Read "last March": the latest that is over; "next March": the first to come."""
    month, year = words.MONTH[name], walk.today.year
    if word in words.BACK:
        year -= month >= walk.today.month
    elif word in words.AHEAD:
        year += month <= walk.today.month
    written = walk.year(at + 2)
    return calendar.months(written or year, month), at + 2 + (written is not None)


def window_of(walk: DateWalk, at: int, word: str, number: int) -> Reading | None:
    """Read "last 6 months" and "next 10 business days": a window that ends or begins today."""
    after = at + 2 + (walk.word(at + 2) in words.KINDS_OF_DAY)
    name = walk.word(after)
    glued = words.LETTER.get(name) if walk.tokens.touches(after - 1) else None
    unit = words.UNIT.get(name) or glued
    if unit is None or (word not in words.AHEAD and word not in words.BACK):
        return None
    if word in words.AHEAD:
        return calendar.rolling(walk.today, calendar.add(walk.today, number, unit)), after + 1
    return calendar.rolling(calendar.add(walk.today, -number, unit), walk.today), after + 1


@form(["w", "wc"])
def _week_commencing(walk: DateWalk, at: int) -> Reading | None:
    """Read "w/c 8 September"."""
    at += walk.word(at) == "w"
    return _week_of(walk, at + 1) if walk.word(at) in {"c", "wc"} else None


@form(["over", "during"])
def _over(walk: DateWalk, at: int) -> Reading | None:
    """Read "over six months": the time until today."""
    number = walk.number(at + 1)
    counts = number is not None and walk.word(at + 2) in words.UNIT
    return window_of(walk, at, "last", number or 0) if counts else None


@form(["within"])
def _within(walk: DateWalk, at: int) -> Reading | None:
    """Read "within 30 days" and "within the next two weeks"."""
    after = at + 1 + (walk.word(at + 1) == "the")
    if walk.word(after) in words.AHEAD or walk.word(after) in words.BACK:
        return walk.read(after)
    number = walk.number(after)
    return window_of(walk, after - 1, "next", number) if number is not None else None
