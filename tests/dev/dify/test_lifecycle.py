"""What becomes of a run whose client stays, leaves or stops it."""

import json

import httpx
import pytest

from hawk_backend.dev.dify.script import Capacity, Cut, Delay, Script, Stall, Stopping
from tests.dev.dify.raw import RawClient, asked
from tests.dev.dify.reading import client, get, read
from tests.dify import Dify

SLOW = Script(
    deltas=tuple(f"piece{i} " for i in range(5)), delays=(Delay(at="delta:3", seconds=3600),)
)
"""Says three pieces and would say the rest in an hour."""


async def first_event(raw: RawClient) -> dict[str, str]:
    """Return the first event as soon as three pieces have come."""
    seen = await raw.until(b"piece2")
    event: dict[str, str] = json.loads(seen.chunks[0].removeprefix(b"data: "))
    return event


async def stop(dify: Dify, task: str, user: str, app: str = "chat") -> httpx.Response:
    """Stop a run."""
    path = "/workflows/tasks" if app == "workflow" else "/chat-messages"
    async with client(dify, app) as http:
        return await http.post(f"{path}/{task}/stop", json={"user": user})


async def stored(dify: Dify, conversation: str) -> list[str]:
    """Return the answers of a conversation, the newest first."""
    page = await get(dify, "/messages", "chat", conversation_id=conversation, user="u")
    return [message["answer"] for message in page["data"]]


async def test_a_stream_read_to_its_end_is_stored(dify: Dify) -> None:
    """The whole answer is in the history."""
    await dify.script(Script(deltas=("all ", "of it")))
    async with asked(dify) as raw:
        seen = await raw.all()
    conversation = json.loads(seen.chunks[0].removeprefix(b"data: "))["conversation_id"]
    assert await stored(dify, conversation) == ["all of it"]
    stats = await dify.until(finished=1, delivered=1)
    assert (stats["running"], stats["drained"], stats["abandoned"]) == (0, 0, 0)


async def test_leaving_does_not_stop_the_run(dify: Dify) -> None:
    """A client that goes costs the whole generation, and the answer is not stored."""
    await dify.script(SLOW.model_copy(update={"delays": (Delay(at="delta:3", seconds=0.1),)}))
    async with asked(dify) as raw:
        event = await first_event(raw)
    stats = await dify.until(finished=1, abandoned=1)
    assert (stats["started"], stats["delivered"], stats["stopped"]) == (1, 0, 0)
    assert await stored(dify, event["conversation_id"]) == [""]


async def test_stopped_and_drained(dify: Dify) -> None:
    """After a stop the rest is message_end, and the part that was said is stored."""
    await dify.script(SLOW)
    async with asked(dify) as raw:
        event = await first_event(raw)
        assert (await stop(dify, event["task_id"], "u")).json() == {"result": "success"}
        seen = await raw.all()
    assert seen.ended == "end"
    assert b"message_end" in seen.chunks[-2]
    await dify.until(stopped=1, drained=1, delivered=1, running=0, finished=0)
    assert await stored(dify, event["conversation_id"]) == ["piece0 piece1 piece2 "]


async def test_stopped_and_left(dify: Dify) -> None:
    """A stop without the drain ends the run and stores nothing."""
    await dify.script(SLOW.model_copy(update={"stopping": Stopping(lag=0.1)}))
    async with asked(dify) as raw:
        event = await first_event(raw)
        await stop(dify, event["task_id"], "u")
    await dify.until(stopped=1, drained=0, abandoned=1)
    assert await stored(dify, event["conversation_id"]) == [""]


async def test_left_and_stopped(dify: Dify) -> None:
    """A run whose client has left can still be stopped."""
    await dify.script(SLOW)
    async with asked(dify) as raw:
        event = await first_event(raw)
    await dify.until(abandoned=1, running=1)
    await stop(dify, event["task_id"], "u")
    await dify.until(stopped=1, running=0, drained=0)


@pytest.mark.parametrize(("user", "known"), [("somebody else", True), ("u", False)])
async def test_a_stop_of_the_wrong_user_or_task(dify: Dify, user: str, known: bool) -> None:  # noqa: FBT001  (parametrised)
    """It answers success, and nothing happens."""
    await dify.script(SLOW)
    async with asked(dify) as raw:
        event = await first_event(raw)
        response = await stop(dify, event["task_id"] if known else "nonsense", user)
        assert (response.status_code, response.json()) == (200, {"result": "success"})
        await dify.until(running=1, stop_requests=1)


