"""Each app's stream, read by httpx-sse, has the shapes and the order of Dify's."""

import json
from typing import Any

import httpx
import pytest
from httpx_sse import aconnect_sse

from tests.dify import Dify

CONTEXT = """# CNY
Available capacity: 1,347,500.0
Data gaps: no rates for IDR

ENTITIES
Entity | Available | State
ENTITY0001 | 250,000.0 | ok
"""
PATHS = {"workflow": "/workflows/run", "completion": "/completion-messages"}


def body(**more: object) -> dict[str, object]:
    """Return a valid request for any app."""
    inputs = {"user_prompt": "CNY capacity?", "optimized_context": CONTEXT}
    base = {"inputs": inputs, "query": "CNY capacity?", "user": "desk-1"}
    return base | {"response_mode": "streaming", "auto_generate_name": False} | more


async def read(dify: Dify, app: str, **more: object) -> list[dict[str, Any]]:
    """Return the JSON events of one stream, to its end."""
    async with (
        httpx.AsyncClient(base_url=dify.base_url, headers=dify.headers(app)) as client,
        aconnect_sse(client, "POST", PATHS.get(app, "/chat-messages"), json=body(**more)) as source,
    ):
        return [json.loads(event.data) async for event in source.aiter_sse() if event.data]


def kinds(events: list[dict[str, Any]]) -> list[str]:
    """Return the kinds in their order, repeated ones once."""
    names = [event["event"] for event in events]
    return [name for i, name in enumerate(names) if i == 0 or names[i - 1] != name]


def answer(events: list[dict[str, Any]], kind: str) -> str:
    """Return the text of all pieces."""
    return "".join(event["answer"] for event in events if event["event"] == kind)


ORDERS = {
    "chat": ["message", "message_end"],
    "completion": ["message", "message_end"],
    "agent": ["agent_thought", "agent_message", "agent_thought", "message_end"],
    "newagent": ["agent_thought", "agent_message", "agent_thought", "message", "message_end"],
    "chatflow": [
        "workflow_started",
        "node_started",
        "node_finished",
        "node_started",
        "message",
        "node_finished",
        "node_started",
        "node_finished",
        "workflow_finished",
        "message_end",
    ],
    "workflow": [
        "workflow_started",
        "node_started",
        "node_finished",
        "node_started",
        "text_chunk",
        "node_finished",
        "node_started",
        "node_finished",
        "workflow_finished",
    ],
}


@pytest.mark.parametrize("app", ORDERS)
async def test_order(dify: Dify, app: str) -> None:
    """Every app's events come in the order of Dify 1.12."""
    assert kinds(await read(dify, app)) == ORDERS[app]


@pytest.mark.parametrize("app", ORDERS)
async def test_the_answer_quotes_the_context(dify: Dify, app: str) -> None:
    """The figure that the context holds stands in every app's answer."""
    events = await read(dify, app)
    texts = [event.get("answer") or event.get("data", {}).get("text", "") for event in events]
    assert "1,347,500.0" in "".join(texts)
