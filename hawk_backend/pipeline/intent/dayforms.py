"""Forms that give a day: tomorrow, Friday, 15 Jan 2026, month end, a tenor of three months."""

from datetime import date, timedelta

from hawk_backend.pipeline.intent import calendar
from hawk_backend.pipeline.intent import datewords as words
from hawk_backend.pipeline.intent.datewalk import DateWalk, Reading, form
from hawk_backend.pipeline.intent.frame import DateRange
from hawk_backend.pipeline.intent.tenors import is_code, is_tenor
from hawk_backend.pipeline.intent.tokens import Tokens

_RELATIVE = {"today": 0, "tdy": 0, "tonight": 0, "tomorrow": 1, "tmrw": 1, "tmr": 1, "tmw": 1}
_RELATIVE |= {"yesterday": -1, "yday": -1}
_BESIDE = {("after", "tomorrow"): 2, ("before", "yesterday"): -2}
_FRIDAY = timedelta(days=4)
_WEEK = 7
_LONGEST_MONTH = 31
_QUARTERS = 4


@form(_RELATIVE)
def _relative(walk: DateWalk, at: int) -> Reading | None:
    return calendar.day(walk.today + timedelta(days=_RELATIVE[walk.word(at)])), at + 1


@form(["day"])
def _day_beside(walk: DateWalk, at: int) -> Reading | None:
    """Read "day after tomorrow" and "day before yesterday"."""
    shift = _BESIDE.get((walk.word(at + 1), walk.word(at + 2)))
    return (calendar.day(walk.today + timedelta(days=shift)), at + 3) if shift else None


@form(words.MONTH)
def month_name(walk: DateWalk, at: int) -> Reading | None:
    """Read a month's name with a day or a year behind it, or alone."""
    month = words.MONTH[walk.word(at)]
    after = at + 1 + (walk.word(at + 1) == "." and walk.tokens.touches(at))
    year = walk.year(after)
    if year is not None:
        return calendar.months(year, month), after + 1
    number = walk.number(after) if walk.word(after).isdecimal() else None
    short = walk.short_year(after)
    if short is not None and walk.tokens.between(at) == "-":
        return calendar.months(short, month), after + 1
    if number is not None and 1 <= number <= _LONGEST_MONTH and not _is_money(walk.tokens, after):
        return dated(walk, number, month, after + 1 + (walk.word(after + 1) in words.ENDINGS))
    if not _is_month(walk, at):
        return None
    whole = calendar.months(walk.today.year, month)
    ends = (walk.word(at + 1), walk.word(at + 2)) == ("month", "end")
    return (calendar.day(whole.end), at + 3) if ends else (whole, at + 1)


def _is_month(walk: DateWalk, at: int) -> bool:
    """Whether a name that is also another word ("may", "march") means the month."""
    word, before = walk.word(at), walk.word(at - 1)
    if word == "may" and walk.word(at + 1) in words.SUBJECTS:
        return False
    if word == "may":
        return walk.tokens.written[walk.tokens.starts[at]].isupper() or before in words.BEFORE_MAY
    return word not in words.DOUBTFUL or before in words.BEFORE_DATE


def _is_money(tokens: Tokens, at: int) -> bool:
    return tokens.touches(at) and tokens.word(at + 1) in words.MONEY_UNITS


def dated(walk: DateWalk, number: int, month: int, end: int) -> Reading | None:
    """Finish day and month with the year behind them, or the reference year."""
    comma = walk.word(end) == ","
    year = walk.year(end + comma)
    end += comma + 1 if year is not None else 0
    try:
        return calendar.day(date(year or walk.today.year, month, number)), end
    except ValueError:
        return None


