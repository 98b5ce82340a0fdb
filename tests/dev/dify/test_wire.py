"""Every fault of a script really happens on the wire."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Literal

import httpx
import pytest

from hawk_backend.dev.dify.script import Cut, Insert, Script, Stall
from tests.dev.dify.raw import asked
from tests.dify import Dify

DELTAS = ("one ", "two ", "three")
How = Literal["end", "fin", "rst"]


async def test_frames_are_bytes_of_dify(dify: Dify) -> None:
    """One chunk an event: compact JSON in Dify's key order, at the end an empty line."""
    await dify.script(Script(deltas=("Ω",)))
    async with asked(dify) as client:
        seen = await client.all()
    keys = list(json.loads(seen.chunks[0].removeprefix(b"data: ")))
    ids = ["event", "conversation_id", "message_id", "created_at", "task_id", "id"]
    assert keys == [*ids, "answer", "from_variable_selector"]
    assert seen.chunks[0].startswith(b'data: {"event":"message","conversation_id":"')
    assert seen.chunks[0].endswith('"answer":"Ω","from_variable_selector":null}\n\n'.encode())
    assert b'"answer":"",' in seen.chunks[1]
    assert seen.chunks[-1] == b"\n"


async def test_headers_of_dify(dify: Dify) -> None:
    """The response names type, version and environment, and no cache rule."""
    async with asked(dify) as client:
        head = (await client.all()).head.lower()
    assert "content-type: text/event-stream; charset=utf-8" in head
    assert "transfer-encoding: chunked" in head
    assert "x-version: 1.12.1" in head
    assert "x-env: production" in head
    assert "cache-control" not in head


async def test_silence_comes_before_the_headers(dify: Dify) -> None:
    """A silent request was taken, yet no byte came and no run began; leaving begins none."""
    await dify.script(Script(silence=3600))
    async with asked(dify) as client:
        await dify.until(in_flight=1)
        assert client.seen.head == ""
    assert (await dify.until(in_flight=0))["started"] == 0


async def test_headers_come_with_the_first_byte(dify: Dify) -> None:
    """While the model of a chat thinks, the first bytes are headers and ping together."""
    await dify.script(Script(think=3600, ping_every=0.01))
    async with asked(dify) as client:
        seen = await client.until(b"ping")
    assert seen.status == 200
    assert seen.chunks[0] == b"event: ping\n\n"


async def test_pings_go_on_while_events_flow(dify: Dify) -> None:
    """Pings keep their own clock, however fast the answer comes."""
    await dify.script(Script(tokens=30, rate=500, ping_every=0.005))
    async with asked(dify) as client:
        chunks = (await client.all()).chunks
    pings = [i for i, chunk in enumerate(chunks) if chunk == b"event: ping\n\n"]
    assert len(pings) >= 2
    assert 0 < pings[0] < len(chunks) - 1


async def test_open_ping(dify: Dify) -> None:
    """A newer Dify opens with a ping."""
    await dify.script(Script(open_ping=True, deltas=DELTAS))
    async with asked(dify, "chatflow") as client:
        assert (await client.all()).chunks[0] == b"event: ping\n\n"


@pytest.mark.parametrize("sizes", [(1,), (1, 2, 3), (7, 500)])
async def test_split(dify: Dify, sizes: tuple[int, ...]) -> None:
    """Chunks have the scripted sizes, over and over, but for the end of a frame."""
    await dify.script(Script(deltas=DELTAS, split=sizes))
    async with asked(dify) as client:
        seen = await client.all()
    longest = [sizes[i % len(sizes)] for i in range(len(seen.chunks))]
    assert all(len(chunk) <= most for chunk, most in zip(seen.chunks, longest, strict=True))
    assert seen.body.count(b"data: ") == len(DELTAS) + 2


async def test_join(dify: Dify) -> None:
    """Frames that are joined leave in one chunk."""
    await dify.script(Script(deltas=DELTAS, rate=0, join=100))
    async with asked(dify) as client:
        seen = await client.all()
    assert len(seen.chunks) == 1
    assert seen.body.count(b"data: ") == len(DELTAS) + 2


@pytest.mark.parametrize("how", ["end", "fin", "rst"])
async def test_cut_inside_an_event(dify: Dify, how: How) -> None:
    """Exactly the scripted bytes come; a cut chunk announced more, and the end is the scripted."""
    await dify.script(Script(deltas=DELTAS, cut=Cut(body_bytes=57, how=how)))
    async with asked(dify) as client:
        seen = await client.all()
    assert seen.ended == how
    assert len(seen.body) == 57
    assert bool(seen.rest) == (how != "end")


@pytest.mark.parametrize("how", ["end", "fin", "rst"])
async def test_cut_between_events(dify: Dify, how: How) -> None:
    """After n events the stream ends between two chunks."""
    await dify.script(Script(deltas=DELTAS, cut=Cut(at=2, how=how)))
    async with asked(dify) as client:
        seen = await client.all()
    assert (seen.ended, len(seen.chunks), seen.rest) == (how, 2, b"")
    assert (await dify.until(cut=1, finished=1))["delivered"] == 0


@pytest.mark.parametrize("how", ["fin", "rst"])
async def test_cut_before_the_headers(dify: Dify, how: Literal["fin", "rst"]) -> None:
    """The connection ends without a byte, and no run was started."""
    await dify.script(Script(cut=Cut(how=how)))
    async with asked(dify) as client:
        seen = await client.all()
    assert (seen.head, seen.ended) == ("", how)
    assert (await dify.until(cut=1))["started"] == 0


