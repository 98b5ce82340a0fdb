"""Leaving, stopping, joining, resuming, replaying, and shutting down."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any

import pytest

from hawk_backend.clients.dify import Answer
from hawk_backend.dev.dify.script import Script, Stall, Stopping
from hawk_backend.models import SERVICE, Prompt
from hawk_backend.runs.run import Run
from tests.runs.rig import FAST, INTENT, LIMITS, PATIENCE, Rig, answer_of, events_of, kinds, rigged

LONG = Script(answer="word ", tokens=2000, rate=200)
STALLED = LONG.model_copy(update={"stall": Stall(at=3)})
THINKING = Script(deltas=("a",), think=0.8, ping_every=0.02)
UID = "MSG_1"


async def stopped(rig: Rig, request_id: str) -> None:
    """Press the button."""
    assert (await rig.http.post(f"/stop/{request_id}")).status_code == 202


async def test_a_stopped_answer_is_drained_and_says_so() -> None:
    """The generation is stopped as its own user, its partial answer stored, its usage told."""
    async with rigged() as rig:
        await rig.standin.script(LONG)
        async with rig.watching() as browser:
            request_id = (await browser.next())["request_id"]
            await browser.until("agent_message")
            await stopped(rig, request_id)
            events = await browser.rest()
        await rig.clean()
        stats = await rig.standin.stats()

    assert (stats["stopped"], stats["drained"], stats["abandoned"]) == (1, 1, 0)
    assert kinds(events)[-2:] == ["hawk_done", "message_end"]
    assert events[-1]["metadata"]["outcome"] == "stopped"
    assert events[-1]["metadata"]["usage"]["total_tokens"] > 0


async def test_stopping_waits_for_no_connection() -> None:
    """Where every slot is taken, and with it every connection, stopping has its own."""
    async with rigged() as rig, AsyncExitStack() as stack:
        await rig.standin.script(LONG.model_copy(update={"times": LIMITS.concurrency}))
        browsers = [
            await stack.enter_async_context(rig.watching()) for _ in range(LIMITS.concurrency)
        ]
        for browser in browsers:
            await browser.until("agent_message")
        held = rig.held
        for browser in browsers:
            await stopped(rig, browser.events[0]["request_id"])
        ends = [(await browser.rest())[-1] for browser in browsers]
        await rig.clean()
        stats = await rig.standin.stats()

    assert held == stats["drained"] == LIMITS.concurrency
    assert {end["metadata"]["outcome"] for end in ends} == {"stopped"}


async def test_a_prompt_stopped_in_prefetch_never_reaches_dify() -> None:
    """The stages are cancelled, and the end comes at once."""
    async with rigged() as rig:
        rig.stages.go.clear()
        async with rig.watching() as browser:
            request_id = (await browser.next())["request_id"]
            await browser.until("hawk_table")
            await stopped(rig, request_id)
            events = await browser.rest()
        await rig.clean()
        stats = await rig.standin.stats()

    assert rig.stages.cancelled == 1
    assert events[-1]["metadata"]["outcome"] == "stopped"
    assert stats["requests"] == []


async def test_a_prompt_stopped_in_the_queue_leaves_its_place() -> None:
    """The others move up, and nothing is asked for it."""
    async with rigged(limits=replace(LIMITS, concurrency=1)) as rig:
        await rig.standin.script(LONG)
        async with rig.watching() as first, rig.watching() as second, rig.watching() as third:
            await first.until("agent_message")
            request_id = (await second.next())["request_id"]
            await second.until("hawk_context")
            await third.until("hawk_queue")
            await stopped(rig, request_id)
            assert (await second.rest())[-1]["metadata"]["outcome"] == "stopped"
            assert (await third.until("hawk_queue"))["position"] == 1
        await rig.clean()
        stats = await rig.standin.stats()

    assert stats["started"] == 1


async def test_who_leaves_the_queue_leaves_its_place() -> None:
    """The others move up, and nothing is asked for who has gone."""
    async with rigged(limits=replace(LIMITS, concurrency=1)) as rig:
        await rig.standin.script(LONG)
        async with rig.watching() as first, AsyncExitStack() as leaving:
            await first.until("agent_message")
            second = await leaving.enter_async_context(rig.watching())
            await second.until("hawk_queue")
            async with rig.watching() as third:
                assert (await third.until("hawk_queue"))["position"] == 2
                await leaving.aclose()
                assert (await third.until("hawk_queue"))["position"] == 1
        await rig.clean()
        stats = await rig.standin.stats()

    assert stats["started"] == 1


async def test_a_prompt_stopped_before_the_first_event_ends_at_once_and_is_stopped_later() -> None:
    """Only an event brings the name to stop by: the user is not kept waiting for it."""
    async with rigged() as rig:
        await rig.standin.script(LONG.model_copy(update={"think": 0.4}))
        async with rig.watching() as browser:
            request_id = (await browser.next())["request_id"]
            await browser.until("hawk_context")
            await rig.standin.until(started=1)
            await stopped(rig, request_id)
            events = await browser.rest()
            running = (await rig.standin.stats())["running"]
            (draining,) = rig.runs.in_flight()
            held = rig.held
        await rig.clean()
        stats = await rig.standin.stats()

    assert events[-1]["metadata"]["outcome"] == "stopped"
    assert (running, held, draining["phase"]) == (1, 1, "drain")
    assert (stats["stopped"], stats["drained"]) == (1, 1)
    assert answer_of(events) == ""


@pytest.mark.parametrize("uid", [None, UID])
@pytest.mark.parametrize("phase", ["prefetch", "before first byte", "mid-answer"])
async def test_when_the_last_reader_leaves_the_work_ends(uid: str | None, phase: str) -> None:
    """In every phase; at once without a msg_uid, else after the time to come back."""
    resume_s = 0.1 if uid else 3600.0
    async with rigged(limits=replace(LIMITS, resume_s=resume_s)) as rig:
        await rig.standin.script(LONG.model_copy(update={"think": 0.3 * (phase != "mid-answer")}))
        if phase == "prefetch":
            rig.stages.go.clear()
        async with rig.watching(msg_uid=uid) as browser:
            await browser.until({"prefetch": "hawk_table"}.get(phase, "hawk_context"))
            if phase == "mid-answer":
                await browser.until("agent_message")
            elif phase == "before first byte":
                await rig.standin.until(started=1)
        await rig.clean()
        stats = await rig.standin.stats()

    begun = phase != "prefetch"
    assert rig.stages.cancelled == (not begun)
    assert (stats["started"], stats["stopped"], stats["drained"]) == (begun, begun, begun)


async def test_the_work_goes_on_while_one_reader_is_left() -> None:
    """One of two readers leaving changes nothing for the other."""
    async with rigged() as rig:
        await rig.standin.script(Script(deltas=("a", "b", "c", "d"), rate=20))
        async with rig.watching(msg_uid=UID) as one:
            await one.until("agent_message")
            async with rig.watching(msg_uid=UID) as other:
                await other.until("agent_message")
            events = await one.rest()
        await rig.clean()
        stats = await rig.standin.stats()

    assert answer_of(events) == "abcd"
    assert (stats["started"], stats["stop_requests"]) == (1, 0)


async def test_a_reader_who_comes_back_in_time_finds_the_run_going_on() -> None:
    """A broken connection costs nothing: events are read on behind the last one seen."""
    async with rigged(limits=replace(LIMITS, resume_s=5.0)) as rig:
        await rig.standin.script(Script(deltas=tuple("abcdef"), rate=50))
        async with rig.watching(msg_uid=UID) as browser:
            request_id = (await browser.next())["request_id"]
            await browser.until("agent_message")
            seen = browser.events
        path = f"/runs/{request_id}/events"
        resumed = await rig.http.get(path, params={"after": len(seen)})
        again = await rig.http.get(path, params={"after": len(seen) + 2})
        await rig.clean()
        stats = await rig.standin.stats()

    events = events_of(resumed.content)
    assert answer_of([*seen, *events]) == "abcdef"
    assert events_of(again.content) == events[2:]
    assert stats["stop_requests"] == 0


async def test_the_same_prompt_joins_its_run_and_replays_it() -> None:
    """A second POST of a msg_uid reads the same events from the start, during and after."""
    async with rigged() as rig:
        await rig.standin.script(Script(deltas=("a", "b", "c"), rate=30))
        async with rig.watching(msg_uid=UID) as browser:
            await browser.until("agent_message")
            joined = asyncio.create_task(rig.ask(msg_uid=UID, force_fresh=True))
            events = await browser.rest()
        replayed = await rig.ask(msg_uid=UID)
        stats = await rig.standin.stats()

    assert await joined == events == replayed
    assert stats["started"] == 1


async def test_a_prompt_with_half_a_character_is_joined_as_any_other() -> None:
    """JSON can name a lone surrogate, which no UTF-8 can write."""
    body = rb'{"user_prompt": "x", "msg_uid": "MSG_1", "context": {"a": {"\ud800": "\udfff"}}}'
    async with rigged() as rig:
        await rig.standin.script(Script(deltas=("a", "b")))
        answers = [await rig.http.post("/ask", content=body) for _ in range(2)]
        other = await rig.http.post("/ask", content=body.replace(b"udfff", b"udffe"))

    assert [answer.status_code for answer in (*answers, other)] == [200, 200, 409]
    assert answers[0].content == answers[1].content


@pytest.mark.parametrize("field", [{"user_prompt": "another"}, {"currency": "CNY"}])
async def test_the_same_name_for_another_prompt_is_a_conflict(field: dict[str, str]) -> None:
    """409, during the run and while it is kept; the run is not touched."""
    async with rigged() as rig:
        await rig.standin.script(Script(deltas=("a", "b"), rate=20))
        async with rig.watching(msg_uid=UID) as browser:
            await browser.until("agent_message")
            body = {"user_prompt": "how much room?", "msg_uid": UID, **field}
            during = await rig.http.post("/ask", json=body)
            assert answer_of(await browser.rest()) == "ab"
        after = await rig.http.post("/ask", json=body)

    assert (during.status_code, after.status_code) == (409, 409)


@pytest.mark.parametrize(
    "script",
    [Script(refuse="unauthorized"), Script(deltas=("a",), ending="none")],
    ids=["failed", "truncated"],
)
async def test_after_a_failure_the_same_prompt_starts_anew(script: Script) -> None:
    """A retry of the client gets a new chance, not the old error."""
    async with rigged() as rig:
        await rig.standin.script(script, Script(deltas=("good",)))
        broken = await rig.ask(msg_uid=UID)
        whole = await rig.ask(msg_uid=UID)

    assert broken[-1]["event"] == "error"
    assert answer_of(whole) == "good"


async def test_a_run_that_nobody_waited_for_starts_anew() -> None:
    """What was stopped because its reader was lost is not what the user asked for."""
    async with rigged() as rig:
        await rig.standin.script(LONG, Script(deltas=("good",)))
        async with rig.watching(msg_uid=UID) as browser:
            await browser.until("agent_message")
        await rig.clean()
        events = await rig.ask(msg_uid=UID)

    assert answer_of(events) == "good"


async def test_a_stopped_run_is_replayed() -> None:
    """What the user stopped stays stopped."""
    async with rigged() as rig:
        await rig.standin.script(LONG)
        async with rig.watching(msg_uid=UID) as browser:
            request_id = (await browser.next())["request_id"]
            await browser.until("agent_message")
            await stopped(rig, request_id)
            events = await browser.rest()
        assert await rig.ask(msg_uid=UID) == events


async def test_ended_runs_are_kept_for_a_time_and_in_a_number_of_bytes() -> None:
    """Bounds in bytes and time: the oldest go, and their names are free again."""
    async with rigged(limits=replace(LIMITS, kept_bytes=3000)) as rig:
        await rig.standin.script(Script(deltas=("a",), times=5))
        for n in range(5):
            await rig.ask(msg_uid=f"MSG_{n}")
            await rig.clean()
        kept = len(rig.runs._runs)
        size = rig.runs._kept_bytes
    async with rigged(limits=replace(LIMITS, replay_s=0.0)) as rig:
        events = await rig.ask(msg_uid=UID)
        await rig.clean()
        gone = await rig.http.get(f"/runs/{events[0]['request_id']}/events")
        stop = await rig.http.post(f"/stop/{events[0]['request_id']}")
        await rig.ask(msg_uid=UID, user_prompt="another")
        await rig.clean()

    assert 0 < kept < 5
    assert size <= 3000
    assert (gone.status_code, stop.status_code) == (404, 404)
    assert not rig.runs._by_uid
    assert not rig.runs._runs


async def test_a_request_id_that_is_taken_does_not_hide_a_run() -> None:
    """Two prompts under one X-Request-Id are two runs, each told its own name."""
    async with rigged() as rig:
        head = {"x-request-id": "mine"}
        bodies = [
            (await rig.http.post("/ask", json={"user_prompt": "x"}, headers=head)).content
            for _ in range(2)
        ]

    assert b'"request_id":"mine"' in bodies[0]
    assert b'"request_id":"mine"' not in bodies[1]


async def test_runs_in_flight_are_listed() -> None:
    """Operators see what runs, in which phase, since when; no word of the prompt."""
    async with rigged() as rig:
        await rig.standin.script(LONG)
        async with rig.watching() as browser:
            request_id = (await browser.next())["request_id"]
            await browser.until("agent_message")
            (run,) = rig.runs.in_flight()
        await rig.clean()

        assert rig.runs.in_flight() == []
    assert (run["request_id"], run["phase"], run["readers"]) == (request_id, "answer", 1)
    assert "how much room?" not in str(run)


@pytest.mark.parametrize("phase", ["prefetch", "queue", "before first byte", "mid-answer"])
async def test_shutdown_ends_every_run_with_its_terminal_event(phase: str) -> None:
    """After the drain time each stream gets its end, and no generation is left."""
    async with rigged(limits=replace(LIMITS, concurrency=1 if phase == "queue" else 8)) as rig:
        think = 0.3 if phase == "before first byte" else 0.0
        await rig.standin.script(LONG.model_copy(update={"think": think}))
        if phase == "prefetch":
            rig.stages.go.clear()
        async with rig.watching() as first, rig.watching() as browser:
            await first.next()
            await browser.until({"prefetch": "hawk_table"}.get(phase, "hawk_context"))
            if phase == "mid-answer":
                await browser.until("agent_message")
            elif phase == "before first byte":
                await rig.standin.until(started=2)
            await rig.runs.drain(0.05)
            async with asyncio.timeout(PATIENCE):
                late = await rig.http.post("/ask", json={"user_prompt": "x"})
                events = await browser.rest()
        await rig.clean()
        stats = await rig.standin.stats()

    assert late.status_code == 503
    assert events[-1]["code"] == "shutting_down"
    assert kinds(events).count("error") == 1
    assert stats["started"] == stats["stopped"] + stats["finished"]


async def test_a_run_is_stopped_in_the_moment_its_pause_ends() -> None:
    """Between the end of a pause and the next step of its task a timeout cannot be moved."""
    async with rigged(clocks=replace(FAST, retries=(PATIENCE,))) as rig:
        await rig.standin.script(Script(refuse="unavailable_503"))
        async with rig.watching() as browser:
            request_id = (await browser.next())["request_id"]
            run = rig.runs._runs[request_id]
            async with asyncio.timeout(PATIENCE):
                while (pause := run._pause) is None:  # noqa: ASYNC110 - a pause has no event
                    await asyncio.sleep(0.005)
            pause.reschedule(0)  # ends in the next pass of the loop, right before this:
            await asyncio.create_task(stopping(run))
            events = await browser.rest()

    assert events[-1]["metadata"]["outcome"] == "stopped"


async def stopping(run: Run) -> None:
    """Stop a run as a task of its own."""
    run.stop()


async def test_shutdown_waits_for_answers_that_end_by_themselves() -> None:
    """Draining ends with the last run, not with the time that it has."""
    async with rigged() as rig:
        await rig.standin.script(Script(deltas=("a", "b"), rate=20))
        async with rig.watching() as browser:
            await browser.until("agent_message")
            async with asyncio.timeout(5):
                await rig.runs.drain(60)
            events = await browser.rest()

    assert answer_of(events) == "ab"
    assert events[-1]["event"] == "message_end"


async def test_a_stop_that_dify_does_not_obey_ends_the_stream_all_the_same() -> None:
    """After the time for draining the connection is closed, and the user has an end."""
    async with rigged(clocks=replace(FAST, drain=0.2)) as rig:
        script = LONG.model_copy(update={"tokens": 120, "stopping": Stopping(status=500)})
        await rig.standin.script(script)
        async with rig.watching() as browser:
            request_id = (await browser.next())["request_id"]
            await browser.until("agent_message")
            await stopped(rig, request_id)
            events = await browser.rest()
        stats = await rig.standin.until(abandoned=1)
        await rig.clean()

    assert events[-1]["metadata"]["outcome"] == "stopped"
    assert stats["stop_requests"] == 2


@pytest.mark.parametrize(
    ("script", "changes", "code", "outcome"),
    [
        (Script(silence=30), {"first_byte": 0.1}, "dify_first_byte_timeout", "failed"),
        (
            Script(deltas=("a",), think=0.8, ping_every=0.02),
            {"total": 0.3},
            "dify_total_timeout",
            "failed",
        ),
        (
            LONG.model_copy(update={"stall": Stall(at=3)}),
            {"idle": 0.1},
            "dify_idle_timeout",
            "truncated",
        ),
        (LONG, {"total": 0.2}, "dify_total_timeout", "truncated"),
    ],
    ids=["silence", "pings alone", "stall", "endless"],
)
async def test_each_clock_ends_what_it_limits(
    script: Script, changes: dict[str, float], code: str, outcome: str
) -> None:
    """First byte, idle and total time are told apart, and nothing runs on inside Dify."""
    clocks: Any = {**changes, "drain": 0.5}
    async with rigged(clocks=replace(FAST, **clocks)) as rig:
        await rig.standin.script(script)
        events = await rig.ask()
        await rig.clean()

    assert (events[-1]["code"], events[-2]["outcome"]) == (code, outcome)


async def test_stages_that_hang_are_given_up() -> None:
    """Should a stage's own deadline not hold, the prompt still has an end."""
    async with rigged(clocks=replace(FAST, prefetch=0.1)) as rig:
        rig.stages.go.clear()
        events = await rig.ask()
        await rig.clean()

    assert rig.stages.cancelled == 1
    assert (events[-1]["code"], events[-1]["status"]) == ("upstream_timeout", 504)


