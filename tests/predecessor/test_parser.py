"""Parser."""

import asyncio
from typing import Any

import httpx
import pytest

from hawk_backend.catalogue import Catalogue
from tests.predecessor.reading import context_of, explained

LONG = 100_000

HOSTILE = {
    "digits": "1" * LONG,
    "commas": "1," * (LONG // 2),
    "spaces": "hedge" + " " * (LONG - 10) + "CNY",
    "amounts": "150K CNY and " * (LONG // 13),
    "almost ids": "ORD-" * (LONG // 4),
    "almost dates": "2025-" * (LONG // 5),
    "brackets": "((((" * (LONG // 4),
    "one word": "a" * LONG,
    "negations": "not " * (LONG // 4),
    "codes": "USDCNY" * (LONG // 6),
    "full width": "\uff11\uff15\uff10\uff2b\u3000" * (LONG // 5),
    "combining": "e\u0301" * (LONG // 2),
    "lines": "\n" * (LONG - 10) + "hedge CNY",
}

REACHED = {
    "hedge_inception": "Start a USD 25M COI hedge",
    "hedge_utilization": "How much CNY can still be hedged?",
    "hedge_rollover": "Roll over the HKD hedge ORD-2025-014",
    "hedge_termination": "Terminate the JPY hedge ORD-2025-021",
    "hedge_amendment": "Amend order ORD-123 to 120M",
    "hedge_inquiry": "What is the status of order ORD-123?",
    "risk_analysis": "Show the risk analysis of our AUD hedges",
    "var_calculation": "What is the 95% VaR of the USD portfolio?",
    "stress_test": "Run a stress test on KRW",
    "correlation_analysis": "Show the correlation between AUD and NZD exposures",
    "compliance_report": "Prepare the compliance report for Q3",
    "regulatory_report": "Prepare the MAS regulatory report",
    "threshold_monitoring": "Which thresholds are breached?",
    "audit_trail": "Show the audit trail of order ORD-123",
    "performance_metrics": "Show the performance metrics of the desk",
    "hedge_effectiveness": "Show hedge effectiveness for JPY",
    "pnl_attribution": "Attribute the P&L of August",
    "performance_comparison": "Compare the performance of AUD and CNY hedges",
    "position_monitoring": "What are our current HKD positions?",
    "exposure_analysis": "Analyse our exposure in TWD",
    "hedge_monitoring": "Which hedges are stuck in stage 2?",
    "portfolio_analysis": "Analyse the whole portfolio",
    "mx_bookings": "Show the Murex bookings of AUD",
    "gl_entries_query": "Show the GL entries of September",
    "system_status": "Is the system healthy?",
    "configuration_query": "Show the buffer configuration of INR",
    "market_analysis": "Analyse the FX market for USD",
    "general_query": "What can you tell me about hedging?",
    "out_of_scope": "How do I bake bread?",
}


async def analysed(gateway: httpx.AsyncClient, prompt: str) -> dict[str, Any]:
    """Return how a prompt is read."""
    answer = await gateway.get("/prompt-analysis/test", params={"prompt": prompt})
    answer.raise_for_status()
    analysis: dict[str, Any] = answer.json()["analysis"]
    return analysis


NO_CURRENCY = (
    "Show all hedge positions",
    "show hedge positions for the desk",
    "hedge ratio of the book",
    "What is the hedged amount in tenor buckets?",
    "Try all of them and sum it up",
    "the copper and silver desks",
)

NO_VAR = (
    "How much is available for hedging in CNY?",
    "Which entities are available?",
    "Explain the variance of the positions",
    "Various hedges of HKD",
)


async def test_no_currency_is_found_inside_words(gateway: httpx.AsyncClient) -> None:
    """In "hedge positions" nothing is a currency, nor are plain words spelled like a code."""
    for prompt in NO_CURRENCY:
        assert (await analysed(gateway, prompt))["extracted_params"]["currency"] == [], prompt


async def test_available_is_not_value_at_risk(gateway: httpx.AsyncClient) -> None:
    """Words that begin with the letters of VaR, or hold them, mean something else."""
    for prompt in NO_VAR:
        assert (await analysed(gateway, prompt))["intent"] != "var_calculation", prompt


AMOUNTS = (
    ("150K CNY", "150000", "CNY"),
    ("USD 25M", "25000000", "USD"),
    ("2.5 million HKD", "2500000", "HKD"),
    ("$500,000", "500000", "USD"),
    ("150000 TWD", "150000", "TWD"),
    ("1.25bn JPY", "1250000000", "JPY"),
    ("AUD 1,234,567.89", "1234567.89", "AUD"),
    ("90071992547409931.27 IDR", "90071992547409931.27", "IDR"),
)


async def test_amounts_are_found(gateway: httpx.AsyncClient) -> None:
    """However a desk writes an amount, it is found, exact, with its currency."""
    for text, amount, currency in AMOUNTS:
        context = await context_of(gateway, f"Check if I can hedge {text} today")
        said = dict(parted for line in context.splitlines() if (parted := slot(line)))
        assert (said["amount"], said["amount_currency"]) == (amount, currency)


def slot(line: str) -> tuple[str, str] | None:
    """Return name and value of a line of the extracted parameters; None for other lines."""
    bar, _, rest = line.partition("| ")
    name, _, value = rest.partition(" | ")
    return None if bar or not name.startswith("amount") else (name, value)


async def test_every_intent_can_be_reached(gateway: httpx.AsyncClient) -> None:
    """Each intent of the catalogue has a plain sentence that leads to it."""
    reached = {prompt: (await analysed(gateway, prompt))["intent"] for prompt in REACHED.values()}
    assert reached == {prompt: intent for intent, prompt in REACHED.items()}


def test_no_intent_is_left_out_above() -> None:
    """The sentences lead to all intents that the catalogue has."""
    assert set(REACHED) == set(Catalogue.load().intents)


@pytest.mark.parametrize("kind", HOSTILE)
async def test_a_hundred_thousand_hostile_characters_are_read(
    gateway: httpx.AsyncClient, kind: str
) -> None:
    """The predecessor hung for half a minute and more; this is read, and /health answers."""
    prompt = HOSTILE[kind][:LONG]
    async with asyncio.timeout(10):
        reading = asyncio.create_task(
            gateway.post("/hawk-agent/explain", json={"user_prompt": prompt})
        )
        assert (await gateway.get("/health")).status_code == 200
        answer = await reading
    assert answer.status_code in {200, 422}
    assert len(answer.content) < LONG * 3


async def test_a_needle_in_a_hundred_thousand_characters_is_found(
    gateway: httpx.AsyncClient,
) -> None:
    """A request within a wall of text is still understood."""
    noise = "lorem ipsum dolor sit amet, " * 1750
    answer = await explained(gateway, f"{noise}. Check if I can hedge 150K CNY today. {noise}")
    assert answer["intent"] == "hedge_utilization"
