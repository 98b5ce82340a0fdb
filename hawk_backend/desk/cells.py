"""How the desk reads a cell: as text, number, day, instant or flag; anything else is absent."""

from datetime import date, datetime
from decimal import Decimal

from hawk_backend.rows import Row

DIGITS = 30
"""Digits that a number may have before the point, and zeros behind it."""

_YES = frozenset({"Y", "YES", "TRUE", "T", "1", "ACTIVE"})


def text(row: Row, column: str) -> str:
    """Return a text cell without outer blanks; empty for NULL."""
    value = row.get(column)
    return value.strip() if isinstance(value, str) else ""


def first_text(row: Row, *columns: str) -> str:
    """Return the first of several names of one column that holds text."""
    return next((found for name in columns if (found := text(row, name))), "")


def same_id(one: str, other: str) -> bool:
    """Compare ids as people write them: ORD-123, ord_123 and ORD123 are one."""
    return _folded(one) == _folded(other)


def _folded(name: str) -> str:
    return name.replace("-", "").replace("_", "").upper()


def number(cell: object) -> Decimal | None:
    """Return a finite Decimal, or None for what is no number or of absurd size."""
    if isinstance(cell, bool) or not isinstance(cell, Decimal | int):
        return None
    value = Decimal(cell)
    if not value:
        return Decimal(0)
    return value if value.is_finite() and abs(value.adjusted()) <= DIGITS else None


def whole(row: Row, column: str) -> int | None:
    """Return an integer cell, or None."""
    value = number(row.get(column))
    return None if value is None else int(value)


def day(row: Row, *columns: str) -> date | None:
    """Return the date of the first of `columns` that holds a date or an instant."""
    for column in columns:
        value = row.get(column)
        if isinstance(value, datetime):
            return value.date()
        if isinstance(value, date):
            return value
    return None


def flag(row: Row, column: str, *, null: bool) -> bool:
    """Read a boolean or a Y/N text; NULL counts as `null`."""
    value = row.get(column)
    if isinstance(value, bool):
        return value
    return value.strip().upper() in _YES if isinstance(value, str) and value.strip() else null


def in_force(row: Row, when: date) -> bool:
    """Say whether a configuration row is active and effective on `when`; open ends are open."""
    if not flag(row, "active_flag", null=True):
        return False
    start, end = day(row, "effective_date"), day(row, "expiry_date")
    return (start is None or start <= when) and (end is None or when <= end)
