"""Operations."""

import asyncio
import os
import time
from pathlib import Path

import httpx

from hawk_backend.dev.dify.script import Script
from hawk_backend.dev.folder import DataFolder
from hawk_backend.dev.process import free_ports
from hawk_backend.dev.valkey import Valkey
from tests.gateway import ask, open_gateway
from tests.predecessor.reading import only, tables
from tests.predecessor.served import serve
from tests.predecessor.source_proxy import FAILED, SourceProxy
from tests.predecessor.standin import StandIn
from tests.predecessor.waiting import PATIENCE, eventually
from tests.stack import LocalStack

PROMPT = "Check if I can hedge 150K CNY today"


async def component(gateway: httpx.AsyncClient, part: str, state: str) -> None:
    """Wait until /health says that a part is so."""

    async def so() -> bool:
        return bool((await gateway.get("/health")).json()["components"][part] == state)

    await eventually(so)


async def test_a_start_that_cannot_work_ends(tmp_path: Path) -> None:
    """Without an address of the source the process ends at once, with the reason and the remedy."""
    bare = {name: "" for name in os.environ if name.startswith(("SUPABASE", "HAWK", "DIFY"))}
    process = serve(tmp_path, bare)
    async with asyncio.timeout(PATIENCE):
        code = await process.wait()
    assert code != 0
    assert "SUPABASE_URL" in process.log.read_text()
    assert ".env.example" in process.log.read_text()
    assert "Traceback" not in process.log.read_text()
    assert ".env.example" in process.log.read_text()


async def test_a_source_that_is_away_at_the_start_comes_back(
    stack: LocalStack, source: SourceProxy
) -> None:
    """While it fails /health says so and prompts are told; once it is back all is well again."""
    source.answers = dict.fromkeys(("entity_master", "position_nav_master", ""), FAILED)
    async with open_gateway(stack, supabase_rest_url=source.url) as gateway:
        await component(gateway, "supabase", "disconnected")
        assert (await gateway.get("/health")).json()["status"] == "degraded"
        assert (await ask(gateway, PROMPT))[-1]["event"] == "error"
        source.answers = {}
        await component(gateway, "supabase", "connected")
        assert (await ask(gateway, PROMPT))[-1]["event"] == "message_end"


async def test_a_redis_that_is_away_at_the_start_comes_back(
    stack: LocalStack, tmp_path: Path
) -> None:
    """Prompts are answered without it; when it starts at last it is used."""
    [port] = free_ports(1)
    folder = DataFolder(tmp_path)
    valkey = Valkey(folder, port)
    async with open_gateway(stack, redis_url=valkey.address) as gateway:
        await component(gateway, "redis", "disconnected")
        events = await ask(gateway, PROMPT)
        assert events[-1]["event"] == "message_end"
        assert only(events, "hawk_context")["analysis_metadata"]["redis_available"] is False
        with folder.held():
            await valkey.start()
            assert valkey.process is not None
            try:
                await component(gateway, "redis", "connected")
                events = await ask(gateway, PROMPT)
            finally:
                await valkey.process.stop()
        metadata = only(events, "hawk_context")["analysis_metadata"]
        assert metadata["redis_available"] is True
        await component(gateway, "redis", "disconnected")
        assert (await ask(gateway, PROMPT))[-1]["event"] == "message_end"


async def test_a_redis_that_never_answers_holds_nobody_up(stack: LocalStack) -> None:
    """A Redis that takes every connection and says nothing costs no table its deadline."""
    over = asyncio.Event()

    async def say_nothing(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await over.wait()
        writer.close()

    async with await asyncio.start_server(say_nothing, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        async with open_gateway(stack, redis_url=f"redis://127.0.0.1:{port}/0") as gateway:
            for _ in range(3):
                events = await ask(gateway, PROMPT)
                assert events[-1]["event"] == "message_end"
                assert "missing" not in {told["state"] for told in tables(events).values()}
        over.set()


async def test_uptime_is_not_the_epoch(gateway: httpx.AsyncClient) -> None:
    """It counts from the start of this process and grows with the clock."""
    first = (await gateway.get("/system/status")).json()["uptime_seconds"]
    started = time.monotonic()
    await asyncio.sleep(0.05)
    second = (await gateway.get("/system/status")).json()["uptime_seconds"]
    assert 0 < first < 600
    assert 0.05 <= second - first <= time.monotonic() - started + 1


async def test_no_prompt_opens_clients_of_its_own(stack: LocalStack, source: SourceProxy) -> None:
    """The connections of the first prompts serve all that follow."""
    async with open_gateway(stack, supabase_rest_url=source.url) as gateway:
        for _ in range(2):
            await ask(gateway, PROMPT)
        opened = len(source.callers)
        for _ in range(5):
            assert (await ask(gateway, PROMPT))[-1]["event"] == "message_end"
    assert len(source.callers) - opened <= 2  # a look at the parts may fall between


async def test_a_generation_ends_with_its_browser(
    gateway: httpx.AsyncClient, standin: StandIn
) -> None:
    """When the browser has gone, Dify is told to stop; nothing is generated for nobody."""
    await standin.script(Script(tokens=100_000, rate=50))
    body = {"user_prompt": PROMPT}
    async with gateway.stream("POST", "/hawk-agent/process-prompt", json=body) as response:
        async for line in response.aiter_lines():
            if '"agent_message"' in line:
                break
    await standin.until(stopped=1, running=0)


async def test_the_heart_beats_in_silence(stack: LocalStack, standin: StandIn) -> None:
    """While the model thinks the stream is not silent."""
    await standin.script(Script(think=1.0))
    async with open_gateway(stack, hawk_heartbeat_s=0.1) as gateway:
        body = {"user_prompt": PROMPT}
        stream = (await gateway.post("/hawk-agent/process-prompt", json=body)).text
    assert stream.count("event: ping\n\n") >= 3
    assert '"event":"message_end"' in stream


async def test_a_local_source_over_http_is_accepted(stack: LocalStack) -> None:
    """Any address will do: everything here runs on a PostgREST of this machine."""
    assert stack.env["SUPABASE_REST_URL"].startswith("http://127.0.0.1:")
    changes = {"supabase_rest_url": "", "supabase_url": "http://127.0.0.1:9"}
    async with open_gateway(stack, **changes) as gateway:
        assert (await gateway.get("/health/ready")).status_code == 200
        await component(gateway, "supabase", "disconnected")
