"""Which rows of a table are wanted, in words that a source understands as well as this process."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, TypeAlias

Value: TypeAlias = str | bool | date


@dataclass(frozen=True, slots=True)
class Term:
    """A comparison of one column.

    `in` and `not in` take any number of values, `null` none, `from` and `to` one day.
    """

    column: str
    test: Literal["in", "not in", "null", "from", "to"]
    values: tuple[Value, ...] = ()


Where: TypeAlias = Sequence[Sequence[Term]]
"""Of every group one term must hold; no group means every row."""
