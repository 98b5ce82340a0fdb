"""Which app is asked, and with what."""

import json
from decimal import Decimal
from uuid import UUID

import pytest

from hawk_backend.clients.dify_app import App, Variable
from hawk_backend.errors import DifyError
from hawk_backend.models import SERVICE, Principal, Prompt
from hawk_backend.pipeline.intent import Intent, Slots
from hawk_backend.runs.asking import ask, room, route, user_of
from hawk_backend.runs.parts import Ask, Delivery, Order

TEXT = Variable("paragraph", None, required=False)
ALL = ("default", "allocation", "booking", "analytics", "config")


def asked(
    app: App | None = None,
    delivery: Delivery | None = None,
    **fields: object,
) -> Ask:
    """Return what Dify is asked for a prompt with these fields."""
    prompt = Prompt.model_validate({"user_prompt": "how much?", **fields})
    intent = Intent("hedge_utilization", ("hedge_utilization",), slots=Slots(amount=Decimal(150)))
    order = Order(prompt, intent, SERVICE, fresh=False, request_id="r-1")
    return ask(order, "rows", {"default": app or App()}, delivery or Delivery())


@pytest.mark.parametrize(
    ("agent_id", "intent", "keys", "app"),
    [
        ("allocation", "mx_bookings", ALL, "allocation"),
        ("Config", "mx_bookings", ALL, "config"),
        (None, "mx_bookings", ALL, "booking"),
        (None, "hedge_inception", ALL, "allocation"),
        (None, "hedge_rollover", ALL, "booking"),
        (None, "var_calculation", ALL, "analytics"),
        (None, "configuration_query", ALL, "config"),
        (None, "general_query", ALL, "default"),
        ("unheard-of", "hedge_inception", ALL, "allocation"),
        ("allocation", "hedge_inception", ("default",), "default"),
        ("allocation", "hedge_inception", (), "default"),
    ],
)
def test_a_question_goes_to_the_named_app_else_to_the_intents(
    agent_id: str | None, intent: str, keys: tuple[str, ...], app: str
) -> None:
    """The client's agent comes first, then the intent, then the app for everything else."""
    assert route(agent_id, intent, dict.fromkeys(keys, App())) == app


def test_the_user_is_stable_and_made_here() -> None:
    """The same principal is always the same user, another one another; no name is given away."""
    one, other = Principal("alice@bank", "authenticated"), Principal("bob@bank", "authenticated")

    assert user_of(one) == user_of(one) != user_of(other)
    assert "alice" not in user_of(one)
    assert asked(user_id="mallory").user == user_of(SERVICE)


def test_a_conversation_goes_on() -> None:
    """conversation_id is passed on as it came; without one a conversation begins."""
    name = UUID("3f2e0a51-0000-4000-8000-00000000000a")

    assert asked(conversation_id=str(name)).conversation_id == str(name)
    assert asked().conversation_id == ""


def test_an_app_that_is_not_known_yet_gets_every_input() -> None:
    """Dify drops what an app does not declare, so that nothing is lost by sending all."""
    question = asked(template_category="Executive")

    assert question.query == "how much?"
    assert question.trace_id == "r-1"
    assert {**question.inputs, "extracted_params": ""} == {
        "user_prompt": "how much?",
        "template_category": "Executive",
        "extracted_params": "",
        "optimized_context": "rows",
    }
    assert json.loads(question.inputs["extracted_params"])["amount"] == 150


def test_a_known_app_gets_what_it_declares_within_its_limits() -> None:
    """Facts beside the context are shortened to what the app takes; the context never is."""
    short = Variable("text-input", 3, required=False)
    number = Variable("number", None, required=False)
    variables = {
        "optimized_context": TEXT,
        "user_prompt": short,
        "extracted_params": number,
    }

    assert asked(App(variables=variables)).inputs == {
        "user_prompt": "how",
        "optimized_context": "rows",
    }


