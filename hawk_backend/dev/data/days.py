"""The calendar around the anchor date: nothing in the data knows another day than through it."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import islice

ONE = timedelta(days=1)
FRIDAY = 4
REACH = 130
"""Business days before the anchor that the story reaches back."""


class Days:
    """Business days and times of day counted from the anchor date."""

    def __init__(self, anchor: date) -> None:
        self.anchor = anchor
        self._back = [anchor, *islice(_weekdays(anchor, -ONE), REACH)]

    def __repr__(self) -> str:
        return f"<Days around {self.anchor}>"

    def back(self, count: int) -> date:
        """Return the business day `count` before the anchor; 0 is the anchor, weekend or not."""
        return self._back[count]

    def before(self, days: int) -> date:
        """Return the date `days` calendar days before the anchor."""
        return self.anchor - timedelta(days=days)

    def month_end(self, months: int) -> date:
        """Return the last day of the month that lies `months` before the anchor's."""
        return self.month_start(months - 1) - ONE

    def month_start(self, months: int) -> date:
        """Return the first day of the month that lies `months` before the anchor's."""
        years, month = divmod(self.anchor.year * 12 + self.anchor.month - 1 - months, 12)
        return date(years, month + 1, 1)


def settled(trade: date, days: int = 2) -> date:
    """Return the date on which a deal of `trade` settles, `days` business days later."""
    *_, value = islice(_weekdays(trade, ONE), days)
    return value


def at(day: date, hour: int, minute: int, salt: int = 0) -> datetime:
    """Return a moment without zone, as the database has it; `salt` spreads the seconds."""
    return datetime.combine(day, time(hour, minute, salt * 7 % 60, salt * 104_729 % 1_000_000))


def _weekdays(start: date, step: timedelta) -> Iterator[date]:
    day = start
    while True:
        day += step
        if day.weekday() <= FRIDAY:
            yield day
