"""Figures: values that know where they come from, and what they lack."""

from decimal import Decimal, localcontext

import pytest
from hypothesis import given, strategies

from hawk_backend.desk.figure import (
    EXACT,
    Address,
    Known,
    Unknown,
    derive,
    rounded,
    stored,
    total,
)

CELL = Address("t", "k", "c")


def test_an_address_reads_as_table_key_and_column() -> None:
    """Stable enough to be checked against the row."""
    assert str(CELL) == "t[k].c"


@pytest.mark.parametrize(
    "cell",
    [None, "12", True, Decimal("NaN"), Decimal("Infinity"), Decimal("1e99"), Decimal("1e-99")],
)
def test_a_cell_that_is_no_number_is_missing(cell: object) -> None:
    """NULL, text, flags, what is not finite or of absurd size are named, never read as a number."""
    assert stored({"c": cell}, CELL, "CNY") == Unknown(("t[k].c",))  # type: ignore[dict-item]


def test_a_stored_number_knows_its_cell() -> None:
    """Value, unit and address together."""
    assert stored({"c": 7}, CELL, "CNY") == Known(Decimal(7), "CNY", "as stored", (CELL,))


def test_all_that_is_missing_is_named_once() -> None:
    """Unknown terms win over known ones; nothing is named twice."""
    one, two = Unknown(("a", "b")), Unknown(("b", "c"))
    found = total("CNY", "sum", [one, Known(Decimal(1), "CNY", ""), two])
    assert found == Unknown(("a", "b", "c"))


def test_a_derived_figure_keeps_the_inputs_of_its_terms() -> None:
    """Each address once, in the order of the terms."""
    term = Known(Decimal(2), "CNY", "as stored", (CELL,))
    found = derive("CNY", "a x a", lambda a, b: a * b, term, term)
    assert found == Known(Decimal(4), "CNY", "a x a", (term, term))
    assert found.inputs == (CELL,)


def test_a_sum_of_nothing_is_zero() -> None:
    """No terms are no gap."""
    assert total("CNY", "sum", []) == Known(Decimal(0), "CNY", "sum")


@pytest.mark.parametrize(
    ("value", "places", "expected"),
    [
        *(("2.345", 2, "2.35"), ("-2.345", 2, "-2.35"), ("2.5", 0, "3"), ("2.3", 2, "2.3")),
        *(("2.3456", None, "2.3456"), ("1234", -2, "1200"), ("1250", -2, "1300")),
    ],
)
def test_halves_go_away_from_zero(value: str, places: int | None, expected: str) -> None:
    """As PostgreSQL's round; fewer decimals than asked for stay as they are."""
    assert rounded(Decimal(value), places) == Decimal(expected)


@given(strategies.lists(strategies.integers(-(10**30), 10**30)))
def test_sums_are_exact(cents: list[int]) -> None:
    """No digit of an amount is lost on the way."""
    with localcontext(EXACT):
        found = total("CNY", "sum", [Known(Decimal(n).scaleb(-2), "CNY", "") for n in cents])
        expected = Decimal(sum(cents)).scaleb(-2)
    assert isinstance(found, Known)
    assert found.value == expected