def test_an_app_gets_the_facts_that_it_declares() -> None:
    """Intent and slots by their names, where the prompt names them; none that is not declared."""
    names = ("optimized_context", "intent", "instruction_type", "currency", "amount", "order_id")
    slots = Slots(currency=("CNY", "HKD"), amount=Decimal("90071992547409931.27"), nav_type="RE")
    intent = Intent("hedge_utilization", ("hedge_utilization",), slots=slots)
    order = Order(Prompt(user_prompt="x"), intent, SERVICE, fresh=False, request_id="r")
    must = Variable("paragraph", None, required=True)
    inputs = ask(order, "rows", {"default": App(variables=dict.fromkeys(names, must))}, Delivery())

    assert inputs.inputs == {
        "optimized_context": "rows",
        "intent": "hedge_utilization",
        "instruction_type": "U",
        "currency": "CNY, HKD",
        "amount": "90071992547409931.27",
    }


def test_the_context_can_go_behind_the_words() -> None:
    """With delivery in the query no variable is needed."""
    question = asked(App(variables={}), Delivery(in_query=True))

    assert question.query == "how much?\n\nrows"
    assert question.inputs == {}


@pytest.mark.parametrize(
    ("variables", "remedy"),
    [
        ({}, "declare the paragraph variable optimized_context"),
        ({"optimized_context": Variable("number", None, required=False)}, "a paragraph"),
        ({"optimized_context": Variable("paragraph", 3, required=False)}, "takes 3 characters"),
        (
            {"optimized_context": TEXT, "branch": Variable("paragraph", None, required=True)},
            "make the app's variable branch optional",
        ),
        (
            {"optimized_context": TEXT, "user_prompt": Variable("number", None, required=True)},
            "make the app's variable user_prompt optional",
        ),
    ],
)
def test_an_app_that_cannot_take_the_context_is_not_asked(
    variables: dict[str, Variable], remedy: str
) -> None:
    """Dify would drop the context without a word, and answer without the data."""
    with pytest.raises(DifyError) as refused:
        asked(App(variables=variables))

    assert remedy in refused.value.remedy


def test_what_every_question_brings_may_be_required() -> None:
    """The context, where it is an input, and the facts beside it."""
    must = Variable("paragraph", None, required=True)
    names = ("user_prompt", "template_category", "extracted_params")
    app = App(variables=dict.fromkeys((*names, "optimized_context"), must))

    assert asked(app).inputs["optimized_context"] == "rows"
    with pytest.raises(DifyError) as refused:
        asked(app, Delivery(in_query=True))
    assert "variable optimized_context optional" in refused.value.remedy


@pytest.mark.parametrize(
    ("limit", "delivery", "chars"),
    [
        (5_000, Delivery(), 5_000),
        (2_000, Delivery(), 2_000),
        (1_999, Delivery(), None),
        (None, Delivery(), None),
        (5_000, Delivery(in_query=True), None),
        (5_000, Delivery(variable="facts"), None),
    ],
)
def test_an_app_may_take_a_shorter_context(
    limit: int | None, delivery: Delivery, chars: int | None
) -> None:
    """max_length of the variable that carries it, unless that is too short for any."""
    prompt, intent = Prompt(user_prompt="x"), Intent("general_query", ("general_query",))
    app = App(variables={"optimized_context": Variable("paragraph", limit, required=False)})

    assert room(prompt, intent, {"default": app}, delivery) == chars
    assert room(prompt, intent, {"default": App()}, delivery) is None
    assert room(prompt, intent, {}, delivery) is None


def test_a_request_id_that_dify_would_refuse_is_not_sent() -> None:
    """Only a name of Dify's own form goes into its tracing."""
    order = Order(
        Prompt(user_prompt="x"),
        Intent("general_query", ("general_query",)),
        SERVICE,
        fresh=False,
        request_id="a b",
    )

    assert ask(order, "", {}, Delivery()).trace_id == ""
