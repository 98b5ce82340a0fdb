"""What the desk takes from the clock beyond the date."""

from collections.abc import Mapping, Sequence
from datetime import datetime, time

from hawk_backend.desk.ask import Ask, DeskTable
from hawk_backend.rows import Row


def same_until(ask: Ask, tables: Mapping[str, DeskTable]) -> datetime:
    """Return the last moment of the day at which figures are still those of `ask.now`.

    That is the next cut-off time.  Quotes that carry an instant are judged to the second: where
    there are any, it is `ask.now` itself.
    """
    quotes = _rows(tables, "currency_rates")
    if any(isinstance(row.get("as_of_ts"), datetime) for row in quotes):
        return ask.now
    ends = (row.get("cut_off_time") for row in _rows(tables, "currency_configuration"))
    ahead = (end for end in ends if isinstance(end, time) and not passed(ask, end))
    end = min((end.replace(tzinfo=None) for end in ahead), default=time.max)
    return datetime.combine(ask.now.date(), end, ask.now.tzinfo)


def _rows(tables: Mapping[str, DeskTable], name: str) -> Sequence[Row]:
    table = tables.get(name)
    return () if table is None else table.rows


def passed(ask: Ask, cut_off: time) -> bool:
    """Say whether a time of the day has passed on the desk's clock."""
    return ask.now.time() > cut_off.replace(tzinfo=None)
