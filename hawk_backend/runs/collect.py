"""The whole answer of a run as one object: what `stream: false` answers."""

from collections.abc import Mapping
from typing import Any

from hawk_backend.runs.run import Run

_SHARE = 64 * 1024


async def collect(run: Run) -> dict[str, Any]:
    """Wait for the end of the run, as a reader of it, and return what it came to."""
    with run.read() as reader:
        while await reader.next(_SHARE) is not None:
            pass
    fault = run.fault
    return {
        "request_id": run.order.request_id,
        "outcome": run.outcome,
        "answer": run.relay.answer,
        "intent": _first(run, "hawk_intent"),
        "tables": [_fields(event) for event in run.told if event["event"] == "hawk_table"],
        "context": _first(run, "hawk_context"),
        "usage": run.relay.usage.to_dict(),
        "timings_ms": run.timings_ms,
        "conversation_id": run.relay.ids.get("conversation_id"),
        "message_id": run.relay.ids.get("message_id"),
        "error": fault and {"status": fault.status, "code": fault.code, "message": fault.message},
    }


def _first(run: Run, kind: str) -> dict[str, object]:
    return next((_fields(event) for event in run.told if event["event"] == kind), {})


def _fields(event: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in event.items() if name != "event"}
