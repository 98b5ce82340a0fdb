"""Date arithmetic of the desk: weeks from Monday, quarters, business days, tenors.  Pure."""

from calendar import monthrange
from datetime import date, timedelta

from hawk_backend.pipeline.intent.frame import DateRange

MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
CENTURY = 2000
_WEEKEND = 5
_DAYS = {"d": 1, "w": 7, "f": 14}
_SIX = timedelta(days=6)
_FIRST, _LAST = date.min.year + 1, date.max.year - 1


def day(when: date) -> DateRange:
    """One day."""
    return DateRange("day", when, when)


def period(start: date, end: date) -> DateRange:
    """A stretch of the calendar."""
    return DateRange("period", start, end)


def rolling(start: date, end: date) -> DateRange:
    """A stretch that begins or ends today."""
    return DateRange("rolling", min(start, end), max(start, end))


def tenor(when: date) -> DateRange:
    """A forward date counted from today."""
    return DateRange("tenor", when, when)


def week(when: date) -> DateRange:
    """Monday to Sunday around `when`."""
    monday = when - timedelta(days=when.weekday())
    return period(monday, monday + min(_SIX, date.max - monday))


def months(year: int, first: int, count: int = 1) -> DateRange:
    """`count` whole months from month `first`, which may lie before or beyond the year."""
    start = add_months(date(_within(year), 1, 1), first - 1)
    return period(start, max(start, add_months(start, count) - timedelta(days=1)))


def year(number: int) -> DateRange:
    """A calendar year."""
    return months(number, 1, 12)


def add_months(when: date, count: int) -> date:
    """The same day `count` months on, or that month's last day."""
    total = when.year * 12 + when.month - 1 + count
    number, month = _within(total // 12), total % 12 + 1
    return date(number, month, min(when.day, monthrange(number, month)[1]))


def add_business_days(when: date, count: int) -> date:
    """`count` weekdays on; holidays are not known here."""
    while count > 0:
        when += timedelta(days=1)
        count -= when.weekday() < _WEEKEND
    return when


def add(when: date, count: int, unit: str) -> date:
    """Move by days, weeks, fortnights, months, quarters or years; `unit` is its first letter."""
    if unit in _DAYS:
        reach = count * _DAYS[unit]
        return when + timedelta(days=max(-36_500, min(36_500, reach)))
    factor = {"m": 1, "q": 3, "h": 6, "y": 12}[unit]
    return add_months(when, max(-1_200, min(1_200, count * factor)))


def years_on(when: DateRange, count: int) -> DateRange:
    """The same months `count` years on."""
    start = add_months(when.start, 12 * count)
    return period(start, add_months(when.end + timedelta(days=1), 12 * count) - timedelta(days=1))


def around(when: date, unit: str, shift: int) -> DateRange:
    """The week, month, quarter, half or year `shift` away from the one that holds `when`."""
    if unit == "w":
        return week(when + timedelta(weeks=shift))
    size = {"m": 1, "q": 3, "h": 6, "y": 12}[unit]
    return months(when.year, (when.month - 1) // size * size + 1 + shift * size, size)


def _within(number: int) -> int:
    return max(_FIRST, min(_LAST, number))
