"""Events that a stream may hold besides its answer, by the names that scripts use."""

from collections.abc import Callable, Mapping
from uuid import uuid4

from hawk_backend.dev.dify.events import ChatEvents, Event
from hawk_backend.dev.dify.script import Extra

SECRET = "standin-secret"  # noqa: S105  (a marker: tests look that it never reaches a browser)

Make = Callable[[ChatEvents, str], list[Event]]


def extra(kind: Extra, events: ChatEvents, text: str | None) -> list[Event]:
    """Return the event(s) of `kind`, with `text` or a default in them."""
    return _MAKERS[kind](events, text if text is not None else f"[{kind}]")


def _workflow(events: ChatEvents, kind: str, data: Mapping[str, object]) -> Event:
    """Return an event of a workflow, whatever the app."""
    ids = {"workflow_run_id": events.ask.workflow_run_id}
    return events.common(kind) | ids | {"data": dict(data)}


def _replace(events: ChatEvents, text: str) -> list[Event]:
    if "conversation_id" not in events.identity("") and "message_id" not in events.identity(""):
        return [_workflow(events, "text_replace", {"text": text})]
    reason = "output_moderation" if events.shape == "chatflow" else ""
    return [events.common("message_replace") | {"answer": text, "reason": reason}]


def _file(events: ChatEvents, text: str) -> list[Event]:
    url = f"https://files.invalid/{SECRET}/chart.png"
    file = {"id": text, "type": "image", "belongs_to": "assistant", "url": url}
    return [events.common("message_file") | file]


def _thought(events: ChatEvents, text: str) -> list[Event]:
    thought = {"id": "inserted-thought", "position": 1, "thought": text}
    tool = {"observation": SECRET, "tool": "", "tool_labels": {}, "tool_input": ""}
    return [events.common("agent_thought") | thought | tool | {"message_files": []}]


def _tts(events: ChatEvents, text: str) -> list[Event]:
    audio = events.common("tts_message") | {"audio": text.encode().hex()}
    return [audio, events.common("tts_message_end") | {"audio": ""}]


def _reasoning(events: ChatEvents, text: str) -> list[Event]:
    data = {"message_id": events.ask.message_id, "reasoning": text, "node_id": "llm"}
    return [_workflow(events, "reasoning_chunk", data | {"is_final": False})]


def _agent_log(events: ChatEvents, text: str) -> list[Event]:
    log = {"node_execution_id": "n1", "id": "log1", "label": text, "parent_id": None, "error": None}
    state = {"status": "success", "data": {"prompt": SECRET}, "metadata": {}, "node_id": "llm"}
    return [events.common("agent_log") | {"data": log | state}]


def _human_input(events: ChatEvents, text: str) -> list[Event]:
    run_id = events.ask.workflow_run_id
    form = {"form_id": "form1", "node_id": "human", "node_title": "Approval"}
    content = {"form_content": text, "inputs": [], "actions": [{"id": "ok", "title": "Approve"}]}
    token = {"form_token": SECRET, "resolved_default_values": {}, "expiration_time": 0}
    paused = {"workflow_run_id": run_id, "paused_nodes": ["human"], "outputs": {}, "reasons": []}
    return [
        _workflow(events, "human_input_required", form | content | token),
        _workflow(events, "workflow_paused", paused | {"status": "paused"}),
    ]


def _node_retry(events: ChatEvents, text: str) -> list[Event]:
    node = {"id": str(uuid4()), "node_id": "llm", "node_type": "llm", "title": "Analyse"}
    data = node | {"index": 2, "status": "retry", "error": text, "retry_index": 1}
    return [_workflow(events, "node_retry", data)]


def _round(name: str) -> Make:
    def make(events: ChatEvents, text: str) -> list[Event]:
        node = {"id": name, "node_id": name, "title": text, "outputs": {"text": SECRET}}
        kinds = (f"{name}_started", f"{name}_next", f"{name}_completed")
        return [_workflow(events, kind, node) for kind in kinds]

    return make


def _unknown(events: ChatEvents, text: str) -> list[Event]:
    return [events.common("future_event") | {"future": text, "answer_hint": SECRET}]


_MAKERS: Mapping[Extra, Make] = {
    "message_replace": _replace,
    "message_file": _file,
    "agent_thought": _thought,
    "tts": _tts,
    "reasoning": _reasoning,
    "agent_log": _agent_log,
    "human_input": _human_input,
    "node_retry": _node_retry,
    "iteration": _round("iteration"),
    "loop": _round("loop"),
    "unknown": _unknown,
}
