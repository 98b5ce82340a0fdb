"""A run as a response."""

import asyncio
import gc
import socket
from collections.abc import MutableMapping
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from starlette.types import Receive, Scope, Send

from hawk_backend.api.event_stream import EventStream, StreamsOutside
from hawk_backend.dev.dify.script import Script
from hawk_backend.models import SERVICE, Prompt
from hawk_backend.runs.run import Run
from hawk_backend.serve import Connection, listen
from tests.runs.rig import FAST, INTENT, LIMITS, PATIENCE, Rig, events_of, kinds, rigged

LONG = Script(answer="word " * 100, tokens=20_000, rate=0)
Message = MutableMapping[str, Any]


def submitted(rig: Rig) -> Run:
    """Return the run of a new prompt."""
    return rig.runs.submit(
        Prompt(user_prompt="x"), INTENT, SERVICE, fresh=False, request_id="r-direct"
    )


async def never() -> Message:
    """Receive nothing, as from a client who stays and has sent everything."""
    await asyncio.Event().wait()
    raise AssertionError


async def run_to_its_end(run: Run) -> None:
    """Wait for the terminal event as a reader that keeps nothing."""
    with run.read() as reader:
        while await reader.next(1 << 20) is not None:
            pass


async def test_the_headers_are_those_of_the_design() -> None:
    """No cache, no transformation, no buffering on the way; no length, so that it can flow."""
    async with rigged() as rig, rig.post() as response:
        await response.aread()

    assert response.status_code == 200
    assert response.headers["content-type"] == "text/event-stream"
    assert response.headers["cache-control"] == "no-cache, no-transform"
    assert response.headers["x-accel-buffering"] == "no"
    assert "content-length" not in response.headers


async def test_the_heart_beats_from_the_first_moment() -> None:
    """While the tables are read and before Dify's headers, silence is filled with pings."""
    async with rigged(clocks=replace(FAST, heartbeat=0.05)) as rig:
        await rig.standin.script(Script(deltas=("a",), silence=0.3))
        rig.stages.go.clear()
        async with rig.watching() as browser:
            await browser.until("hawk_table")
            asyncio.get_running_loop().call_later(0.2, rig.stages.go.set)
            await browser.until("hawk_context")
            in_prefetch = browser.pings
            await browser.until("agent_message")
            before_first_byte = browser.pings - in_prefetch
            await browser.rest()

    assert in_prefetch >= 2
    assert before_first_byte >= 2


async def test_the_heart_beats_where_nothing_is_to_be_read_yet() -> None:
    """A reader who resumes behind the last event hears at once that the stream lives."""
    async with rigged(clocks=replace(FAST, heartbeat=0.05)) as rig:
        rig.stages.go.clear()
        async with rig.watching(msg_uid="MSG_1") as browser:
            request_id = (await browser.next())["request_id"]
            await browser.until("hawk_table")
            path = f"/runs/{request_id}/events?after={len(browser.events)}"
            async with asyncio.timeout(PATIENCE), rig.http.stream("GET", path) as resumed:
                first = await anext(resumed.aiter_bytes())

    assert first == b"event: ping\n\n"


async def test_a_busy_stream_has_no_heartbeat() -> None:
    """Pings fill silence only."""
    async with rigged(clocks=replace(FAST, heartbeat=1.0)) as rig:
        await rig.standin.script(Script(answer="word ", tokens=200, rate=100))
        async with rig.watching() as browser:
            await browser.rest()

    assert browser.pings == 0


async def test_every_write_holds_whole_events_and_is_bounded() -> None:
    """No event is split over two writes, and a reader who is far behind gets shares of 64 KiB."""
    writes: list[bytes] = []

    async def send(message: Message) -> None:
        writes.append(message.get("body", b""))

    async with rigged() as rig:
        await rig.standin.script(Script(answer="word " * 10, tokens=2000, rate=0))
        run = submitted(rig)
        await run_to_its_end(run)
        await EventStream(run)({}, never, send)
        await rig.clean()

    assert len(run.buffer) > 2000
    assert max(map(len, writes)) <= 64 * 1024
    assert [len(events_of(write)) > 0 for write in writes[1:-1]] == [True] * (len(writes) - 2)
    assert len(events_of(b"".join(writes))) == len(run.buffer)


async def test_the_framework_has_returned_while_a_stream_is_open() -> None:
    """What it holds of a request is free long before the stream has ended."""
    told: list[str] = []

    async def send(message: Message) -> None:
        told.append(message["type"])

    async with rigged() as rig:
        run = submitted(rig)

        async def framework(scope: Scope, receive: Receive, send: Send) -> None:
            await EventStream(run)(scope, receive, send)
            told.append("framework returned")

        await StreamsOutside(framework)({"type": "http"}, never, send)

    assert told[:3] == ["http.response.start", "framework returned", "http.response.body"]


