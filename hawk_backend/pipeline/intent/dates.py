"""Read dates from words: days, calendar periods, rolling windows, tenors, all against a reference date."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from hawk_backend.pipeline.intent import calendar
from hawk_backend.pipeline.intent.frame import DateRange
from hawk_backend.pipeline.intent.ids import scan_ids
from hawk_backend.pipeline.intent.spans import blank
from hawk_backend.pipeline.intent.tokens import Tokeniser, Tokens

Reading = tuple[DateRange, int]
"""A date, and the word behind its last."""

_MONTH = {name: number for number, name in enumerate(calendar.MONTHS, 1)} | {
    name[:3]: number for number, name in enumerate(calendar.MONTHS, 1)
}
_MONTH |= {"sept": 9}
_WEEKDAY = {name: number for number, name in enumerate(calendar.WEEKDAYS)}
_WEEKDAY |= {
    "mon": 0,
    "tue": 1,
    "tues": 1,
    "wed": 2,
    "weds": 2,
    "thu": 3,
    "thur": 3,
    "thurs": 3,
    "fri": 4,
}
_UNIT = {
    f"{name}{suffix}": name[0]
    for name in ("day", "week", "month", "quarter", "year")
    for suffix in ("", "s")
} | {"wk": "w", "wks": "w", "mth": "m", "mths": "m", "qtr": "q", "yr": "y", "yrs": "y", "half": "h"}
_LETTER = {
    "d": "d",
    "w": "w",
    "wk": "w",
    "wks": "w",
    "m": "m",
    "mo": "m",
    "mos": "m",
    "mth": "m",
    "mths": "m",
    "y": "y",
    "yr": "y",
    "yrs": "y",
}
_NUMBER = {
    word: number
    for number, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve".split()
    )
} | {
    "a": 1,
    "an": 1,
    "another": 1,
    "couple": 2,
    "thirty": 30,
    "sixty": 60,
    "ninety": 90,
    "fifteen": 15,
    "twenty": 20,
    "eighteen": 18,
}
_ORDINAL = {"first": 1, "second": 2, "third": 3, "fourth": 4, "1st": 1}
_SHIFT = {
    "this": 0,
    "current": 0,
    "last": -1,
    "previous": -1,
    "prior": -1,
    "prev": -1,
    "next": 1,
    "coming": 1,
    "following": 1,
    "upcoming": 1,
}
_BACK = {"last", "past", "previous", "trailing", "preceding", "prior", "recent"}
_AHEAD = {"next", "coming", "following", "upcoming"}
_PAST = {
    "did",
    "was",
    "were",
    "happened",
    "had",
    "since",
    "happen",
    "traded",
    "went",
    "made",
    "put",
    "came",
    "got",
}
_VERBLIKE = {"may", "march", "sun", "sat", "mar", "dec", "mon", "wed"}
_DATE_WORD_BEFORE = {
    "in",
    "since",
    "for",
    "of",
    "last",
    "next",
    "by",
    "until",
    "till",
    "during",
    "from",
    "to",
    "before",
    "after",
    "on",
    "through",
    "this",
    "and",
    "into",
    "vs",
    "versus",
    "against",
    "than",
    "end",
    "mid",
    "early",
    "late",
    "over",
}
_ORDINAL_END = {"st", "nd", "rd", "th"}
_TENOR_BESIDE = {
    "forward",
    "forwards",
    "fwd",
    "ndf",
    "ndfs",
    "tenor",
    "tenors",
    "roll",
    "rolls",
    "rolling",
    "rollover",
    "rolled",
    "extend",
    "extending",
    "extension",
    "points",
    "point",
    "pts",
    "swap",
    "swaps",
    "outright",
    "implied",
    "vol",
    "vols",
    "another",
    "further",
    "push",
    "prolong",
    "renew",
    "curve",
    "rate",
    "rates",
    "atm",
}
_TENOR_FILLER = {
    "for",
    "by",
    "another",
    "a",
    "it",
    "out",
    "fwd",
    "forward",
    "over",
    "further",
    "the",
    "this",
    "that",
    "another",
    "additional",
    "into",
    "to",
}
_TENOR_SIZES = {1, 2, 3, 4, 6, 9, 12, 18, 24}
_ROLLED = {
    "roll",
    "rolled",
    "rolling",
    "rollover",
    "extend",
    "extending",
    "extended",
    "push",
    "prolong",
    "renew",
    "carry",
    "postpone",
    "keep",
    "defer",
}
_LOW_YEAR, _HIGH_YEAR = 1990, 2079
_SHORT_TO_DATE = {"mtd": "m", "qtd": "q", "ytd": "y", "wtd": "w"}
_SHORT_END = {"eod": "d", "eow": "w", "eom": "m", "eoq": "q", "eoy": "y"}
_TIME = {
    "am",
    "pm",
    "min",
    "mins",
    "minute",
    "minutes",
    "hour",
    "hours",
    "hr",
    "hrs",
    "sec",
    "secs",
    "seconds",
    "second",
    "ms",
    "oclock",
    "sgt",
    "utc",
    "gmt",
    "hkt",
}


@dataclass(slots=True)
class DateScan:
    """One walk over the tokens; each handler looks at the word it is keyed by and a few beside it."""

    tokens: Tokens
    today: date

    def run(self) -> None:
        """Claim every date in the tokens, left to right."""
        tokens = self.tokens
        at, last = 0, len(tokens)
        while at < last:
            word = tokens.words[at].removesuffix("'s")
            handler = _HANDLERS.get(word) or (_number if word[0].isdigit() else None)
            reading = handler(self, at) if handler and tokens.claimed[at] is None else None
            if reading is None:
                at += 1
                continue
            found, end = reading
            start = at
            if found.kind in ("day", "period") and self._since(at):
                found = calendar.rolling(found.start, self.today)
            tokens.claim(start, end, "date", found, f"date: {found.kind}")
            at = end
        self._ranges()

    def number(self, at: int) -> int | None:
        """Return the small whole number at `at`, in digits or in words."""
        word = self.tokens.word(at)
        if word.isdigit() and len(word) <= 4:  # noqa: PLR2004 - longer ones are no counts
            return int(word)
        return _NUMBER.get(word)

    def year(self, at: int) -> int | None:
        """Return the year written at `at`, in four digits or as 'yy."""
        word = self.tokens.word(at)
        if len(word) == 4 and word.isdigit() and _LOW_YEAR <= int(word) <= _HIGH_YEAR:  # noqa: PLR2004
            return int(word)
        return None

    def _since(self, at: int) -> bool:
        return "since" in (self.tokens.word(at - 1), self.tokens.word(at - 2))

    def past(self, at: int) -> bool:
        """Whether the words before `at` speak of the past."""
        for back in range(max(0, at - 12), at):
            word = self.tokens.words[back]
            if word in _PAST or (
                len(word) > 4 and word.endswith("ed") and word not in {"need", "speed", "indeed"}
            ):  # noqa: PLR2004
                return True
        return False

    def _ranges(self) -> None:
        """Join "between A and B" and "from A to B" into one period."""
        tokens = self.tokens
        spans = _spans(tokens)
        for a, b, one in spans:
            first = self.number(a - 2)
            if (
                one.kind == "day"
                and first
                and tokens.word(a - 1) in {"and", "to", "-", "until"}
                and tokens.word(a - 3) in {"between", "from"}
                and first <= one.start.day
            ):
                tokens.claim(
                    a - 2,
                    b,
                    "date",
                    calendar.period(one.start.replace(day=first), one.end),
                    "date: range",
                )
        for (a, b, one), (c, d, two) in zip(spans, spans[1:], strict=False):
            lead, link = tokens.word(a - 1), " ".join(tokens.words[b:c])
            if one.kind == "tenor" or two.kind == "tenor" or two.end < one.start or c - b > 1:
                continue
            if (
                (lead == "between" and link == "and")
                or (link in ("through", "thru", "until", "-"))
                or (
                    lead == "from"
                    and link == "to"
                    and tokens.word(a - 2) not in {"maturity", "date"}
                )
            ):
                joined = calendar.period(one.start, two.end)
                name = "date" if lead == "between" or link != "to" else "date_span"
                rule = "date: range" if name == "date" else "date: from … to"
                if name == "date":
                    tokens.claim(a, d, name, joined, rule)


