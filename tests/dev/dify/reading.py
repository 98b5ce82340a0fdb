"""Asks the stand-in and reads its streams as a client with an independent parser does."""

import json
from typing import Any

import httpx
from httpx_sse import aconnect_sse

from hawk_backend.clients.http import tls
from tests.dify import Dify

CONTEXT = """# CNY
Available capacity: 1,347,500.0
Data gaps: no rates for IDR

ENTITIES
Entity | Available | State
ENTITY0001 | 250,000.0 | ok
"""
PATHS = {"workflow": "/workflows/run", "completion": "/completion-messages"}


def path(app: str) -> str:
    """Return the path that asks an app."""
    return PATHS.get(app, "/chat-messages")


def body(**more: object) -> dict[str, object]:
    """Return a valid request for any app."""
    inputs = {"user_prompt": "CNY capacity?", "optimized_context": CONTEXT}
    base = {"inputs": inputs, "query": "CNY capacity?", "user": "desk-1"}
    return base | {"response_mode": "streaming", "auto_generate_name": False} | more


def client(dify: Dify, app: str = "chatflow") -> httpx.AsyncClient:
    """Return a client with an app's key."""
    return httpx.AsyncClient(base_url=dify.base_url, headers=dify.headers(app), verify=tls())


async def read(dify: Dify, app: str = "chatflow", **more: object) -> list[dict[str, Any]]:
    """Return the JSON events of one stream, to its end."""
    async with (
        client(dify, app) as http,
        aconnect_sse(http, "POST", path(app), json=body(**more)) as source,
    ):
        return [json.loads(event.data) async for event in source.aiter_sse() if event.data]


async def post(dify: Dify, app: str, where: str, value: object) -> httpx.Response:
    """Post any JSON."""
    async with client(dify, app) as http:
        return await http.post(where, json=value)


async def get(dify: Dify, where: str, app: str = "chatflow", **params: str) -> Any:  # noqa: ANN401  (any JSON)
    """Get JSON."""
    async with client(dify, app) as http:
        return (await http.get(where, params=params)).json()


def kinds(events: list[dict[str, Any]]) -> list[str]:
    """Return the kinds in their order, repeated ones once."""
    names = [event["event"] for event in events]
    return [name for i, name in enumerate(names) if i == 0 or names[i - 1] != name]


def answer(events: list[dict[str, Any]]) -> str:
    """Return the text of all pieces, whatever the app; a closing whole message is no piece."""
    agent = any(event["event"] == "agent_message" for event in events)
    wanted = {"agent_message"} if agent else {"message", "text_chunk"}
    told = [event for event in events if event["event"] in wanted]
    return "".join(event.get("answer") or event.get("data", {}).get("text", "") for event in told)