async def test_a_server_that_raises_when_the_browser_has_gone_is_understood() -> None:
    """Some servers tell a loss by OSError from send; the reader leaves, nothing breaks."""

    async def send(message: Message) -> None:
        if message["type"] == "http.response.body":
            raise OSError("gone")

    async with rigged() as rig:
        await rig.standin.script(LONG.model_copy(update={"rate": 100}))
        run = submitted(rig)
        await EventStream(run)({}, never, send)
        await rig.clean()

    assert run.readers == 0
    assert str(run.outcome) == "stopped"


async def test_the_last_write_has_a_deadline_as_every_other() -> None:
    """A browser that stops reading in the last share of a stream keeps no reader either."""

    async def send(message: Message) -> None:
        if not message.get("more_body", True):
            await asyncio.Event().wait()

    async with rigged(clocks=replace(FAST, stuck=0.1)) as rig:
        run = submitted(rig)
        await run_to_its_end(run)
        async with asyncio.timeout(PATIENCE):
            await EventStream(run)({}, never, send)
        await rig.clean()

    assert run.readers == 0


@pytest.mark.parametrize("also", [False, True], ids=["alone", "beside another"])
async def test_a_browser_that_stops_reading_is_dropped(also: bool) -> None:  # noqa: FBT001
    """It costs a bounded buffer for a bounded time, and nobody else waits for it."""
    clocks = replace(FAST, stuck=0.3)
    async with rigged(clocks=clocks, limits=replace(LIMITS, resume_s=0.1)) as rig:
        await rig.standin.script(LONG.model_copy(update={"tokens": 4_000, "rate": 4_000}))
        stuck = await open_and_stop_reading(rig)
        (run,) = rig.runs._tasks.values()
        if also:
            events = events_of((await rig.http.get(f"/runs/{run.request_id}/events")).content)
            assert kinds(events)[-1] == "message_end"
        await rig.clean()
        stats = await rig.standin.stats()
        stuck.close()

    assert run.readers == 0
    assert str(run.outcome) == ("completed" if also else "stopped")
    assert stats["stop_requests"] == (0 if also else 1)


async def test_a_browser_that_stops_reading_costs_a_bounded_buffer() -> None:
    """At most 256 KiB, the kernel's buffer included, however long the answer is."""
    async with rigged() as rig:
        await rig.standin.script(LONG.model_copy(update={"tokens": 2_000}))
        stuck = await open_and_stop_reading(rig)
        await rig.standin.until(finished=1)
        (transport,) = {
            thing.transport
            for thing in gc.get_objects()
            if isinstance(thing, Connection) and thing.transport.get_write_buffer_size()
        }
        ours = transport.get_write_buffer_size()
        kernels = transport.get_extra_info("socket").getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF)
        (run,) = rig.runs._runs.values()
        stuck.close()

    assert run.buffer.size > 1024 * 1024
    assert ours + kernels <= 256 * 1024


async def open_and_stop_reading(rig: Rig) -> socket.socket:
    """Send a prompt and read the first bytes of its stream only."""
    loop = asyncio.get_running_loop()
    stuck = socket.socket()
    stuck.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    stuck.setblocking(False)  # noqa: FBT003 - the name of the parameter is positional only
    host, port = rig.url.removeprefix("http://").split(":")
    await loop.sock_connect(stuck, (host, int(port)))
    body = b'{"user_prompt":"x"}'
    head = f"POST /ask HTTP/1.1\r\nHost: {host}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    await loop.sock_sendall(stuck, head + body)
    assert (await loop.sock_recv(stuck, 64)).startswith(b"HTTP/1.1 200 OK")
    return stuck


async def test_a_dropped_browser_loses_its_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server's own buffer and socket go too, although the peer never closes."""
    monkeypatch.setattr("tests.live.listen", partial(listen, stuck_s=0.3))
    async with rigged(clocks=replace(FAST, stuck=0.3)) as rig:
        await rig.standin.script(LONG)
        stuck = await open_and_stop_reading(rig)
        await rig.clean()
        with pytest.raises(ConnectionResetError):
            await read_slowly(stuck)
        stuck.close()


async def read_slowly(stuck: socket.socket) -> None:
    """Wait until the connection must be gone, then read what is left of it."""
    await asyncio.sleep(1.0)
    while await asyncio.get_running_loop().sock_recv(stuck, 65536):
        pass