@pytest.mark.parametrize("cut", [Cut(body_bytes=0), Cut(at=0)])
async def test_cut_behind_the_headers(dify: Dify, cut: Cut) -> None:
    """The headers come alone."""
    await dify.script(Script(cut=cut))
    async with asked(dify) as client:
        seen = await client.all()
    assert (seen.status, seen.chunks, seen.rest, seen.ended) == (200, (), b"", "fin")


async def test_cut_behind_the_last_event(dify: Dify) -> None:
    """All events come, only the end of the body is missing."""
    await dify.script(Script(deltas=DELTAS, cut=Cut(at="end")))
    async with asked(dify) as client:
        seen = await client.all()
    assert b'"event":"message_end"' in seen.chunks[-1]
    assert seen.ended == "fin"


async def test_stall_is_silent_until_the_stop(dify: Dify) -> None:
    """After n events nothing comes, no ping either, though the run lives on."""
    script = Script(deltas=DELTAS, stall=Stall(at="delta:2"), rate=0, ping_every=0.01)
    await dify.script(script)
    async with asked(dify) as client:
        seen = await client.until(b'"two "')
        await asyncio.sleep(0.05)  # several pings would fit
        await dify.until(running=1)
        task = json.loads(seen.chunks[0].removeprefix(b"data: "))["task_id"]
        stop = f"{dify.base_url}/chat-messages/{task}/stop"
        await dify.control.post(stop, json={"user": "u"}, headers=dify.headers("chat"))
        seen = await client.all()
    assert b'"three"' not in seen.body
    assert b"event: ping" not in seen.body


async def test_stall_with_pings(dify: Dify) -> None:
    """A hanging model does not keep Dify from pinging."""
    await dify.script(Script(deltas=DELTAS, stall=Stall(at=1, pings=True), ping_every=0.01))
    async with asked(dify) as client:
        seen = await client.until(b"event: ping\n\nevent: ping\n\n")
    assert len([chunk for chunk in seen.chunks if b"data: " in chunk]) == 1


async def test_stall_behind_the_headers(dify: Dify) -> None:
    """A stall before the first event still sends the headers."""
    await dify.script(Script(stall=Stall(at=0)))
    async with asked(dify) as client:
        while not client.seen.head:
            await client.more()
        assert client.seen.chunks == ()


async def test_linger(dify: Dify) -> None:
    """The response stays open after message_end; leaving then abandons nothing."""
    await dify.script(Script(deltas=DELTAS, linger=3600))
    async with asked(dify) as client:
        assert (await client.until(b"message_end")).ended == "open"
        await dify.until(delivered=1, in_flight=1)
    assert (await dify.until(in_flight=0))["abandoned"] == 0


async def test_raw_bytes(dify: Dify) -> None:
    """A raw body comes as it was given, with a scripted type, and may be cut."""
    raw = b"\xff\xfe\x00 not SSE at all \r\r"
    await dify.script(
        Script(raw=raw, raw_content_type="text/plain", split=(3,)),
        Script(raw=raw, cut=Cut(body_bytes=4, how="rst")),
    )
    async with asked(dify) as client:
        seen = await client.all()
    assert (seen.body, seen.chunks[0], seen.ended) == (raw, raw[:3], "end")
    assert "Content-Type: text/plain\r\n" in seen.head
    async with asked(dify) as client:
        seen = await client.all()
    assert (seen.body, seen.ended) == (raw[:4], "rst")


async def test_verbatim_frame(dify: Dify) -> None:
    """An inserted frame stands between two events as it was given."""
    await dify.script(
        Script(deltas=DELTAS, inserts=(Insert(at="delta:1", frame=b"data: [DONE]\n\n"),))
    )
    async with asked(dify) as client:
        assert (await client.all()).chunks[1] == b"data: [DONE]\n\n"


async def test_big_frames(dify: Dify) -> None:
    """A frame of more than a mebibyte is one chunk."""
    await dify.script(Script(deltas=("x" * 200_000, "y" * 1_100_000)))
    async with asked(dify) as client:
        seen = await client.all()
    assert len(seen.chunks[0]) > 200_000
    assert len(seen.chunks[1]) > 1_100_000


async def test_a_chatflow_echoes_the_context(dify: Dify) -> None:
    """A context of 100,000 characters comes back more than three times."""
    async with asked(dify, "chatflow", inputs={"optimized_context": "x" * 100_000}) as client:
        seen = await client.all()
    assert seen.body.count(b"x" * 100_000) == 4
    assert max(map(len, seen.chunks)) > 200_000


async def test_a_connection_serves_many_requests(dify: Dify) -> None:
    """After a whole answer, streamed or not, the connection takes the next request."""
    await dify.script(Script(deltas=DELTAS), Script(refuse="bad_gateway_html"))
    body = {"inputs": {}, "query": "q", "user": "u", "response_mode": "streaming"}
    async with httpx.AsyncClient(base_url=dify.base_url, headers=dify.headers("agent")) as client:
        for _ in range(2):
            await client.post("/chat-messages", json=body | {"auto_generate_name": False})
        assert (await client.get("/info")).status_code == 200
        assert (await dify.stats())["open_connections"] == 1
    await dify.until(open_connections=0)


async def test_a_chunked_request_is_read(dify: Dify) -> None:
    """A body without a length is read to its last chunk."""

    async def content() -> AsyncIterator[bytes]:
        yield b'{"user": "u", "inputs": {}, '
        yield b'"query": "q", "auto_generate_name": false}'

    headers = dify.headers("chat") | {"Content-Type": "application/json"}
    async with httpx.AsyncClient(base_url=dify.base_url, headers=headers) as client:
        assert (await client.post("/chat-messages", content=content())).status_code == 200
