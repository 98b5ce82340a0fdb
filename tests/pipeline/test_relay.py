"""What of Dify's events the browser sees, and how an answer ends."""

import itertools
import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hawk_backend.clients.dify_event import read_event
from hawk_backend.clients.sse import FrameParser
from hawk_backend.models import Outcome
from hawk_backend.pipeline.relay import WITHDRAWN, Relay

IDS = {"task_id": "t", "message_id": "m", "conversation_id": "c", "created_at": 7}
SECRET = "rows, prompts and keys"
END = {"event": "message_end", **IDS, "metadata": {"usage": {"total_tokens": 3}}}


def message(text: str, kind: str = "message") -> dict[str, Any]:
    """Return one delta of an answer."""
    return {"event": kind, **IDS, "answer": text, "from_variable_selector": [SECRET]}


def node(kind: str, **data: object) -> dict[str, Any]:
    """Return a node's or workflow's event with everything that must not pass."""
    hidden = {"inputs": {"x": SECRET}, "outputs": {"x": SECRET}, "process_data": SECRET}
    return {"event": kind, **IDS, "workflow_run_id": SECRET, "data": {**hidden, **data}}


def relayed(*events: dict[str, Any]) -> tuple[Relay, list[dict[str, Any]], Outcome]:
    """Fold a whole answer; return the relay, the browser's events and the outcome."""
    relay = Relay()
    sent = relay.take(events)
    outcome, rest = relay.finish()
    return relay, [json.loads(event[6:]) for event in (*sent, *rest)], outcome


def text_of(events: list[dict[str, Any]]) -> str:
    """Return what a client puts together."""
    return "".join(event.get("answer", "") for event in events)


@pytest.mark.parametrize("kind", ["message", "agent_message"])
def test_a_delta_becomes_an_agent_message_with_its_ids(kind: str) -> None:
    """Both kinds of delta are sent under the one name that every client shows."""
    _, events, outcome = relayed(message("a", kind), END)

    assert events == [{"event": "agent_message", **IDS, "answer": "a"}]
    assert outcome is Outcome.COMPLETED


def test_a_workflow_streams_its_text_too() -> None:
    """text_chunk is the answer of an app of the kind workflow; its outputs repeat it."""
    finished = node("workflow_finished", status="succeeded", outputs={"text": "ab"})
    chunks = [{"event": "text_chunk", "task_id": "t", "data": {"text": text}} for text in "ab"]
    _, events, outcome = relayed(*chunks, finished)

    assert text_of(events) == "ab"
    assert outcome is Outcome.COMPLETED


@pytest.mark.parametrize(
    ("outputs", "text"),
    [
        ({"answer": "yes"}, "yes"),
        ({"x": "b", "text": "a"}, "a"),
        ({"report": "r", "n": 1}, "r"),
        ({"one": "a", "two": "b"}, "a\n\nb"),
        ({}, ""),
        (None, ""),
    ],
)
def test_a_workflow_that_streamed_nothing_answers_with_its_outputs(outputs: Any, text: str) -> None:  # noqa: ANN401
    """An End node without a streaming source gives its answer only at the end."""
    _, events, _ = relayed(node("workflow_finished", status="succeeded", outputs=outputs))

    assert text_of(events) == text


def test_steps_tell_title_and_status_alone() -> None:
    """Nothing of a node's payload passes: it holds the context and the system prompt."""
    _, events, _ = relayed(
        node("workflow_started"),
        node("node_started", title="Analyse"),
        node("node_retry", title="Analyse", status="failed", error=SECRET),
        node("node_finished", title="Analyse", status="succeeded"),
        node("node_finished", title=["x"], status=SECRET),
        message("a"),
        node("workflow_finished", status="partial-succeeded"),
    )

    assert SECRET not in json.dumps(events)
    assert [(e["title"], e["status"]) for e in events if e["event"] == "hawk_step"] == [
        ("Workflow", "running"),
        ("Analyse", "running"),
        ("Analyse", "retry"),
        ("Analyse", "succeeded"),
        ("Workflow", "running"),
        ("Workflow", "partial-succeeded"),
    ]


def test_fields_that_the_table_does_not_name_are_never_sent() -> None:
    """Observations, tool inputs, file owners and retrieved resources stay here."""
    thought = {"id": "h", "position": 1, "thought": "hm", "tool": "t", "observation": SECRET}
    file = {"id": "f", "type": "image", "url": "https://dify/f", "belongs_to": SECRET}
    end = {**END, "metadata": {"usage": {"total_tokens": 3}, "retriever_resources": [SECRET]}}
    _, events, _ = relayed(
        {"event": "agent_thought", **IDS, **thought, "tool_input": SECRET},
        {"event": "message_file", **IDS, **file},
        message("a"),
        {**end, "files": [SECRET]},
    )

    assert SECRET not in json.dumps(events)
    assert events[0] == {
        "event": "agent_thought",
        "id": "h",
        "position": 1,
        "thought": "hm",
        "tool": "t",
    }
    assert events[1] == {
        "event": "message_file",
        "id": "f",
        "type": "image",
        "url": "https://dify/f",
    }


