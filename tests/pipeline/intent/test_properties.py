"""What must hold for every prompt, whatever currency, amount, case or spacing it has."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hawk_backend.catalogue.lexicon import Lexicon
from hawk_backend.pipeline.intent import Intent, IntentParser
from tests.pipeline.intent.score import gazetteer, load

PARSER = IntentParser(date(2025, 9, 17), gazetteer())
LEXICON = Lexicon.load()
CODES = sorted(LEXICON.codes - set(LEXICON.currencies.homographs.split()))
SENTENCES = (
    "Check if I can hedge 150K {} today",
    "Unwind the {} hedge for ENTITY0012",
    "VaR on the {} book at 99%",
    "Amend ORD-77 to 3m {}",
    "GL entries for {} in August",
)
UNITS = {
    "": 0,
    "k": 3,
    "K": 3,
    "m": 6,
    "mm": 6,
    "mio": 6,
    " million": 6,
    "bn": 9,
    " yards": 9,
    " crore": 7,
}
PROMPTS = [
    record["prompt"]
    for record in load("given_dev")
    if record["prompt"].isascii() and "homograph" not in record["tags"]
]
DIRT = ("\u200b", "\ufeff", "\u2060", "\U0001f600", "\u00ad")


def meaning(intent: Intent) -> tuple[object, ...]:
    """Everything of a frame but where in the text it stands."""
    return intent.intents, intent.behaviour, intent.scope, intent.slots, intent.negated


def without(intent: Intent, *names: str) -> dict[str, object]:
    """A frame's slots but for some."""
    return {name: value for name, value in intent.slots.to_dict().items() if name not in names}


@given(st.sampled_from(SENTENCES), st.sampled_from(CODES))
@settings(max_examples=150, deadline=None)
def test_another_code_changes_only_the_currency(sentence: str, code: str) -> None:
    """Every ISO code that is no word is read where EUR is read, and nothing else changes."""
    usual, other = PARSER.parse(sentence.format("EUR")), PARSER.parse(sentence.format(code))
    money = ("currency", "amount_currency", "amounts")
    assert other.slots.currency == (code,)
    assert other.intents == usual.intents
    assert without(other, *money) == without(usual, *money)


@given(
    st.integers(1, 999_999),
    st.sampled_from(sorted(UNITS)),
    st.sampled_from([",", ".", "'", " "]),
    st.sampled_from(["EUR {}", "{} EUR"]),
)
@settings(max_examples=200, deadline=None)
def test_amounts_survive_every_notation(number: int, unit: str, mark: str, order: str) -> None:
    """What is written with any thousands mark and any unit is read as the same amount."""
    digits = f"{number:,}".replace(",", mark) if not unit else str(number)
    money = order.format(digits + unit)
    slots = PARSER.parse(f"I need to hedge {money}").slots
    assert slots.amount == Decimal(number).scaleb(UNITS[unit])
    assert slots.amount_currency == "EUR"


@given(st.integers(0, 99), st.integers(1, 9), st.sampled_from([".", ","]))
@settings(deadline=None)
def test_decimals_may_be_parted_by_comma_or_dot(whole: int, tenth: int, mark: str) -> None:
    """One digit behind a comma or a dot is a decimal in every locale."""
    slots = PARSER.parse(f"capacity for {whole}{mark}{tenth}m GBP").slots
    assert slots.amount == Decimal(f"{whole}.{tenth}").scaleb(6)


@given(st.sampled_from(PROMPTS), st.sampled_from(DIRT), st.randoms(use_true_random=False))
@settings(max_examples=200, deadline=None)
def test_invisible_characters_and_emoji_change_nothing(
    prompt: str, dirt: str, random: object
) -> None:
    """Zero-width characters between letters, and emoji between words, leave the frame as it is."""
    words = prompt.split(" ")
    glue = f" {dirt} " if dirt == "\U0001f600" else f" {dirt}"
    place = getattr(random, "randrange")(len(words))  # noqa: B009 - hypothesis' own generator type
    dirty = " ".join(words[: place + 1]) + glue + " ".join(words[place + 1 :])
    assert meaning(PARSER.parse(dirty.strip())) == meaning(PARSER.parse(prompt))


@pytest.mark.parametrize("prompt", [p for p in PROMPTS if " RE " not in p and "MT" not in p])
def test_case_changes_nothing(prompt: str) -> None:
    """A prompt in small letters asks for the same as in mixed ones."""
    assert meaning(PARSER.parse(prompt.lower())) == meaning(PARSER.parse(prompt))


@pytest.mark.parametrize("prompt", PROMPTS)
def test_spacing_changes_nothing(prompt: str) -> None:
    """Doubled spaces and spaces at the ends leave the frame as it is."""
    assert meaning(PARSER.parse(f"  {prompt.replace(' ', '  ')} ")) == meaning(PARSER.parse(prompt))


@given(
    st.sampled_from(
        ["ORD-{}", "INST_{}", "INST_COI_{}", "INST_RE_{}", "EVT_{}", "MX{}", "ENTITY{}"]
    ),
    st.integers(1000, 99_999_999),
)
@settings(max_examples=150, deadline=None)
def test_ids_leak_into_no_other_slot(form: str, number: int) -> None:
    """The digits and letters of an id are no amount, no NAV type, no date and no percentage."""
    slots = PARSER.parse(f"what about {form.format(number)} please").slots
    assert slots.amount is None
    assert slots.nav_type is None
    assert slots.date is None
    assert slots.percentage is None


@given(st.text(max_size=300))
@settings(max_examples=300, deadline=None)
def test_any_text_has_a_frame(text: str) -> None:
    """Whatever is typed, there is one intent, it stands first, and every span lies in the text."""
    intent = PARSER.parse(text)
    assert intent.intents[0] == intent.intent
    assert 0.0 <= intent.confidence <= 1.0
    for item in intent.evidence:
        if item.span is not None:
            start, end = item.span
            assert 0 <= start < end <= len(text)