@form(["0", *words.COUNT_WORDS])
def number_first(walk: DateWalk, at: int) -> Reading | None:
    """Read what begins with a number: "15 Jan 2026", "3 months", "6m forward", "30 days ago"."""
    number = walk.number(at)
    if number is None:
        return None
    ordinal = walk.word(at + 1) in words.ENDINGS and walk.tokens.touches(at)
    after = at + 1 + ordinal
    if ordinal and _is_day_of_month(walk, at, after):
        return _day_of_month(walk, number), after
    after += ordinal and walk.word(after) == "of"
    unit = walk.word(after)
    month = words.MONTH.get(unit)
    if month and 1 <= number <= _LONGEST_MONTH:
        dotted = walk.word(after + 1) == "." and walk.tokens.touches(after)
        return dated(walk, number, month, after + 1 + dotted)
    if (unit == "quarter" and ordinal) or (unit == "q" and walk.tokens.touches(at)):
        return quarter(walk, number, after + 1)
    return _slashed(walk, at, number) or _timed(walk, at, number, after)


def _timed(walk: DateWalk, at: int, number: int, after: int) -> Reading | None:
    """Read a number of days, weeks or months, or a year; a time of day is claimed as one."""
    unit = walk.word(after)
    if unit in words.TIME:
        walk.tokens.claim(at, after + 1, "time", None, "time of day")
        return None
    after += unit in words.MORE and walk.word(after + 1) in words.UNIT
    return _counted(walk, at, number, after) or bare_year(walk, at)


def _is_day_of_month(walk: DateWalk, at: int, after: int) -> bool:
    """Whether "the 28th" is a day: behind "to" or "on", and of nothing that could be counted."""
    led = walk.word(at - 1) == "the" and walk.word(at - 2) in words.BEFORE_DATE
    return led and not walk.word(after)[:1].isalpha()


def _day_of_month(walk: DateWalk, number: int) -> DateRange:
    """Return the coming day of that number."""
    ahead = int(number <= walk.today.day)
    first = calendar.around(walk.today, "m", ahead)
    return calendar.day(min(first.start + timedelta(days=number - 1), first.end))


def _slashed(walk: DateWalk, at: int, number: int) -> Reading | None:
    """Read "by 15/12", day first; not "over 1/2 million"."""
    if walk.tokens.between(at) != "/" or walk.word(at - 1) not in words.BEFORE_DATE:
        return None
    month, behind = walk.number(at + 1), walk.word(at + 2)
    counts = behind == "of" or behind in words.MONEY_UNITS
    if counts or not month or month > len(calendar.MONTHS) or not 1 <= number <= _LONGEST_MONTH:
        return None
    return dated(walk, number, month, at + 2)


def quarter(walk: DateWalk, number: int, end: int) -> Reading | None:
    """Finish "3rd quarter" with the year behind it, or the reference year."""
    if not 1 <= number <= _QUARTERS:
        return None
    end += walk.word(end) in {"of", "in", "fy", "-"}
    year = walk.year(end) or walk.short_year(end)
    return calendar.months(year or walk.today.year, number * 3 - 2, 3), end + (year is not None)


def _counted(walk: DateWalk, at: int, number: int, after: int) -> Reading | None:
    """Read "3 months", "2w" and "6m" as a time ago or a tenor."""
    word, end = walk.word(after), after + 1
    unit = words.UNIT.get(word, "")
    spelled = bool(unit)
    if not spelled and walk.tokens.touches(at):
        unit = words.LETTER.get(word, "")
    if not unit or (unit == "d" and number == 1 and not walk.word(at).isdecimal()):
        return None
    if walk.word(end) == "ago":
        return calendar.day(calendar.add(walk.today, -number, unit)), end + 1
    if (spelled and unit == "d") or walk.word(end) in words.HORIZON:
        return _days(walk, at, number, unit, end)
    if unit in "qh":
        rolls = not walk.tokens.said.isdisjoint(words.PUT_OFF)
        further = walk.word(at) == "another" or walk.word(at - 1) in words.FURTHER
        wanted = unit == "q" and further and (rolls or walk.word(at) == "another")
    else:
        wanted = spelled or unit in "wy" or (unit == "m" and is_tenor(walk, at, end, number))
    return (calendar.tenor(calendar.add(walk.today, number, unit)), end) if wanted else None


