"""The whole answer of a run as one object: what `stream: false` answers."""

from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from hawk_backend.runs.run import Run

_SHARE = 64 * 1024
_STAGES = tuple(
    b'data: {"event":"%b"' % kind for kind in (b"hawk_intent", b"hawk_table", b"hawk_context")
)


async def collect(run: Run) -> dict[str, Any]:
    """Wait for the end of the run, as a reader of it, and return what it came to."""
    told: list[dict[str, Any]] = []
    with run.read() as reader:
        while (events := await reader.next(_SHARE)) is not None:
            told += _stages(events)
    fault = run.fault
    return {
        "request_id": run.request_id,
        "outcome": run.outcome,
        "answer": run.relay.answer,
        "intent": _first(told, "hawk_intent"),
        "tables": [_fields(event) for event in told if event["event"] == "hawk_table"],
        "context": _first(told, "hawk_context"),
        "usage": run.relay.usage.to_dict(),
        "timings_ms": run.timings_ms,
        "conversation_id": run.relay.ids.get("conversation_id"),
        "message_id": run.relay.ids.get("message_id"),
        "error": fault and {"status": fault.status, "code": fault.code, "message": fault.message},
    }


def _stages(events: bytes) -> Iterator[dict[str, Any]]:
    """Read back what the stages before the answer told."""
    for line in events.split(b"\n\n"):
        if line.startswith(_STAGES):
            yield orjson.loads(line.removeprefix(b"data: "))


def _first(told: list[dict[str, Any]], kind: str) -> dict[str, Any]:
    return next((_fields(event) for event in told if event["event"] == kind), {})


def _fields(event: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in event.items() if name != "event"}
