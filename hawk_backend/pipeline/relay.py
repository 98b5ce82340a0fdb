"""Relay: what of Dify's events the browser may see, and how an answer ends.  Pure; no I/O.

Every upstream event is folded by the function that `_FOLDS` names for its kind; a kind that
is not there is dropped and counted, and a field that the function does not name is never sent:
node events carry the whole context and the system prompt.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, ClassVar, TypeAlias

from hawk_backend.models import Outcome
from hawk_backend.pipeline import faults
from hawk_backend.pipeline.faults import Fault
from hawk_backend.pipeline.thinking import Thinking
from hawk_backend.pipeline.usage import Usage, read_usage
from hawk_backend.pipeline.wire import encode

Event: TypeAlias = Mapping[str, Any]
Fold: TypeAlias = Callable[["Relay", Event], Iterable[dict[str, object]]]

_IDS = ("task_id", "message_id", "conversation_id")
_PIECE = 16_384
"""Characters of a text in one event at most: no write may outgrow a reader's share."""
_TITLE = _NAME = 200
_STATUSES = frozenset(
    {"running", "succeeded", "failed", "stopped", "partial-succeeded", "exception", "retry"}
)
_SUCCEEDED = frozenset({"succeeded", "partial-succeeded"})
_OUTPUTS = ("answer", "text", "result", "output")
_SILENT = frozenset(
    {
        *("ping", "undecodable", "tts_message", "tts_message_end", "reasoning_chunk", "agent_log"),
        *("iteration_started", "iteration_next", "iteration_completed"),
        *("loop_started", "loop_next", "loop_completed"),
        *("parallel_branch_started", "parallel_branch_finished"),
        *("human_input_required", "human_input_form_filled", "human_input_form_timeout"),
    }
)
WITHDRAWN = "\n\n**The text above is withdrawn.** It is replaced by:\n\n"


