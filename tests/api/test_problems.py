"""Bad input over HTTP: every refusal is a problem that names the field and the remedy."""

import asyncio
from collections.abc import AsyncIterator
from unittest.mock import Mock
from urllib.parse import urlsplit

import httpx
import pytest

from hawk_backend.api import body as request_body
from hawk_backend.api import middleware
from tests.gateway import ask

PROMPT = "/hawk-agent/process-prompt"
JSON = {"content-type": "application/json"}
NESTED = b'{"user_prompt": "x", "msg_uid": "MSG_1", "context": %s 1 %s}'


@pytest.mark.parametrize(
    ("body", "headers", "status", "field"),
    [
        (b"{", JSON, 400, None),
        (b'{"user_prompt": NaN}', JSON, 400, None),
        (b"\xff\xfe", JSON, 400, None),
        (b"[" * 100_000, JSON, 400, None),
        (b"{}", JSON | {"content-encoding": "gzip"}, 415, None),
        (b"user_prompt=x", {"content-type": "application/x-www-form-urlencoded"}, 415, None),
        (b"{}", {"content-type": "text/plain"}, 415, None),
        (b"[]", JSON, 422, "body"),
        (b"{}", JSON, 422, "user_prompt"),
        (b'{"user_prompt": ""}', JSON, 422, "user_prompt"),
        (b'{"user_prompt": "  \\n "}', JSON, 422, "user_prompt"),
        (b'{"user_prompt": "\\u200b\\u0000"}', JSON, 422, "user_prompt"),
        (b'{"user_prompt": 5}', JSON, 422, "user_prompt"),
        (b'{"user_prompt": "\\ud800"}', JSON, 422, "user_prompt"),
        (b'{"user_prompt": "x", "amount": "lots"}', JSON, 422, "amount"),
        (b'{"user_prompt": "x", "amount": 1e99999999999999999999}', JSON, 422, "amount"),
        (b'{"user_prompt": "x", "amount": %s}' % (b"9" * 10_000), JSON, 422, "amount"),
        (b'{"user_prompt": "x", "instruction_type": "Z"}', JSON, 422, "instruction_type"),
        (b'{"user_prompt": "x", "conversation_id": "7"}', JSON, 422, "conversation_id"),
        (NESTED % (b'{"a":' * 300, b"}" * 300), JSON, 422, "context"),
        (NESTED % (b'{"a":' + b"[" * 300, b"]" * 300 + b"}"), JSON, 422, "context"),
    ],
)
async def test_a_body_that_cannot_be_used_is_refused(
    gateway: httpx.AsyncClient,
    body: bytes,
    headers: dict[str, str],
    status: int,
    field: str | None,
) -> None:
    """Whatever is wrong with a body has its status, its field and a remedy."""
    response = await gateway.post(PROMPT, content=body, headers=headers)
    problem = response.json()
    assert (response.status_code, problem["status"]) == (status, status)
    assert response.headers["content-type"] == "application/problem+json"
    assert problem.get("field") == field
    assert problem["type"].startswith("urn:hawk:problem:")
    assert problem["remedy"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"user_prompt": x}', "at character 16"),
        (b'{"user_prompt": "\xff"}', "not UTF-8 at byte 17"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"amount": Infinity}', "no Infinity"),
    ],
)
async def test_a_malformed_body_is_told_why(
    gateway: httpx.AsyncClient, body: bytes, said: str
) -> None:
    """Who sent it learns what is wrong with it and where."""
    response = await gateway.post(PROMPT, content=body, headers=JSON)
    assert (response.status_code, said in response.json()["detail"]) == (400, True)


@pytest.mark.parametrize("number", ["9" * 10_000, "1e9999999", "1e99999999999999999999"])
@pytest.mark.parametrize("field", ["no_field_of_ours", "data_freshness_minutes"])
async def test_a_number_of_any_size_holds_nothing_up(
    gateway: httpx.AsyncClient, field: str, number: str
) -> None:
    """What is not used may be as large as it likes, and is never written out digit by digit."""
    body = f'{{"user_prompt": "CNY capacity", "{field}": {number}}}'
    response = await gateway.post("/hawk-agent/explain", content=body, headers=JSON, timeout=5)
    assert response.status_code in {200, 422}
    assert response.status_code == 200 or response.json()["field"] == field


