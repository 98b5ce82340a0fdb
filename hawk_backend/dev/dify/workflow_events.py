"""The JSON events of chatflow and workflow apps: nodes that echo the whole context."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal
from uuid import uuid4

from hawk_backend.dev.dify.events import Ask, ChatEvents, Event, Told
from hawk_backend.dev.dify.script import Failure, Script
from hawk_backend.dev.dify.usage import CHARS_PER_TOKEN

SYSTEM_PROMPT = "You are the desk's analyst (standin-secret system prompt). Use the context only."


@dataclass(frozen=True, slots=True)
class Node:
    """A node of the played graph."""

    node_id: str
    type: str
    title: str
    index: int
    before: str | None = None


START = Node("start", "start", "Start", 1)
LLM = Node("llm", "llm", "Analyse", 2, "start")
ANSWER = Node("answer", "answer", "Answer", 3, "llm")
END = Node("end", "end", "End", 3, "llm")


class ChatflowEvents(ChatEvents):
    """A chatflow: workflow_started, nodes, message …, nodes, two terminal events."""

    last = ANSWER
    shape: Literal["chat", "chatflow"] = "chatflow"

    def __init__(self, ask: Ask, script: Script) -> None:
        super().__init__(ask, script)
        self._executions = {node: str(uuid4()) for node in (START, LLM, self.last)}

    def run_event(self, kind: str, data: Mapping[str, object]) -> Event:
        """Return an event of the workflow: workflow_run_id, then data."""
        ids = {"workflow_run_id": self.ask.workflow_run_id}
        return self.common(kind) | ids | {"data": dict(data)}

    def opening(self) -> Iterator[Event]:
        """Yield the start of the run; the inputs come three times, as in Dify."""
        inputs = self.inputs()
        yield self.run_event("workflow_started", self._started(inputs))
        yield self.node_started(START)
        yield self.node_finished(START, inputs, inputs)
        yield self.node_started(LLM)

    def inputs(self) -> dict[str, object]:
        """Return the app's inputs with Dify's own beside them."""
        own = {
            "sys.query": self.ask.query,
            "sys.files": [],
            "sys.user_id": self.ask.user,
            "sys.app_id": self.ask.app_id,
            "sys.workflow_id": self.ask.app_id,
            "sys.workflow_run_id": self.ask.workflow_run_id,
        }
        return dict(self.ask.inputs) | own

    def delta(self, text: str) -> Event:
        """Return one piece of the answer, with the variable that it comes from."""
        return super().delta(text) | {"from_variable_selector": ["llm", "text"]}

    def closing(self, told: Told) -> Iterator[Event]:
        """Yield the end of the model's node, prompts included, and the last node."""
        answer = {"answer": told.answer}
        yield self.node_finished(LLM, {}, {"text": told.answer}, self._prompts())
        yield self.node_started(self.last)
        yield self.node_finished(self.last, answer, {**answer, "files": []})

    def terminal(self, told: Told) -> Iterator[Event]:
        """Yield workflow_finished and message_end in the scripted order."""
        finished, end = self.workflow_finished(told), self.message_end(told)
        orders = {
            "workflow_first": (finished, end),
            "message_first": (end, finished),
            "message_lost": (finished,),
            "message_only": (end,),
            "none": (),
        }
        yield from orders[self.script.ending]

    def collapse(self, failure: Failure) -> Iterator[Event]:
        """Yield the failed node and the failed workflow."""
        if failure.shape != "chat":
            yield self.node_finished(LLM, {}, {}, self._prompts(), failure.message)
            yield self.workflow_finished(Told("", 0, "failed"), failure.message)

    def node_started(self, node: Node) -> Event:
        """Return node_started; a start's inputs are not known yet."""
        return self.run_event("node_started", self.node(node) | self._extras())

    def node(self, node: Node) -> dict[str, Any]:
        """Return the fields that all of a node's events share."""
        return {
            "id": self._executions[node],
            "node_id": node.node_id,
            "node_type": node.type,
            "title": node.title,
            "index": node.index,
            "predecessor_node_id": node.before,
            "inputs": None,
            "inputs_truncated": False,
        }

    def node_finished(
        self,
        node: Node,
        inputs: Mapping[str, object],
        outputs: Mapping[str, object],
        process_data: Mapping[str, object] | None = None,
        error: str | None = None,
    ) -> Event:
        """Return node_finished with everything that went through the node."""
        ran: dict[str, object] = {
            "inputs": dict(inputs),
            "process_data": process_data,
            "process_data_truncated": False,
            "outputs": dict(outputs),
            "outputs_truncated": False,
            "status": "failed" if error else "succeeded",
            "error": error,
            "elapsed_time": 0.1,
            "execution_metadata": None,
            "created_at": self.ask.created_at,
            "finished_at": self.ask.created_at,
            "files": [],
            "iteration_id": None,
            "loop_id": None,
        }
        return self.run_event("node_finished", self.node(node) | ran)

    def workflow_finished(self, told: Told, error: str | None = None) -> Event:
        """Return the terminal event of the workflow."""
        data: dict[str, object] = {
            "id": self.ask.workflow_run_id,
            "workflow_id": self.ask.app_id,
            "status": told.status,
            "outputs": {} if error else self.outputs(told.answer),
            "error": error,
            "elapsed_time": 0.25,
            "total_tokens": self.ask.prompt_chars // CHARS_PER_TOKEN + told.tokens,
            "total_steps": 3,
            "created_by": {"id": self.ask.app_id, "user": self.ask.user},
            "created_at": self.ask.created_at,
            "finished_at": self.ask.created_at,
            "exceptions_count": int(told.status == "partial-succeeded"),
            "files": [],
        }
        return self.run_event("workflow_finished", data)

    def is_run(self, app_id: str, run_id: str) -> bool:
        """Whether these are the events of that run of that app."""
        return (self.ask.app_id, self.ask.workflow_run_id) == (app_id, run_id)

    def detail(self, told: Told, *, is_running: bool) -> dict[str, object]:
        """Return the run as GET /workflows/run/{id} does."""
        data: dict[str, object] = self.workflow_finished(told)["data"]
        status = {"status": "running"} if is_running else {}
        return data | status | {"inputs": json.dumps(dict(self.ask.inputs))}

    def outputs(self, answer: str) -> dict[str, object]:
        """Return the outputs of the whole workflow."""
        return {"answer": answer, "files": []}

    def _started(self, inputs: Mapping[str, object]) -> dict[str, object]:
        return {
            "id": self.ask.workflow_run_id,
            "workflow_id": self.ask.app_id,
            "inputs": dict(inputs),
            "created_at": self.ask.created_at,
            "reason": "initial",
        }

    def _extras(self) -> dict[str, object]:
        ids = {"iteration_id": None, "loop_id": None, "agent_strategy": None}
        return {"created_at": self.ask.created_at, "extras": {}, **ids}

    def _prompts(self) -> dict[str, object]:
        context = self.ask.inputs.get("optimized_context", "")
        prompts = [
            {"role": "system", "text": f"{SYSTEM_PROMPT}\n{context}", "files": []},
            {"role": "user", "text": self.ask.query, "files": []},
        ]
        return {"model_mode": "chat", "prompts": prompts}


class WorkflowEvents(ChatflowEvents):
    """A workflow: text_chunk …, one terminal event, no conversation and no message."""

    last = END

    def identity(self, kind: str) -> Event:
        """Return the common fields: the run's id alone."""
        return {"event": kind, "workflow_run_id": self.ask.workflow_run_id}

    def delta(self, text: str) -> Event:
        """Return one piece of the answer."""
        return self.run_event(
            "text_chunk", {"text": text, "from_variable_selector": ["llm", "text"]}
        )

    def terminal(self, told: Told) -> Iterator[Event]:
        """Yield workflow_finished, unless the script takes it away."""
        if self.script.ending != "none":
            yield self.workflow_finished(told)

    def outputs(self, answer: str) -> dict[str, object]:
        """Return the outputs of the whole workflow."""
        return {"text": answer}

    def whole(self, told: Told, mode: str) -> Event:  # noqa: ARG002  (a workflow does not name it)
        """Return the answer to a blocking request."""
        finished = self.workflow_finished(told)
        return {name: finished[name] for name in ("task_id", "workflow_run_id", "data")}
