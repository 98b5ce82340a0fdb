"""Each app's stream, read by httpx-sse, has the shapes and the order of Dify's."""

from decimal import Decimal

import pytest

from hawk_backend.dev.dify.script import Failure, Insert, Script
from tests.dev.dify.reading import answer, body, get, kinds, path, post, read
from tests.dify import Dify

NODES = ["node_finished", "node_started", "node_finished", "workflow_finished"]
OPENING = ["workflow_started", "node_started", "node_finished", "node_started"]
ORDERS = {
    "chat": ["message", "message_end"],
    "completion": ["message", "message_end"],
    "agent": ["agent_thought", "agent_message", "agent_thought", "message_end"],
    "newagent": ["agent_thought", "agent_message", "agent_thought", "message", "message_end"],
    "chatflow": [*OPENING, "message", *NODES, "message_end"],
    "workflow": [*OPENING, "text_chunk", *NODES],
}


@pytest.mark.parametrize("app", ORDERS)
async def test_order(dify: Dify, app: str) -> None:
    """Every app's events come in the order of Dify 1.12."""
    assert kinds(await read(dify, app)) == ORDERS[app]


@pytest.mark.parametrize("app", ORDERS)
async def test_the_answer_quotes_the_context(dify: Dify, app: str) -> None:
    """The figure that the context holds stands in every app's answer."""
    assert "1,347,500.0" in answer(await read(dify, app))


@pytest.mark.parametrize("app", ORDERS)
async def test_common_fields(dify: Dify, app: str) -> None:
    """All events of a stream carry the same task; a workflow has no message, completion no talk."""
    events = await read(dify, app)
    assert len({event["task_id"] for event in events}) == 1
    assert all(("message_id" in event) == (app != "workflow") for event in events)
    talks = app not in {"workflow", "completion"}
    assert all(("conversation_id" in event) == talks for event in events)


async def test_thoughts_are_upserted(dify: Dify) -> None:
    """The same thought comes three times with more in it, then one that holds the answer."""
    events = await read(dify, "agent")
    thoughts = [event for event in events if event["event"] == "agent_thought"]
    first = [thought for thought in thoughts if thought["id"] == thoughts[0]["id"]]
    assert [bool(thought["tool"]) for thought in first] == [False, True, True]
    assert [bool(thought["observation"]) for thought in first] == [False, False, True]
    assert thoughts[-1]["thought"] == answer(events)


async def test_the_new_agent_says_it_all_again(dify: Dify) -> None:
    """Its one message holds the whole answer."""
    events = await read(dify, "newagent")
    assert [e["answer"] for e in events if e["event"] == "message"] == [answer(events)]


async def test_a_chatflow_echoes_inputs_and_prompts(dify: Dify) -> None:
    """The start, its node and the model's node carry the context and the system prompt."""
    events = await read(dify, "chatflow")
    context = "1,347,500.0"
    started, finished = events[0]["data"], events[2]["data"]
    assert context in started["inputs"]["optimized_context"]
    assert started["inputs"]["sys.query"] == "CNY capacity?"
    assert finished["inputs"] == finished["outputs"] == started["inputs"]
    model = next(e["data"] for e in events if e.get("data", {}).get("process_data"))
    assert context in model["process_data"]["prompts"][0]["text"]


@pytest.mark.parametrize("app", ["chat", "chatflow"])
async def test_usage(dify: Dify, app: str) -> None:
    """Prices are decimal strings that add up; times are known in a chatflow alone."""
    usage = (await read(dify, app))[-1]["metadata"]["usage"]
    prices = [usage[name] for name in ("prompt_price", "completion_price", "total_price")]
    assert all(isinstance(price, str) for price in prices)
    assert Decimal(prices[0]) + Decimal(prices[1]) == Decimal(prices[2]) > 0
    assert usage["prompt_tokens"] + usage["completion_tokens"] == usage["total_tokens"]
    assert (usage["time_to_first_token"] is None) == (app == "chat")