def test_a_thought_is_sent_when_it_has_changed() -> None:
    """The same thought comes several times; it is an upsert by its id."""
    hm = {"event": "agent_thought", **IDS, "id": "h", "position": 1, "thought": "hm", "tool": ""}
    _, events, _ = relayed(hm, hm, {**hm, "observation": "new"}, {**hm, "thought": "hmm"}, END)

    assert [event["thought"] for event in events] == ["hm", "hmm"]


@pytest.mark.parametrize(
    ("closing", "text"),
    [("ab", "ab"), ("abc", "abc"), ("another", "ab"), ("", "ab")],
)
def test_a_closing_message_is_compared_not_sent(closing: str, text: str) -> None:
    """The new agent repeats its whole answer; only what it adds is sent."""
    deltas = [message("a", "agent_message"), message("b", "agent_message")]
    _, events, _ = relayed(*deltas, message(closing), END)

    assert text_of(events) == text


def test_a_replacement_withdraws_what_was_sent() -> None:
    """The user is told that the text above does not stand; the answer is the replacement."""
    replace = {"event": "message_replace", **IDS, "answer": "no", "reason": "output_moderation"}
    relay, events, outcome = relayed(message("bad"), replace, END)

    assert text_of(events) == f"bad{WITHDRAWN}no"
    assert events[-1] == {"event": "hawk_replaced", "reason": "output_moderation"}
    assert relay.answer == "no"
    assert outcome is Outcome.REPLACED


def test_a_replacement_of_nothing_is_just_the_answer() -> None:
    """Where nothing was shown, nothing is withdrawn."""
    _, events, outcome = relayed({"event": "message_replace", **IDS, "answer": "no"}, END)

    assert text_of(events) == "no"
    assert outcome is Outcome.REPLACED


def test_a_replacement_ends_the_thinking_before_it() -> None:
    """What the model thought when it was withdrawn does not come back at the end."""
    replace = {"event": "message_replace", **IDS, "answer": "no"}
    _, events, _ = relayed(message(f"<think>{SECRET}"), replace, message("."), END)

    assert text_of(events) == "no."


@pytest.mark.parametrize(
    "kind",
    ["ping", "tts_message", "tts_message_end", "reasoning_chunk", "agent_log", "loop_started"],
)
def test_what_the_table_does_not_name_is_dropped_and_counted(kind: str) -> None:
    """Known noise is counted under its name, the rest under one name."""
    relay, events, _ = relayed({"event": kind, "audio": SECRET}, {"event": "brand_new"}, END)

    assert events == []
    assert relay.counts[kind, "dropped"] == 1
    assert relay.counts["unknown", "dropped"] == 1


@pytest.mark.parametrize("status", ["succeeded", "partial-succeeded"])
@pytest.mark.parametrize("order", [*itertools.permutations("ef"), ("f",), ("e",)])
def test_either_terminal_event_makes_an_answer_whole(status: str, order: tuple[str, ...]) -> None:
    """message_end and workflow_finished come in both orders, and each can be lost."""
    terminals = {"e": END, "f": node("workflow_finished", status=status, total_tokens=3)}
    relay, events, outcome = relayed(message("a"), *(terminals[name] for name in order))

    assert outcome is Outcome.COMPLETED
    assert text_of(events) == "a"
    assert relay.usage.tokens == {"total_tokens": 3}


ERROR = {"event": "error", "status": 400, "code": "invalid_param", "message": SECRET}
FAILED_FLOW = [
    node("node_finished", title="LLM", status="failed", error=SECRET),
    node("workflow_finished", status="failed", error=SECRET),
]


@pytest.mark.parametrize(
    ("ending", "outcome"),
    [
        ([], Outcome.TRUNCATED),
        ([{"event": "hawk_broken", "code": "cut"}], Outcome.TRUNCATED),
        ([ERROR], Outcome.FAILED),
        ([*FAILED_FLOW, ERROR], Outcome.FAILED),
        (FAILED_FLOW, Outcome.FAILED),
        ([END, ERROR], Outcome.FAILED),
        ([END, {"event": "hawk_broken", "code": "cut"}], Outcome.COMPLETED),
        ([node("workflow_finished", status="stopped")], Outcome.STOPPED),
        ([{"event": "workflow_paused", "data": {"x": SECRET}}], Outcome.PAUSED),
    ],
)
def test_the_outcome_tells_the_truth(ending: list[dict[str, Any]], outcome: Outcome) -> None:
    """An answer is whole only if Dify says so, and nothing failed."""
    relay, events, seen = relayed(message("a"), *ending)
    failed = seen in {Outcome.FAILED, Outcome.TRUNCATED}

    assert seen is outcome
    assert SECRET not in json.dumps(events)
    assert text_of(events).startswith("a\n\n**Error:** " if failed else "a")
    assert (relay.fault is not None) is failed
    assert relay.chars == 1


