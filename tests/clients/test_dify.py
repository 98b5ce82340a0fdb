"""The client of Dify, on real sockets."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import httpx
import pytest

from hawk_backend.clients.dify import Dify
from hawk_backend.clients.dify_app import App, Variable, read_variables
from hawk_backend.clients.dify_event import read_event
from hawk_backend.clients.sse import FRAME_LIMIT, Frame
from hawk_backend.dev.dify.apps import BY_NAME
from hawk_backend.dev.dify.script import Cut, Probe, Script
from hawk_backend.errors import DifyError
from hawk_backend.runs.parts import Ask
from tests.dify import Dify as StandIn
from tests.dify import dify

__all__ = ["dify"]

CHAT = Ask("default", "hawk-1", "hello", {"optimized_context": "rows"}, "", "trace-1")


@asynccontextmanager
async def client(base_url: str, app: str = "chat", **fields: Any) -> AsyncIterator[Dify]:  # noqa: ANN401
    """Open a client that has the key of one app."""
    client = Dify(base_url, {"default": BY_NAME[app].key}, connect_s=0.3, **fields)
    yield client
    await client.aclose()


async def events_of(client: Dify, ask: Ask = CHAT) -> list[dict[str, Any]]:
    """Return all events of a generation."""
    answer = await client.open(ask)
    events: list[dict[str, Any]] = []
    while (read := await answer.read()) is not None:
        events += read
    await answer.close()
    return events


async def test_a_question_carries_what_dify_needs(dify: StandIn) -> None:
    """Words, inputs, user and trace id go up; naming is off, and the stream is not compressed."""
    async with client(dify.base_url) as dify_client:
        events = await events_of(dify_client)
    (request,) = (await dify.stats())["requests"]

    assert events[0]["event"] == "message"
    assert events[-1]["event"] == "message_end"
    assert request["payload"] == {
        "query": "hello",
        "user": "hawk-1",
        "response_mode": "streaming",
        "conversation_id": "",
        "auto_generate_name": False,
    }
    assert request["inputs"]["optimized_context"]["chars"] == 4
    assert request["headers"]["x-trace-id"] == "trace-1"
    assert request["headers"]["accept-encoding"] == "identity"
    assert request["headers"]["connection"] == "close"


@pytest.mark.parametrize(
    ("app", "path", "stop"),
    [
        ("chat", "/v1/chat-messages", "chat-messages/t/stop"),
        ("newagent", "/v1/chat-messages", "chat-messages/t/stop"),
        ("workflow", "/v1/workflows/run", "workflows/tasks/t/stop"),
        ("completion", "/v1/completion-messages", "completion-messages/t/stop"),
    ],
)
async def test_the_path_follows_the_mode(dify: StandIn, app: str, path: str, stop: str) -> None:
    """A workflow and a completion have paths of their own; every other mode is a chat."""
    async with client(dify.base_url, app) as dify_client:
        seen = await dify_client.look("default")
        await events_of(dify_client)
    (request,) = (await dify.stats())["requests"]

    assert request["path"] == path
    assert seen.stop_path("t") == stop
    assert ("query" in request["payload"]) is (path == "/v1/chat-messages")


async def test_looking_at_an_app_tells_what_it_declares(dify: StandIn) -> None:
    """Mode and variables come from /info and /parameters."""
    await dify.parameters(Probe(max_length=1000, required=("optimized_context",)))
    async with client(dify.base_url) as dify_client:
        assert dify_client.apps == {"default": App()}
        app = await dify_client.look("default")

    assert app.mode == "chat"
    assert app.variables is not None
    assert app.variables["optimized_context"] == Variable("paragraph", 1000, required=True)


@pytest.mark.parametrize("probe", [Probe(status=404), Probe(body="<html>"), Probe(body="[1]")])
async def test_what_an_app_does_not_tell_stays_as_it_was(dify: StandIn, probe: Probe) -> None:
    """What is no JSON object with status 200 tells nothing, and both questions say so."""
    async with client(dify.base_url) as dify_client:
        await dify.parameters(probe)
        unknown = await dify_client.look("default")
        await dify.parameters(Probe(max_length=1000))
        known = await dify_client.look("default")
        await dify.parameters(probe)
        still = await dify_client.look("default")

    assert (unknown.mode, unknown.variables, len(unknown.untold)) == ("", None, 2)
    assert (known.mode, known.untold) == ("chat", ())
    assert known.variables is not None
    assert (still.mode, still.variables) == ("chat", known.variables)
    assert "to /parameters of the app default" in still.untold[1]


@pytest.mark.parametrize("status", [401, 403, 500, 503])
async def test_a_dify_that_refuses_or_fails_is_an_error(dify: StandIn, status: int) -> None:
    """A key that it does not take, or a Dify that is down behind its proxy."""
    await dify.parameters(Probe(status=status))
    async with client(dify.base_url) as dify_client:
        with pytest.raises(DifyError, match=f"answered {status} to /info"):
            await dify_client.look("default")


async def test_an_app_that_is_slow_to_tell_is_there(
    dify: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A Dify that is busy answers late: nothing is known, and it is not down."""
    monkeypatch.setattr("hawk_backend.clients.dify._LOOK", httpx.Timeout(2.0, read=0.05))
    await dify.parameters(Probe(after=5))
    async with client(dify.base_url) as dify_client:
        app = await dify_client.look("default")

    assert app.variables is None
    assert app.untold[1] == "Dify did not answer /parameters of the app default in time."


