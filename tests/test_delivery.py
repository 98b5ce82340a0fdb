"""How the context is delivered to apps of every kind, through the whole gateway."""

import asyncio
import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import httpx
import pytest

from hawk_backend.dev.dify.script import Probe
from tests.dify import Dify, dify
from tests.gateway import ask, open_gateway
from tests.stack import LocalStack

__all__ = ["dify"]

DEMANDING = {
    "user_input_form": [
        {"paragraph": {"variable": "optimized_context"}},
        {"text-input": {"variable": "branch", "required": True}},
    ]
}
PROMPT = "Check if I can hedge 150K CNY today"


async def delivered(
    stack: LocalStack, dify: Dify, probe: Probe, **changes: object
) -> tuple[list[dict[str, Any]], Mapping[str, Any], Mapping[str, Any]]:
    """Ask through a gateway that found such apps; return events, /health's dify, and explain."""
    await dify.parameters(probe)
    async with open_gateway(stack, dify_api_url=dify.base_url, **changes) as gateway:
        events = await ask(gateway, PROMPT)
        explained = await _explained(gateway)
        return events, await _looked_at(gateway), explained


async def _looked_at(gateway: httpx.AsyncClient) -> Mapping[str, Any]:
    async with asyncio.timeout(15):
        while True:
            seen: Mapping[str, Any] = (await gateway.get("/health")).json()["details"]["dify"]
            if seen["detail"] != "not looked at yet":
                return seen
            await asyncio.sleep(0.05)


async def _explained(gateway: httpx.AsyncClient) -> Mapping[str, Any]:
    path, body = "/hawk-agent/explain?context=true", {"user_prompt": PROMPT}
    answer: Mapping[str, Any] = (await gateway.post(path, json=body)).json()
    return answer


async def sent(dify: Dify) -> Mapping[str, Any]:
    """Return the one question that the stand-in saw."""
    (request,) = (await dify.stats())["requests"]
    found: Mapping[str, Any] = request
    return found


def context_of(events: list[dict[str, Any]]) -> Mapping[str, Any]:
    """Return the event that tells of the context."""
    return next(event for event in events if event["event"] == "hawk_context")


async def test_the_context_is_as_long_as_the_app_takes(stack: LocalStack, dify: Dify) -> None:
    """max_length 9,000: packed into that, told in /health; explain shows the very same budget."""
    events, health, explained = await delivered(stack, dify, Probe(max_length=9_000))
    context = context_of(events)

    assert events[-1]["event"] == "message_end"
    assert 7_000 < context["chars"] <= 9_000
    assert {omission["reason"] for omission in context["dropped"]} == {"budget"}
    shape = {"chars": context["chars"], "sha256": context["sha256"]}
    assert (await sent(dify))["inputs"]["optimized_context"] == shape
    assert 7_000 < len(explained["context"]) <= 9_000
    assert explained["context_sha256"] == sha256(explained["context"].encode()).hexdigest()
    assert "takes 9000 characters" in str(health["problems"])


@pytest.mark.parametrize(
    ("probe", "remedy"),
    [
        (Probe(max_length=256), "make it a paragraph without max_length"),
        (Probe(missing=("optimized_context",)), "declare the paragraph variable"),
        (Probe(body=json.dumps(DEMANDING)), "variable branch optional"),
    ],
)
async def test_an_app_that_does_not_fit_is_said_with_the_remedy(
    stack: LocalStack, dify: Dify, probe: Probe, remedy: str
) -> None:
    """In /health and as the prompt's terminal error; Dify, which would be silent, is not asked."""
    events, health, _ = await delivered(stack, dify, probe)

    assert remedy in str(health["problems"])
    assert events[-1]["event"] == "error"
    assert remedy in events[-1]["message"]
    assert (await dify.stats())["requests"] == []


@pytest.mark.parametrize(
    "probe",
    [
        Probe(status=404),
        Probe(body="<html>sign in</html>"),
        Probe(body='{"opening_statement": ""}'),
        Probe(after=60),
    ],
)
async def test_an_app_that_does_not_tell_its_form_gets_the_context(
    stack: LocalStack, dify: Dify, probe: Probe
) -> None:
    """/parameters missing, HTML, without a form or silent: a warning, and the usual variable."""
    events, health, _ = await delivered(stack, dify, probe)

    assert events[-1]["event"] == "message_end"
    assert (await sent(dify))["inputs"]["optimized_context"]["chars"] == context_of(events)["chars"]
    assert health["problems"] == []
    assert "input form is not known" in str(health["warnings"])


async def test_the_context_can_go_into_the_query(stack: LocalStack, dify: Dify) -> None:
    """Then no variable is needed, and max_length of one that is there does not matter."""
    probe = Probe(missing=("optimized_context",))
    events, health, _ = await delivered(stack, dify, probe, hawk_dify_context_delivery="query")

    assert events[-1]["event"] == "message_end"
    request = await sent(dify)
    assert "optimized_context" not in request["inputs"]
    query = request["payload"]["query"]
    assert query.startswith(f"{PROMPT}\n\n")
    assert len(query) == len(PROMPT) + 2 + context_of(events)["chars"]
    assert health["problems"] == []
