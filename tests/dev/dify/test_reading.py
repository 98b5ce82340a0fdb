"""Apps, conversations and messages can be read as Dify tells them."""

import pytest

from hawk_backend.dev.dify.apps import APPS, BY_KEY, KEYS
from hawk_backend.dev.dify.script import Probe
from tests.dev.dify.reading import body, client, get, post, read
from tests.dify import Dify


def test_keys() -> None:
    """Every key of the gateway's environment opens a chatflow of its own."""
    assert {BY_KEY[key].mode for key in KEYS.values()} == {"advanced-chat"}
    assert len(set(KEYS.values())) == len(KEYS) == 5
    assert len(BY_KEY) == len(APPS)


async def test_info_tells_the_mode(dify: Dify) -> None:
    """One key is one app."""
    modes = {app.name: (await get(dify, "/info", app.name))["mode"] for app in APPS}
    assert modes == {app.name: app.mode for app in APPS}


async def test_parameters(dify: Dify) -> None:
    """The form declares the context as a paragraph without a limit."""
    form = (await get(dify, "/parameters"))["user_input_form"]
    fields = {field["variable"]: (kind, field) for row in form for kind, field in row.items()}
    assert set(fields) == {
        "user_prompt",
        "template_category",
        "optimized_context",
        "extracted_params",
    }
    kind, context = fields["optimized_context"]
    assert kind == "paragraph"
    assert "max_length" not in context
    assert fields["template_category"][1]["max_length"] == 256


async def test_probe_of_one_app(dify: Dify) -> None:
    """A script changes mode and form of one app and leaves the others."""
    missing = ("user_prompt", "template_category", "extracted_params")
    await dify.parameters(Probe(app="chat", mode="workflow", max_length=9, missing=missing))
    assert (await get(dify, "/info", "chat"))["mode"] == "workflow"
    form = (await get(dify, "/parameters", "chat"))["user_input_form"]
    assert [row["paragraph"]["max_length"] for row in form] == [9]
    assert (await get(dify, "/info", "agent"))["mode"] == "agent-chat"
    assert len((await get(dify, "/parameters", "agent"))["user_input_form"]) == 4


async def test_a_probe_that_is_no_json(dify: Dify) -> None:
    """Both can answer any text with any status."""
    await dify.parameters(Probe(body="<p>login</p>", status=502))
    async with client(dify) as http:
        for path in ("/info", "/parameters"):
            response = await http.get(path)
            assert (response.status_code, response.text) == (502, "<p>login</p>")


async def test_conversations(dify: Dify) -> None:
    """A user sees the own ones, newest first, page by page."""
    wanted = [(await read(dify, "chat"))[0]["conversation_id"] for _ in range(3)]
    await read(dify, "chat", user="other")
    page = await get(dify, "/conversations", "chat", user="desk-1", limit="2")
    assert [c["id"] for c in page["data"]] == wanted[:0:-1]
    assert (page["has_more"], page["limit"]) == (True, 2)
    rest = await get(dify, "/conversations", "chat", user="desk-1", last_id=wanted[1])
    assert ([c["id"] for c in rest["data"]], rest["has_more"]) == ([wanted[0]], False)
    assert (await get(dify, "/conversations", "agent", user="desk-1"))["data"] == []
    assert (await get(dify, "/conversations", "chat"))["code"] == "invalid_param"
    assert (await get(dify, "/conversations", "chat", user="desk-1", limit="x"))["status"] == 400
    assert (await get(dify, "/conversations", "chat", user="desk-1", last_id="x"))["status"] == 404


async def test_messages(dify: Dify) -> None:
    """The turns of a conversation, newest first."""
    mine = (await read(dify, "chat", query="first"))[0]["conversation_id"]
    await read(dify, "chat", query="second", conversation_id=mine)
    page = await get(dify, "/messages", "chat", user="desk-1", conversation_id=mine)
    assert [message["query"] for message in page["data"]] == ["second", "first"]
    assert page["data"][0]["answer"].startswith("**Asked:** second\n")
    other = await get(dify, "/messages", "chat", user="other", conversation_id=mine)
    assert other["code"] == "not_found"


async def test_naming_later(dify: Dify) -> None:
    """A name is given, or made of the first question."""
    mine = (await read(dify, "chat", query="What is the CNY capacity today?"))[0]["conversation_id"]
    path = f"/conversations/{mine}/name"
    made = await post(dify, "chat", path, {"auto_generate": True, "user": "desk-1"})
    assert made.json()["name"] == "What is the CNY capacity today?"
    given = await post(dify, "chat", path, {"name": "Mine", "user": "desk-1"})
    assert given.json()["name"] == "Mine"
    assert (await post(dify, "chat", path, {"user": "desk-1"})).status_code == 400
    assert (await post(dify, "chat", path, {"name": "x", "user": "other"})).status_code == 404


async def test_deleting(dify: Dify) -> None:
    """A deleted conversation is gone."""
    mine = (await read(dify, "chat"))[0]["conversation_id"]
    async with client(dify, "chat") as http:
        response = await http.request("DELETE", f"/conversations/{mine}", json={"user": "desk-1"})
    assert (response.status_code, response.content) == (204, b"")
    assert (await get(dify, "/conversations", "chat", user="desk-1"))["data"] == []


async def test_suggested(dify: Dify) -> None:
    """Questions that follow from a message; other users' messages have none."""
    message = (await read(dify, "chat", query="CNY capacity"))[0]["message_id"]
    told = await get(dify, f"/messages/{message}/suggested", "chat", user="desk-1")
    assert all("CNY capacity" in question for question in told["data"])
    missing = await get(dify, f"/messages/{message}/suggested", "chat", user="other")
    assert missing["status"] == 404


async def test_old_conversations_make_room(dify: Dify, monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory is bounded: the oldest conversation goes when too many are kept."""
    monkeypatch.setattr("hawk_backend.dev.dify.store.CONVERSATIONS_KEPT", 2)
    wanted = [(await read(dify, "chat"))[0]["conversation_id"] for _ in range(3)]
    page = await get(dify, "/conversations", "chat", user="desk-1")
    assert [c["id"] for c in page["data"]] == wanted[:0:-1]


async def test_old_runs_make_room(dify: Dify, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the runs that ended only the newest can be looked up."""
    monkeypatch.setattr("hawk_backend.dev.dify.standin.RUNS_KEPT", 1)
    runs = [(await read(dify, "workflow"))[0]["workflow_run_id"] for _ in range(2)]
    await dify.until(finished=2)
    assert (await get(dify, f"/workflows/run/{runs[0]}", "workflow"))["status"] == 404
    assert (await get(dify, f"/workflows/run/{runs[1]}", "workflow"))["id"] == runs[1]


async def test_a_second_turn_takes_its_own_inputs(dify: Dify) -> None:
    """The inputs of a later turn are honoured, as in 1.12."""
    mine = (await read(dify, "chatflow"))[0]["conversation_id"]
    more = body(inputs={"optimized_context": "capacity: 7"}, conversation_id=mine)
    events = await read(dify, "chatflow", **more)
    assert events[0]["data"]["inputs"]["optimized_context"] == "capacity: 7"
