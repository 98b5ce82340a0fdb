"""The control endpoints: scripts are matched, counted and checked; capacity is bounded."""

import json

import httpx
import pytest
from pydantic import ValidationError

from hawk_backend.dev.dify.script import Capacity, Cut, Insert, Script, dumps
from tests.dev.dify.raw import asked
from tests.dev.dify.reading import answer, body, client, post, read
from tests.dify import Dify


async def test_health_says_what_it_is(dify: Dify) -> None:
    """Nobody can take it for Dify."""
    told = (await dify.control.get("/health")).json()
    assert told["service"] == "stand-in for Dify"


async def test_scripts_are_used_up(dify: Dify) -> None:
    """Each serves its number of requests, in order; then the healthy default is back."""
    await dify.script(Script(answer="first"), Script(answer="second", times=2))
    told = [answer(await read(dify, "chat")) for _ in range(4)]
    assert told[:3] == ["first", "second", "second"]
    assert told[3].startswith("**Asked:**")
    assert (await dify.stats())["scripts_waiting"] == 0


async def test_a_script_for_all(dify: Dify) -> None:
    """A script whose times is 0 serves until the reset."""
    await dify.script(Script(answer="always", times=0))
    assert [answer(await read(dify, "chat")) for _ in range(3)] == ["always"] * 3
    await dify.reset()
    assert answer(await read(dify, "chat")) != "always"


async def test_matching(dify: Dify) -> None:
    """A script can be for an app, or for requests that hold a text in query or inputs."""
    await dify.script(
        Script(app="agent", answer="for the agent"),
        Script(query="needle", answer="for the query"),
        Script(query="350,000", answer="for the context"),
    )
    assert answer(await read(dify, "chat", query="a needle here")) == "for the query"
    assert answer(await read(dify, "agent")) == "for the agent"
    inputs = {"optimized_context": "capacity 350,000"}
    assert answer(await read(dify, "chat", inputs=inputs)) == "for the context"


async def test_one_script_needs_no_list(dify: Dify) -> None:
    """An object is taken as a list of one."""
    response = await dify.control.post("/control/script", json={"answer": "x"})
    assert response.json() == {"waiting": 1}


@pytest.mark.parametrize(
    "content",
    [
        b'{"anwser": "x"}',
        b'{"stall": {"at": "delta:x"}}',
        b'{"rate": -1}',
        b"[]",
        b"{",
        b'{"answer": 3}',
    ],
)
async def test_a_wrong_script_is_refused(dify: Dify, content: bytes) -> None:
    """A misspelt field, a place that is none and the like are errors that say why."""
    response = await dify.control.post("/control/script", content=content)
    assert response.status_code == 422
    assert response.json()["detail"]
    assert (await dify.stats())["scripts_waiting"] == 0


async def test_unknown_control(dify: Dify) -> None:
    """A wrong control path is no silent success."""
    assert (await dify.control.post("/control/scripts")).status_code == 404


def test_scripts_survive_json() -> None:
    """Bytes, lone surrogates and places come back as they were."""
    script = Script(
        answer="a\ud800",
        raw=b"\xff\x00",
        inserts=(Insert(at="delta:3", frame=b"\r"), Insert(at=2, event={"event": "\udc00"})),
        cut=Cut(at="end"),
    )
    assert [Script.model_validate(value) for value in json.loads(dumps(script))] == [script]


@pytest.mark.parametrize(
    "part",
    [
        {"inserts": [{"at": 1}]},
        {"inserts": [{"at": 1, "kind": "tts", "event": {}}]},
        {"cut": {"at": 1, "body_bytes": 1}},
        {"cut": {"how": "end"}},
    ],
)
def test_parts_that_contradict_themselves(part: dict[str, object]) -> None:
    """A part that says two things or none is refused."""
    with pytest.raises(ValidationError):
        Script.model_validate(part)


async def test_requests_are_seen_without_secrets(dify: Dify) -> None:
    """User, query, headers and the inputs' sizes are told; key and inputs are not."""
    await read(dify, "chat", inputs={"optimized_context": "secret rows"})
    stats = await dify.stats()
    (seen,) = stats["requests"]
    assert seen["inputs"]["optimized_context"]["chars"] == len("secret rows")
    assert (seen["app"], seen["payload"]["user"]) == ("chat", "desk-1")
    assert seen["payload"]["query"] == "CNY capacity?"
    assert seen["headers"]["content-type"] == "application/json"
    assert "app-standin" not in json.dumps(stats)
    assert "secret rows" not in json.dumps(stats)


@pytest.mark.parametrize(
    ("shape", "status", "code"),
    [("too_many_400", 400, "invalid_param"), ("too_many_429", 429, "too_many_requests")],
)
async def test_an_app_bears_so_many(dify: Dify, shape: str, status: int, code: str) -> None:
    """Requests beyond the app's limit are refused, in either shape; other apps do not mind."""
    limits = {"app_limit": 1, "limit_shape": shape}
    await dify.capacity(Capacity.model_validate(limits))
    await dify.script(Script(silence=3600))
    async with asked(dify, "chat"):
        await dify.until(in_flight=1)
        response = await post(dify, "chat", "/chat-messages", body())
        assert (response.status_code, response.json()["code"]) == (status, code)
        assert response.json()["message"].startswith("Too many requests")
        assert await read(dify, "agent")
    await dify.until(in_flight=0, refused=1)
    assert await read(dify, "chat")


async def test_a_full_dify_makes_all_wait(dify: Dify) -> None:
    """Beyond the connections that it has even /health waits; the control endpoints do not."""
    await dify.capacity(Capacity(connections=1))
    await dify.script(Script(silence=3600))
    async with httpx.AsyncClient(base_url=dify.origin) as other:
        async with asked(dify, "chat"):
            await dify.until(in_flight=1)
            with pytest.raises(httpx.ReadTimeout):
                await other.get("/health", timeout=0.05)
        assert (await other.get("/health")).status_code == 200


async def test_the_default_is_bounded_by_nothing(dify: Dify) -> None:
    """Unscripted, many requests are served at once."""
    await dify.script(Script(silence=3600, times=0))
    async with asked(dify), asked(dify), asked(dify):
        await dify.until(in_flight=3)
        async with client(dify) as http:
            assert (await http.get("/info")).status_code == 200
