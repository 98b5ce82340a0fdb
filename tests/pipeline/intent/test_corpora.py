"""The parser meets its targets on every labelled corpus."""

import pytest

from hawk_backend.pipeline.intent import IntentParser
from tests.pipeline.intent.score import Record, Score, load, score

HELD_OUT = ("own_heldout", "second_heldout", "third_heldout")
CORPORA = ("given_dev", "own_dev", "own_more", "second_dev", "third_dev", *HELD_OUT)


def scored(parser: IntentParser, name: str) -> Score:
    """Score one corpus."""

    def parse(prompt: str, category: str | None) -> Record:
        return parser.parse(prompt, category).to_dict()

    return score(load(name), parse)


def test_the_given_corpus_is_read_right(parser: IntentParser) -> None:
    """All intents of the given corpus are right, and nearly all of its frames to the last slot."""
    result = scored(parser, "given_dev")
    assert result.intent == 1.0
    assert result.slot_f1 >= 0.99
    assert result.frame_exact >= 0.97


@pytest.mark.parametrize("name", HELD_OUT)
def test_the_held_out_prompts_are_read_right(parser: IntentParser, name: str) -> None:
    """Prompts of several authors, never looked at while the rules were made, are read as well."""
    result = scored(parser, name)
    assert result.intent >= 0.97
    assert result.intent_plain >= 0.99
    assert result.slot_f1 >= 0.97


@pytest.mark.parametrize("name", CORPORA)
def test_no_refused_action_is_ever_returned(parser: IntentParser, name: str) -> None:
    """An intent that the user refuses stands neither as the first nor as a further one."""
    assert scored(parser, name).unsafe == 0


@pytest.mark.parametrize("name", CORPORA)
def test_confidence_is_calibrated(parser: IntentParser, name: str) -> None:
    """A confidence of nine tenths means that nine of ten such readings are right."""
    assert scored(parser, name).calibration_error <= 0.05


@pytest.mark.parametrize("name", CORPORA)
def test_scope_and_behaviour_follow_the_scheme(parser: IntentParser, name: str) -> None:
    """How wide to look and whether to go on are derived as the label scheme says."""
    result = scored(parser, name)
    assert result.behaviour >= 0.97
    assert result.scope >= 0.97
