"""The JSON events of chat, agent and completion apps, key order included."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal
from uuid import uuid4

from hawk_backend.dev.dify.script import Failure, Script
from hawk_backend.dev.dify.usage import NO_USAGE, usage

Event = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Ask:
    """One generation that was asked for, and the ids that its events carry."""

    app_id: str
    user: str
    query: str
    inputs: Mapping[str, object]
    task_id: str
    message_id: str
    conversation_id: str
    workflow_run_id: str
    created_at: int

    @property
    def prompt_chars(self) -> int:
        """Characters that the model is given."""
        return len(self.query) + sum(len(str(value)) for value in self.inputs.values())


@dataclass(frozen=True, slots=True)
class Told:
    """What a generation came to: its text, its pieces, and a workflow's status."""

    answer: str
    tokens: int
    status: str = "succeeded"


class ChatEvents:
    """A chat app: message …, an empty message, message_end."""

    delta_kind = "message"
    shape: Literal["chat", "chatflow"] = "chat"

    def __init__(self, ask: Ask, script: Script) -> None:
        self.ask = ask
        self.script = script

    def common(self, kind: str) -> Event:
        """Return what every event of this app carries, task_id last as in Dify."""
        return self.identity(kind) | {"task_id": self.ask.task_id}

    def identity(self, kind: str) -> Event:
        """Return the fields that stand even in an error event."""
        return {
            "event": kind,
            "conversation_id": self.ask.conversation_id,
            "message_id": self.ask.message_id,
            "created_at": self.ask.created_at,
        }

    def opening(self) -> Iterator[Event]:
        """Yield what comes before the answer."""
        yield from ()

    def delta(self, text: str) -> Event:
        """Return one piece of the answer."""
        return self.common(self.delta_kind) | {
            "id": self.ask.message_id,
            "answer": text,
            "from_variable_selector": None,
        }

    def closing(self, told: Told) -> Iterator[Event]:  # noqa: ARG002  (other apps say it again)
        """Yield what comes between the answer and the terminal events."""
        yield self.delta("")

    def terminal(self, told: Told) -> Iterator[Event]:
        """Yield the terminal events in the scripted order."""
        if self.script.ending not in {"message_lost", "none"}:
            yield self.message_end(told)

    def collapse(self, failure: Failure) -> Iterator[Event]:  # noqa: ARG002  (a chatflow tells)
        """Yield what a run that had begun says before its error event."""
        yield from ()

    def failed(self, failure: Failure) -> Event:
        """Return the error event in its shape."""
        shape = self.shape if failure.shape == "app" else failure.shape
        if shape == "chatflow":
            text = f"Run failed: {failure.message}"
            return self.error(failure.code or "invalid_param", failure.status, text)
        code = failure.code or "completion_request_error"
        return self.error(code, failure.status, failure.message)

    def error(self, code: str, status: int, message: str) -> Event:
        """Return the error event: it carries no task_id."""
        return self.identity("error") | {"code": code, "status": status, "message": message}

    def message_end(self, told: Told) -> Event:
        """Return message_end; what is null in a chat is filled in a chatflow."""
        return self.common("message_end") | {
            "id": self.ask.message_id,
            "metadata": self.metadata(told.tokens),
            "files": [] if self.shape == "chatflow" else None,
        }

    def whole(self, told: Told, mode: str) -> Event:
        """Return the answer to a blocking request."""
        ids = {"task_id": self.ask.task_id, "id": self.ask.message_id}
        body = {"mode": mode, "answer": told.answer, "metadata": self.metadata(told.tokens)}
        return {**self.identity("message"), **ids, **body}

    def metadata(self, tokens: int) -> dict[str, Any]:
        """Return annotation_reply, retriever_resources and usage."""
        reply, counted = None, usage(self.ask.prompt_chars, tokens, timed=self.shape == "chatflow")
        if self.script.annotation:
            reply, counted = {"id": str(uuid4()), "account": {"id": "", "name": "Desk"}}, NO_USAGE
        return {
            "annotation_reply": reply,
            "retriever_resources": [],
            "usage": counted | (self.script.usage or {}),
        }


class CompletionEvents(ChatEvents):
    """A completion app: as a chat, without a conversation."""

    def identity(self, kind: str) -> Event:
        """Return the common fields; there is no conversation_id."""
        event = super().identity(kind)
        del event["conversation_id"]
        return event


class AgentEvents(ChatEvents):
    """An agent-chat app: agent_message …, and thoughts that are upserted by id."""

    delta_kind = "agent_message"

    def __init__(self, ask: Ask, script: Script) -> None:
        super().__init__(ask, script)
        self._tool, self._answer = str(uuid4()), str(uuid4())

    def opening(self) -> Iterator[Event]:
        """Yield one thought that grows: empty, with its tool call, with what the tool saw."""
        call = {
            "tool": "read_context",
            "tool_labels": {"read_context": {"en_US": "Read context"}},
            "tool_input": '{"read_context": {"part": "figures"}}',
        }
        seen = {"observation": f"context of {self.ask.prompt_chars} characters, standin-secret"}
        text = "I read the context."
        yield self.thought(self._tool, 1)
        yield self.thought(self._tool, 1, text, call)
        yield self.thought(self._tool, 1, text, {**call, **seen})
        yield self.thought(self._answer, 2)

    def delta(self, text: str) -> Event:
        """Return one piece; an agent's has no from_variable_selector."""
        event = super().delta(text)
        del event["from_variable_selector"]
        return event

    def closing(self, told: Told) -> Iterator[Event]:
        """Yield the thought that holds the whole answer, then the empty piece."""
        yield self.delta("")
        yield self.thought(self._answer, 2, told.answer)

    def thought(
        self, thought_id: str, position: int, text: str = "", more: Mapping[str, object] = {}
    ) -> Event:
        """Return one state of a thought: an upsert by id."""
        return self.common("agent_thought") | {
            "id": thought_id,
            "position": position,
            "thought": text,
            "observation": "",
            "tool": "",
            "tool_labels": {},
            "tool_input": "",
            "message_files": [],
            **more,
        }


class NewAgentEvents(AgentEvents):
    """The new agent app: deltas as agent_message, then one message with the whole answer."""

    def closing(self, told: Told) -> Iterator[Event]:
        """Yield the thought, then the answer once more as a message."""
        yield self.thought(self._answer, 2, told.answer)
        yield self.common("message") | {
            "id": self.ask.message_id,
            "answer": told.answer,
            "from_variable_selector": None,
        }