class Relay:
    """Folds one answer's events into the browser's, and into how the answer ended."""

    def __init__(self) -> None:
        self.task_id = ""
        self.begun = False
        self.ended = False
        self.chars = 0
        self.fault: Fault | None = None
        self.usage = Usage()
        self.counts: Counter[tuple[str, str]] = Counter()
        self._ids: dict[str, str] = {}
        self._pieces: list[str] = []
        self._deltas: list[str] = []
        self._thinking = Thinking()
        self._thoughts: dict[str, Event] = {}
        self._retry = False
        self._complete = False
        self._paused = False
        self._replaced = False
        self._stopped = False

    @property
    def answer(self) -> str:
        """The text that stands: what was sent, or what replaced it."""
        return "".join(self._pieces)

    @property
    def whole(self) -> bool:
        """Whether Dify said that this is all, or all until a human answers."""
        return self._complete or self._paused

    @property
    def ids(self) -> Mapping[str, str]:
        """Dify's names of the task, the message and the conversation, as far as known."""
        return self._ids

    @property
    def may_retry(self) -> bool:
        """Whether the answer failed with its first event in a way that is safe to try again."""
        return self._retry

    def take(self, events: Iterable[Event]) -> list[bytes]:
        """Return the events of the browser that follow from Dify's, encoded."""
        sent: list[bytes] = []
        for event in events:
            kind = event["event"]
            fold = self._FOLDS.get(kind)
            if not self.task_id:
                self._note_ids(event)
            if fold is None:
                self.begun = self.begun or kind not in ("ping", "")
                self.counts[kind if kind in _SILENT else "unknown", "dropped"] += 1
                continue
            before = len(sent)
            sent.extend(map(encode, fold(self, event)))
            self.begun = True
            fate = _HELD.get(kind, "sent" if len(sent) > before else "dropped")
            self.counts[kind, fate] += 1
        return sent

    def finish(self, *, stopped: bool = False) -> tuple[Outcome, list[bytes]]:
        """Return how the answer ended, and what is still to be sent before `hawk_done`."""
        held_back = self._thinking.finish(whole=self._complete and self.fault is None)
        rest = list(self._say(held_back))
        outcome = Outcome.STOPPED if stopped else self._outcome()
        if self.fault and outcome in {Outcome.FAILED, Outcome.TRUNCATED}:
            gap = "\n\n" if self.chars else ""
            rest.append(self._chunk(f"{gap}**Error:** {self.fault.message}"))
        return outcome, [encode(event) for event in rest]

    def break_off(self, code: str) -> None:
        """Note that a deadline of ours ended the reading; an answer that is whole stays whole."""
        if not self.whole:
            self.fail(faults.broken(code))

    def _outcome(self) -> Outcome:
        if self.fault is None and not (self.whole or self._stopped):
            self.fault = faults.broken("cut")
        if self.fault:
            cut = self.fault.cut and self.chars
            return Outcome.TRUNCATED if cut else Outcome.FAILED
        if self._stopped:
            return Outcome.STOPPED
        if self._replaced:
            return Outcome.REPLACED
        return Outcome.PAUSED if self._paused else Outcome.COMPLETED

    def fail(self, fault: Fault) -> None:
        """Note why there is no answer, or no more of it; the first reason stands."""
        self.fault = self.fault or fault
        self._retry = fault.retry and not self.begun

    def _note_ids(self, event: Event) -> None:
        for name in _IDS:
            if isinstance(value := event.get(name), str) and 0 < len(value) <= _NAME:
                self._ids[name] = value
        self.task_id = self._ids.get("task_id", "")

    def _chunk(self, text: str, created_at: object = None) -> dict[str, object]:
        when = {"created_at": created_at} if isinstance(created_at, int) else {}
        return {"event": "agent_message", **self._ids, **when, "answer": text}

    def _say(self, text: str, created_at: object = None) -> Iterator[dict[str, object]]:
        for start in range(0, len(text), _PIECE):
            piece = text[start : start + _PIECE]
            self._pieces.append(piece)
            self.chars += len(piece)
            yield self._chunk(piece, created_at)

    # what each kind of event becomes

    def _message(self, event: Event) -> Iterator[dict[str, object]]:
        self._note_ids(event)
        text = _text(event.get("answer"))
        if self._deltas:
            text = self._beyond(text)
        return self._say(self._thinking.visible(text), event.get("created_at"))

    def _beyond(self, whole: str) -> str:
        """Return what a closing message, which repeats the answer, adds to it: mostly nothing."""
        answer = "".join(self._deltas)
        return whole[len(answer) :] if whole.startswith(answer) else ""

    def _agent_message(self, event: Event) -> Iterator[dict[str, object]]:
        self._note_ids(event)
        text = _text(event.get("answer"))
        if text:
            self._deltas.append(text)
        return self._say(self._thinking.visible(text), event.get("created_at"))

    def _text_chunk(self, event: Event) -> Iterator[dict[str, object]]:
        self._note_ids(event)
        return self._say(self._thinking.visible(_text(_data(event).get("text"))))

    def _message_replace(self, event: Event) -> Iterator[dict[str, object]]:
        self._note_ids(event)
        replacement = _text(event.get("answer") or _data(event).get("text"))
        withdrawn = bool(self._pieces)
        self._pieces.clear()
        self._thinking = Thinking()
        self._replaced = True
        if withdrawn:
            yield self._chunk(WITHDRAWN)
        yield from self._say(replacement, event.get("created_at"))
        yield {"event": "hawk_replaced", "reason": _text(event.get("reason"))[:_TITLE]}

    def _agent_thought(self, event: Event) -> Iterator[dict[str, object]]:
        self._note_ids(event)
        thought = {name: event.get(name) for name in ("id", "position", "thought", "tool")}
        thought = {name: _cut(v) for name, v in thought.items() if isinstance(v, str | int)}
        key = str(thought.get("id"))
        if self._thoughts.get(key) != thought:
            self._thoughts[key] = thought
            yield {"event": "agent_thought", **thought}

    def _message_file(self, event: Event) -> Iterator[dict[str, object]]:
        fields = {name: _cut(_text(event.get(name))) for name in ("id", "type", "url")}
        yield {"event": "message_file", **fields}

    def _step(self, event: Event) -> Iterator[dict[str, object]]:
        self._note_ids(event)
        data = _data(event)
        title = _text(data.get("title"))[:_TITLE] or "Workflow"
        told = "retry" if event["event"] == "node_retry" else data.get("status")
        status = told if told in _STATUSES else "running"
        yield {"event": "hawk_step", "title": title, "status": status}

    def _workflow_finished(self, event: Event) -> Iterator[dict[str, object]]:
        data, status = _data(event), _data(event).get("status")
        self.ended = True
        self._stopped = self._stopped or status == "stopped"
        if not self.usage.tokens:
            self.usage = read_usage(data)
        if status == "failed":
            self.fault = self.fault or faults.FAILED
        if status in _SUCCEEDED:
            self._complete = True
            if not self._pieces:
                yield from self._say(self._thinking.visible(_output(data.get("outputs"))))
        yield from self._step(event)

    def _workflow_paused(self, _event: Event) -> Iterator[dict[str, object]]:
        self._paused = self.ended = True
        yield {"event": "hawk_step", "title": "Workflow", "status": "paused"}

    def _message_end(self, event: Event) -> Iterator[dict[str, object]]:
        self._note_ids(event)
        self.ended = self._complete = True
        metadata = event.get("metadata")
        if isinstance(metadata, Mapping):
            self.usage = read_usage(metadata.get("usage"))
        return iter(())

    def _error(self, event: Event) -> Iterator[dict[str, object]]:
        self.ended = True
        self.fault = None if self.fault is faults.FAILED else self.fault
        self.fail(faults.failed(event))
        return iter(())

    def _refused(self, event: Event) -> Iterator[dict[str, object]]:
        self.ended = True
        self.fail(faults.refused(event["status"], event["code"], event["message"]))
        return iter(())

    def _broken(self, event: Event) -> Iterator[dict[str, object]]:
        if not self.ended:
            self.fail(faults.broken(event["code"]))
        return iter(())

    _FOLDS: ClassVar[Mapping[str, Fold]] = {
        "message": _message,
        "agent_message": _agent_message,
        "text_chunk": _text_chunk,
        "agent_thought": _agent_thought,
        "message_file": _message_file,
        "message_replace": _message_replace,
        "text_replace": _message_replace,
        "node_started": _step,
        "node_finished": _step,
        "node_retry": _step,
        "workflow_started": _step,
        "workflow_finished": _workflow_finished,
        "workflow_paused": _workflow_paused,
        "message_end": _message_end,
        "error": _error,
        "hawk_refused": _refused,
        "hawk_broken": _broken,
    }


_HELD = dict.fromkeys(("message_end", "error", "hawk_refused", "hawk_broken"), "held")


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _cut(value: str | int) -> str | int:
    return value[:_PIECE] if isinstance(value, str) else value


def _data(event: Event) -> Event:
    data = event.get("data")
    return data if isinstance(data, Mapping) else {}


def _output(outputs: object) -> str:
    """Return the text of a workflow that streamed none: its usual output, else all of them."""
    if not isinstance(outputs, Mapping):
        return ""
    texts = {name: value for name, value in outputs.items() if isinstance(value, str)}
    for name in _OUTPUTS:
        if texts.get(name):
            return texts[name]
    return "\n\n".join(text for text in texts.values() if text)