def _spans(tokens: Tokens) -> list[tuple[int, int, DateRange]]:
    """Return first word, word behind the last, and value of every date."""
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


def _relative(shift: int) -> Callable[[DateScan, int], Reading | None]:
    def read(scan: DateScan, at: int) -> Reading | None:
        return calendar.day(scan.today + timedelta(days=shift)), at + 1

    return read


def _day_beside(scan: DateScan, at: int) -> Reading | None:
    """Read "day after tomorrow" and "day before yesterday"."""
    beside = scan.tokens.word(at + 1), scan.tokens.word(at + 2)
    shift = {("after", "tomorrow"): 2, ("before", "yesterday"): -2}.get(beside)
    return (calendar.day(scan.today + timedelta(days=shift)), at + 3) if shift else None


def _month_word(scan: DateScan, at: int) -> Reading | None:
    """Read a month's name with a day or a year behind it, or alone."""
    tokens = scan.tokens
    word, month = tokens.words[at].removesuffix("'s"), _MONTH[tokens.words[at].removesuffix("'s")]
    after = at + 1 + (tokens.word(at + 1) == "." and not tokens.between(at))
    number = scan.number(after) if tokens.word(after).isdigit() else None
    year = scan.year(after)
    if year is not None:
        return calendar.months(year, month), after + 1
    if number is not None and 1 <= number <= 31 and not _unit_behind(tokens, after):  # noqa: PLR2004 - days of a month
        end = after + 1 + (tokens.word(after + 1) in _ORDINAL_END)
        return _dated(scan, number, month, end)
    if word in _VERBLIKE and tokens.word(at - 1) not in _DATE_WORD_BEFORE:
        return None
    if (
        word == "may"
        and not tokens.written[tokens.starts[at]].isupper()
        and tokens.word(at - 1) not in {"in", "of", "since", "until", "during", "last", "next"}
    ):
        return None
    return calendar.months(scan.today.year, month), at + 1


