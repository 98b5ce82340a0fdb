"""Which app is asked, and with what: routing, delivery of the context, the user's stable name."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import fields
from hashlib import sha256

import orjson

from hawk_backend.errors import DifyError
from hawk_backend.models import Principal, Prompt
from hawk_backend.pipeline.intent import Intent, Slots
from hawk_backend.runs.parts import App, Ask, Delivery, Order, Variable

DEFAULT_APP = "default"
_INTENTS = {
    "allocation": ("hedge_inception", "hedge_utilization"),
    "booking": (
        "hedge_rollover",
        "hedge_termination",
        "hedge_amendment",
        "mx_bookings",
        "gl_entries_query",
    ),
    "analytics": (
        *("risk_analysis", "var_calculation", "stress_test", "correlation_analysis"),
        *("compliance_report", "regulatory_report", "threshold_monitoring", "audit_trail"),
        *("performance_metrics", "hedge_effectiveness", "pnl_attribution"),
        *("performance_comparison", "position_monitoring", "exposure_analysis"),
        *("hedge_monitoring", "portfolio_analysis", "market_analysis"),
    ),
    "config": ("configuration_query", "system_status"),
}
_APP_OF = {intent: app for app, intents in _INTENTS.items() for intent in intents}
_TRACE_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")
_FACTS = ("intent", "instruction_type", *(field.name for field in fields(Slots)))
_FILLED = frozenset({"query", "user_prompt", "template_category", "extracted_params", *_FACTS})
"""Inputs that a question can bring, beside the context."""

LEAST = 2_000
"""Characters below which a context says too little: an app that takes fewer is not set up."""


def ask(order: Order, context: str, apps: Mapping[str, App], delivery: Delivery) -> Ask:
    """Return the question; raises DifyError where the app is known not to take the context."""
    prompt = order.prompt
    name = route(prompt.agent_id, order.intent.intent, apps)
    app = apps.get(name)
    variables = app.variables if app else None
    for problem in problems(variables, delivery, len(context)):
        raise DifyError(
            f"The assistant is not set up to receive the data of this request: {problem}.",
            remedy=problem,
        )
    return Ask(
        app=name,
        user=user_of(order.principal),
        query=f"{prompt.user_prompt}\n\n{context}" if delivery.in_query else prompt.user_prompt,
        inputs=dict(_inputs(order, context, variables, delivery)),
        conversation_id=str(prompt.conversation_id or ""),
        trace_id=order.request_id if _TRACE_ID.fullmatch(order.request_id) else "",
    )


def route(agent_id: str | None, intent: str, apps: Mapping[str, App]) -> str:
    """Return the app: the one that the client names, else the intent's, as far as it has a key."""
    for name in ((agent_id or "").lower(), _APP_OF.get(intent, "")):
        if name in apps:
            return name
    return DEFAULT_APP


def room(prompt: Prompt, intent: Intent, apps: Mapping[str, App], delivery: Delivery) -> int | None:
    """Return the characters that the app takes as context; None for any number.

    Also None where that is not known, or so few that `problems` has to say so.
    """
    app = apps.get(route(prompt.agent_id, intent.intent, apps))
    declared = (app.variables if app else None) or {}
    variable = None if delivery.in_query else declared.get(delivery.variable)
    limit = variable.limit if variable else None
    return limit if limit is not None and limit >= LEAST else None


def user_of(principal: Principal) -> str:
    """Return the name under which Dify keeps this principal's conversations; never a browser's."""
    return f"hawk-{sha256(principal.subject.encode()).hexdigest()[:32]}"


def problems(
    variables: Mapping[str, Variable] | None, delivery: Delivery, chars: int
) -> Iterator[str]:
    """Say why an app could not take a context of `chars` characters; Dify would not say it.

    Dify drops an input that the app does not declare, and answers without the data.
    """
    if variables is None:
        return
    if not delivery.in_query:
        yield from _of_context(delivery.variable, variables.get(delivery.variable), chars)
    brought = _FILLED if delivery.in_query else _FILLED | {delivery.variable}
    for name, variable in variables.items():
        if variable.required and not (name in brought and variable.takes_text):
            yield f"make the app's variable {name} optional: nothing fills it"


def _of_context(name: str, variable: Variable | None, chars: int) -> Iterator[str]:
    if variable is None:
        yield (
            f"declare the paragraph variable {name} in the app, or set HAWK_DIFY_CONTEXT_VARIABLE "
            "to the one it has, or HAWK_DIFY_CONTEXT_DELIVERY=query"
        )
    elif not variable.takes_text:
        yield f"make the app's variable {name} a paragraph"
    elif variable.limit is not None and variable.limit < chars:
        yield (
            f"the app's variable {name} takes {variable.limit} characters, too few for a context "
            f"of {chars}: make it a paragraph without max_length, or lower HAWK_CONTEXT_LIMIT"
        )


def _inputs(
    order: Order, context: str, variables: Mapping[str, Variable] | None, delivery: Delivery
) -> Iterator[tuple[str, str]]:
    """Yield the inputs: what the app is known to declare, or the usual while that is not known."""
    usual = dict(_usual(order.prompt, order.intent))
    if variables is None:
        yield from usual.items()
    else:
        facts = dict(_facts(order.intent)) | usual
        for name, variable in variables.items():
            if name in facts and variable.takes_text:
                yield name, facts[name][: variable.limit]
    if not delivery.in_query:
        yield delivery.variable, context


def _usual(prompt: Prompt, intent: Intent) -> Iterator[tuple[str, str]]:
    yield "user_prompt", prompt.user_prompt
    yield "template_category", prompt.template_category or "general"
    yield "extracted_params", orjson.dumps(intent.slots.to_dict(), default=str).decode()


def _facts(intent: Intent) -> Iterator[tuple[str, str]]:
    """Yield what the prompt names, each by itself: codes with commas between, the rest as JSON."""
    yield "intent", intent.intent
    named = {"instruction_type": intent.instruction_type, **intent.slots.to_dict()}
    for name, value in named.items():
        if value in (None, []):
            continue
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            yield name, ", ".join(value)
        else:
            yield name, value if isinstance(value, str) else orjson.dumps(value).decode()
