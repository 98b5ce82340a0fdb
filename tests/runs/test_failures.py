"""Every way to fail, in every phase where it can happen.

Each cell asserts how the stream ended, what became of the generation inside Dify, and that no
run, slot, task or connection is left. Cells that are not listed cannot be: a server that refuses
connections does so before its first byte, and before a question is asked it can do nothing.
"""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias

import pytest

from hawk_backend.clients.sse import FRAME_LIMIT
from hawk_backend.dev.dify.script import Cut, Failure, Insert, Script, Stall
from hawk_backend.runs.limits import RelayClocks
from tests.runs.rig import FAST, Browser, Rig, kinds, rigged

CLOCKS = replace(FAST, last_words=0.2, retries=())
UNTIL_SILENT = replace(CLOCKS, first_byte=0.4)
UNTIL_IDLE = replace(CLOCKS, idle=0.2)
UNTIL_STUCK = replace(CLOCKS, stuck=0.3)
WORDS = tuple(f"word{n} " for n in range(40))
ANSWER = Script(deltas=WORDS, rate=400)
SLOW = Script(deltas=WORDS * 50, rate=400)
HUGE = Script(answer="word " * 100, tokens=20_000, rate=0)
LARGE = b"data: " + b"x" * FRAME_LIMIT + b"\n\n"


def raw(*answers: str, end: bool, partial: bytes = b"") -> bytes:
    """Return the body of a chat's answer, whole or not."""
    ids = {"task_id": "t", "message_id": "m", "conversation_id": "c"}
    events = [{"event": "message", **ids, "answer": answer} for answer in answers]
    ending = [{"event": "message_end", **ids, "metadata": {}}] if end else []
    return b"".join(b"data: %b\n\n" % json.dumps(e).encode() for e in events + ending) + partial


How: TypeAlias = Literal["end", "fin", "rst"]
BROKEN: tuple[How, ...] = ("fin", "rst")
ENDED: tuple[How, ...] = ("fin", "rst", "end")
PARTIAL = b'data: {"event":"message","answer":"lost'


@dataclass(frozen=True)
class Cell:
    """What goes wrong when, and what must come of it; `counters` are the stand-in's."""

    fault: str
    phase: str
    script: Script
    outcome: str
    code: str = ""
    counters: dict[str, int] = field(default_factory=dict)
    clocks: RelayClocks = CLOCKS

    def __str__(self) -> str:
        return f"{self.fault}, {self.phase}"


BEFORE, FIRST, MIDDLE, AFTER = "before first byte", "first event", "mid-answer", "after message_end"
NO_RUN = {"started": 0}
FINISHED = {"started": 1, "finished": 1, "stop_requests": 0}
STOPPED = {"started": 1, "stopped": 1, "drained": 0}
DRAINED = {"started": 1, "stopped": 1, "drained": 1}


def upstream() -> Iterator[Cell]:
    """List what Dify, or what stands before it, can do."""
    for refusal, code in {
        "unauthorized": "dify_unauthorized",
        "not_found_html": "dify_not_found",
        "file_too_large": "dify_too_large",
        "too_many_429": "dify_busy",
        "rate_limit_429": "dify_quota",
    }.items():
        yield Cell(f"4xx {refusal}", BEFORE, refused(refusal), "failed", code, NO_RUN)
    for refusal, code in {
        "internal_500": "dify_internal",
        "bad_gateway_html": "dify_unavailable",
        "gateway_timeout_504": "dify_gateway_timeout",
        "cloudflare_524": "dify_gateway_timeout",
    }.items():
        yield Cell(f"5xx {refusal}", BEFORE, refused(refusal), "failed", code, NO_RUN)
    yield Cell(
        "HTML with 200", BEFORE, refused("login_html"), "failed", "dify_not_a_stream", NO_RUN
    )
    for how in BROKEN:
        early = ANSWER.model_copy(update={"cut": Cut(how=how)})
        yield Cell(f"{how} before headers", BEFORE, early, "failed", "dify_reset")
    silent = Script(silence=60)
    yield Cell("silence", BEFORE, silent, "failed", "dify_first_byte_timeout", NO_RUN, UNTIL_SILENT)
    yield from stalls()
    yield from cuts()
    yield from oversized()
    yield from errors()


