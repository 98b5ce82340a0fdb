"""Errors have Dify's statuses, codes and bodies."""

from typing import get_args
from uuid import uuid4

import httpx
import pytest

from hawk_backend.dev.dify.refusals import REFUSALS
from hawk_backend.dev.dify.script import Probe, Refusal, Script
from tests.dev.dify.reading import answer, body, client, post, read
from tests.dify import Dify


async def refused(
    dify: Dify, app: str = "chat", path: str = "/chat-messages", **more: object
) -> tuple[int, str, str]:
    """Return status, code and message of a refusal, whose body repeats the status."""
    values = {name: value for name, value in body(**more).items() if value is not None}
    response = await post(dify, app, path, values)
    error = response.json()
    assert sorted(error) == ["code", "message", "status"]
    assert error["status"] == response.status_code
    return response.status_code, error["code"], error["message"]


@pytest.mark.parametrize(
    ("header", "text"),
    [
        ("Bearer app-wrong", "Access token is invalid"),
        ("Basic x", "Authorization header must be provided and start with 'Bearer'"),
        (None, "Authorization header must be provided and start with 'Bearer'"),
    ],
)
async def test_wrong_key(dify: Dify, header: str | None, text: str) -> None:
    """401 names the realm and says what is wrong."""
    headers = {"Authorization": header} if header else {}
    async with httpx.AsyncClient(base_url=dify.base_url, headers=headers) as http:
        response = await http.post("/chat-messages", json=body())
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == 'Bearer realm="api"'
    assert response.json() == {"code": "unauthorized", "message": text, "status": 401}


async def test_wrong_path_is_html(dify: Dify) -> None:
    """Flask's page, not JSON, whatever the key."""
    async with httpx.AsyncClient(base_url=dify.origin) as http:
        for path in ("/v1/nope", "/chat-messages", "/v1/workflow/x/events"):
            response = await http.get(path)
            assert (response.status_code, response.headers["content-type"]) == (
                404,
                "text/html; charset=utf-8",
            )
            assert response.text.startswith("<!doctype html>\n<html lang=en>\n<title>404 Not Found")


async def test_wrong_method(dify: Dify) -> None:
    """405 as JSON."""
    async with client(dify) as http:
        assert (await http.get("/chat-messages")).json()["code"] == "method_not_allowed"


@pytest.mark.parametrize(
    ("content", "kind", "status", "code"),
    [
        (b"{", "application/json", 400, "bad_request"),
        (b"\xff\xfe", "application/json", 400, "bad_request"),
        (b"[]", "application/json", 400, "invalid_param"),
        (b"{}", "text/plain", 415, "unsupported_media_type"),
    ],
)
async def test_bad_body(dify: Dify, content: bytes, kind: str, status: int, code: str) -> None:
    """What is no JSON object is refused with Dify's code."""
    async with client(dify) as http:
        headers = {"Content-Type": kind}
        response = await http.post("/chat-messages", content=content, headers=headers)
    assert (response.status_code, response.json()["code"]) == (status, code)


async def test_missing_fields(dify: Dify) -> None:
    """User, inputs and query are required; the text for inputs is pydantic's."""
    assert await refused(dify, user=None) == (400, "invalid_param", "Arg user must be provided.")
    status, code, text = await refused(dify, inputs=None)
    assert (status, code) == (400, "invalid_param")
    assert text.startswith("1 validation error for ChatRequestPayload\ninputs\n  Field required")
    assert (await refused(dify, query=""))[2] == "query is required"
    assert "query\n  Field required" in (await refused(dify, query=None))[2]
    assert "response_mode" in (await refused(dify, response_mode="sometimes"))[2]


@pytest.mark.parametrize(
    ("app", "path", "code"),
    [
        ("workflow", "/chat-messages", "not_chat_app"),
        ("completion", "/chat-messages", "not_chat_app"),
        ("chat", "/completion-messages", "app_unavailable"),
        ("chatflow", "/workflows/run", "not_workflow_app"),
    ],
)
async def test_wrong_app(dify: Dify, app: str, path: str, code: str) -> None:
    """Each path serves its own modes."""
    assert (await refused(dify, app, path))[:2] == (400, code)