ENDINGS = {
    "workflow_first": ["workflow_finished", "message_end"],
    "message_first": ["message_end", "workflow_finished"],
    "message_lost": ["workflow_finished"],
    "message_only": ["message_end"],
    "none": [],
}


@pytest.mark.parametrize("ending", ENDINGS)
async def test_endings_of_a_chatflow(dify: Dify, ending: str) -> None:
    """Both terminal orders, one lost, both lost."""
    await dify.script(Script.model_validate({"ending": ending}))
    assert kinds(await read(dify, "chatflow"))[8:] == ENDINGS[ending]


@pytest.mark.parametrize("app", ["chat", "agent", "newagent", "completion"])
async def test_a_lost_message_end(dify: Dify, app: str) -> None:
    """The only terminal event of a chat can be lost."""
    await dify.script(Script(ending="message_lost"))
    assert kinds(await read(dify, app)) == ORDERS[app][:-1]


@pytest.mark.parametrize("app", ["chat", "agent", "newagent", "completion"])
async def test_failure_of_a_chat(dify: Dify, app: str) -> None:
    """Pieces, then one error event without a task."""
    await dify.script(Script(error=Failure(at="delta:2")))
    *_, last = events = await read(dify, app)
    assert len([e for e in events if e["event"].endswith("message")]) == 2
    assert (last["event"], last["code"], last["status"]) == (
        "error",
        "completion_request_error",
        400,
    )
    assert "task_id" not in last
    assert (await dify.until(failed=1))["delivered"] == 1


@pytest.mark.parametrize("app", ["chatflow", "workflow"])
async def test_failure_of_a_graph(dify: Dify, app: str) -> None:
    """The node fails, the workflow fails, then the error says so again."""
    await dify.script(Script(error=Failure(at="delta:2", message="no credit")))
    node, workflow, error = (await read(dify, app))[-3:]
    assert node["data"]["status"] == workflow["data"]["status"] == "failed"
    assert (error["code"], error["message"]) == ("invalid_param", "Run failed: no credit")


@pytest.mark.parametrize("shape", ["chat", "chatflow"])
async def test_failure_at_once(dify: Dify, shape: str) -> None:
    """An error as the first event stands alone, in either shape."""
    await dify.script(
        Script.model_validate({"error": {"shape": shape, "code": "x", "status": 503}})
    )
    (event,) = await read(dify, "chatflow")
    assert (event["event"], event["code"], event["status"]) == ("error", "x", 503)
    assert event["message"].startswith("Run failed: ") == (shape == "chatflow")


EXTRAS = {
    "message_replace": ["message_replace"],
    "message_file": ["message_file"],
    "agent_thought": ["agent_thought"],
    "tts": ["tts_message", "tts_message_end"],
    "reasoning": ["reasoning_chunk"],
    "agent_log": ["agent_log"],
    "node_retry": ["node_retry"],
    "iteration": ["iteration_started", "iteration_next", "iteration_completed"],
    "loop": ["loop_started", "loop_next", "loop_completed"],
    "unknown": ["future_event"],
}


@pytest.mark.parametrize("kind", EXTRAS)
async def test_extras(dify: Dify, kind: str) -> None:
    """Every extra comes at its place, with the scripted text, and the stream goes on."""
    insert = {"at": "delta:1", "kind": kind, "text": "words of ours"}
    await dify.script(Script.model_validate({"inserts": [insert], "deltas": ["a", "b"]}))
    events = await read(dify, "chat")
    assert kinds(events) == ["message", *EXTRAS[kind], "message", "message_end"]
    told = events[1]
    words = "words of ours"
    assert words in str(told) or told["audio"] == words.encode().hex()


async def test_replacement_in_a_workflow(dify: Dify) -> None:
    """A workflow app replaces its text with an event of its own."""
    await dify.script(Script(inserts=(Insert(at="delta:1", kind="message_replace", text="x"),)))
    events = await read(dify, "workflow")
    assert [e["data"]["text"] for e in events if e["event"] == "text_replace"] == ["x"]


