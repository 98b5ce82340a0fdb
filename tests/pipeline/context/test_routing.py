"""Where an instruction goes and what it lacks."""

from decimal import Decimal

import pytest

from hawk_backend.pipeline.context import build
from hawk_backend.pipeline.context.routing import not_given, stage
from hawk_backend.pipeline.intent import Intent, Slots
from tests.pipeline.context.making import inputs, instructions, result

KINDS = {
    "U": "hedge_utilization",
    "I": "hedge_inception",
    "R": "hedge_rollover",
    "T": "hedge_termination",
    "A": "hedge_amendment",
    "Q": "hedge_inquiry",
}


def asked(kind: str, **slots: object) -> Intent:
    """Read a prompt as this kind of instruction."""
    return Intent(KINDS[kind], (KINDS[kind],), slots=Slots(**slots))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "enters"),
    [("U", "1A"), ("I", "1A"), ("R", "1B"), ("T", "1B"), ("A", None), ("Q", None)],
)
def test_new_hedges_enter_at_1a_and_existing_ones_at_1b(kind: str, enters: str | None) -> None:
    """Amendments and questions enter no stage."""
    assert stage(asked(kind), ()) == enters


def test_an_inception_whose_order_is_on_record_enters_at_1b() -> None:
    """However the id is written; another order makes no difference."""
    table = result("hedge_instructions", instructions(3))
    assert stage(asked("I", order_id="ORD_2"), (table,)) == "1B"
    assert stage(asked("I", order_id="ORD-9"), (table,)) == "1A"


@pytest.mark.parametrize(
    ("kind", "lacking"),
    [
        ("U", ["currency"]),
        ("I", ["order_id", "sub_order_id", "amount", "hedge_method", "nav_type"]),
        ("R", ["order_id", "previous_order_id", "amount"]),
        ("T", ["order_id", "previous_order_id", "amount"]),
        ("A", ["order_id", "previous_order_id"]),
        ("Q", []),
    ],
)
def test_required_slots_without_a_value_are_named(kind: str, lacking: list[str]) -> None:
    """Each instruction has its own."""
    assert not_given(asked(kind)) == lacking


def test_what_is_given_is_not_lacking() -> None:
    """An amount of zero is given; an empty list is not."""
    assert (
        not_given(asked("R", order_id="ORD-1", previous_order_id="ORD-0", amount=Decimal(0))) == []
    )
    assert not_given(asked("U", currency=("CNY",))) == []


def test_both_stand_in_the_prompt_s_analysis() -> None:
    """The stage and what is lacking; neither where there is nothing to say."""
    text = build(inputs(intent=asked("A", order_id="ORD-1")), limit=100_000).text
    assert "\nRequired for this instruction and not given: previous_order_id\n" in text
    assert "Enters stage" not in text
    text = build(inputs(intent=asked("U", currency=("CNY",))), limit=100_000).text
    assert "\nEnters stage: 1A\n" in text
    assert "not given" not in text