def test_a_form_of_any_shape_is_read() -> None:
    """Entries that are no variables are passed over; a form that is not there is not empty."""
    form = [{"paragraph": {"variable": "a", "max_length": 0}}, "x", {"y": 1}, {"z": {"label": "b"}}]

    assert read_variables({}) is None
    assert read_variables({"user_input_form": form}) == {
        "a": Variable("paragraph", None, required=False)
    }


async def test_an_http_error_is_an_event(dify: StandIn) -> None:
    """Status, code and message of a refusal come as the only event."""
    await dify.script(Script(refuse="too_many_400"))
    async with client(dify.base_url) as dify_client:
        (event,) = await events_of(dify_client)

    assert (event["event"], event["status"], event["code"]) == (
        "hawk_refused",
        400,
        "invalid_param",
    )
    assert "Too many requests" in event["message"]


@pytest.mark.parametrize(
    ("script", "code"),
    [
        (Script(refuse="login_html"), "not_a_stream"),
        (Script(raw=b'{"answer":"x"}', raw_content_type="application/json"), "not_a_stream"),
        (Script(cut=Cut(how="rst")), "reset"),
        (Script(cut=Cut(how="fin")), "reset"),
        (Script(raw=b"data: " + b"x" * FRAME_LIMIT), "frame_too_large"),
    ],
)
async def test_a_broken_exchange_is_an_event(dify: StandIn, script: Script, code: str) -> None:
    """Whatever is no stream of events ends in one event that says why."""
    await dify.script(script)
    async with client(dify.base_url) as dify_client:
        events = await events_of(dify_client)

    assert events == [{"event": "hawk_broken", "code": code}]


@pytest.mark.parametrize("how", ["fin", "rst"])
async def test_a_cut_is_told_behind_the_last_whole_event(dify: StandIn, how: Any) -> None:  # noqa: ANN401
    """Events that came whole are kept, then the cut is reported."""
    await dify.script(Script(deltas=("a", "b", "c"), cut=Cut(at=2, how=how)))
    async with client(dify.base_url) as dify_client:
        events = await events_of(dify_client)

    assert [event.get("answer") for event in events[:-1]] == ["a", "b"]
    assert events[-1] == {"event": "hawk_broken", "code": "cut"}


async def test_a_body_that_ends_early_but_well_just_ends(dify: StandIn) -> None:
    """Whether an answer that simply ends was whole is not for the client to say."""
    await dify.script(Script(deltas=("a", "b", "c"), cut=Cut(at=2, how="end")))
    async with client(dify.base_url) as dify_client:
        events = await events_of(dify_client)

    assert [event["answer"] for event in events] == ["a", "b"]


