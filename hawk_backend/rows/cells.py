"""JSON values → typed cells.  A value that its column's type cannot hold becomes None."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from hawk_backend.catalogue import Column, ColumnType, Flag

Cell: TypeAlias = (
    str | int | bool | Decimal | date | datetime | time | dict[str, Any] | list[Any] | None
)

_BOOLEANS = {"Y": True, "N": False, "TRUE": True, "FALSE": False, "T": True, "F": False}
_ENDLESS = {"infinity": date.max, "-infinity": date.min}


def typed(column: Column, values: Sequence[Any], zone: ZoneInfo) -> list[Cell]:
    """Convert one column; equal texts are converted once.

    Codes in filter columns lose the blanks around them; timestamps without zone are in `zone`.
    """
    if column.type in (ColumnType.TEXT, ColumnType.JSON):
        texts = _texts(values) if column.type is ColumnType.TEXT else list(values)
        return _stripped(texts) if Flag.FILTER in column.flags else texts
    convert = _CONVERT[column.type]
    known: dict[str, Cell] = {}
    cells: list[Cell] = []
    for value in values:
        if value.__class__ is not str:
            cells.append(None if value is None else convert(value, zone))
            continue
        if value not in known:
            known[value] = convert(value, zone)
        cells.append(known[value])
    return cells


def _texts(values: Sequence[Any]) -> list[Cell]:
    return [v if v is None or v.__class__ is str else str(v) for v in values]


def _stripped(cells: Sequence[Cell]) -> list[Cell]:
    return [cell.strip() if isinstance(cell, str) else cell for cell in cells]


def _decimal(value: object, _: ZoneInfo) -> Cell:
    """Give a finite Decimal: whatever digits the source sent, all of them."""
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        return None
    try:
        number = Decimal(value)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _integer(value: object, zone: ZoneInfo) -> Cell:
    number = _decimal(value, zone)
    if not isinstance(number, Decimal) or number.adjusted() > _LONGEST:
        return None
    return int(number) if number == number.to_integral_value() else None


_LONGEST = 40
"""Digits of an integer cell; the longest number of the database has 19."""


def _boolean(value: object, _: ZoneInfo) -> Cell:
    return value if isinstance(value, bool) else _BOOLEANS.get(str(value).strip().upper())


def _date(value: object, zone: ZoneInfo) -> Cell:
    text = str(value).strip()
    if text in _ENDLESS:
        return _ENDLESS[text]
    moment = _moment(text, zone)
    return moment.date() if moment else None


def _timestamp(value: object, zone: ZoneInfo) -> Cell:
    return _moment(str(value).strip(), zone)


def _moment(text: str, zone: ZoneInfo) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(zone) if moment.tzinfo else moment.replace(tzinfo=zone)
    except (ValueError, OverflowError):
        return None


def _time(value: object, _: ZoneInfo) -> Cell:
    try:
        return time.fromisoformat(str(value).strip())
    except ValueError:
        return None


_CONVERT: Mapping[ColumnType, Callable[[object, ZoneInfo], Cell]] = {
    ColumnType.AMOUNT: _decimal,
    ColumnType.NUMBER: _decimal,
    ColumnType.INTEGER: _integer,
    ColumnType.BOOLEAN: _boolean,
    ColumnType.DATE: _date,
    ColumnType.TIMESTAMP: _timestamp,
    ColumnType.TIME: _time,
}
