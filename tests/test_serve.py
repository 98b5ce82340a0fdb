"""Serving: what a connection may cost, and how a real process starts and ends."""

import asyncio
import json
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from fastapi import FastAPI

from hawk_backend import serve
from hawk_backend.dev.dify.script import Script, Stall
from hawk_backend.dev.process import free_ports
from tests.dev.launcher import COMMAND, bare_environment
from tests.dify import Dify, running
from tests.stack import LocalStack

PROMPT = "/hawk-agent/process-prompt"
BODY = {"user_prompt": "Check if I can hedge 150K CNY today"}
PATIENCE_S = 30.0
"""Seconds after which waiting is given up: a safety net, never an expectation."""


class Served:
    """A `hawk-backend serve` of the test's own."""

    def __init__(self, process: asyncio.subprocess.Process, port: int, log: Path) -> None:
        self.process = process
        self.client = httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE_S)
        self._log = log

    @property
    def printed(self) -> str:
        """Everything that it wrote to its log so far."""
        return self._log.read_text()

    async def readiness(self) -> int | None:
        """Return the status of /health/ready, None where nobody listens."""
        try:
            return (await self.client.get("/health/ready")).status_code
        except httpx.TransportError:
            return None

    async def until(self, status: int) -> None:
        """Wait until /health/ready has `status`."""
        async with asyncio.timeout(PATIENCE_S):
            while await self.readiness() != status:  # noqa: ASYNC110 - another process's state
                await asyncio.sleep(0.02)

    async def ended(self) -> int:
        """Wait for its end; return the exit code."""
        return await asyncio.wait_for(self.process.wait(), PATIENCE_S)


@asynccontextmanager
async def spawned(folder: Path, env: dict[str, str]) -> AsyncIterator[Served]:
    """Run `hawk-backend serve` with `env` in a folder without a .env."""
    port = int(env.get("HAWK_PORT") or free_ports(1)[0])
    log = folder / "gateway.log"
    with log.open("wb") as out:
        process = await asyncio.create_subprocess_exec(
            COMMAND,
            "serve",
            cwd=folder,
            env=bare_environment() | {"HAWK_PORT": str(port)} | env,
            stdout=out,
            stderr=out,
        )
    served = Served(process, port, log)
    try:
        yield served
    finally:
        await served.client.aclose()
        if process.returncode is None:
            process.kill()
        await process.wait()


@pytest.fixture
async def dify() -> AsyncIterator[Dify]:
    """A stand-in of the test's own."""
    async with running() as dify:
        yield dify


@pytest.fixture
def env(stack: LocalStack, dify: Dify) -> dict[str, str]:
    """What points a gateway at the session's parts and at the test's own stand-in."""
    return {**stack.env, "DIFY_API_URL": dify.base_url, "HAWK_TODAY": "2025-09-17"}


async def test_sigterm_lets_an_open_stream_come_to_its_end(
    tmp_path: Path, env: dict[str, str], dify: Dify
) -> None:
    """From SIGTERM on readiness is 503 and prompts are refused; the open one is finished first."""
    async with spawned(tmp_path, env) as served:
        await served.until(200)
        await dify.script(Script(answer="word " * 60, rate=20))
        async with served.client.stream("POST", PROMPT, json=BODY) as response:
            lines = aiter(response.aiter_lines())
            async for line in lines:
                if "agent_message" in line:
                    break
            served.process.send_signal(signal.SIGTERM)
            await served.until(503)
            refused = await served.client.post(PROMPT, json=BODY)
            rest = [line async for line in lines]
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
        assert '"event":"message_end"' in rest[-2]
        assert await served.ended() == 0


async def test_a_stream_that_outlasts_the_drain_gets_its_terminal_event(
    tmp_path: Path, env: dict[str, str], dify: Dify
) -> None:
    """What has not ended after HAWK_DRAIN_S is stopped, told so, and the process ends well."""
    async with spawned(tmp_path, env | {"HAWK_DRAIN_S": "0.1"}) as served:
        await served.until(200)
        await dify.script(Script(answer="word " * 60, stall=Stall(at="delta:5")))
        async with served.client.stream("POST", PROMPT, json=BODY) as response:
            lines = aiter(response.aiter_lines())
            async for line in lines:
                if "agent_message" in line:
                    break
            served.process.send_signal(signal.SIGTERM)
            rest = [line async for line in lines if line]
        assert '"code":"shutting_down"' in rest[-1]
        assert await served.ended() == 0
        await dify.until(running=0)


