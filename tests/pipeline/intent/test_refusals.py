"""No wording of a refusal lets the refused action through."""

import pytest

from hawk_backend.pipeline.intent import IntentParser

ACTIONS = {
    "hedge_termination": ("close ORD-5", "closing ORD-5", "closed"),
    "hedge_rollover": ("extend ORD-5", "extending ORD-5", "rolled"),
    "hedge_amendment": ("increase ORD-5", "increasing ORD-5", "amended"),
}
BEFORE = (
    "don't {order}",
    "I don't want to {order}",
    "we are not going to {order}",
    "I didn't ask to {order}",
    "no need to {order}",
    "we no longer want to {order}",
    "nobody should {order}",
    "it's not to {order}",
    "under no circumstances {order}",
    "whatever you do, don't {order}",
    "let's not {order}",
    "we decided against {doing}",
    "avoid {doing}",
    "rather than {doing}",
    "hold off {doing}",
    "ORD-5 must not be {done}",
    "I don't want ORD-5 to be {done}",
    "{doing} is not needed",
    "{doing}? no",
)
BEHIND = ("", ", show me its status", ". What is the exposure?")


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("form", BEFORE)
@pytest.mark.parametrize("behind", BEHIND)
def test_a_refused_action_is_no_intent(
    parser: IntentParser, action: str, form: str, behind: str
) -> None:
    """However it is refused, and whatever is asked beside it, the action is not done."""
    order, doing, done = ACTIONS[action]
    read = parser.parse(form.format(order=order, doing=doing, done=done) + behind)
    assert action not in read.intents


def test_not_to_book_refuses_the_hedge_and_its_booking(parser: IntentParser) -> None:
    """A verb that belongs to two businesses is refused for both."""
    read = parser.parse("please don't book anything yet, just check capacity for 5m EUR")
    assert read.intents == ("hedge_utilization",)
    assert read.negated == ("hedge_inception", "mx_bookings")


def test_nothing_refuses_the_verb_before_it(parser: IntentParser) -> None:
    """Who says "roll nothing" has said what is not to be done."""
    read = parser.parse("roll nothing, close the GBP hedge")
    assert read.intents == ("hedge_termination",)
    assert read.negated == ("hedge_rollover",)


def test_no_phrase_reaches_over_a_refusal(parser: IntentParser) -> None:
    """What stands behind "don't" is refused, whatever a phrase could make of the words around."""
    read = parser.parse("I don't want a rollover here, just a brand-new JPY 1.1bn hedge")
    assert read.intents == ("hedge_inception",)
    assert read.negated == ("hedge_rollover",)


@pytest.mark.parametrize(
    ("prompt", "intent"),
    [
        ("I no longer want the SEK position hedged", "hedge_termination"),
        ("any hedge without paperwork?", "compliance_report"),
        ("no ack from Murex on the JPY deals", "mx_bookings"),
        ("no response from Murex on the THB trades", "mx_bookings"),
        ("we don't need the pound hedge any more, get us out", "hedge_termination"),
        ("SGD and MYR but not THB positions", "position_monitoring"),
        ("why was ORD-5 not executed", "hedge_inquiry"),
    ],
)
def test_what_is_missing_or_left_out_is_not_refused(
    parser: IntentParser, prompt: str, intent: str
) -> None:
    """A "no" or "not" also tells what is absent, unwanted by now, or of another currency."""
    assert parser.parse(prompt).intent == intent
