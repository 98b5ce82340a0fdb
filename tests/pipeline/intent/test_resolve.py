"""A request's fields fill what the text leaves open, and never overrule it."""

from datetime import date
from decimal import Decimal

import pytest

from hawk_backend.pipeline.intent import Intent, IntentParser, resolve


def sources(intent: Intent) -> dict[str, str]:
    """Where each slot came from."""
    return {item.name: item.source for item in intent.evidence}


def test_a_client_field_fills_an_empty_slot(parser: IntentParser) -> None:
    """What the text does not name is taken from the field, and says so."""
    intent = resolve(parser.parse("show positions"), {"currency": "cny", "nav_type": "coi"})
    assert intent.slots.currency == ("CNY",)
    assert intent.slots.nav_type == "COI"
    assert intent.scope == "targeted"
    assert sources(intent)["currency"] == "client"
    assert "CNY is taken from the request, the text names no currency" in intent.assumptions


def test_the_text_overrules_a_client_field(parser: IntentParser) -> None:
    """A field that contradicts the text is dropped and told."""
    intent = resolve(parser.parse("hedge 5m EUR"), {"currency": "GBP", "amount": Decimal(7)})
    assert intent.slots.currency == ("EUR",)
    assert intent.slots.amount == Decimal(5_000_000)
    assert len(intent.assumptions) == 2
    assert all("contradicts the text" in told for told in intent.assumptions)


def test_a_field_that_agrees_is_silent(parser: IntentParser) -> None:
    """The same value in text and field needs no word."""
    intent = resolve(parser.parse("hedge 5m EUR"), {"currency": "EUR", "amount": "5000000"})
    assert intent.assumptions == ()


@pytest.mark.parametrize(
    "prompt", ["status of ORD-77", "show all orders", "what is our overall exposure", "every hedge"]
)
def test_usd_is_no_filter_where_the_page_only_guessed_it(parser: IntentParser, prompt: str) -> None:
    """Where a record is named or everything is meant, USD without a word of it is ignored."""
    intent = resolve(parser.parse(prompt), {"currency": "USD"})
    assert intent.slots.currency == ()


def test_usd_filters_a_prompt_that_could_mean_it(parser: IntentParser) -> None:
    """Elsewhere a client's USD is taken like any other currency."""
    intent = resolve(parser.parse("what is our exposure"), {"currency": "USD"})
    assert intent.slots.currency == ("USD",)


def test_an_unknown_currency_is_refused(parser: IntentParser) -> None:
    """A code that stands in no list never becomes a filter."""
    intent = resolve(parser.parse("show positions"), {"currency": "X,currency_code.neq.Q"})
    assert intent.slots.currency == ()
    assert "not known" in intent.assumptions[0]


def test_an_excluded_currency_stays_excluded(parser: IntentParser) -> None:
    """A field cannot bring back what the text takes out."""
    intent = resolve(parser.parse("exposure except SEK"), {"currency": "SEK"})
    assert intent.slots.currency == ()


@pytest.mark.parametrize("written", ["ENTITY0015", "entity 0015", "Entity-0015", "0015"])
def test_an_entity_is_normalised(parser: IntentParser, written: str) -> None:
    """However an entity's id is sent, it is the same entity."""
    intent = resolve(parser.parse("show positions"), {"entity_id": written})
    assert intent.slots.entity_ids == ("ENTITY0015",)


def test_an_entity_may_be_sent_by_its_name(parser: IntentParser) -> None:
    """What it stands for, entity_master says; a whole text is no name."""
    intent = resolve(parser.parse("show positions"), {"entity_id": " ETCNY001 "})
    assert intent.slots.entity_ids == ("ETCNY001",)
    long = resolve(parser.parse("show positions"), {"entity_id": "x" * 121})
    assert long.slots.entity_ids == ()
    assert long.assumptions


@pytest.mark.parametrize("written", ["ETCNY001", "etcny001", "MUREX_CNY_BR1", "Branch No. 7"])
def test_an_entity_is_found_by_its_codes(written: str) -> None:
    """Legal code, issuer and name of the gazetteer, digits and joints in them."""
    known = dict.fromkeys(("ETCNY001", "MUREX_CNY_BR1", "Branch No 7"), "ENTITY0005")
    parser = IntentParser(date(2025, 9, 17), known)
    assert parser.parse(f"Analyse the exposure of {written}").slots.entity_ids == ("ENTITY0005",)


def test_the_instruction_type_decides_where_the_text_is_silent(parser: IntentParser) -> None:
    """Bare slots become the kind of instruction that the client names."""
    intent = resolve(parser.parse("EUR 5m"), {"instruction_type": "U"})
    assert intent.intent == "hedge_utilization"
    assert intent.behaviour == "proceed"
    assert sources(intent)["intent"] == "client"


def test_the_instruction_type_overrules_a_template_but_no_text(parser: IntentParser) -> None:
    """Text over client over template."""
    assert resolve(parser.parse("EUR 5m", "rollover"), {"instruction_type": "U"}).intent == (
        "hedge_utilization"
    )
    assert resolve(parser.parse("unwind EUR 5m"), {"instruction_type": "U"}).intent == (
        "hedge_termination"
    )


def test_a_named_object_ends_the_asking_back(parser: IntentParser) -> None:
    """An order's id in a field makes "roll it" a whole request."""
    bare = parser.parse("roll it tomorrow")
    intent = resolve(bare, {"order_id": "77"})
    assert bare.behaviour == "clarify"
    assert intent.behaviour == "proceed"
    assert intent.slots.order_id == "ORD-77"


def test_labels_of_the_page_are_no_records(parser: IntentParser) -> None:
    """What the page puts where an instruction's id belongs is passed over in silence."""
    for label in ("agent-conversation", "I7"):
        intent = resolve(parser.parse("show positions"), {"instruction_id": label})
        assert intent.slots.instruction_id is None
        assert intent.assumptions == ()


def test_a_period_is_read_without_a_reference_date(parser: IntentParser) -> None:
    """Absolute periods are taken; what depends on today is not."""
    quarter = resolve(parser.parse("P&L"), {"time_period": "Q3 2024"}).slots.date
    assert quarter is not None
    assert (quarter.start.isoformat(), quarter.end.isoformat()) == ("2024-07-01", "2024-09-30")
    assert resolve(parser.parse("P&L"), {"time_period": "last month"}).slots.date is None


def test_nothing_is_added_to_a_foreign_prompt(parser: IntentParser) -> None:
    """Out of domain stays out of domain, whatever the page sends along."""
    bare = parser.parse("write me a poem about autumn")
    assert resolve(bare, {"currency": "USD", "instruction_type": "I"}) == bare
