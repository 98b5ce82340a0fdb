"""A small gateway for tests of runs: everything real but the stages before Dify.

The stages are `Stages`, which a test can hold, break and count. Streams go over a live uvicorn.
"""

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from weakref import ref

import httpx
import pytest
from fastapi import FastAPI, Request
from starlette.responses import JSONResponse, Response

from hawk_backend.api.event_stream import EventStream
from hawk_backend.clients.dify import Dify
from hawk_backend.clients.http import tls
from hawk_backend.clients.sse import Frame, FrameParser
from hawk_backend.dev.dify.apps import BY_NAME
from hawk_backend.dev.dify.script import Script
from hawk_backend.errors import HawkError, Overloaded
from hawk_backend.models import SERVICE, Principal, Prompt
from hawk_backend.observability import configure_logging
from hawk_backend.pipeline.intent import Intent
from hawk_backend.runs.collect import collect
from hawk_backend.runs.limits import RelayClocks, RunLimits
from hawk_backend.runs.parts import Changed, Delivery, Emit, Prepared
from hawk_backend.runs.registry import Runs
from tests.dify import Dify as StandIn
from tests.dify import running
from tests.live import serving

FAST = RelayClocks(
    first_byte=10.0,
    idle=10.0,
    total=30.0,
    last_words=0.3,
    drain=2.0,
    heartbeat=5.0,
    stuck=5.0,
    retries=(0.01, 0.02),
    tick=0.005,
)
"""Long where a test must not run into it, short where every test waits for it."""
INTENT = Intent(intent="hedge_utilization", intents=("hedge_utilization",))
PATIENCE = 10.0


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Text:
    """A context that is only its text."""

    text: str = "the context"


@dataclass(frozen=True, slots=True)
class Ready:
    """What the stages come to."""

    context: Text = Text()
    timings_ms: Mapping[str, float] = field(default_factory=lambda: {"fetch": 1.5})


class Stages:
    """The stages before Dify: they tell two events, wait for `go`, and fail if told to."""

    def __init__(self, context: str = "the context") -> None:
        self.context = context
        self.go = asyncio.Event()
        self.go.set()
        self.error: Exception | None = None
        self.begun = 0
        self.cancelled = 0
        self.passed: deque[ref[Prompt] | ref[Text]] = deque(maxlen=100)

    async def prepare(
        self,
        prompt: Prompt,
        intent: Intent,
        principal: Principal,
        *,
        fresh: bool,
        emit: Emit,
        room: int | None = None,
    ) -> Ready:
        """Do as a test wants."""
        self.begun += 1
        assert room is None
        emit({"event": "hawk_intent", "intent": intent.intent, "who": principal.subject})
        emit({"event": "hawk_table", "table": "entity_master", "rows": 4, "fresh": fresh})
        try:
            await self.go.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        if self.error:
            raise self.error
        emit({"event": "hawk_context", "chars": len(self.context), "sha256": "0" * 64})
        assert prompt.user_prompt
        text = Text(self.context)
        self.passed.extend([ref(prompt), ref(text)])
        return Ready(text)


@dataclass(slots=True)
class Rig:
    """A live gateway over a stand-in."""

    url: str
    standin: StandIn
    stages: Stages
    client: Dify
    runs: Runs
    http: httpx.AsyncClient

    def post(self, **fields: object) -> Any:  # noqa: ANN401 - httpx's own context manager
        """Open a prompt's stream; use as a context manager."""
        return self.http.stream("POST", "/ask", json={"user_prompt": "how much room?", **fields})

    async def ask(self, **fields: object) -> list[dict[str, Any]]:
        """Return all events of a prompt."""
        async with self.post(**fields) as response:
            return events_of(await response.aread())

    @asynccontextmanager
    async def watching(self, **fields: object) -> AsyncIterator["Browser"]:
        """Open a prompt's stream to read it event by event; leaving the block leaves it."""
        async with self.post(**fields) as response:
            yield Browser(response)

    async def clean(self) -> None:
        """Wait until nothing is left: no run, no slot, no task, no connection, no generation."""
        left = ""
        try:
            async with asyncio.timeout(PATIENCE):
                while left := await self._left():  # noqa: ASYNC110 - counters have no event
                    await asyncio.sleep(0.005)
        except TimeoutError:
            pytest.fail(f"left: {left}")

    async def _left(self) -> str:
        stats = await self.standin.stats()
        counts = {name: stats[name] for name in ("in_flight", "running")}
        ours = self.runs.in_flight()
        return (
            f"{ours}, {self.held} held, {counts}"
            if ours or self.held or any(counts.values())
            else ""
        )

    @property
    def held(self) -> int:
        """Slots of the bulkhead that are taken."""
        return int(self.runs._bulkhead.held + self.runs._bulkhead.waiting)