def refused(name: Any) -> Script:  # noqa: ANN401 - a literal of the script's own
    """Return a refusal."""
    return Script(refuse=name)


def stalls() -> Iterator[Cell]:
    """The stream hangs: given up after the idle time, the generation stopped."""
    for phase, at in ((FIRST, 1), (MIDDLE, 20)):
        script = ANSWER.model_copy(update={"stall": Stall(at=at)})
        yield Cell("stall", phase, script, "truncated", "dify_idle_timeout", DRAINED, UNTIL_IDLE)
    lingering = ANSWER.model_copy(update={"linger": 60.0})
    yield Cell("stall", AFTER, lingering, "completed", "", {"started": 1, "finished": 1})


def cuts() -> Iterator[Cell]:
    """The stream ends early, in an event or between two."""
    for how in BROKEN:
        for phase, body, outcome in (
            (FIRST, raw(end=False, partial=PARTIAL), "failed"),
            (MIDDLE, raw("a", "b", end=False, partial=PARTIAL), "truncated"),
            (AFTER, raw("a", "b", end=True, partial=PARTIAL), "completed"),
        ):
            cut = Script(raw=body, cut=Cut(body_bytes=len(body), how=how))
            code = "" if outcome == "completed" else "dify_cut"
            yield Cell(f"{how} in an event", phase, cut, outcome, code, NO_RUN)
    for how in ENDED:
        for phase, at in ((FIRST, 1), (MIDDLE, 20)):
            script = SLOW.model_copy(update={"cut": Cut(at=at, how=how)})
            yield Cell(f"{how} at a boundary", phase, script, "truncated", "dify_cut", STOPPED)
        ended = ANSWER.model_copy(update={"cut": Cut(at="end", how=how)})
        yield Cell(f"{how} at a boundary", AFTER, ended, "completed", "", FINISHED)


def oversized() -> Iterator[Cell]:
    """A frame over the limit."""
    for phase, at, outcome, counters in (
        (BEFORE, 0, "failed", {}),
        (FIRST, 1, "truncated", STOPPED),
        (MIDDLE, 20, "truncated", STOPPED),
    ):
        script = SLOW.model_copy(update={"inserts": (Insert(at=at, frame=LARGE),)})
        if phase == BEFORE:  # nothing tells by which name to stop it: let it end by itself
            script = script.model_copy(update={"deltas": WORDS})
        yield Cell("oversized", phase, script, outcome, "dify_frame_too_large", dict(counters))
    late = ANSWER.model_copy(update={"inserts": (Insert(at="end", frame=LARGE),)})
    yield Cell("oversized", AFTER, late, "completed", "", FINISHED)


def errors() -> Iterator[Cell]:
    """The model fails while HTTP stays 200."""
    for phase, at in ((BEFORE, 0), (FIRST, 1), (MIDDLE, 20)):
        script = ANSWER.model_copy(update={"error": Failure(at=at)})
        yield Cell("error event", phase, script, "failed", "dify_provider", {"failed": 1})
    late = ANSWER.model_copy(update={"error": Failure(at="end")})
    yield Cell("error event", AFTER, late, "failed", "dify_provider")


@pytest.mark.parametrize("cell", [*upstream()], ids=str)
async def test_whatever_dify_does_has_one_true_end(cell: Cell) -> None:
    """One terminal event, last, that says how it was; nothing is left, here or in Dify."""
    async with rigged(clocks=cell.clocks) as rig:
        await rig.standin.script(cell.script)
        events = await rig.ask()
        stats = await left_clean(rig)

    ended_as(events, cell.outcome, cell.code)
    assert {name: stats[name] for name in cell.counters} == cell.counters