def _unit_behind(tokens: Tokens, at: int) -> bool:
    return tokens.touches(at) and tokens.word(at + 1) in {
        "k",
        "m",
        "mm",
        "bn",
        "b",
        "mio",
        "mil",
        "%",
    }


def _dated(scan: DateScan, number: int, month: int, end: int) -> Reading | None:
    """Finish day and month with the year behind them, or the reference year."""
    tokens = scan.tokens
    comma = tokens.word(end) == ","
    year = scan.year(end + comma)
    if year is not None:
        end += comma + 1
    try:
        return calendar.day(date(year or scan.today.year, month, number)), end
    except ValueError:
        return None


def _number(scan: DateScan, at: int) -> Reading | None:
    """Read what begins with a number: "15 Jan 2026", "3 months", "6m forward", "2025", "30 days ago"."""
    tokens = scan.tokens
    number = scan.number(at)
    if number is None:
        return None
    after = at + 1
    unit = tokens.word(after)
    if unit in _ORDINAL_END and tokens.touches(at):
        after += 1
        unit = tokens.word(after)
        if unit in {"of", "quarter"}:
            if unit == "quarter":
                return _quarter(scan, number, after + 1)
            after += 1
            unit = tokens.word(after)
    month = _MONTH.get(unit)
    if (
        month
        and 1 <= number <= 31
        and not (unit in ("mar", "may") and tokens.word(after + 1) in {"hedge"})
    ):  # noqa: PLR2004
        end = after + 1 + (tokens.word(after + 1) == "." and tokens.touches(after))
        return _dated(scan, number, month, end)
    if unit == "q" and tokens.touches(at) and 1 <= number <= 4:  # noqa: PLR2004 - quarters
        return _quarter(scan, number, after + 1)
    if unit in _TIME:
        tokens.claim(at, after + 1, "time", None, "time of day")
        return None
    return _counted(scan, at, number, after) or _bare_year(scan, at)


