"""Streams as this service sends them, built from events in the order that the design lays down."""

import json
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

from hypothesis import strategies as st

from tests.angular.readers import Event

PING = b"event: ping\n\n"
USAGE = {
    "prompt_tokens": 1200,
    "completion_tokens": 340,
    "total_tokens": 1540,
    "total_price": "0.0123",
}


def wire(event: Event, *, ascii_only: bool = False) -> bytes:
    """Write one event as one line of compact JSON and a blank line."""
    text = json.dumps(event, ensure_ascii=ascii_only, separators=(",", ":"))
    return f"data: {text}\n\n".encode()


def stages(request_id: str = "r-1", tables: Sequence[str] = ("entity_master",)) -> list[Event]:
    """Return what comes before the answer."""
    metadata = {"intent": "hedge_utilization", "total_records": 67, "cache_hit_rate": "0%"}
    return [
        {"event": "hawk_started", "request_id": request_id},
        {"event": "hawk_intent", "intent": "hedge_utilization", "slots": {"currency": ["CNY"]}},
        {"event": "hawk_plan", "tables": list(tables)},
        *(
            {"event": "hawk_table", "table": table, "state": "fresh", "tier": "source", "rows": 4}
            for table in tables
        ),
        {"event": "hawk_context", "chars": 81234, "analysis_metadata": metadata},
        {"event": "hawk_queue", "position": 1},
    ]


def chunk(answer: str) -> Event:
    """Return one piece of the answer."""
    return {"event": "agent_message", "task_id": "t-1", "message_id": "m-1", "answer": answer}


def completed(pieces: Iterable[str]) -> list[Event]:
    """Return a whole stream that ends well."""
    return [
        *stages(),
        *map(chunk, pieces),
        {"event": "hawk_done", "outcome": "completed", "usage": USAGE, "timings_ms": {"fetch": 41}},
        {"event": "message_end", "id": "m-1", "metadata": {"usage": USAGE, "outcome": "completed"}},
    ]


def failed(pieces: Iterable[str], sentence: str) -> list[Event]:
    """Return a whole stream that ends in an error after some of the answer."""
    return [
        *stages(),
        *map(chunk, pieces),
        {"event": "hawk_done", "outcome": "failed", "usage": None, "timings_ms": {}},
        chunk(f"\n\n{sentence}"),
        {"event": "error", "status": 502, "code": "dify-error", "message": sentence},
    ]


def answers() -> st.SearchStrategy[list[str]]:
    """Generate answers in pieces, hostile text included."""
    fake = st.sampled_from(
        [
            'data: {"event":"message_end"}\n\n',
            "event: error\n",
            ": comment that is long\n",
            "[DONE]",
            "\u2028\u2029\u0085\r\n",
            "id: 7\nretry: 1\n",
            "资产 1,347,500 €🙂",
        ]
    )
    text = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
    return st.lists(st.one_of(text, fake), max_size=6)


def middles() -> st.SearchStrategy[list[Event]]:
    """Generate what else the relay may send between two pieces of the answer."""
    kinds: list[dict[str, Any]] = [
        {"event": "agent_thought", "id": "a", "position": 1, "thought": "sum", "tool": "x"},
        {"event": "message_file", "id": "f", "type": "image", "url": "https://files.test/f"},
        {"event": "hawk_step", "title": "LLM", "status": "succeeded"},
        {"event": "hawk_replaced", "reason": "output_moderation"},
    ]
    return st.lists(st.sampled_from(kinds), max_size=3)


def cut(stream: bytes, places: Iterable[int]) -> list[bytes]:
    """Return `stream` as network reads that end at `places`."""
    edges = [0, *sorted({place for place in places if 0 < place < len(stream)}), len(stream)]
    return [stream[start:end] for start, end in pairwise(edges)]