def _days(walk: DateWalk, at: int, number: int, unit: str, end: int) -> Reading | None:
    """Read a number of days: the horizon of a VaR is no date, "in 10 days" and "for 5 days" are."""
    single = walk.word(end - 1) == "day" and number > 1
    if single or walk.word(end) in words.HORIZON or walk.word(at - 1) not in words.DAYS_AFTER:
        walk.tokens.claim(at, end, "time", None, "horizon")
        return None
    return calendar.tenor(calendar.add(walk.today, number, unit)), end


def bare_year(walk: DateWalk, at: int) -> Reading | None:
    """Read "in 2025" and a year that stands by itself; not an amount that looks like one."""
    year, before, behind = walk.year(at), walk.word(at - 1), walk.word(at + 1)
    if year is None or year < calendar.CENTURY or before in words.NO_YEAR_BEFORE:
        return None
    if walk.tokens.touches(at) and behind[:1].isalnum():
        return None
    if is_code(behind) and before not in words.YEAR_BEFORE:
        return None
    if behind in {"h", "q"} and walk.tokens.touches(at + 1):
        return walk.read(at + 1)
    return calendar.year(year), at + 1


@form(words.WEEKDAY)
def _weekday(walk: DateWalk, at: int) -> Reading | None:
    """Read a bare weekday: the coming one, or the past one where the words speak of the past."""
    word, before = walk.word(at), walk.word(at - 1)
    if word in words.DOUBTFUL and before not in words.BEFORE_DATE:
        return None
    ahead = (words.WEEKDAY[word] - walk.today.weekday()) % _WEEK or _WEEK
    past = walk.is_past(at) or walk.tokens.word(at).endswith("'s")
    if before in {"since", "from"} or (before not in words.BY and past):
        ahead -= _WEEK if ahead < _WEEK else 2 * _WEEK
    return _explicit(walk, at) or (calendar.day(walk.today + timedelta(days=ahead)), at + 1)


def _explicit(walk: DateWalk, at: int) -> Reading | None:
    """Prefer the date that is written behind a weekday: "Mon, 15 Sep"."""
    after = at + 1 + (walk.word(at + 1) == ",")
    word = walk.word(after)
    reading = walk.read(after) if word in words.MONTH or word.isdecimal() else None
    return reading if reading and reading[0].kind == "day" else None


@form(words.END_OF)
def _end_of(walk: DateWalk, at: int) -> Reading | None:
    """Read EOD, EOM, EOQ and EOY."""
    unit = words.END_OF[walk.word(at)]
    year = walk.year(at + 1) if unit == "y" else None
    return last_day(walk, unit, year), at + 1 + (year is not None)


def last_day(walk: DateWalk, unit: str, year: int | None = None, shift: int = 0) -> DateRange:
    """Return the last day of a week (its Friday), month, quarter or year; "d" is today."""
    if year is not None:
        return calendar.day(date(year, 12, 31))
    if unit == "d":
        return calendar.day(walk.today)
    found = calendar.around(walk.today, unit, shift)
    return calendar.day(found.start + _FRIDAY if unit == "w" else found.end)


@form(["end"])
def _end_word(walk: DateWalk, at: int) -> Reading | None:
    """Read "end of month", "end of next quarter", "end of August", "end Sept"."""
    after = at + 1 + (walk.word(at + 1) == "of")
    after += walk.word(after) == "the"
    shift = words.SHIFT.get(walk.word(after))
    after += shift is not None
    word = walk.word(after)
    unit = "d" if word == "today" else words.UNIT.get(word)
    if unit:
        year = walk.year(after + 1) if unit == "y" else None
        return last_day(walk, unit, year, shift or 0), after + 1 + (year is not None)
    year = walk.year(after)
    if year is not None:
        return last_day(walk, "y", year), after + 1
    reading = walk.read(after) if word in {"q", "h", "fy"} or word in words.MONTH else None
    return (calendar.day(reading[0].end), reading[1]) if reading else None