async def test_tts_behind_message_end(dify: Dify) -> None:
    """Events can come after the terminal ones."""
    await dify.script(Script(inserts=(Insert(at="end", kind="tts"),)))
    tail = ["message", "message_end", "tts_message", "tts_message_end"]
    assert kinds(await read(dify, "chat")) == tail


async def test_a_human_is_asked(dify: Dify) -> None:
    """The stream ends at workflow_paused."""
    await dify.script(Script(inserts=(Insert(at="delta:1", kind="human_input"),)))
    assert kinds(await read(dify))[-2:] == ["human_input_required", "workflow_paused"]
    await dify.until(paused=1, finished=0)


async def test_any_event(dify: Dify) -> None:
    """An event of one's own gets the common fields before its own."""
    event = {"event": "custom", "answer": "?", "task_id": "mine"}
    await dify.script(Script(inserts=(Insert(at=0, event=event),)))
    first = (await read(dify, "chat"))[0]
    assert list(first)[:2] == ["event", "conversation_id"]
    assert (first["event"], first["task_id"], first["answer"]) == ("custom", "mine", "?")


async def test_annotation(dify: Dify) -> None:
    """An annotation's answer is one piece, free, and named in the metadata."""
    script = Script(annotation=True, answer="Known answer.", ending="message_only")
    await dify.script(script)
    events = await read(dify)
    metadata = events[-1]["metadata"]
    assert [e["answer"] for e in events if e["event"] == "message"] == ["Known answer."]
    assert metadata["annotation_reply"]["id"]
    assert (metadata["usage"]["total_tokens"], metadata["usage"]["total_price"]) == (0, "0")


async def test_usage_can_be_replaced(dify: Dify) -> None:
    """A script sets fields of the usage."""
    await dify.script(Script(usage={"total_price": "12.5"}))
    assert (await read(dify))[-1]["metadata"]["usage"]["total_price"] == "12.5"


async def test_tokens_and_text(dify: Dify) -> None:
    """The scripted number of pieces, the text repeated as far as needed."""
    await dify.script(Script(answer="abc", tokens=10, rate=0))
    events = await read(dify, "chat")
    assert len([e for e in events if e["event"] == "message" and e["answer"]]) == 10
    assert set(answer(events)) == set("abc")


@pytest.mark.parametrize("app", ["chat", "chatflow", "completion", "workflow"])
async def test_blocking(dify: Dify, app: str) -> None:
    """An omitted response_mode is blocking: one JSON with the whole answer."""
    request = body()
    del request["response_mode"]
    told = (await post(dify, app, path(app), request)).json()
    data = (
        told["data"]["outputs"]["answer" if app == "chatflow" else "text"]
        if "data" in told
        else told["answer"]
    )
    assert "1,347,500.0" in data
    assert (await dify.stats())["delivered"] == 1


async def test_blocking_failure(dify: Dify) -> None:
    """A failure is a real 400 when nobody streams."""
    await dify.script(Script(error=Failure(message="no credit")))
    response = await post(dify, "chatflow", "/chat-messages", body(response_mode="blocking"))
    assert response.status_code == 400
    assert response.json() == {
        "code": "invalid_param",
        "message": "Run failed: no credit",
        "status": 400,
    }


async def test_workflow_run_can_be_read(dify: Dify) -> None:
    """GET /workflows/run/{id} tells status and outputs; another app's key sees nothing."""
    run_id = (await read(dify, "workflow"))[0]["workflow_run_id"]
    detail = await get(dify, f"/workflows/run/{run_id}", "workflow")
    assert detail["status"] == "succeeded"
    assert "1,347,500.0" in detail["outputs"]["text"]
    assert (await get(dify, f"/workflows/run/{run_id}", "chatflow"))["code"] == "not_found"
