"""Currencies are found by code, pair, word and sign, and told from the words they look like."""

import pytest

from hawk_backend.pipeline.intent import IntentParser


@pytest.mark.parametrize(
    ("prompt", "codes"),
    [
        ("exposure in twd", ("TWD",)),
        ("USDKRW and USDTWD exposure", ("USD", "KRW", "TWD")),
        ("USD/CNH exposure", ("USD", "CNH")),
        ("exposure in Swiss francs and offshore yuan", ("CHF", "CNH")),
        ("the CUP exposure", ("CUP",)),
        ("unwind 4m try", ("TRY",)),
        ("the won exposure", ("KRW",)),
        ("exposure quoted in real", ("BRL",)),
        ("are rand and real correlated", ("ZAR", "BRL")),
        ("日元敞口", ("JPY",)),
        ("China desk: exposure of ¥30m", ("CNY",)),
    ],
)
def test_a_currency_is_found(parser: IntentParser, prompt: str, codes: tuple[str, ...]) -> None:
    """In the order of first mention, without repeats."""
    assert parser.parse(prompt).slots.currency == codes


@pytest.mark.parametrize(
    "prompt",
    [
        "ALL positions",
        "TOP 3 exposures",
        "try again please",
        "we won the mandate, show its positions",
        "a real issue: the cache is down",
        "positions in real time",
        "dollar offset test",
        "SHOW ALL ORDERS",
    ],
)
def test_a_plain_word_is_no_currency(parser: IntentParser, prompt: str) -> None:
    """Verbs, determiners and adjectives that are spelled like money stay words."""
    assert parser.parse(prompt).slots.currency == ()


@pytest.mark.parametrize(
    ("prompt", "kept", "out"),
    [
        ("close all except SEK and NOK", (), ("SEK", "NOK")),
        ("show positions, not MXN but BRL", ("BRL",), ("MXN",)),
        ("roll everything and keep DKK out of it", (), ("DKK",)),
        ("unwind EUR, leave USD as it is", ("EUR",), ("USD",)),
        ("everything but PHP: exposure please", (), ("PHP",)),
        ("roll all forwards, DKK and SEK excluded", (), ("DKK", "SEK")),
        ("exposures, THB aside", (), ("THB",)),
        ("close the AUD hedge - no wait, the NZD one", ("NZD",), ()),
    ],
)
def test_exclusions_and_corrections_hold(
    parser: IntentParser, prompt: str, kept: tuple[str, ...], out: tuple[str, ...]
) -> None:
    """What is taken out never filters, what is corrected is forgotten."""
    slots = parser.parse(prompt).slots
    assert (slots.currency, slots.exclude_currency) == (kept, out)


def test_a_currency_glued_to_its_amount_is_named(parser: IntentParser) -> None:
    """The amount "5mEUR" names the euro as "5m EUR" does."""
    slots = parser.parse("hedge 5mEUR").slots
    assert (slots.currency, slots.amount_currency) == (("EUR",), "EUR")
