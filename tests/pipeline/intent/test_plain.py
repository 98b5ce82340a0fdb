"""Plain requests are read right in every combination of verb, business and object."""

from itertools import product

import pytest

from hawk_backend.pipeline.intent import IntentParser

ASKS = (
    "Show",
    "List the",
    "Give me",
    "I need",
    "Can you show me",
    "What is the",
    "Check",
    "Pull up the",
)
RUNS = ("Run", "Calculate", "Generate a", "Prepare", "Please produce", "I need a", "Report on")
ORDERS = ("", "Please", "I want to", "Can you", "We need to", "I would like to", "Kindly", "Let's")
TAILS = ("", " for EUR", " for ENTITY0012", " by currency", " this month", " for COI", ", please")
OBJECTS = {
    "risk_analysis": "risk analysis|risk metrics|counterparty risk|concentration risk|risk profile",
    "var_calculation": "VaR|expected shortfall|99% VaR|CVaR|VaR report",
    "stress_test": "stress test|scenario analysis|stress scenarios|10% shock",
    "correlation_analysis": "correlation matrix|currency correlations|correlation report",
    "compliance_report": "compliance report|policy compliance|policy violations|documentation gaps",
    "regulatory_report": "regulatory report|MAS report|regulatory filings|HKMA return|EMIR report",
    "performance_metrics": "performance metrics|hedge performance|hedge returns|KPIs|drawdown",
    "hedge_effectiveness": "hedge effectiveness|effectiveness test|hedge ratio|dollar offset test",
    "pnl_attribution": "P&L|P&L breakdown|realised P&L|unrealised gains|P&L drivers",
    "threshold_monitoring": "limit breaches|threshold status|USD PB limit status|limit usage",
    "audit_trail": "audit trail|change history|approval history|change log",
    "position_monitoring": "positions|NAV|balances|net positions|COI positions",
    "exposure_analysis": "exposure|FX exposure|net exposure|unhedged exposure|exposure trend",
    "hedge_monitoring": "upcoming maturities|hedge pipeline|stuck events|hedge dashboard",
    "portfolio_analysis": "portfolio overview|portfolio breakdown|hedge book summary|fund split",
    "mx_bookings": "Murex bookings|MX deals|booking status|unacknowledged deals|missing deals",
    "gl_entries_query": "GL entries|journals|debits and credits|accounting entries|ledger balance",
    "configuration_query": "buffer configuration|hedging framework|entity mapping|waterfall order",
    "market_analysis": "spot rate|forward points|market outlook|implied vol|exchange rate",
    "hedge_inquiry": "status of ORD-12|pending instructions|failed orders|details of INST_5",
    "hedge_utilization": "available capacity|headroom|capacity check|hedge utilisation",
}
COMMANDS = {
    "hedge_inception": "open a 5m EUR hedge|hedge 3m GBP|put on a 2m CAD hedge|lock in 3m SEK",
    "hedge_rollover": "roll ORD-12|extend the THB hedge by 3 months|renew the GBP forward",
    "hedge_termination": "close ORD-12|unwind the THB hedge|cancel the JPY hedge|exit the CNH swap",
    "hedge_amendment": "amend ORD-12|change ORD-5 to 4m|increase the EUR hedge to 6m",
}
QUESTIONS = {
    "hedge_utilization": "can {who} hedge 5m {code}?|how much {code} can we still hedge?",
    "hedge_inquiry": "has {id} been executed yet?|any news on {id}?|what happened to {id}?",
    "stress_test": "what if {code} falls by 10%?|suppose {code} drops 5%, what do we lose?",
    "correlation_analysis": "do {code} and CHF move together?|is {code} a good proxy for CHF?",
    "compliance_report": "are we compliant with the hedging policy?|which hedges lack documents?",
    "regulatory_report": "has the EMIR report been filed?|what do we owe HKMA?",
    "threshold_monitoring": "is {code} over its limit?|how close are we to the cap in {code}?",
    "audit_trail": "who changed {id}?|when was {id} last modified?|who edited the {code} buffer?",
    "performance_metrics": "how did our {code} hedges perform?|how profitable was hedging in Q2?",
    "hedge_effectiveness": "is the {code} hedge still effective?|did {id} pass the 80-125 test?",
    "pnl_attribution": "why is the {code} P&L down?|why did we lose money in {code}?",
    "performance_comparison": "which did better, COI or RE?|how does Q2 compare with Q1?",
    "position_monitoring": "how much {code} do we hold?|what do we have at {who}?",
    "exposure_analysis": "are we long or short {code}?|how much of our {code} is unhedged?",
    "hedge_monitoring": "which hedges mature next week?|is anything stuck in stage 2?",
    "portfolio_analysis": "how is our book split by currency?|what is in the portfolio?",
    "mx_bookings": "has {id} been booked in Murex?|are the {code} deals acknowledged yet?",
    "gl_entries_query": "have the journals been posted for {id}?|is the GL period still open?",
    "system_status": "is Redis up?|are the feeds live?|why is the system so slow?",
    "configuration_query": "what is the buffer for {code}?|which proxy do we use for {code}?",
    "market_analysis": "where is {code} trading?|what is the outlook for {code}?|will {code} fall?",
    "hedge_rollover": "what would it cost to roll the {code} hedge?|can you extend {id}?",
    "hedge_termination": "can you unwind the {code} hedge?|could you close {id}?",
    "hedge_amendment": "can you amend {id}?|could you increase the {code} hedge to 6m?",
}
CODES = ("EUR", "THB", "the yen", "sterling")
IDS = ("ORD-12", "INST_AA_9")
ENTITIES = ("ENTITY0012", "Perth Resources")
RUN = ("risk", "var", "stress", "correlation", "compliance", "regulatory", "performance", "pnl")


@pytest.mark.parametrize("intent", OBJECTS)
def test_a_plain_question_is_read(parser: IntentParser, intent: str) -> None:
    """However it is asked for, and whatever it is narrowed to."""
    verbs = (*ASKS, *RUNS) if intent.startswith(RUN) else ASKS
    prompts = (
        f"{verb} {said}{tail}" for verb, said, tail in product(verbs, said_of(intent), TAILS)
    )
    assert [prompt for prompt in prompts if parser.parse(prompt).intent != intent] == []


@pytest.mark.parametrize("intent", COMMANDS)
def test_a_plain_order_is_read(parser: IntentParser, intent: str) -> None:
    """However politely it is given."""
    orders = product(ORDERS, COMMANDS[intent].split("|"), ("", " today", ", thanks"))
    prompts = (f"{opening} {order}{tail}".strip() for opening, order, tail in orders)
    assert [prompt for prompt in prompts if parser.parse(prompt).intent != intent] == []


@pytest.mark.parametrize("intent", QUESTIONS)
def test_a_question_is_read_whatever_it_is_about(parser: IntentParser, intent: str) -> None:
    """Codes and names of currencies, ids of orders and instructions, entities by id and name."""
    about = product(QUESTIONS[intent].split("|"), CODES, IDS, ENTITIES)
    prompts = {said.format(code=code, id=id_, who=who) for said, code, id_, who in about}
    assert {prompt for prompt in prompts if parser.parse(prompt).intent != intent} == set()


def said_of(intent: str) -> list[str]:
    """Return the objects by which an intent is asked for."""
    return OBJECTS[intent].split("|")