async def test_only_a_connection_that_never_was_is_safe_to_retry() -> None:
    """A refused port, a host that never accepts and a reset after the request are told apart."""
    with socket.socket() as refusing, socket.socket() as deaf:
        refusing.bind(("127.0.0.1", 0))
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        blocked = [connecting(deaf) for _ in range(2)]
        for closed in (refusing, deaf):
            async with client(f"http://127.0.0.1:{closed.getsockname()[1]}/v1") as dify_client:
                assert await events_of(dify_client) == [
                    {"event": "hawk_broken", "code": "connect_failed"}
                ]
        for one in blocked:
            one.close()


def connecting(deaf: socket.socket) -> socket.socket:
    """Return a connection that takes a place in the line of one that nobody accepts from."""
    one = socket.socket()
    one.settimeout(0)
    one.connect_ex(deaf.getsockname())
    return one


async def test_an_answer_that_is_no_http_is_a_reset() -> None:
    """A port that speaks something else cannot raise anything that nobody expects."""

    async def nonsense(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(nonsense, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        async with client(f"http://127.0.0.1:{port}/v1") as dify_client:
            assert await events_of(dify_client) == [{"event": "hawk_broken", "code": "reset"}]
            with pytest.raises(DifyError):
                await dify_client.look("default")
            assert await dify_client.stop("default", "t", "u") is False


async def test_without_a_key_nothing_is_asked() -> None:
    """An app without a key is told before any connection is made."""
    dify_client = Dify("http://127.0.0.1:9/v1", {"default": ""})

    assert dify_client.apps == {}
    assert await events_of(dify_client) == [{"event": "hawk_broken", "code": "no_key"}]
    await dify_client.aclose()


async def test_a_refusal_whose_body_never_ends_is_read_in_part_only() -> None:
    """An error page of any size costs 64 KiB."""

    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"x" * 8192

    transport = httpx.MockTransport(lambda _: httpx.Response(502, content=endless()))
    async with client("http://dify/v1", transport=transport) as dify_client:
        (event,) = await events_of(dify_client)

    assert event == {"event": "hawk_refused", "status": 502, "code": "", "message": ""}


@pytest.mark.parametrize(
    ("frame", "event"),
    [
        (Frame("ping", b""), {"event": "ping"}),
        (Frame("message", b'{"answer":"a"}'), {"event": "message", "answer": "a"}),
        (Frame("x", b'{"event":"message"}'), {"event": "message"}),
        (Frame("", b'{"event":"a","t":"\\ud800!"}'), {"event": "a", "t": "\ufffd!"}),
        (Frame("", b'{"event":"a","t":"\\ud83d\\ude00"}'), {"event": "a", "t": "\U0001f600"}),
        (Frame("", b'{"event":"a","t":"\xff"}'), {"event": "a", "t": "\ufffd"}),
        (Frame("", b'{"event":"a","t":1e400}'), {"event": "a", "t": Decimal("1E+400")}),
        (Frame("", b'{"event":1}'), {"event": "undecodable"}),
        (Frame("", b"[DONE]"), {"event": "undecodable"}),
        (Frame("", b"[" * 100_000), {"event": "undecodable"}),
        (Frame("", b'{"event":"hawk_refused"}'), {"event": "undecodable"}),
        (Frame("hawk_broken", b""), {"event": "undecodable"}),
    ],
)
def test_a_frame_of_any_text_is_an_event(frame: Frame, event: dict[str, Any]) -> None:
    """Odd text is repaired or set aside, and nobody else can speak in this service's name."""
    assert read_event(frame) == event


@pytest.mark.parametrize("levels", range(300, 1001, 100))
def test_an_end_with_deep_metadata_is_the_end(levels: int) -> None:
    """What cannot be walked to its bottom does not make a failure of a whole answer."""
    data = b'{"event":"message_end","metadata":%b1%b}' % (b"[" * levels, b"]" * levels)
    assert read_event(Frame("", data))["event"] == "message_end"


def test_a_price_does_not_pass_through_a_float() -> None:
    """A price that is a JSON number keeps all its digits."""
    price = "0.12345678901234567890123"
    frame = Frame("", f'{{"event":"message_end","metadata":{{"p":{price}}}}}'.encode())

    assert read_event(frame)["metadata"]["p"] == Decimal(price)
