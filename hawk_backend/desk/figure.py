"""Figures: a value that knows its unit and its origin, or the names of the inputs it lacks."""

from collections.abc import Callable, Iterable, Iterator
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import NamedTuple, TypeAlias

from hawk_backend.desk.cells import DIGITS, number
from hawk_backend.rows import Row

EXACT = Context(prec=5 * DIGITS, rounding=ROUND_HALF_UP)
"""Wide enough that sums and products of stored amounts are never rounded in between.

The longest is an amount times two legs of a crossed rate, to the cent.
"""

ZERO = Decimal(0)


class Address(NamedTuple):
    """Where a stored value stands."""

    table: str
    key: str
    column: str

    def __str__(self) -> str:
        return f"{self.table}[{self.key}].{self.column}"


class Known(NamedTuple):
    """A figure: `value` in `unit`, by `formula` from `terms`, which are figures or stored cells."""

    value: Decimal
    unit: str
    formula: str
    terms: "tuple[Known | Address, ...]" = ()

    @property
    def inputs(self) -> tuple[Address, ...]:
        """Every stored cell that the figure goes back to, each once."""
        return tuple(dict.fromkeys(_cells(self)))


class Unknown(NamedTuple):
    """A figure that cannot be computed, and every input that is missing for it."""

    missing: tuple[str, ...]


Figure: TypeAlias = Known | Unknown


def _cells(figure: Known) -> Iterator[Address]:
    for term in figure.terms:
        if isinstance(term, Known):
            yield from _cells(term)
        else:
            yield term


def derive(unit: str, formula: str, compute: Callable[..., Decimal], /, *terms: Figure) -> Figure:
    """Apply `compute` to the terms' values; Unknown, naming all that is missing, if any is."""
    known: list[Known] = []
    for term in terms:
        if isinstance(term, Unknown):
            return _unknown(terms)
        known.append(term)
    return Known(compute(*[term.value for term in known]), unit, formula, tuple(known))


def _unknown(terms: Iterable[Figure]) -> Unknown:
    named = (name for term in terms if isinstance(term, Unknown) for name in term.missing)
    return Unknown(tuple(dict.fromkeys(named)))


def total(unit: str, formula: str, terms: Iterable[Figure]) -> Figure:
    """Add the terms up; no terms give 0."""
    return derive(unit, formula, lambda *values: sum(values, ZERO), *terms)


def stored(row: Row, address: Address, unit: str) -> Figure:
    """Read a numeric cell as it stands; NULL, text and NaN are missing."""
    value = number(row.get(address.column))
    if value is None:
        return Unknown((str(address),))
    return Known(value, unit, "as stored", (address,))


def rounded(value: Decimal, places: int | None) -> Decimal:
    """Round half away from zero to at most `places` decimals, as PostgreSQL's round does.

    None, a currency whose precision is not on record, leaves the value exact.
    """
    exponent = value.as_tuple().exponent
    if places is None or (isinstance(exponent, int) and exponent >= -places):
        return value
    return value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP, context=EXACT)
