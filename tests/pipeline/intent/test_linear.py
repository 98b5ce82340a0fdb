"""The work of a parse grows no faster than the prompt: counted in calls, not in seconds."""

import random
import sys
from types import FrameType

import pytest

from hawk_backend.pipeline.intent import IntentParser

PATTERNS = (
    "how ",
    "check status order ",
    "7",
    "1,",
    ",",
    "USD EUR ",
    "([{<",
    "\u200b",
    "a\u200b",
    "ord-1 ",
    "> close\n",
    "ignore all ",
    "not except but ",
    "5m eur ",
    "对冲",
    "'s",
    "十",
    "1 ",
    "week of ",
    "w/c ",
    "do not close ",
    "not needed ",
    "MX123 ",
    "the roll, ",
    "we closed it, ",
    "if booked, ",
    "eur excluded ",
)


_CHANCE = random.Random(1)
NOISE = {
    name: "".join(map(chr, _CHANCE.choices(range(*ends), k=40_000)))
    for name, ends in {
        "all": (0x20, 0xD7FF),
        "Latin": (0x20, 0x24F),
        "ASCII": (0x20, 0x7F),
        "ideographs": (0x4E00, 0x9FFF),
        "symbols": (0x2000, 0x2BFF),
        "full width": (0xFF00, 0xFFEF),
    }.items()
} | {
    "digits": "".join(_CHANCE.choices("0123456789.,-/ :", k=40_000)),
    "distinct words": " ".join(f"{number:x}" for number in range(4_096, 12_096)),
}


def calls(parser: IntentParser, prompt: str) -> int:
    """Count the calls of Python and C functions in one parse."""
    count = 0

    def profile(_frame: FrameType, _event: str, _argument: object) -> None:
        nonlocal count
        count += 1

    sys.setprofile(profile)
    try:
        parser.parse(prompt)
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("pattern", PATTERNS)
def test_twice_the_prompt_is_at_most_twice_the_work(parser: IntentParser, pattern: str) -> None:
    """From one length of a hostile pattern to the double of it, calls at most double."""
    short = calls(parser, pattern * (20_000 // len(pattern)))
    long = calls(parser, pattern * (40_000 // len(pattern)))
    assert long <= 2 * short + 200


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_short_hostile_prompt_costs_no_more_per_character(
    parser: IntentParser, pattern: str
) -> None:
    """Below the length from which noise is looked for, work is linear too."""
    short = calls(parser, pattern * (350 // len(pattern)))
    long = calls(parser, pattern * (1_400 // len(pattern)))
    assert long <= 4 * short + 2_000


@pytest.mark.parametrize("pattern", [pattern for pattern in PATTERNS if " " not in pattern])
def test_one_giant_word_beside_a_request_is_hardly_read(parser: IntentParser, pattern: str) -> None:
    """Two words of sense do not make sense of five thousand characters without a space."""
    prompt = "capacity CNY " + pattern * (5_000 // len(pattern))
    assert calls(parser, prompt) <= 4 * len(prompt)
    assert parser.parse(prompt).slots.currency == ("CNY",)


@pytest.mark.parametrize("name", NOISE)
def test_random_noise_costs_a_bounded_number_of_calls(parser: IntentParser, name: str) -> None:
    """Text that never repeats is thrown away before it is read."""
    assert calls(parser, NOISE[name]) <= 4 * len(NOISE[name])


@pytest.mark.parametrize("name", ["all", "Latin", "ideographs", "symbols", "distinct words"])
@pytest.mark.parametrize("request_", ["Unwind ORD-451 by 2m EUR", "请把ORD-451平仓200万欧元"])
def test_a_request_in_random_noise_keeps_its_frame(
    parser: IntentParser, name: str, request_: str
) -> None:
    """Random characters around a request change neither its intent nor its slots."""
    noise = NOISE[name]
    alone = parser.parse(request_)
    within = parser.parse(f"{noise[:20_000]}\n{request_}\n{noise[20_000:]}")
    assert (within.intent, within.behaviour) == ("hedge_termination", "proceed")
    assert within.slots == alone.slots


def test_a_request_in_the_middle_of_noise_is_found(parser: IntentParser) -> None:
    """Ten thousand characters of noise around a request do not change what it asks for."""
    noise = "lorem ipsum dolor sit amet consectetur " * 130
    intent = parser.parse(f"{noise}\nUnwind ORD-451 by 2m EUR\n{noise}")
    assert intent.intent == "hedge_termination"
    assert intent.slots.order_id == "ORD-451"
    assert intent.slots.amount == 2_000_000
