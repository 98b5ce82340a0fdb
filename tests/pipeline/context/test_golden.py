"""The contexts of the six golden prompts, as they were reviewed by eye.

`HAWK_GOLDEN=write` writes them anew; read the difference before it is committed.
"""

import os
import re
from dataclasses import replace
from pathlib import Path

import pytest

from hawk_backend.models import Prompt
from hawk_backend.pipeline.context import Context
from tests.pipeline.context.live import open_pipeline, prepare
from tests.stack import LocalStack

GOLDEN = {
    "utilization": "Check if I can hedge 150K CNY today",
    "inception": "Start USD 25M COI hedge",
    "rollover": "Rollover existing EUR hedge",
    "termination": "Close JPY hedge position",
    "amendment": "Modify order ORD-123 notional to 120M",
    "inquiry": "Status of all CNY instructions",
}
FOLDER = Path(__file__).parent / "golden"
_MEASURED = re.compile(r"(Measured for this prompt:\n)(?:.+\n)+", re.MULTILINE)


async def context_of(stack: LocalStack, prompt: str) -> Context:
    """Prepare a prompt on the real parts; how sure the parser is, is no matter here."""
    async with open_pipeline(stack) as pipeline:
        read = pipeline.understand(Prompt(user_prompt=prompt))
        prepared = await prepare(pipeline, prompt, replace(read, confidence=0.98))
    return prepared.context


def lasting(text: str) -> str:
    """Leave out what differs from one prompt to the next."""
    return _MEASURED.sub(r"\1(ages, hit rate, times)\n", text)


@pytest.mark.parametrize("name", GOLDEN)
async def test_a_golden_context_is_the_reviewed_one(stack: LocalStack, name: str) -> None:
    """Byte for byte, but for the block of ages, hit rate and times."""
    context = await context_of(stack, GOLDEN[name])
    file = FOLDER / f"{name}.txt"
    if os.environ.get("HAWK_GOLDEN") == "write":
        file.write_text(lasting(context.text), "utf-8")
    assert lasting(context.text) == file.read_text("utf-8")
    assert context.dropped == ()


def test_the_golden_figures_stand_in_the_reviewed_contexts() -> None:
    """CNY's capacity with its four entities, the subsidiary's conflict, EUR's gaps."""
    texts = {name: (FOLDER / f"{name}.txt").read_text("utf-8") for name in GOLDEN}
    cny = texts["utilization"]
    for part in (
        "| CNY | 150,000.0 | 1,347,500.0 | 1,347,500.0 | 0.0 | WITHIN | Pass",
        "| CNY | ENTITY0005 | 332,500.0\n| CNY | ENTITY0006 | 350,000.0\n",
        "| CNY | ENTITY0007 | 332,500.0\n| CNY | ENTITY0008 | 332,500.0\n",
        "BUFFER_CONFLICT: ENTITY0007 (Subsidiary, CNY, COI and RE)",
        "1,347,500.0 by the positions (used here) and 1,365,000.0 by the rules",
    ):
        assert part in cny
    assert "No entity and no position in EUR is on record" in texts["rollover"]
    assert "Recommendation: " in texts["rollover"]
    assert (
        "| ORD-2025-021 | JPY | 70,000 | 70,000 | 20,000 | 10,000 | 40,000 | 15,000 |"
        in (texts["termination"])
    )
    assert (
        "| ORD-123 | asked for now |  | hedge_amount_order | 40,000.0 | 120,000,000.0"
        in (texts["amendment"])
    )


EVERYTHING = ("Capacity of all currencies", "How effective are our hedges, and what is booked?")


@pytest.mark.parametrize("limit", [2_000, 5_000, 20_000])
async def test_a_short_context_has_the_verdict_and_names_all_that_it_omits(
    stack: LocalStack, limit: int
) -> None:
    """From the shortest that can be set: prompt, headline and every omission with its count."""
    async with open_pipeline(stack) as pipeline:
        for prompt in (*GOLDEN.values(), *EVERYTHING):
            context = (await prepare(pipeline, prompt, room=limit)).context
            assert context.chars == len(context.text) <= limit
            named = context.text.partition("=== OMITTED FOR LACK OF SPACE ===\n| ")[2].split("\n")[
                0
            ]
            told = named.split(" | ")[1:]
            assert told == [f"{left.table} {left.rows}" for left in context.dropped]
            assert f"\n> {prompt}\n" in context.text
        golden = (await prepare(pipeline, GOLDEN["utilization"], room=limit)).context.text
    assert "| CNY | 150,000.0 | 1,347,500.0 | 1,347,500.0 | 0.0 | WITHIN | Pass" in golden