def _counted(scan: DateScan, at: int, number: int, after: int) -> Reading | None:
    """Read "3 months", "2w" and "6m" as a time ago, a window or a tenor."""
    tokens = scan.tokens
    unit = _UNIT.get(tokens.word(after))
    if unit == "d" and not tokens.words[at][0].isdigit() and number == 1:
        return None
    spelled = unit is not None
    if unit is None and (tokens.touches(at) or tokens.between(at) == " "):
        unit = _LETTER.get(tokens.word(after)) if tokens.touches(at) else None
    if unit is None or unit in "qh":
        return (
            None
            if unit != "q"
            or tokens.word(at - 1) not in {"by", "for", "another"}
            or _ROLLED.isdisjoint(tokens.words)
            else (calendar.tenor(calendar.add(scan.today, number, "q")), after + 1)
        )
    end = after + 1
    behind = tokens.word(end)
    if behind == "ago":
        return calendar.day(calendar.add(scan.today, -number, unit)), end + 1
    if spelled or unit in "wy":
        if behind in {"var", "loss", "horizon", "es", "expected", "holding", "cvar", "value"} or (
            unit == "d"
        ):
            return _days(scan, at, number, unit, end, behind)
        if tokens.words[after] == "second":
            return None
        return calendar.tenor(calendar.add(scan.today, number, unit)), end
    if unit == "d" or not _is_tenor(tokens, at, end, number):
        return None
    return calendar.tenor(calendar.add(scan.today, number, unit)), end


def _days(scan: DateScan, at: int, number: int, unit: str, end: int, behind: str) -> Reading | None:
    """Read a number of days: a horizon is no date, "in 10 days" and "for 5 days" are."""
    before = scan.tokens.word(at - 1)
    if behind in {
        "var",
        "loss",
        "horizon",
        "es",
        "expected",
        "holding",
        "cvar",
        "value",
    } or before not in {"in", "for", "by", "another", "extra", "roll", "extend", "to"}:
        scan.tokens.claim(at, end, "time", None, "horizon")
        return None
    return calendar.tenor(calendar.add(scan.today, number, unit)), end


def _is_tenor(tokens: Tokens, at: int, end: int, number: int) -> bool:
    """Whether "3m" is a tenor: beside a forward, a roll or points, and not beside its currency."""
    if number not in _TENOR_SIZES:
        return False
    if tokens.word(end) in _TENOR_BESIDE:
        return tokens.word(end) not in {"roll", "rollover", "rolling"} or not _code(
            tokens.word(at - 1)
        )
    if _code(tokens.word(end)):
        return False
    back = at - 1
    while (
        back >= 0
        and back > at - 5
        and (
            tokens.word(back) in _TENOR_FILLER
            or (
                _code(tokens.word(back))
                and tokens.word(end) not in {"hedge", "position", "of", "notional"}
            )
        )
    ):
        if tokens.word(back) in _TENOR_BESIDE:
            return True
        back -= 1
    return tokens.word(back) in _TENOR_BESIDE and tokens.word(end) not in {
        "hedge",
        "of",
        "position",
        "exposure",
        "notional",
        "cover",
        "worth",
    }


def _code(word: str) -> bool:
    return len(word) == 3 and word.isalpha() and word not in _TENOR_FILLER | _TENOR_BESIDE  # noqa: PLR2004 - ISO codes


def _bare_year(scan: DateScan, at: int) -> Reading | None:
    tokens, year = scan.tokens, scan.year(at)
    if year is None or tokens.words[at].startswith("19"):
        return None
    if tokens.touches(at) and tokens.word(at + 1) not in {"", ",", ".", "?", "!", ";", ":", ")"}:
        return None
    if _code(tokens.word(at + 1)) and tokens.word(at - 1) not in {
        "in",
        "for",
        "during",
        "since",
        "year",
    }:
        return None
    if (
        tokens.word(at - 1) in {"to", "of", "hedge", "usd", "eur", "notional", "amount"}
        and tokens.word(at - 1) != "of"
    ):
        return None
    if (
        tokens.word(at + 1) in {"h", "q"}
        and tokens.touches(at + 1)
        and tokens.word(at + 2).isdigit()
    ):
        return _HANDLERS[tokens.word(at + 1)](scan, at + 1)
    return calendar.year(year), at + 1


def _quarter(scan: DateScan, number: int, end: int) -> Reading | None:
    end += scan.tokens.word(end) in {"of", "in", "fy", "-"}
    year = scan.year(end)
    return calendar.months(year or scan.today.year, number * 3 - 2, 3), end + (year is not None)


