"""How figures read."""

from decimal import Decimal

import pytest

from hawk_backend.desk import Known, Unknown
from hawk_backend.desk.wording import amount, money, plain, with_unit


@pytest.mark.parametrize(
    ("value", "places", "text"),
    [
        ("1347500", 2, "1,347,500.0"),
        ("1347500.0", 2, "1,347,500.0"),
        ("1347500.00", 2, "1,347,500.0"),
        ("1347500.50", 2, "1,347,500.5"),
        ("1347500.55", None, "1,347,500.55"),
        ("0.005", 2, "0.01"),
        ("-0.005", 2, "-0.01"),
        ("1347500.4", 0, "1,347,500"),
        ("-1234.5", 0, "-1,235"),
        ("0", 2, "0.0"),
        ("1E+6", 2, "1,000,000.0"),
        ("90071992547409931.27", 2, "90,071,992,547,409,931.27"),
        ("0.0000000001", None, "0.0000000001"),
    ],
)
def test_amounts_have_separators_and_no_exponent(value: str, places: int | None, text: str) -> None:
    """One decimal stays unless the currency has none; halves go away from zero."""
    assert money(Decimal(value), places) == text


def test_percents_and_counts_have_no_padding() -> None:
    """5.00 % reads 5, 2.50 % reads 2.5."""
    shown = [plain(Known(Decimal(value), "%", "")) for value in ("5.00", "2.50", "100", "1E+2")]
    assert shown == ["5", "2.5", "100", "100"]


def test_what_is_unknown_is_said_in_words() -> None:
    """Neither a blank nor a zero."""
    unknown = Unknown(("x",))
    words = {amount(unknown, 2), plain(unknown), with_unit(unknown)}
    assert words == {"not computable"}


def test_an_amount_with_its_currency() -> None:
    """The unit follows; without one there is no blank at the end."""
    assert with_unit(Known(Decimal(5), "CNY", "")) == "5.0 CNY"
    assert with_unit(Known(Decimal(5), "", "")) == "5.0"