class Browser:
    """Reads a stream event by event."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self.pings = 0
        self.events: list[dict[str, Any]] = []
        self._bytes = response.aiter_bytes()
        self._parser = FrameParser()
        self._next: list[Frame] = []

    async def next(self) -> dict[str, Any]:
        """Return the next event; the stream must not end before it."""
        while not self._next:
            self._next = self._parser.feed(await anext(self._bytes))
            self.pings += sum(not frame.data for frame in self._next)
            self._next = [frame for frame in self._next if frame.data]
        event: dict[str, Any] = json.loads(self._next.pop(0).data)
        self.events.append(event)
        return event

    async def until(self, kind: str) -> dict[str, Any]:
        """Read up to the next event of this kind and return it."""
        while (event := await self.next())["event"] != kind:
            pass
        return event

    async def rest(self) -> list[dict[str, Any]]:
        """Read to the end of the stream and return all events."""
        while True:
            try:
                await self.next()
            except StopAsyncIteration:
                return self.events


@asynccontextmanager
async def rigged(
    clocks: RelayClocks = FAST,
    limits: RunLimits | None = None,
    *,
    delivery: Delivery | None = None,
    keys: Mapping[str, str] | None = None,
    base_url: str = "",
    app: str = "chat",
    changes: Callable[[Prepared], Changed] | None = None,
) -> AsyncIterator[Rig]:
    """Serve a gateway with these knobs; at the end see that nothing of it is left."""
    configure_logging("INFO", "json")
    async with running() as standin:
        stages = Stages()
        keys = keys or {"default": BY_NAME[app].key}
        dify = Dify(base_url or standin.base_url, keys, connect_s=2.0)
        more = {"changes": changes} if changes else {}
        runs = Runs(stages, dify, clocks=clocks, limits=limits or LIMITS, delivery=delivery, **more)
        async with (
            serving(routes(runs)) as url,
            httpx.AsyncClient(base_url=url, timeout=15, verify=tls()) as http,
        ):
            yield Rig(url, standin, stages, dify, runs, http)
            await runs.aclose()
        await dify.aclose()


LIMITS = replace(RunLimits(), resume_s=0.1, attach_s=1.0)


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[dict[str, object]]:
    """Open nothing: the rig has opened all."""
    yield {}


def routes(runs: Runs) -> FastAPI:
    """Return the routes that a stream needs, wired as the gateway wires them."""
    app = FastAPI(lifespan=lifespan)
    app.state.drain = runs.aclose

    @app.post("/ask")
    async def ask(request: Request) -> Response:
        prompt = Prompt.model_validate(json.loads(await request.body()))
        request_id = request.headers.get("x-request-id") or f"r-{id(request)}"
        try:
            run = runs.submit(prompt, INTENT, SERVICE, fresh=False, request_id=request_id)
        except Overloaded as exc:
            return JSONResponse({}, 503, {"Retry-After": str(exc.retry_after_s)})
        except HawkError as exc:
            return JSONResponse({"detail": exc.detail}, exc.status)
        return EventStream(run) if prompt.streams else JSONResponse(await collect(run))

    @app.get("/runs/{request_id}/events")
    async def resume(request_id: str, after: int = 0) -> Response:
        run = runs.find(request_id)
        return EventStream(run, after=after) if run else JSONResponse({}, 404)

    @app.post("/stop/{request_id}")
    async def stop(request_id: str) -> Response:
        return JSONResponse({}, 202 if runs.stop(request_id) else 404)

    return app


def events_of(body: bytes) -> list[dict[str, Any]]:
    """Return the events of a whole stream, which must be lines of our own form."""
    events = []
    for block in body.split(b"\n\n")[:-1]:
        if block != b"event: ping":
            assert block.startswith(b"data: {"), block
            assert b"\n" not in block
            events.append(json.loads(block[6:]))
    assert body.endswith(b"\n\n") or not body
    return events


def answer_of(events: list[dict[str, Any]]) -> str:
    """Return the text that a client puts together."""
    return "".join(event["answer"] for event in events if "answer" in event)


def kinds(events: list[dict[str, Any]]) -> list[str]:
    """Return the names of the events."""
    return [event["event"] for event in events]


def brief(script: object) -> str:
    """Return a script as the name of a test: what in it is not the default."""
    if not isinstance(script, Script):
        return str(script)
    return script.model_dump_json(exclude_defaults=True)[1:61].replace('"', "")
