"""The general ledger's period of today."""

from dataclasses import dataclass
from datetime import date

from hawk_backend.desk.ask import Ask, Tables
from hawk_backend.desk.cells import day, first_text, flag, text


@dataclass(frozen=True, slots=True)
class Period:
    """A ledger period and whether entries may be posted to it."""

    name: str
    start: date
    end: date
    is_open: bool


def period(tables: Tables, ask: Ask) -> Period | None:
    """Return the period that today lies in; None where none is on record."""
    for row in tables.rows("gl_periods"):
        start, end = day(row, "start_date", "period_start"), day(row, "end_date", "period_end")
        if start is not None and end is not None and start <= ask.today <= end:
            shut = text(row, "period_status").lower() not in ("", "open")
            is_open = flag(row, "is_open", null=not shut)
            return Period(first_text(row, "period_id", "period_name"), start, end, is_open)
    return None
