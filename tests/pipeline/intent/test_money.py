"""Amounts are read in every notation, and nothing else is taken for one."""

from decimal import Decimal

import pytest

from hawk_backend.catalogue.lexicon import Lexicon
from hawk_backend.pipeline.intent import IntentParser
from hawk_backend.pipeline.intent.numerals import read_number


@pytest.mark.parametrize(
    ("said", "amount", "currency"),
    [
        ("150K CNY", "150000", "CNY"),
        ("EUR 9.876.543,21", "9876543.21", "EUR"),
        ("1,250.75 GBP", "1250.75", "GBP"),
        ("CHF 2'500'000", "2500000", "CHF"),
        ("3,5 Mio SGD", "3500000", "SGD"),
        ("7,25m DKK", "7250000", "DKK"),
        ("150.000 EUR", "150000", "EUR"),
        ("1.250 million SGD", "1250000", "SGD"),
        ("USD 12&nbsp;500&nbsp;000", "12500000", "USD"),
        ("1e6 EUR", "1000000", "EUR"),
        ("2 yards of yen", "2000000000", "JPY"),
        ("15 crore rupees", "150000000", "INR"),
        ("₹45 lakh", "4500000", "INR"),
        ("half a million dollars", "500000", "USD"),
        ("a quarter of a million pounds", "250000", "GBP"),
        ("two and a half million euros", "2500000", "EUR"),
        ("500万欧元", "5000000", "EUR"),
        ("2亿日元", "200000000", "JPY"),
        ("€1.5m", "1500000", "EUR"),
        ("HK$ 25m", "25000000", "HKD"),
        ("CN¥ 8,000,000", "8000000", "CNY"),
        ("5mUSD", "5000000", "USD"),
        ("cable 5m", "5000000", "GBP"),
        ("3/4 of a million EUR", "750000", "EUR"),
        ("1 1/2 million GBP", "1500000", "GBP"),
        ("a million and a half euros", "1500000", "EUR"),
        ("3 hundred thousand SGD", "300000", "SGD"),
        ("five hundred k NZD", "500000", "NZD"),
        ("5-6m SEK", "5000000", "SEK"),
        ("between 3 and 4 million CHF", "3000000", "CHF"),
        ("RM 4m", "4000000", "MYR"),
    ],
)
def test_an_amount_is_read(parser: IntentParser, said: str, amount: str, currency: str) -> None:
    """Value and currency, whichever way they are written."""
    slots = parser.parse(f"hedge {said}").slots
    assert slots.amount == Decimal(amount)
    assert slots.amount_currency == currency


@pytest.mark.parametrize(
    "prompt",
    [
        "show the top 5 EUR positions",
        "extend 3 deals in TWD",
        "move 15 pips in EUR",
        "80-125 test for EUR",
        "IFRS 9 gaps in EUR",
        "EUR exposure in 2024",
        "stress EUR by 10%",
        "events stuck in stage 1B for EUR",
        "EUR call in 5min",
    ],
)
def test_counts_shares_and_years_are_no_amounts(parser: IntentParser, prompt: str) -> None:
    """Numbers that count, rank or date something are no money."""
    assert parser.parse(prompt).slots.amount is None


@pytest.mark.parametrize(
    ("prompt", "amount"),
    [
        ("modify ORD-1 from 3M to 4M USD", 4_000_000),
        ("take 2m off the 9m CAD hedge", 2_000_000),
        ("hedge 3m EUR, sorry, 5m EUR", 5_000_000),
        ("it's 1.5bn IDR, not 1.5m, correct ORD-1", 1_500_000_000),
        ("bring the HKD hedge down to zero", 0),
        ("I entered 3m but meant 30m on ORD-3", 30_000_000),
        ("2.5 mio. EUR hedge", 2_500_000),
        ("can the CAR buffer take another 3m?", 3_000_000),
    ],
)
def test_of_several_amounts_the_asked_one_is_taken(
    parser: IntentParser, prompt: str, amount: int
) -> None:
    """The new one of a change, the first of an unwind, the later of a correction."""
    assert parser.parse(prompt).slots.amount == amount


@pytest.mark.parametrize(
    "said",
    [
        *(f"5 {unit} EUR" for unit in Lexicon.load().money.units),
        "150,000 CNY",
        "EUR 5000000",
        "half a million USD",
        "five million EUR",
    ],
)
def test_behind_an_amount_a_tenor_is_no_second_amount(parser: IntentParser, said: str) -> None:
    """However the amount is written, "for 3m" behind it is a time."""
    slots = parser.parse(f"hedge {said} for 3m").slots
    assert [amount.value for amount in slots.amounts] == [slots.amount]
    assert slots.date is not None
    assert slots.date.kind == "tenor"


@pytest.mark.parametrize(
    ("text", "with_unit", "value"),
    [
        ("1.250", True, "1.250"),
        ("1.250", False, "1250"),
        ("0.250", False, "0.250"),
        ("1,25", False, "1.25"),
    ],
)
def test_one_separator_is_read_by_what_follows(text: str, with_unit: bool, value: str) -> None:  # noqa: FBT001 - a column of the table
    """Exactly three digits behind one separator are thousands, unless a unit follows a dot."""
    assert read_number(text, with_unit=with_unit) == Decimal(value)
