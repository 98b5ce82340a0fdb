"""Explain: how a prompt is read, planned and cached, with the rule behind each decision."""

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any, Protocol

from hawk_backend.models import Principal, Prompt
from hawk_backend.pipeline import events
from hawk_backend.pipeline.intent import Evidence, Intent, Slots
from hawk_backend.pipeline.prepare import Pipeline, Prepared

_SLOTS = frozenset(field.name for field in fields(Slots))


Room = Callable[[Prompt, Intent], int | None]
"""Characters of context that a prompt's app takes; None for any number."""


class CacheView(Protocol):
    """What the cache holds of a table now."""

    def peek(self, table: str, principal: Principal) -> Mapping[str, object]:
        """Return {table, slice, state, age_s} without reading anything from the source."""


async def explain(
    pipeline: Pipeline,
    cache: CacheView,
    prompt: Prompt,
    principal: Principal,
    *,
    with_context: bool,
    fresh: bool,
    room: Room,
) -> dict[str, Any]:
    """Return the reading, the plan and the cache's state; with `with_context` the very context.

    The context comes with its ledger; only for it the source is needed, and Dify is never asked.
    `room` says how long a context the app takes that would be asked.
    """
    intent = await pipeline.understood(prompt, {})
    tables = [query.table for query in pipeline.plan(intent).queries]
    answer = _reading(intent) | {
        "plan": {"tables": tables},
        "cache": [cache.peek(table, principal) for table in tables],
    }
    if with_context:
        prepared = await pipeline.prepare(
            prompt,
            intent,
            principal,
            fresh=fresh,
            emit=lambda _event: None,
            room=room(prompt, intent),
        )
        answer["context"] = prepared.context.text
        answer["context_sha256"] = prepared.context.sha256
        answer["ledger"] = _ledger(prepared)
    return answer


def _ledger(prepared: Prepared) -> dict[str, object]:
    """Say what is in the context, what is not, and what was read, as the stream's events do."""
    ledger = events.of_context(prepared.context, prepared.metadata)
    shown = {table: len(rows) for table, rows in prepared.context.shown.items()}
    tables = [_fields(events.of_table(result)) for result in prepared.results]
    return _fields(ledger) | {"shown": shown, "tables": tables}


def _fields(event: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in event.items() if name != "event"}


def _reading(intent: Intent) -> dict[str, Any]:
    frame = intent.to_dict()
    return {
        "intent": intent.intent,
        "intents": frame["intents"],
        "negated_intents": frame["negated_intents"],
        "instruction_type": intent.instruction_type,
        "confidence": intent.confidence,
        "behaviour": intent.behaviour,
        "scope": intent.scope,
        "slots": [_because(item, frame) for item in intent.evidence if item.name in _SLOTS],
        "alternatives": frame["alternatives"],
        "assumptions": frame["assumptions"],
        "evidence": frame["evidence"],
    }


def _because(item: Evidence, frame: Mapping[str, Any]) -> dict[str, object]:
    return {
        "name": item.name,
        "value": frame["slots"][item.name],
        "source": item.source,
        "span": item.span,
        "rule": item.rule,
    }