def _short_part(scan: DateScan, at: int) -> Reading | None:
    """Read "Q3", "H1 2025", "Q3'24", "FY2024"."""
    tokens = scan.tokens
    letter, digits = tokens.words[at], tokens.word(at + 1)
    if not digits or not (tokens.touches(at) or letter == "fy"):
        return None
    number, _, short = digits.partition("'")
    year = 2000 + int(short) if short.isdigit() else scan.year(at + 2)
    end = at + 2 + (year is not None and not short)
    if year is None and tokens.word(at - 1) and scan.year(at - 1):
        year = scan.year(at - 1)
    if not number.isdigit() or len(number) > 4:  # noqa: PLR2004 - a year's digits
        return None
    count = int(number)
    if letter == "fy":
        return calendar.year(count if count > _LOW_YEAR else 2000 + count % 100), at + 2
    size = 3 if letter == "q" else 6
    if not 1 <= count <= 12 // size:
        return None
    return calendar.months(year or scan.today.year, (count - 1) * size + 1, size), end


def _fiscal(scan: DateScan, at: int) -> Reading | None:
    end = at + 1 + (scan.tokens.word(at + 1) == "year")
    year = scan.year(end)
    return (calendar.year(year), end + 1) if year else None


def _ordinal(scan: DateScan, at: int) -> Reading | None:
    """Read "third quarter of 2024" and "first half"."""
    unit = scan.tokens.word(at + 1)
    size = {"quarter": 3, "half": 6}.get(unit)
    number = _ORDINAL[scan.tokens.words[at].removesuffix("'s")]
    if size is None or number > 12 // size:
        return None
    end = at + 2 + (scan.tokens.word(at + 2) in {"of", "in"})
    year = scan.year(end)
    if year is None:
        end = at + 2
        if scan.tokens.word(end) == "of" and scan.tokens.word(end + 1) in {"the", "a", "my"}:
            return None
    return calendar.months(year or scan.today.year, (number - 1) * size + 1, size), end + (
        year is not None
    )


def _to_date(scan: DateScan, at: int) -> Reading | None:
    start = calendar.around(
        scan.today, _SHORT_TO_DATE[scan.tokens.words[at].removesuffix("'s")], 0
    ).start
    return calendar.rolling(start, scan.today), at + 1


def _end_of(scan: DateScan, at: int) -> Reading | None:
    """Read EOD, EOM, EOQ and EOY."""
    unit = _SHORT_END[scan.tokens.words[at].removesuffix("'s")]
    year = scan.year(at + 1)
    if year and unit == "y":
        return calendar.day(date(year, 12, 31)), at + 2
    return calendar.day(_last_day(scan.today, unit)), at + 1


def _last_day(today: date, unit: str) -> date:
    if unit == "w":
        return calendar.week(today).start + timedelta(days=4)
    return today if unit == "d" else calendar.around(today, unit, 0).end


def _unit_word(scan: DateScan, at: int) -> Reading | None:
    """Read "month end", "year to date", "week of 8 Sep", "day after tomorrow"."""
    tokens = scan.tokens
    word, behind = tokens.words[at].removesuffix("'s"), tokens.word(at + 1).removesuffix("'s")
    if word == "day":
        return _day_beside(scan, at)
    unit = _UNIT[word]
    if behind in {"end", "ends"}:
        year = scan.year(at + 2)
        if year and unit == "y":
            return calendar.day(date(year, 12, 31)), at + 3
        return calendar.day(_last_day(scan.today, unit)), at + 2
    if behind == "to" and tokens.word(at + 2) == "date":
        return calendar.rolling(calendar.around(scan.today, unit, 0).start, scan.today), at + 3
    if unit == "w" and behind in {"of", "commencing", "beginning", "starting", "from"}:
        start = at + 2 + (tokens.word(at + 2) == "the")
        return _week_of(scan, start)
    if (
        tokens.word(at - 1) == "the"
        and tokens.word(at - 2) in {"was", "did", "over", "for", "of", "were", "during", "in", "is"}
        and word in {"week", "month", "quarter", "year"}
        and behind not in {"s", "of", "on", "over"}
    ):
        return calendar.around(scan.today, unit, 0), at + 1
    return None


