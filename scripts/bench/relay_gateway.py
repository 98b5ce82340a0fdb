"""What scripts/bench/relay measures: the service's server, runs, buffer, client and response.

The stages before Dify do nothing.  Prints its port; the argument is the upstream's.
"""

import gc
import json
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from hawk_backend.api.event_stream import EventStream
from hawk_backend.clients.dify import Dify
from hawk_backend.models import SERVICE, Prompt
from hawk_backend.observability import configure_logging
from hawk_backend.pipeline.intent import Intent
from hawk_backend.runs.limits import RunLimits
from hawk_backend.runs.registry import Runs
from hawk_backend.serve import listen, serve

INTENT = Intent(intent="general_query", intents=("general_query",))
MANY = 4096
EVENT_OVERHEAD = sys.getsizeof(b"") + 8  # an object, and its place in the list


@dataclass(frozen=True)
class Text:
    """A context."""

    text: str = "the context"


@dataclass(frozen=True)
class Ready:
    """What the stages come to."""

    context: Text = Text()
    timings_ms: Mapping[str, float] = field(default_factory=dict)


class Nothing:
    """The stages before Dify, which cost nothing here."""

    async def prepare(self, *_: object, **__: object) -> Ready:
        """Return at once."""
        return Ready()


def main() -> None:
    """Serve until SIGTERM."""
    configure_logging("ERROR", "json")
    with listen("127.0.0.1", 0) as probe:
        port = probe.getsockname()[1]
    print(port, flush=True)
    serve(app(f"http://127.0.0.1:{sys.argv[1]}/v1"), "127.0.0.1", port)


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[dict[str, object]]:
    """Open nothing."""
    yield {}


def app(upstream: str) -> FastAPI:
    """Return the route that is measured, and one that must answer meanwhile."""
    gateway = FastAPI(lifespan=lifespan)
    dify = Dify(upstream, {"default": "key"}, connections=MANY, connect_s=10)
    runs = Runs(Nothing(), dify, limits=RunLimits(concurrency=MANY, kept_bytes=0))
    gateway.state.drain = runs.aclose

    @gateway.post("/ask")
    async def ask(request: Request) -> EventStream:
        prompt = Prompt.model_validate(json.loads(await request.body()))
        run = runs.submit(prompt, INTENT, SERVICE, fresh=False, request_id=f"r{id(request)}")
        return EventStream(run)

    @gateway.get("/health")
    async def health() -> JSONResponse:
        return JSONResponse(runs.report()["runs"])

    @gateway.get("/held")
    async def held() -> JSONResponse:
        gc.collect()  # garbage that waits for its turn is nothing that a stream holds
        names = [str(run["request_id"]) for run in runs.in_flight()]
        buffers = [run.buffer for run in map(runs.find, names) if run]
        return JSONResponse(sum(b.size + EVENT_OVERHEAD * len(b) for b in buffers))

    return gateway


if __name__ == "__main__":
    main()
