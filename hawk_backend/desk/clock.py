"""What the desk takes from the clock beyond the date."""

from collections.abc import Hashable, Mapping, Sequence
from datetime import datetime, time

from hawk_backend.desk.ask import Ask, DeskTable
from hawk_backend.rows import Row


def clock_facts(ask: Ask, tables: Mapping[str, DeskTable]) -> Hashable:
    """Return all that figures may depend on of `ask.now`: the same facts, the same figures.

    That is which cut-off times have passed.  Quotes that carry an instant are judged to the
    second: where there are any, it is the very instant.
    """
    quotes = _rows(tables, "currency_rates")
    if any(isinstance(row.get("as_of_ts"), datetime) for row in quotes):
        return ask.now
    ends = (row.get("cut_off_time") for row in _rows(tables, "currency_configuration"))
    return tuple(passed(ask, end) for end in ends if isinstance(end, time))


def _rows(tables: Mapping[str, DeskTable], name: str) -> Sequence[Row]:
    table = tables.get(name)
    return () if table is None else table.rows


def passed(ask: Ask, cut_off: time) -> bool:
    """Say whether a time of the day has passed on the desk's clock."""
    return ask.now.time() > cut_off.replace(tzinfo=None)