def _week_of(scan: DateScan, start: int) -> Reading | None:
    handler = _HANDLERS.get(scan.tokens.word(start)) or (
        _number if scan.tokens.word(start).isdigit() else None
    )
    reading = handler(scan, start) if handler else None
    finding = scan.tokens.claimed[start] if start < len(scan.tokens) else None
    if (
        reading is None
        and finding is not None
        and finding.name == "day"
        and isinstance(finding.value, date)
    ):
        return calendar.week(finding.value), start + 1
    return (calendar.week(reading[0].start), reading[1]) if reading else None


def _end_word(scan: DateScan, at: int) -> Reading | None:
    """Read "end of month", "end of next quarter", "end of August", "end Sept"."""
    tokens = scan.tokens
    after = at + 1 + (tokens.word(at + 1) == "of")
    after += tokens.word(after) in {"the", "this", "current"}
    shift = _SHIFT.get(tokens.word(after), 0)
    after += tokens.word(after) in _SHIFT
    word = tokens.word(after)
    if word in {"day", "today"}:
        return calendar.day(scan.today), after + 1
    unit = _UNIT.get(word)
    if unit:
        if unit == "w":
            return calendar.day(
                calendar.around(scan.today, "w", shift).start + timedelta(days=4)
            ), after + 1
        year = scan.year(after + 1)
        if unit == "y" and year:
            return calendar.day(date(year, 12, 31)), after + 2
        return calendar.day(calendar.around(scan.today, unit, shift).end), after + 1
    if word in {"q", "h", "fy"} or word in _MONTH:
        reading = _HANDLERS[word](scan, after)
        if reading:
            return calendar.day(reading[0].end), reading[1]
    year = scan.year(after)
    return (calendar.day(date(year, 12, 31)), after + 1) if year else None


def _shifted(scan: DateScan, at: int) -> Reading | None:
    """Read "last week", "next Friday", "past 6 months", "last Q2", "this year"."""
    tokens = scan.tokens
    word, behind = tokens.words[at].removesuffix("'s"), tokens.word(at + 1).removesuffix("'s")
    if behind in {"few", "couple"}:
        return None
    if behind in _WEEKDAY:
        shift = _SHIFT.get(word, -1)
        monday = calendar.week(scan.today).start + timedelta(weeks=shift)
        return calendar.day(monday + timedelta(days=_WEEKDAY[behind])), at + 2
    number = scan.number(at + 1)
    if number is not None and (reading := _window(scan, at, word, number)):
        return reading
    if behind == "calendar":
        at, behind = at + 1, tokens.word(at + 2)
    unit = _UNIT.get(behind)
    if behind == "half":
        unit = "h"
    if unit and unit != "d" and not behind.endswith("s"):
        if word in {"past", "trailing"}:
            return calendar.rolling(calendar.add(scan.today, -1, unit), scan.today), at + 2
        if tokens.word(at + 2) in {"end", "ends"}:
            return calendar.day(calendar.around(scan.today, unit, _SHIFT.get(word, 0)).end), at + 3
        return calendar.around(scan.today, unit, _SHIFT.get(word, 0)), at + 2
    if behind in _MONTH:
        month = _MONTH[behind]
        year = scan.today.year
        if word in _BACK:
            year -= month >= scan.today.month
        elif word in _AHEAD:
            year += month <= scan.today.month
        return calendar.months(scan.year(at + 2) or year, month), at + 2 + (
            scan.year(at + 2) is not None
        )
    if word == "last" and behind == "night":
        return None
    return None


def _window(scan: DateScan, at: int, word: str, number: int) -> Reading | None:
    """Read "last 6 months" and "next 10 business days" as a window that ends or begins today."""
    tokens = scan.tokens
    after = at + 2
    after += tokens.word(after) in {
        "calendar",
        "trading",
        "business",
        "working",
        "full",
        "consecutive",
    }
    unit = _UNIT.get(tokens.word(after)) or (
        _LETTER.get(tokens.word(after)) if tokens.touches(after - 1) else None
    )
    if unit is None:
        return None
    if word in _AHEAD:
        return calendar.rolling(scan.today, calendar.add(scan.today, number, unit)), after + 1
    if word in _BACK:
        return calendar.rolling(calendar.add(scan.today, -number, unit), scan.today), after + 1
    return None


