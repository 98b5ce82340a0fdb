"""A gateway that plays recorded runs, so that the page can be watched in every situation."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from hawk_backend.models import Prompt
from hawk_backend.web import mount

Event = dict[str, Any]

PROMPT_BODY = {
    "requestBody": {"content": {"application/json": {"schema": Prompt.model_json_schema()}}}
}

PING = b"event: ping\n\n"
REQUEST_ID = "5f0c2a9e71d84b0e"
CONTEXT = "PROMPT ANALYSIS\nintent: hedge_utilization\n<b>as text</b>"
SHA256 = "9f3c61d0a4be77e2" * 4
USAGE = {
    "prompt_tokens": 21_340,
    "completion_tokens": 412,
    "total_tokens": 21_752,
    "total_price": "0.0311",
    "currency": "USD",
}

ANSWER = """## Yes: 150,000 CNY can be hedged today

The books have room for **1,347,500.00 CNY** over four entities; the request takes 11.1 % of it.

| Entity | NAV | SFX | Buffer | Hedged | Available |
|---|---|---:|---:|---:|---:|
| ENTITY0005 Branch | RE | 250,000 | 12,500 | 0 | 237,500 |
| ENTITY0005 Branch | COI | 100,000 | 5,000 | 0 | 95,000 |
| ENTITY0007 Subsidiary | RE | 250,000 | 12,500 | 0 | 237,500 |

1. Take **150,000** from the Branch's RE line, as the waterfall begins there.
2. The USD PB deposit stays within its warning level.

> The Subsidiary's rule gives 0 % buffer, its books hold 5 %: 17,500 CNY more would be free.
"""

HOSTILE = """Before
<script>window.harmed = "script"</script>
<img src="https://evil.test/pixel.png" onerror="window.harmed = 'image'">