async def test_a_second_signal_ends_it_at_once(
    tmp_path: Path, env: dict[str, str], dify: Dify
) -> None:
    """An operator who asks twice does not wait for the drain."""
    async with spawned(tmp_path, env | {"HAWK_DRAIN_S": "600"}) as served:
        await served.until(200)
        await dify.script(Script(answer="word " * 60, stall=Stall(at="delta:5")))
        async with served.client.stream("POST", PROMPT, json=BODY) as response:
            async for line in response.aiter_lines():
                if "agent_message" in line:
                    break
            served.process.send_signal(signal.SIGTERM)
            await served.until(503)
            served.process.send_signal(signal.SIGTERM)
            await served.ended()


async def test_who_asks_before_the_start_is_done_is_told_so(
    tmp_path: Path, env: dict[str, str]
) -> None:
    """Before start-up is done /health/ready is 503 or nobody listens; nothing else is answered."""
    seen = []
    async with spawned(tmp_path, env) as served:
        async with asyncio.timeout(PATIENCE_S):
            while (status := await served.readiness()) != 200:
                seen.append(status)
                await asyncio.sleep(0.001)
        served.process.send_signal(signal.SIGTERM)
        assert await served.ended() == 0
    assert set(seen) == {None, 503}


async def test_a_busy_port_is_named_with_the_way_out(tmp_path: Path, env: dict[str, str]) -> None:
    """A port that somebody else has is one line and its remedy, and exit code 1."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        async with spawned(tmp_path, env | {"HAWK_PORT": port}) as served:
            assert await served.ended() == 1
            assert f"Port {port} on 127.0.0.1 cannot be had" in served.printed
            assert "HAWK_PORT" in served.printed


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"SUPABASE_SERVICE_ROLE_KEY": ""}, "copy .env.example to .env"),
        ({"SUPABASE_REST_URL": "ht!tp://x"}, "SUPABASE_REST_URL: write it as"),
        ({"DIFY_API_URL": "dify.example"}, "DIFY_API_URL: write it as"),
        ({"REDIS_URL": "127.0.0.1"}, "redis://"),
        ({"HAWK_HOST": "192.0.2.1"}, "HAWK_TRUSTED_NETWORK=1"),
        ({"HAWK_AUTH": "api_key"}, "HAWK_AUTH=api_key is not available yet"),
        ({"HAWK_TZ": "Mars/Phobos"}, "HAWK_TZ"),
    ],
)
async def test_a_setting_that_cannot_be_used_is_said_in_one_line(
    tmp_path: Path, env: dict[str, str], change: dict[str, str], said: str
) -> None:
    """What keeps the gateway from starting is named with its remedy, without a traceback."""
    async with spawned(tmp_path, env | change) as served:
        assert await served.ended() == 1
        assert said in served.printed
        assert "Traceback" not in served.printed


@asynccontextmanager
async def connection(url: str) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """Open a bare connection to a server."""
    reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(url).port)
    try:
        yield reader, writer
    finally:
        writer.close()


async def test_a_head_without_end_is_refused(gateway: httpx.AsyncClient) -> None:
    """Headers over the limit are 431 and the end of the connection, however many there are."""
    async with connection(str(gateway.base_url)) as (reader, writer):
        writer.write(b"GET /health HTTP/1.1\r\nHost: x\r\nX-Long: ")
        for _ in range(5):
            writer.write(b"a" * (serve.HEAD_LIMIT // 4))
            await asyncio.sleep(0.01)  # each is read by itself
        answer = await reader.read()
    assert answer.startswith(b"HTTP/1.1 431 ")
    assert b"application/problem+json" in answer


async def test_what_is_no_http_is_refused_as_everything_is(gateway: httpx.AsyncClient) -> None:
    """A request that never reaches the app gets a problem with its remedy, too."""
    async with connection(str(gateway.base_url)) as (reader, writer):
        writer.write(b"BREW /coffee HTTP/9.9\r\n\r\n")
        head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert b"content-type: application/problem+json" in head
    assert json.loads(body)["remedy"]


@pytest.mark.parametrize("cut", [-100, 0, 10])
async def test_an_offer_to_upgrade_is_passed_over(gateway: httpx.AsyncClient, cut: int) -> None:
    """Who offers another protocol is served by this one, wherever the request is cut in two."""
    body = json.dumps({"user_prompt": "What is our hedging capacity for CNY today?"}).encode()
    head = (
        "POST /hawk-agent/explain HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    said = head.encode() + body + b"GET /health/ready HTTP/1.1\r\nHost: x\r\n"
    at = len(head) + cut
    async with connection(str(gateway.base_url)) as (reader, writer):
        for piece in (said[:at], said[at:], b"Connection: close\r\n\r\n"):
            writer.write(piece)
            await asyncio.sleep(0.01)  # each is read by itself
        answers = (await reader.read()).split(b"HTTP/1.1 ")[1:]
    assert [answer[:3] for answer in answers] == [b"200", b"200"]
    assert b'"hedge_utilization"' in answers[0]
    assert answers[1].endswith(b'{"ready":true}')


async def test_a_tunnel_is_refused(gateway: httpx.AsyncClient) -> None:
    """CONNECT, which no header can take back, is answered and goes round in no circle."""
    async with connection(str(gateway.base_url)) as (reader, writer):
        writer.write(b"CONNECT example.com:443 HTTP/1.1\r\nHost: x\r\n\r\n")
        answer = await asyncio.wait_for(reader.readline(), PATIENCE_S)
    assert answer.startswith(b"HTTP/1.1 4")


async def test_a_head_within_the_limit_is_read(gateway: httpx.AsyncClient) -> None:
    """What lies under the limit is served, and so is the next request on the connection."""
    for size in (1_000, serve.HEAD_LIMIT - 1_000):
        response = await gateway.get("/health/ready", headers={"x-long": "a" * size})
        assert response.status_code == 200


async def test_a_head_that_never_ends_costs_its_connection(
    gateway: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who connects and does not say what is wanted is let go."""
    monkeypatch.setattr(serve, "HEAD_S", 0.05)
    for said in (b"", b"GET /health HTTP/1.1\r\nHost: x\r\n"):
        async with connection(str(gateway.base_url)) as (reader, writer):
            writer.write(said)
            assert await asyncio.wait_for(reader.read(), PATIENCE_S) == b""