def _within(scan: DateScan, at: int) -> Reading | None:
    """Read "within 30 days" and "within the next two weeks"."""
    after = at + 1 + (scan.tokens.word(at + 1) in {"the", "a"})
    if scan.tokens.word(after) in _AHEAD | _BACK:
        return _shifted(scan, after)
    number = scan.number(after) if scan.tokens.word(at + 1) != "a" else 1
    after -= scan.tokens.word(at + 1) == "a"
    if number is None:
        return None
    return _window(scan, after - 1, "next", number)


def _weekday(scan: DateScan, at: int) -> Reading | None:
    """Read a bare weekday: the coming one, or the past one where the words speak of the past."""
    tokens = scan.tokens
    word, number = (
        tokens.words[at].removesuffix("'s"),
        _WEEKDAY[tokens.words[at].removesuffix("'s")],
    )
    if word in _VERBLIKE and tokens.word(at - 1) not in _DATE_WORD_BEFORE:
        return None
    ahead = (number - scan.today.weekday()) % 7 or 7
    if tokens.word(at - 1) in {"since", "from"} or (
        tokens.word(at - 1) not in {"by", "before", "until", "till", "next", "to"} and scan.past(at)
    ):
        ahead -= 7
        ahead -= 7 * (ahead == 0)
    reading = calendar.day(scan.today + timedelta(days=ahead))
    return _explicit(scan, at, reading)


def _explicit(scan: DateScan, at: int, bare: DateRange) -> Reading | None:
    """Prefer the date that is written behind a weekday: "Mon, 15 Sep"."""
    after = at + 1 + (scan.tokens.word(at + 1) == ",")
    word = scan.tokens.word(after)
    handler = _month_word if word in _MONTH else _number if word.isdigit() else None
    reading = handler(scan, after) if handler else None
    return reading if reading and reading[0].kind == "day" else (bare, at + 1)


def _handlers() -> Mapping[str, Callable[[DateScan, int], Reading | None]]:
    table: dict[str, Callable[[DateScan, int], Reading | None]] = {
        "today": _relative(0), "tonight": _relative(0), "tomorrow": _relative(1), "yesterday": _relative(-1),
        "tmrw": _relative(1), "tmr": _relative(1), "tmw": _relative(1), "tdy": _relative(0), "yday": _relative(-1),
        "within": _within, "end": _end_word, "fiscal": _fiscal, "financial": _fiscal,
        "q": _short_part, "h": _short_part, "fy": _short_part,
    }  # fmt: skip
    table |= dict.fromkeys(_MONTH, _month_word)
    table |= dict.fromkeys(_SHORT_TO_DATE, _to_date)
    table |= dict.fromkeys(_SHORT_END, _end_of)
    table |= dict.fromkeys(("day", "week", "month", "quarter", "year"), _unit_word)
    table |= dict.fromkeys((*_SHIFT, *_BACK), _shifted)
    table |= dict.fromkeys(_ORDINAL, _ordinal)
    table |= dict.fromkeys(_WEEKDAY, _weekday)
    table |= dict.fromkeys(
        (
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "nine",
            "twelve",
            "a",
            "an",
            "another",
            "ten",
            "seven",
            "eight",
            "eleven",
            "eighteen",
        ),
        _number,
    )
    return table


_HANDLERS = _handlers()


def read_absolute(low: str) -> DateRange | None:
    """Read a date that needs no reference date: "2025-09-30", "Q3 2024", "March 2025"; None for any other."""
    readings = {_only_date(low, today) for today in _FAR_APART}
    return readings.pop() if len(readings) == 1 else None


_FAR_APART = (date(2001, 2, 3), date(2041, 10, 29))


def _only_date(low: str, today: date) -> DateRange | None:
    fixed = [*scan_ids(low, frozenset())]
    tokens = Tokeniser(())(blank(low, fixed), low, {f.start: f for f in fixed})
    DateScan(tokens, today).run()
    for finding in tokens.claimed:
        if finding is not None and isinstance(finding.value, DateRange):
            return finding.value
        if finding is not None and isinstance(finding.value, date):
            return calendar.day(finding.value)
    return None
