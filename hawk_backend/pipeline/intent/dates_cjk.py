"""Read dates written in Chinese and Japanese characters."""

import re
from collections.abc import Iterator
from datetime import date, timedelta

from hawk_backend.pipeline.intent import calendar
from hawk_backend.pipeline.intent.frame import DateRange
from hawk_backend.pipeline.intent.spans import Finding

_DIGITS = {char: number for number, char in enumerate("零一二三四五六七八九")} | {"两": 2, "兩": 2}
_COUNT = r"\d{1,3}|[一二三四五六七八九两兩]?十[一二三四五六七八九]?|[一二三四五六七八九两兩]"
_FORM = re.compile(
    r"(?P<word>大后天|后天|前天|今天|今日|昨天|昨日|明天|明日|本日)"
    r"|(?P<year>\d{4})年(?:(?P<month>\d{1,2})月(?:(?P<day>\d{1,2})[日号號]?)?|第?(?P<yq>[一二三四1-4])季度?)?"
    rf"|(?P<lead>过去|過去|最近|近|未来|未來|接下来|今后)(?P<count>{_COUNT})个?(?P<span>月|周|星期|天|日|年|季度)"
    rf"|(?P<tenor>{_COUNT})(?:个月|個月|ヶ月|か月|개월|(?=周(?!一|二|三|四|五|六|日))|(?=年|天|个季度))(?P<tenor_unit>周|年|天|个季度)?"
    rf"|(?P<bare_month>{_COUNT})月份?(?:(?P<bare_day>\d{{1,2}})[日号號])?"
    r"|(?P<shift>本|这个?|這個?|上个?|下个?|当)(?P<unit>周|星期|月|季度|季)(?P<weekday>[一二三四五六日天])?(?P<end>底|末)?"
    r"|(?P<bare_weekday>(?:周|星期|礼拜)[一二三四五六日天])"
    r"|(?P<which>今年|本年|去年|明年)(?P<which_end>底|末)?"
    r"|第?(?P<quarter>[一二三四1-4])季度"
    r"|(?P<half>上半年|下半年)|(?P<to_date>年初至今|本月至今|月初至今)|(?P<edge>月底|月末|季末|季度末|年底|年末)"
)
_WORD = {
    "大后天": 3,
    "后天": 2,
    "明天": 1,
    "明日": 1,
    "今天": 0,
    "今日": 0,
    "本日": 0,
    "昨天": -1,
    "昨日": -1,
    "前天": -2,
}
_UNIT = {
    "月": "m",
    "周": "w",
    "星期": "w",
    "天": "d",
    "日": "d",
    "年": "y",
    "季度": "q",
    "季": "q",
    "个季度": "q",
}
_WEEKDAYS = "一二三四五六日"
_EDGE = {"月": "m", "季": "q", "年": "y"}


def scan_cjk_dates(low: str, today: date) -> Iterator[Finding]:
    """Yield the dates in CJK text, left to right."""
    for match in _FORM.finditer(low):
        kind = next(name for name in _READ if match[name])
        found = _READ[kind](match, today)
        if found is not None:
            yield Finding("date", found, match.start(), match.end(), f"date: {found.kind}, CJK")


def _number(text: str) -> int:
    if text.isdigit():
        return int(text)
    tens, ten, ones = text.rpartition("十")
    return (_DIGITS.get(tens, 1) * 10 if ten else 0) + _DIGITS.get(ones, 0)


def _word(match: re.Match[str], today: date) -> DateRange:
    return calendar.day(today + timedelta(days=_WORD[match["word"]]))


def _year(match: re.Match[str], _today: date) -> DateRange | None:
    year = int(match["year"])
    if match["yq"]:
        return calendar.months(year, _number(match["yq"]) * 3 - 2, 3)
    return _month_day(year, match["month"], match["day"]) if match["month"] else calendar.year(year)


def _month_day(year: int, month: str, day: str | None) -> DateRange | None:
    number = _number(month)
    if not 1 <= number <= 12:  # noqa: PLR2004 - months of a year
        return None
    if day is None:
        return calendar.months(year, number)
    try:
        return calendar.day(date(year, number, int(day)))
    except ValueError:
        return None


def _lead(match: re.Match[str], today: date) -> DateRange:
    count = _number(match["count"])
    ahead = match["lead"] in {"未来", "未來", "接下来", "今后"}
    return calendar.rolling(
        today, calendar.add(today, count if ahead else -count, _UNIT[match["span"]])
    )


def _tenor(match: re.Match[str], today: date) -> DateRange:
    unit = _UNIT.get(match["tenor_unit"] or "月", "m")
    return calendar.tenor(calendar.add(today, _number(match["tenor"]), unit))


def _bare_month(match: re.Match[str], today: date) -> DateRange | None:
    return _month_day(today.year, match["bare_month"], match["bare_day"])


def _shift(match: re.Match[str], today: date) -> DateRange:
    shift = {"上": -1, "下": 1}.get(match["shift"][0], 0)
    found = calendar.around(today, _UNIT[match["unit"]], shift)
    if match["weekday"]:
        return calendar.day(found.start + timedelta(days=_weekday(match["weekday"])))
    return calendar.day(found.end) if match["end"] else found


def _weekday(char: str) -> int:
    return _WEEKDAYS.index("日" if char == "天" else char)


def _bare_weekday(match: re.Match[str], today: date) -> DateRange:
    ahead = (_weekday(match["bare_weekday"][-1]) - today.weekday()) % 7 or 7
    return calendar.day(today + timedelta(days=ahead))


def _which(match: re.Match[str], today: date) -> DateRange:
    found = calendar.year(today.year + {"去": -1, "明": 1}.get(match["which"][0], 0))
    return calendar.day(found.end) if match["which_end"] else found


def _quarter(match: re.Match[str], today: date) -> DateRange:
    return calendar.months(today.year, _number(match["quarter"]) * 3 - 2, 3)


def _half(match: re.Match[str], today: date) -> DateRange:
    return calendar.months(today.year, 1 if match["half"] == "上半年" else 7, 6)


def _to_date(match: re.Match[str], today: date) -> DateRange:
    unit = "y" if match["to_date"].startswith("年") else "m"
    return calendar.rolling(calendar.around(today, unit, 0).start, today)


def _edge(match: re.Match[str], today: date) -> DateRange:
    return calendar.day(calendar.around(today, _EDGE[match["edge"][0]], 0).end)


_READ = {
    "word": _word,
    "year": _year,
    "lead": _lead,
    "tenor": _tenor,
    "bare_month": _bare_month,
    "shift": _shift,
    "bare_weekday": _bare_weekday,
    "which": _which,
    "quarter": _quarter,
    "half": _half,
    "to_date": _to_date,
    "edge": _edge,
}