async def test_a_port_that_refuses_has_one_true_end() -> None:
    """Nobody listens where Dify should be: told, after the attempts that are safe."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/v1"
        async with rigged(clocks=CLOCKS, base_url=url) as rig:
            events = await rig.ask()
            await left_clean(rig)

    ended_as(events, "failed", "dify_unreachable")


PREFETCH = "prefetch"
PHASES = (PREFETCH, BEFORE, FIRST, MIDDLE, AFTER)


@asynccontextmanager
async def in_phase(rig: Rig, phase: str, script: Script) -> AsyncIterator[Browser]:
    """Bring a prompt into a phase and give its browser."""
    changes: dict[str, object] = {}
    if phase == PREFETCH:
        rig.stages.go.clear()
    elif phase == BEFORE:
        changes = {"think": 0.2}
    elif phase == AFTER:
        changes = {"deltas": WORDS, "linger": 60.0}
    await rig.standin.script(script.model_copy(update=changes))
    async with rig.watching() as browser:
        await browser.until("hawk_table" if phase == PREFETCH else "hawk_context")
        if phase == BEFORE:
            await rig.standin.until(started=1)
        if phase in (FIRST, MIDDLE):
            for _ in range(1 if phase == FIRST else 20):
                await browser.until("agent_message")
        if phase == AFTER:
            await rig.standin.until(finished=1)
            while browser.events[-1].get("answer") != WORDS[-1]:
                await browser.next()
        yield browser


@pytest.mark.parametrize("phase", PHASES)
async def test_a_browser_that_leaves_ends_the_work(phase: str) -> None:
    """Nothing runs on for nobody: prefetch is cancelled, a generation stopped and drained."""
    async with rigged(clocks=CLOCKS) as rig:
        async with in_phase(rig, phase, SLOW):
            (run,) = rig.runs._tasks.values()
        stats = await left_clean(rig)

    assert str(run.outcome) == ("completed" if phase == AFTER else "stopped")
    expected = {PREFETCH: NO_RUN, AFTER: FINISHED}.get(phase, DRAINED)
    assert {name: stats[name] for name in expected} == expected
    assert rig.stages.cancelled == (phase == PREFETCH)


@pytest.mark.parametrize("phase", PHASES)
async def test_a_browser_that_stops_reading_ends_the_work(phase: str) -> None:
    """Dropped when its write is stuck, wherever it stopped; what had ended by then is whole."""
    async with rigged(clocks=UNTIL_STUCK) as rig, in_phase(rig, phase, HUGE):
        (run,) = rig.runs._tasks.values()
        rig.stages.go.set()
        stats = await left_clean(rig)
        assert run.readers == 0

    whole = phase == AFTER
    assert str(run.outcome) == ("completed" if whole else "stopped")
    assert (stats["stopped"], stats["drained"]) == ((0, 0) if whole else (1, 1))


@pytest.mark.parametrize("phase", PHASES)
async def test_the_order_to_stop_ends_the_work(phase: str) -> None:
    """SIGTERM, its drain time over: each stream gets its end, each generation is stopped."""
    async with rigged(clocks=CLOCKS) as rig:
        async with in_phase(rig, phase, SLOW) as browser:
            await rig.runs.drain(0)
            events = await browser.rest()
        stats = await left_clean(rig)

    outcome = {AFTER: "completed", FIRST: "truncated", MIDDLE: "truncated"}.get(phase, "failed")
    ended_as(events, outcome, "" if phase == AFTER else "shutting_down")
    expected = {PREFETCH: NO_RUN, AFTER: FINISHED}.get(phase, DRAINED)
    assert {name: stats[name] for name in expected} == expected


def ended_as(events: list[dict[str, Any]], outcome: str, code: str) -> None:
    """Assert the one end of a stream, and that nothing inside Dify is named in it."""
    *_, done, terminal = events
    ends = [kind for kind in kinds(events) if kind in ("message_end", "error", "hawk_done")]
    assert ends == ["hawk_done", "error" if code else "message_end"]
    assert done["outcome"] == outcome
    assert terminal.get("code", "") == code
    assert (events[-3].get("answer", "").count("**Error:**") == 1) is bool(code)
    assert "standin" not in json.dumps(events)
    assert "lost" not in json.dumps(events)


async def left_clean(rig: Rig) -> dict[str, Any]:
    """Wait until nothing is left, and return the stand-in's counters."""
    await rig.clean()
    stats = await rig.standin.stats()
    tasks = [task for task in asyncio.all_tasks() if task.get_name().startswith("run:")]
    assert not tasks
    assert repr(rig.runs._bulkhead) == "<Bulkhead [0 of 8 slots, 0 waiting]>"
    assert stats["open_connections"] <= 2, "more than the connections for stopping and looking"
    return stats