async def test_an_oversized_prompt_is_refused(gateway: httpx.AsyncClient) -> None:
    """A prompt over 100,000 characters is 422, and its text is not sent back."""
    response = await gateway.post(PROMPT, json={"user_prompt": "x" * 100_001})
    assert response.status_code == 422
    assert len(response.content) < 1_000
    assert response.json()["field"] == "user_prompt"


async def test_a_message_is_put_as_part_of_a_sentence(gateway: httpx.AsyncClient) -> None:
    """Its first letter is small, unless it begins a name in capitals."""
    body = {"user_prompt": 5, "conversation_id": 5}
    user_prompt, conversation = (await gateway.post(PROMPT, json=body)).json()["errors"]

    assert user_prompt["message"].startswith("input should be")
    assert conversation["message"].startswith("UUID input should be")


@pytest.mark.parametrize("announced", [True, False])
async def test_an_oversized_body_is_refused(
    gateway: httpx.AsyncClient,
    announced: bool,  # noqa: FBT001
) -> None:
    """A body over 1 MiB is 413, whether its length was announced or not."""
    body = b'{"user_prompt": "x", "pad": "' + b"x" * (1 << 20) + b'"}'

    async def pieces() -> AsyncIterator[bytes]:
        yield body

    response = await gateway.post(PROMPT, content=body if announced else pieces(), headers=JSON)
    assert response.status_code == 413
    assert response.json()["remedy"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/nowhere", 404), ("GET", PROMPT, 405), ("GET", "/hawk-agent/runs/x/events", 404)],
)
async def test_unknown_paths_and_methods_are_problems(
    gateway: httpx.AsyncClient, method: str, path: str, status: int
) -> None:
    """What is not served is refused in the same form."""
    response = await gateway.request(method, path)
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/hawk-agent/runs/x/events?after=-1", "after"),
        ("/prompt-analysis/test", "prompt"),
        ("/prompt-analysis/test?prompt=%20%09", "prompt"),
        ("/prompt-analysis/test?prompt=%E2%80%8B%00", "prompt"),
        (f"/prompt-analysis/test?prompt=x&category={'x' * 2_000}", "category"),
        (f"/hawk-agent/runs/{'x' * 65}/events", "request_id"),
    ],
)
async def test_a_parameter_is_named(gateway: httpx.AsyncClient, path: str, field: str) -> None:
    """A wrong parameter is 422 and named as the client knows it."""
    response = await gateway.get(path)
    assert (response.status_code, response.json()["field"]) == (422, field)


async def test_nobody_can_have_read_more_than_there_is(gateway: httpx.AsyncClient) -> None:
    """A reader who miscounted is told so; waiting behind the end it would see no end."""
    events = await ask(gateway, "What is our hedging capacity for CNY today?")
    path = f"/hawk-agent/runs/{events[0]['request_id']}/events"
    read_all = await gateway.get(path, params={"after": len(events)})
    too_far = await gateway.get(path, params={"after": len(events) + 1})

    assert (read_all.status_code, read_all.content) == (200, b"")
    assert (too_far.status_code, too_far.json()["field"]) == (422, "after")


async def test_a_body_that_does_not_come_is_refused(
    gateway: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client that sends its body a little at a time holds nothing for ever: 408."""
    monkeypatch.setattr(request_body, "BODY_S", 0.05)

    async def drip() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.sleep(0.3)
        yield b"}"

    response = await gateway.post(PROMPT, content=drip(), headers=JSON)
    assert response.status_code == 408
    assert response.json()["remedy"]


async def test_a_client_that_leaves_while_it_sends_is_no_error(
    gateway: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half a body and then nobody: it is noted, not reported as a failure of ours."""
    noted: asyncio.Queue[str] = asyncio.Queue()
    log = Mock(info=lambda event, **_: noted.put_nowait(event))
    monkeypatch.setattr(middleware, "_LOG", log)
    _, writer = await asyncio.open_connection("127.0.0.1", urlsplit(str(gateway.base_url)).port)
    head = f"POST {PROMPT} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    writer.write(head.encode() + b"Content-Length: 100\r\n\r\n{")
    await writer.drain()
    writer.close()
    assert await asyncio.wait_for(noted.get(), 10) == "client_left"
    log.exception.assert_not_called()


@pytest.mark.parametrize("path", ["/health", "/health/ready", "/metrics", "/openapi.json", "/"])
async def test_head_is_get_without_its_body(gateway: httpx.AsyncClient, path: str) -> None:
    """A balancer may ask by HEAD."""
    response = await gateway.head(path)
    assert (response.status_code, response.content) == (200, b"")