async def test_pings_keep_a_thinking_model_alive() -> None:
    """A model that thinks longer than the idle time, pinging, is not cut off."""
    async with rigged(clocks=replace(FAST, idle=0.2)) as rig:
        await rig.standin.script(Script(deltas=("a",), think=0.6, ping_every=0.05))
        events = await rig.ask()

    assert answer_of(events) == "a"
    assert events[-1]["event"] == "message_end"


async def test_a_connection_that_dify_leaves_open_is_closed() -> None:
    """After the terminal event a second one may follow for a short while, not for ever."""
    async with rigged(clocks=replace(FAST, last_words=0.1)) as rig:
        await rig.standin.script(Script(deltas=("a",), linger=60))
        events = await rig.ask()
        await rig.clean()

    assert events[-1]["metadata"]["outcome"] == "completed"


async def test_a_connection_that_does_not_come_to_its_close_holds_no_slot(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Also behind the last deadline of the answer closing has one of its own."""
    close = Answer.close

    async def hang(answer: Answer) -> None:
        await close(answer)
        await asyncio.Event().wait()

    monkeypatch.setattr(Answer, "close", hang)
    async with rigged(clocks=replace(FAST, last_words=0.1)) as rig:
        await rig.standin.script(Script(deltas=("a", "b"), linger=60))
        async with asyncio.timeout(PATIENCE):
            events = await rig.ask()
        await rig.clean()

    assert answer_of(events) == "ab"
    assert events[-1]["event"] == "message_end"


async def test_a_prompt_that_nobody_reads_is_given_up() -> None:
    """A response that never began does not leave a run behind."""
    async with rigged(limits=replace(LIMITS, attach_s=0.05)) as rig:
        await rig.standin.script(LONG)
        prompt = Prompt(user_prompt="x")
        rig.runs.submit(prompt, INTENT, SERVICE, fresh=False, request_id="r")
        await rig.clean()
        stats = await rig.standin.stats()

    assert stats["started"] == stats["stopped"]
