"""The position snapshot that a figure stands on: one row per entity and NAV type."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from hawk_backend.desk.ask import Ask
from hawk_backend.desk.cells import day, text
from hawk_backend.rows import Row

WINDOW = timedelta(days=30)
"""How far after the date asked about a snapshot is looked for when there is none before."""

STALE_AFTER = timedelta(days=2)


class Current(NamedTuple):
    """The row that counts for one entity and NAV type, and the keys of others of its date."""

    row: Row
    rivals: tuple[str, ...] = ()


def snapshot(rows: Iterable[Row], ask: Ask) -> list[Current]:
    """Return the current row of each (entity, NAV type) of the currencies asked about.

    Current is the latest as_of_date up to the date asked about; where there is none, the latest
    within 30 days after it, else the latest of all.  Of rows of one date the first by nav_id
    counts; hedged positions (position_type HEDGED) are no exposure and stay out.
    """
    groups: dict[tuple[str, str, str], list[Row]] = {}
    for row in rows:
        key = (text(row, "currency_code"), text(row, "entity_id"), text(row, "nav_type"))
        if text(row, "position_type") == "HEDGED" or (
            ask.currencies and key[0] not in ask.currencies
        ):
            continue
        groups.setdefault(key, []).append(row)
    return [_current(groups[key], ask.reference) for key in sorted(groups)]


def _current(rows: Sequence[Row], reference: date) -> Current:
    """Pick by date class, then date, then key."""
    if len(rows) == 1:
        return Current(rows[0])
    best = max(_rank(day(row, "as_of_date"), reference) for row in rows)
    equal = [row for row in rows if _rank(day(row, "as_of_date"), reference) == best]
    first, *others = sorted(equal, key=lambda row: text(row, "nav_id"))
    return Current(first, tuple(text(row, "nav_id") for row in others))


def stale(when: date | None, reference: date) -> bool:
    """Say whether a snapshot is more than two days older than the date it stands for."""
    return when is None or reference - when > STALE_AFTER


def later(when: date | None, reference: date) -> bool:
    """Say whether a snapshot was taken after the date it stands for."""
    return when is not None and when > reference


def _rank(when: date | None, reference: date) -> tuple[int, date]:
    if when is None:
        return (0, date.min)
    if when <= reference:
        return (3, when)
    return (2 if when <= reference + WINDOW else 1, when)