def test_an_answer_without_a_character_failed_even_if_it_was_cut() -> None:
    """Only what was begun can be truncated."""
    _, events, outcome = relayed(node("workflow_started"))

    assert outcome is Outcome.FAILED
    assert text_of(events).startswith("**Error:** ")


@pytest.mark.parametrize(
    ("events", "may"),
    [
        ([{**ERROR, "code": "completion_request_error"}], True),
        ([{"event": "ping"}, {**ERROR, "code": "completion_request_error"}], True),
        ([message("a"), {**ERROR, "code": "completion_request_error"}], False),
        ([node("workflow_started"), {**ERROR, "code": "completion_request_error"}], False),
        ([ERROR], False),
        ([{"event": "hawk_broken", "code": "connect_failed"}], True),
        ([{"event": "hawk_broken", "code": "reset"}], False),
    ],
)
def test_only_a_first_event_can_be_tried_again(events: list[dict[str, Any]], may: bool) -> None:  # noqa: FBT001
    """Once anything but a ping has come, asking again would answer twice."""
    relay, _, _ = relayed(*events)

    assert relay.may_retry is may


def test_usage_is_exact() -> None:
    """Prices stay Decimal, and texts on the wire; what is no count is left out."""
    usage = {"prompt_tokens": 1, "completion_tokens": True, "total_price": "0.0000010", "x": SECRET}
    relay, _, _ = relayed({**END, "metadata": {"usage": {**usage, "currency": "USD"}}})

    assert relay.usage.price == Decimal("0.0000010")
    assert relay.usage.to_dict() == {
        "prompt_tokens": 1,
        "total_price": "0.0000010",
        "currency": "USD",
    }


@pytest.mark.parametrize(
    "usage",
    [
        *(None, [], {"total_tokens": -1}, {"total_tokens": 10**30}),
        *({"total_price": price} for price in ("free", "NaN", "-1", "1e999999", "0." + "1" * 1000)),
    ],
    ids=lambda usage: str(usage)[:40],
)
def test_usage_of_any_shape_is_read(usage: object) -> None:
    """What is no usage is none, and cannot spoil the sums."""
    relay, _, outcome = relayed({**END, "metadata": {"usage": usage}})

    assert relay.usage.to_dict() == {}
    assert outcome is Outcome.COMPLETED


def test_a_very_long_delta_is_sent_in_pieces() -> None:
    """No event of ours is large, whatever Dify puts into one."""
    text = "x\U0001f600" * 100_000
    relay = Relay()
    sent = relay.take([message(text)])

    assert max(map(len, sent)) < 100_000
    assert "".join(json.loads(event[6:])["answer"] for event in sent) == text


def test_no_event_is_large_whatever_a_field_holds() -> None:
    """A reader who has stopped costs a bounded write; a name that long names nothing."""
    long = "x" * 1_000_000
    sent = Relay().take(
        [
            {"event": "agent_thought", "id": long, "thought": long, "tool": long},
            {"event": "message_file", "id": "f", "url": long},
            {"event": "message", "task_id": long, "message_id": "m", "answer": "a"},
        ]
    )

    assert max(map(len, sent)) < 64 * 1024
    assert json.loads(sent[-1][6:]) == {"event": "agent_message", "message_id": "m", "answer": "a"}


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=5))
def test_a_field_of_any_type_breaks_nothing(odd: Any) -> None:  # noqa: ANN401
    """Whatever a known event holds where a text or an object should be, the answer goes on."""
    for kind in Relay._FOLDS:
        if not kind.startswith("hawk_"):
            fields = ("answer", "data", "metadata", "id", "position", "task_id", "reason", "code")
            Relay().take([{"event": kind, **dict.fromkeys(fields, odd)}])


HOSTILE = st.sampled_from('ab/ \n\r\u2028\u2029\u0085\ufeff\U0001f600\u4e2d"\\:{}>')
LETTERS = HOSTILE | st.characters(codec="utf-8", exclude_characters="<")
DELTAS = st.lists(st.text(LETTERS), max_size=6)


@given(DELTAS, st.data(), st.sampled_from(["\n", "\r\n", "\r"]), st.booleans())
def test_every_character_arrives_under_every_chunking(
    deltas: list[str],
    data: st.DataObject,
    line_end: str,
    ascii_json: bool,  # noqa: FBT001
) -> None:
    """The same bytes come out wherever the reads end, and they spell the answer."""
    events = [*map(message, deltas), END]
    frames = [f"data: {json.dumps(event, ensure_ascii=ascii_json)}" for event in events]
    body = "".join(frame + 2 * line_end for frame in frames).encode()
    cuts = data.draw(st.lists(st.integers(0, len(body)), max_size=8))
    outputs = set()
    for marks in ([], cuts, range(len(body))):
        parser, relay, sent = FrameParser(), Relay(), b""
        for start, end in itertools.pairwise([0, *sorted(marks), len(body)]):
            read = [read_event(frame) for frame in parser.feed(body[start:end])]
            sent += b"".join(relay.take(read))
        outputs.add(sent)
        assert relay.answer == "".join(deltas)
        assert relay.finish()[0] is Outcome.COMPLETED

    assert len(outputs) == 1