async def test_what_start_up_made_is_told_when_it_is_there() -> None:
    """Whoever keeps it out of garbage collection is called once the services are open."""
    told: list[str] = []

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[dict[str, object]]:
        told.append("open")
        yield {}

    app = FastAPI(lifespan=life)
    server = serve.Server(serve.configured(app), app, opened=lambda: told.append("kept"))
    server.should_exit = True
    with serve.listen("127.0.0.1", 0) as bound:
        await server.serve(sockets=[bound])

    assert told == ["open", "kept"]


async def test_a_drain_that_fails_is_the_end_all_the_same() -> None:
    """One signal ends the process, whatever the runs do when they are asked to end."""

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[dict[str, object]]:
        yield {}

    async def failing() -> None:
        raise RuntimeError

    app = FastAPI(lifespan=life)
    app.state.drain = failing
    server = serve.Server(serve.configured(app), app)
    with serve.listen("127.0.0.1", 0) as bound:
        task = asyncio.create_task(server.serve(sockets=[bound]))
        async with asyncio.timeout(PATIENCE_S):
            while not server.started:  # noqa: ASYNC110 - uvicorn's own state
                await asyncio.sleep(0.01)
            server.handle_exit(signal.SIGTERM, None)
            await task


async def test_nothing_small_waits_for_what_went_before() -> None:
    """An event goes out before the last one is acknowledged, whatever loop serves it."""
    at_once = asyncio.get_running_loop().create_future()

    def connected(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        accepted = writer.get_extra_info("socket")
        at_once.set_result(accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        writer.close()

    with serve.listen("127.0.0.1", 0) as bound:
        address = f"http://127.0.0.1:{bound.getsockname()[1]}"
        async with await asyncio.start_server(connected, sock=bound), connection(address):
            assert await asyncio.wait_for(at_once, PATIENCE_S)
