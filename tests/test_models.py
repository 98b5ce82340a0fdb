"""The request as clients of all generations send it."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from hawk_backend.models import PROMPT_LIMIT, Prompt, read_amount

UNITS = {"": 1, "K": 10**3, "m": 10**6, "mio": 10**6, "bn": 10**9}


@pytest.mark.parametrize(
    ("sent", "letter"),
    [
        ("U", "U"),
        ("u", "U"),
        ("utilization", "U"),
        ("Utilisation", "U"),
        ("inquiry", "Q"),
        ("", None),
    ],
)
def test_instruction_type_takes_letters_and_words(sent: str, letter: str | None) -> None:
    """Both the letter and the word of an instruction type are understood."""
    assert (
        Prompt.model_validate({"user_prompt": "x", "instruction_type": sent}).instruction_type
        == letter
    )


@pytest.mark.parametrize(
    ("sent", "amount"),
    [
        ("150K", "150000"),
        ("1,250.75", "1250.75"),
        (150000, "150000"),
        ("2.5 million", "2500000"),
        ("1e6", "1000000"),
        (Decimal("90071992547409.31"), "90071992547409.31"),
    ],
)
def test_amounts_are_exact(sent: object, amount: str) -> None:
    """An amount is a Decimal whatever form it was sent in."""
    assert Prompt.model_validate({"user_prompt": "x", "amount": sent}).amount == Decimal(amount)


@pytest.mark.parametrize("sent", ["abc", True, "-5", "1e99", "1e-99", "NaN", [], "12 bananas"])
def test_an_amount_that_is_none_is_refused_with_its_field(sent: object) -> None:
    """What is no amount is refused, and the refusal names the field."""
    with pytest.raises(ValidationError) as caught:
        Prompt.model_validate({"user_prompt": "x", "amount": sent})
    assert caught.value.errors()[0]["loc"] == ("amount",)


@given(
    st.decimals(0, 1000, places=2, allow_nan=False), st.sampled_from(sorted(UNITS)), st.booleans()
)
def test_amount_and_unit_round_trip(number: Decimal, unit: str, spaced: bool) -> None:  # noqa: FBT001
    """Any number with any unit is that many units of currency."""
    text = f"{number}{' ' if spaced and unit else ''}{unit}"
    assert read_amount(text) == number * UNITS[unit]


def test_blank_is_absent() -> None:
    """An empty text means that the field was not sent, in every field but the prompt."""
    sent = dict.fromkeys(Prompt.model_fields, "") | {"user_prompt": "x"}
    assert Prompt.model_validate(sent) == Prompt(user_prompt="x")


def test_unknown_fields_and_browser_keys_are_ignored() -> None:
    """An unknown field, an agent's key among them, leaves no trace in the request."""
    prompt = Prompt.model_validate({"user_prompt": "x", "agent_api_key": "app-k", "zzz": 1})
    assert "app-k" not in repr(prompt)


@pytest.mark.parametrize("text", ["", " \n ", "x" * (PROMPT_LIMIT + 1)])
def test_a_prompt_needs_text_within_the_limit(text: str) -> None:
    """An empty, blank or oversized prompt is refused."""
    with pytest.raises(ValidationError) as caught:
        Prompt(user_prompt=text)
    assert caught.value.errors()[0]["loc"] == ("user_prompt",)