async def test_a_workflow_asks_no_user(dify: Dify) -> None:
    """Anybody with the key stops a workflow; its status says so."""
    await dify.script(SLOW)
    async with asked(dify, "workflow") as raw:
        event = await first_event(raw)
        await stop(dify, event["task_id"], "somebody else", "workflow")
        seen = await raw.all()
    last = json.loads(seen.chunks[-1].removeprefix(b"data: "))
    assert (last["event"], last["data"]["status"]) == ("workflow_finished", "stopped")


async def test_a_run_that_does_not_obey(dify: Dify) -> None:
    """The stop answers success and the run goes on."""
    await dify.script(SLOW.model_copy(update={"stopping": Stopping(obey=False)}))
    async with asked(dify) as raw:
        event = await first_event(raw)
        assert (await stop(dify, event["task_id"], "u")).status_code == 200
        await dify.until(running=1, stopped=0)


async def test_a_stop_that_fails(dify: Dify) -> None:
    """The stop request itself can be refused; it has no effect then."""
    await dify.script(SLOW.model_copy(update={"stopping": Stopping(status=500)}))
    async with asked(dify) as raw:
        event = await first_event(raw)
        response = await stop(dify, event["task_id"], "u")
        assert (response.status_code, response.json()["status"]) == (500, 500)
        await dify.until(running=1, stopped=0)


async def test_a_thinking_run_is_stopped(dify: Dify) -> None:
    """A chatflow gives its task before the first piece, so it can be stopped while it thinks."""
    await dify.script(Script(think=3600))
    async with asked(dify, "chatflow") as raw:
        seen = await raw.until(b"node_finished")
        event = json.loads(seen.chunks[0].removeprefix(b"data: "))
        await stop(dify, event["task_id"], "u", "chatflow")
        body = (await raw.all()).body
    assert b'"status":"stopped"' in body
    assert b'"event":"message"' not in body
    await dify.until(stopped=1, drained=1)


async def test_a_stalled_run_outlives_its_client(dify: Dify) -> None:
    """Nothing but a stop ends a run that hangs, so a leak is seen."""
    await dify.script(Script(deltas=("piece2", "x"), stall=Stall(at="delta:1")))
    async with asked(dify) as raw:
        event = await first_event(raw)
    await dify.until(abandoned=1, running=1)
    await stop(dify, event["task_id"], "u")
    await dify.until(stopped=1, running=0)


async def test_a_cut_does_not_stop_the_run(dify: Dify) -> None:
    """A run whose connection the script cut goes on and stores nothing."""
    await dify.script(Script(deltas=("a", "b"), cut=Cut(at=1)))
    async with asked(dify) as raw:
        seen = await raw.all()
    event = json.loads(seen.chunks[0].removeprefix(b"data: "))
    await dify.until(cut=1, finished=1, delivered=0, abandoned=0)
    assert await stored(dify, event["conversation_id"]) == [""]


async def test_reset_ends_what_runs(dify: Dify) -> None:
    """A reset kills runs and zeroes every counter."""
    await dify.script(SLOW, Script(times=0))
    async with asked(dify) as raw:
        await first_event(raw)
        await dify.reset()
        await raw.all()
    stats = await dify.until(in_flight=0, open_connections=0)
    assert (stats["started"], stats["running"], stats["scripts_waiting"]) == (0, 0, 0)
    assert dify.server.standin.runs == {}


async def test_a_new_conversation_costs_its_name(dify: Dify) -> None:
    """Unless it is refused, naming delays the first conversation; the second turn is free."""
    await dify.capacity(Capacity(naming_delay=0.01))
    events = await read(dify, "chat", auto_generate_name=True, query="What is the capacity?")
    assert (await dify.stats())["naming_delays"] == 1
    conversation = events[0]["conversation_id"]
    await read(dify, "chat", auto_generate_name=True, conversation_id=conversation)
    await read(dify, "chat", auto_generate_name=False)
    assert (await dify.stats())["naming_delays"] == 1
    page = await get(dify, "/conversations", "chat", user="desk-1")
    names = [c["name"] for c in page["data"]]
    assert names == ["New conversation", "What is the capacity?"]


async def test_naming_costs_a_second_by_default(dify: Dify) -> None:
    """As in 1.12, unscripted."""
    assert dify.server.standin.capacity.naming_delay == 1.0