[a link](javascript:window.harmed='link') and ![picture](https://evil.test/again.png)

<iframe srcdoc="<script>parent.harmed='frame'</script>"></iframe>
<form action="https://evil.test"><input name="q"></form>
<svg onload="window.harmed='svg'"><style>* { display: none }</style></svg>
<a href="https://evil.test" style="position:fixed;inset:0" onclick="window.harmed='click'">x</a>

After 1,347,500
"""

TABLES = [
    ("entity_master", "fresh", None, "memory", 4, 0.2, None),
    ("position_nav_master", "fresh", None, "source", 8, 61.4, "2025-09-17"),
    ("allocation_engine", "fresh", None, "source", 3, 48.9, None),
    ("currency_configuration", "fresh", None, "redis", 1, 0.9, None),
    ("threshold_configuration", "fresh", None, "memory", 5, 0.2, None),
    ("buffer_configuration", "fresh", None, "memory", 6, 0.2, None),
    ("currency_rates", "fresh", None, "source", 20, 35.0, "2025-09-17"),
    ("usd_pb_deposit", "empty", None, "source", 0, 29.7, None),
    ("v_usd_pb_capacity_check", "absent", None, "none", 0, 0.0, None),
    ("waterfall_logic_configuration", "missing", "timeout", "source", 0, 1800.0, None),
]


def table_events() -> list[Event]:
    """Return one `hawk_table` of every state."""
    names = ("table", "state", "reason", "tier", "rows", "ms", "as_of")
    return [
        {"event": "hawk_table", "age_s": 1.2, **dict(zip(names, values, strict=True))}
        for values in TABLES
    ]


def preparation() -> list[Event]:
    """Return the events before the answer."""
    return [
        {"event": "hawk_started", "request_id": REQUEST_ID},
        {
            "event": "hawk_intent",
            "intent": "hedge_utilization",
            "instruction_type": "U",
            "confidence": 0.97,
            "scope": "targeted",
            "behaviour": "proceed",
            "slots": {
                "currency": ["CNY"],
                "amount": "150000",
                "amounts": [["150000", "CNY"]],
                "date": {"kind": "day", "start": "2025-09-17", "end": "2025-09-17"},
                "entity_ids": [],
                "nav_type": None,
            },
            "alternatives": [{"intent": "capacity_check", "score": 0.21}],
            "assumptions": ["no NAV type was named: COI and RE are both counted"],
        },
        {"event": "hawk_plan", "tables": [values[0] for values in TABLES]},
        *table_events(),
        {
            "event": "hawk_context",
            "chars": 81_234,
            "sha256": SHA256,
            "data_sha256": SHA256,
            "dropped": [{"table": "currency_rates", "rows": 12, "reason": "budget"}],
            "data_gaps": ["waterfall_logic_configuration was not read in time"],
            "analysis_metadata": {
                "intent": "hedge_utilization",
                "tables_requested": 10,
                "tables_fetched": 8,
                "cache_hits": 4,
                "cache_misses": 6,
                "cache_hit_rate": "40.0%",
                "extraction_time_ms": 84.3,
                "redis_available": True,
                "total_records": 47,
            },
        },
        {"event": "hawk_queue", "position": 2},
    ]


def chunks(answer: str) -> list[Event]:
    """Return an answer in pieces of a few characters."""
    pieces = [answer[start : start + 9] for start in range(0, len(answer), 9)]
    return [{"event": "agent_message", "message_id": "m", "answer": piece} for piece in pieces]


def ending(outcome: str = "completed", changed: Sequence[str] = ()) -> list[Event]:
    """Return the two last events of a run that ends well."""
    timings = {"intent": 0.3, "plan": 0.1, "fetch": 79.2, "context": 3.4, "relay": 905.0}
    return [
        {
            "event": "hawk_done",
            "outcome": outcome,
            "usage": USAGE,
            "changed": list(changed),
            "timings_ms": timings,
        },
        {"event": "message_end", "metadata": {"usage": USAGE, "outcome": outcome}},
    ]


def failure() -> list[Event]:
    """Return the three last events of a run that fails in the middle of its answer."""
    sentence = "Dify stopped answering."
    return [
        {"event": "hawk_done", "outcome": "failed", "usage": None, "timings_ms": {"fetch": 79.2}},
        {"event": "agent_message", "answer": f"\n\n{sentence}"},
        {"event": "error", "status": 504, "code": "upstream-timeout", "message": sentence},
    ]


RUNS: dict[str, list[Event]] = {
    "golden": [
        *preparation(),
        {"event": "hawk_step", "title": "LLM", "status": "succeeded"},
        *chunks(ANSWER),
        *ending(),
    ],
    "hostile": [*preparation(), *chunks(HOSTILE), *ending()],
    "failing": [*preparation(), *chunks(ANSWER)[:20], *failure()],
    "weather": [
        *preparation()[:2],
        {"event": "hawk_plan", "tables": []},
        preparation()[-2],
        *chunks("Not mine to answer."),
        *ending(),
    ],
    "changed": [*preparation(), *chunks("Done."), *ending(changed=["position_nav_master"])],
}
"""By the first word of the prompt; every other prompt plays the golden run."""


def wire(event: Event) -> bytes:
    """Write one event as the gateway does."""
    text = json.dumps(event, ensure_ascii=False, separators=(",", ":"))
    return f"data: {text}\n\n".encode()


class Recorded:
    """Plays a run a prompt; keeps what the page sent."""

    def __init__(self, pause_s: float = 0.0) -> None:
        self.pause_s = pause_s
        self.prompts: list[dict[str, Any]] = []
        self.fresh: list[str | None] = []
        self.stopped: list[str] = []
        self.resumed: list[int] = []
        self.stand_in = True
        self._stop = asyncio.Event()

    def app(self) -> FastAPI:
        """Return the page with the operations that it uses."""
        app = FastAPI(title="HAWK", docs_url=None, redoc_url=None, lifespan=_without_services)
        mount(app)
        app.post("/hawk-agent/process-prompt", openapi_extra=PROMPT_BODY)(self._ask)
        app.get("/health")(self._health)
        app.router.routes += [
            Route("/hawk-agent/explain", self._explain, methods=["POST"]),
            Route("/hawk-agent/stop/{request_id}", self._stopped, methods=["POST"]),
            Route("/hawk-agent/runs/{request_id}/events", self._resume),
            Route("/cache/stats", self._stats),
        ]
        return app

    async def _ask(self, request: Request) -> Response:
        body = await request.json()
        self.prompts.append(body)
        self.fresh.append(request.headers.get("x-hawk-fresh"))
        kind = body["user_prompt"].split()[0].lower()
        if kind == "refused":
            return _refusal()
        return _stream(self._play(kind))

    async def _play(self, kind: str) -> AsyncIterator[bytes]:
        if kind == "silent":
            yield PING
            await self._stop.wait()
        events = RUNS.get(kind, RUNS["golden"])
        for index, event in enumerate(events):
            yield PING + wire(event)
            await asyncio.sleep(self.pause_s)
            if kind == "cut" and index == 20:
                return
            if kind == "endless" and event["event"] == "agent_message":
                await self._stop.wait()
                self._stop.clear()
                yield b"".join(map(wire, ending("stopped")))
                return

    async def _resume(self, request: Request) -> Response:
        after = int(request.query_params["after"])
        self.resumed.append(after)

        async def rest() -> AsyncIterator[bytes]:
            for event in RUNS["golden"][after:]:
                yield wire(event)

        return _stream(rest())

    async def _stopped(self, request: Request) -> Response:
        self.stopped.append(request.path_params["request_id"])
        self._stop.set()
        return JSONResponse({"message": "The run is being stopped."}, 202)

    async def _explain(self, _: Request) -> Response:
        return JSONResponse({"context": CONTEXT, "context_sha256": SHA256})

    async def _health(self) -> Response:
        facts = {"detail": "ok", "age_s": 0.4}
        return JSONResponse(
            {
                "status": "healthy",
                "version": "6.0.0",
                "replica": "desk-1",
                "components": dict.fromkeys(("supabase", "redis", "dify"), "connected"),
                "details": {
                    "supabase": facts,
                    "redis": facts,
                    "dify": facts | {"stand_in": self.stand_in},
                },
            }
        )

    async def _stats(self, _: Request) -> Response:
        return JSONResponse(
            {
                "cache_hits": 1_204,
                "cache_misses": 12,
                "cache_hit_rate": "99.0%",
                "cache_type": "redis",
                "total_requests": 121,
                "avg_extraction_time_ms": 12.6,
            }
        )


@asynccontextmanager
async def _without_services(_: FastAPI) -> AsyncIterator[dict[str, object]]:
    yield {}


def _refusal() -> Response:
    body = {
        "type": "urn:hawk:problem:overloaded",
        "title": "Overloaded",
        "status": 503,
        "detail": "Every place in the queue is taken.",
        "remedy": "Try again in 5 seconds.",
    }
    return JSONResponse(body, 503, media_type="application/problem+json")


def _stream(events: AsyncIterator[bytes]) -> Response:
    return StreamingResponse(events, media_type="text/event-stream")
