"""A table's slice: typed rows, rendered lines and indexes, made once from the source's bytes."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from hawk_backend.catalogue import Column, ColumnType, Flag, Table
from hawk_backend.errors import SourceError
from hawk_backend.rows.cells import Cell, typed
from hawk_backend.rows.lines import SEPARATOR, lines

Row: TypeAlias = Mapping[str, Cell]

_ROW_BYTES, _CELL_BYTES, _ENTRY_BYTES = 200, 85, 100
"""Memory of a row, of a typed cell in it, and of a value in an index with its places: at most."""


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Slice:
    """A table in its total order up to its cap, ready for use.

    `rows` and `lines` run in parallel: line i is row i rendered for the context, all
    columns but those marked audit, under `header`. `columns` are those that the database has, by
    their names in the catalogue. `days` are the rows' own days where the table has such a column,
    `newest` is the last of them. `complete` is False where the cap was hit. `size` is the memory
    that it takes, in bytes, about.
    """

    table: Table
    rows: tuple[Row, ...]
    header: str
    lines: tuple[str, ...]
    index: Mapping[str, Mapping[Cell, tuple[int, ...]]]
    complete: bool
    fetched_at: datetime
    size: int
    columns: tuple[str, ...] = ()
    days: tuple[date | None, ...] = ()
    newest: date | None = None


@dataclass(frozen=True, slots=True)
class _Found:
    """A column of the slice and the keys that its cells are read from."""

    column: Column
    keys: tuple[str, ...]

    def values(self, raw: Sequence[Mapping[str, Any]]) -> list[Any]:
        """Pick the column out of the rows; several keys are joined."""
        if len(self.keys) == 1:
            return [row[self.keys[0]] for row in raw]
        return ["".join(str(row[key] or "").strip() for key in self.keys) or None for row in raw]


def read_slice(
    table: Table,
    body: bytes,
    *,
    columns: Sequence[str] | None,
    cap: int,
    zone: ZoneInfo,
    fetched_at: datetime,
) -> Slice:
    """Read a JSON array of rows, exact to the last digit.

    `columns` are the keys that every row must have; None takes those of the first row.
    Raises SourceError where the body is anything else.
    """
    everything = _parse(table, body)
    raw = everything[:cap]
    found = _found(table, columns if columns is not None else _keys(table, raw))
    values = _values(table, found, raw)
    shown = [f.column.name for f in found if f.column.rendered]
    texts = lines([values[name] for name in shown], len(raw))
    order = _order(table, texts)
    cells = {f.column.name: typed(f.column, values[f.column.name], zone) for f in found}
    index = _indexes(found, cells, order)
    days = tuple(_day(cells[table.as_of][i]) for i in order) if table.as_of in cells else ()
    return Slice(
        table=table,
        rows=_rows(cells, order),
        header=SEPARATOR.join(shown),
        lines=tuple(texts[i] for i in order),
        index=index,
        complete=len(everything) < cap,
        fetched_at=fetched_at,
        size=_size(len(raw), len(cells), index) + len(body),
        columns=tuple(cells),
        days=days,
        newest=max(filter(None, days), default=None),
    )


def _parse(table: Table, body: bytes) -> list[dict[str, Any]]:
    try:
        rows = json.loads(body, parse_float=Decimal, parse_constant=_refuse)
        if b"\\u" in body:  # half of a surrogate pair cannot be written
            json.dumps(rows, ensure_ascii=False, default=str).encode()
    except (ValueError, RecursionError) as exc:
        raise SourceError(f"{table.name} came as something else than JSON") from exc
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise SourceError(f"{table.name} came as something else than an array of rows")
    return rows


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def _keys(table: Table, raw: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    return tuple(raw[0]) if raw else tuple(table.by_name)


def _found(table: Table, keys: Sequence[str]) -> list[_Found]:
    """Name the slice's columns: a column that is absent is read from those that stand in for it."""
    if not table.columns:
        flags = frozenset({Flag.FILTER})
        return [_Found(Column(key, ColumnType.JSON, flags), (key,)) for key in keys]
    had = set(keys)
    readings = {
        name: others
        for name, others in table.stands_in.items()
        if name not in had and had.issuperset(others)
    }
    replaced = {other for others in readings.values() for other in others}
    return [
        _Found(column, readings.get(column.name, (column.name,)))
        for column in table.columns
        if column.name in readings or column.name in had - replaced
    ]


def _values(
    table: Table, found: Sequence[_Found], raw: Sequence[Mapping[str, Any]]
) -> dict[str, list[Any]]:
    try:
        return {f.column.name: f.values(raw) for f in found}
    except KeyError as exc:
        raise SourceError(f"{table.name} came without its column {exc.args[0]}") from None


def _rows(cells: Mapping[str, Sequence[Cell]], order: Sequence[int]) -> tuple[Row, ...]:
    rows = [dict(zip(cells, row, strict=True)) for row in zip(*cells.values(), strict=True)]
    return tuple(rows[i] for i in order)


def _day(cell: Cell) -> date | None:
    if isinstance(cell, datetime):
        return cell.date()
    return cell if isinstance(cell, date) else None


def _size(rows: int, columns: int, index: Mapping[str, Mapping[Cell, tuple[int, ...]]]) -> int:
    """Return the memory that rows and indexes take, their texts left out."""
    entries = sum(len(places) for places in index.values())
    return rows * (_ROW_BYTES + columns * _CELL_BYTES) + entries * _ENTRY_BYTES


def _indexes(
    found: Sequence[_Found], cells: Mapping[str, Sequence[Cell]], order: Sequence[int]
) -> Mapping[str, Mapping[Cell, tuple[int, ...]]]:
    names = [f.column.name for f in found if Flag.FILTER in f.column.flags]
    return {name: _index(cells[name], order) for name in names}


def _index(cells: Sequence[Cell], order: Sequence[int]) -> Mapping[Cell, tuple[int, ...]]:
    places: dict[Cell, list[int]] = {}
    for place, i in enumerate(order):
        cell = cells[i]
        if not isinstance(cell, dict | list):
            places.setdefault(cell, []).append(place)
    return {cell: tuple(found) for cell, found in places.items()}


def _order(table: Table, texts: Sequence[str]) -> Sequence[int]:
    """Keep the source's total order; where none is declared, go by the rows' text."""
    if table.total_order:
        return range(len(texts))
    return sorted(range(len(texts)), key=texts.__getitem__)