async def test_agents_do_not_block(dify: Dify) -> None:
    """Agent apps refuse blocking mode, also when it is only assumed."""
    text = "Agent Chat App does not support blocking mode"
    assert await refused(dify, "agent", response_mode=None) == (400, "invalid_param", text)
    assert (await refused(dify, "newagent", response_mode="blocking"))[1] == "bad_request"


async def test_conversations_belong_to_users(dify: Dify) -> None:
    """No uuid is 400; an unknown one and another user's are 404 with Flask's hint."""
    assert (await refused(dify, conversation_id="x"))[:2] == (400, "invalid_param")
    status, code, text = await refused(dify, conversation_id=str(uuid4()))
    assert (status, code) == (404, "not_found")
    assert text.startswith("Conversation Not Exists. You have requested this URI [")
    mine = (await read(dify, "chat"))[0]["conversation_id"]
    assert (await refused(dify, conversation_id=mine, user="other"))[0] == 404
    assert (await read(dify, "chat", conversation_id=mine))[0]["conversation_id"] == mine
    assert (await read(dify, "chat", conversation_id=""))[0]["conversation_id"] != mine


async def test_inputs(dify: Dify) -> None:
    """Undeclared inputs are dropped without a word; a declared one must be a string."""
    events = await read(dify, "chatflow", inputs={"context": "capacity: 5", "user_prompt": "p"})
    assert set(events[0]["data"]["inputs"]) & {"context", "user_prompt"} == {"user_prompt"}
    assert "No context was received" in answer(events)
    _, code, text = await refused(dify, inputs={"optimized_context": {"a": 1}})
    assert code == "invalid_param"
    assert text == "(type 'paragraph') optimized_context in input form must be a string"


async def test_scripted_form(dify: Dify) -> None:
    """A limit counts code points and takes exactly so many; required ones must come."""
    probe = Probe(max_length=3, required=("extracted_params",), app="chat")
    await dify.parameters(probe)
    inputs = {"optimized_context": "漢字漢", "extracted_params": "{}"}
    await read(dify, "chat", inputs=inputs)
    text = (await refused(dify, inputs=inputs | {"optimized_context": "漢字漢字"}))[2]
    assert text == "optimized_context in input form must be less than 3 characters"
    text = (await refused(dify, inputs={}))[2]
    assert text == "extracted_params is required in input form"
    await read(dify, "chatflow", inputs={"optimized_context": "long enough"})


async def test_a_variable_that_the_form_lacks(dify: Dify) -> None:
    """The context is lost without an error, as with Dify."""
    await dify.parameters(Probe(missing=("optimized_context",)))
    assert "No context was received" in answer(await read(dify, "chat"))


@pytest.mark.parametrize("name", get_args(Refusal))
async def test_refusals(dify: Dify, name: Refusal) -> None:
    """Every named failure comes as it stands in the table, and starts no run."""
    await dify.script(Script(refuse=name))
    response = await post(dify, "chat", "/chat-messages", body())
    wanted = REFUSALS[name]
    assert (response.status_code, response.content) == (wanted.status, wanted.body)
    assert "retry-after" not in response.headers
    stats = await dify.stats()
    assert (stats["started"], stats["refused"]) == (0, 1)


def test_statuses_of_refusals() -> None:
    """The statuses and kinds that the relay must tell apart are all there."""
    html = {name for name, refusal in REFUSALS.items() if "html" in refusal.content_type}
    assert {REFUSALS[name].status for name in html} == {200, 302, 404, 429, 502, 503, 504, 524}
    assert REFUSALS["too_many_400"].body.startswith(
        b'{"code": "invalid_param", "message": "Too many'
    )
    assert b"too_many_requests" in REFUSALS["too_many_429"].body
    assert b"rate_limit_error" in REFUSALS["rate_limit_429"].body
