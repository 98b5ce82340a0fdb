"""The stand-in's state: what was scripted, what runs, what is stored."""

import asyncio
import time
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from uuid import NAMESPACE_URL, uuid4, uuid5

from hawk_backend.dev.dify.analysis import analyse, pieces
from hawk_backend.dev.dify.apps import CHAT_MODES, App, Mode
from hawk_backend.dev.dify.events import (
    AgentEvents,
    Ask,
    ChatEvents,
    CompletionEvents,
    NewAgentEvents,
)
from hawk_backend.dev.dify.generation import Generation
from hawk_backend.dev.dify.ledger import Ledger
from hawk_backend.dev.dify.payloads import Payload, RefusedError
from hawk_backend.dev.dify.refusals import error, too_many
from hawk_backend.dev.dify.run import Run
from hawk_backend.dev.dify.script import Capacity, Probe, Script
from hawk_backend.dev.dify.store import Conversation, Message, Store
from hawk_backend.dev.dify.workflow_events import ChatflowEvents, WorkflowEvents

EVENTS: Mapping[Mode, type[ChatEvents]] = {
    "chat": ChatEvents,
    "agent-chat": AgentEvents,
    "agent": NewAgentEvents,
    "advanced-chat": ChatflowEvents,
    "completion": CompletionEvents,
    "workflow": WorkflowEvents,
}

RUNS_KEPT = 200
"""Ended runs that can still be looked up."""


class StandIn:
    """All of it but the wire; `reset` makes it new."""

    def __init__(self) -> None:
        self.capacity = Capacity()
        self.probe = Probe()
        self.scripts: list[Script] = []
        self.ledger = Ledger()
        self.store = Store()
        self.runs: dict[str, Run] = {}
        self._answering: Counter[str] = Counter()
        self.connections: set[object] = set()
        self.in_flight = 0
        self._past: deque[str] = deque()
        self._tasks: set[asyncio.Task[None]] = set()

    def reset(self) -> None:
        """Forget everything and end what runs."""
        for task in self._tasks:
            task.cancel()
        self.capacity, self.probe, self.scripts = Capacity(), Probe(), []
        self.ledger, self.store, self.runs = Ledger(), Store(), {}
        self._past.clear()

    async def aclose(self) -> None:
        """End all runs and wait for their end."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def probe_for(self, app: App) -> Probe:
        """Return what was scripted for the app's form and mode."""
        return self.probe if self.probe.app in {None, app.name} else Probe()

    def script_for(self, app: App, payload: Payload) -> Script:
        """Return the first script that matches, used up by one; without one the healthy default."""
        texts = [payload.query, *map(str, payload.inputs.values())]
        for index, script in enumerate(self.scripts):
            wanted = script.query
            said = wanted is None or any(wanted in text for text in texts)
            if script.app in {None, app.name} and said:
                self._use_up(index)
                return script
        return Script()

    def _use_up(self, index: int) -> None:
        script = self.scripts[index]
        if script.times == 1:
            del self.scripts[index]
        elif script.times:
            self.scripts[index] = script.model_copy(update={"times": script.times - 1})

    def generation(
        self, app: App, user: str, payload: Payload, inputs: Mapping[str, object]
    ) -> Generation:
        """Return the reply to a valid request; RefusedError for a conversation not the user's."""
        conversation = self._conversation(app, user, payload, inputs)
        message = Message(str(uuid4()), conversation.id, payload.query, inputs, int(time.time()))
        conversation.messages.append(message)
        naming = payload.auto_generate_name and not payload.conversation_id
        if naming:
            conversation.name = conversation.title()
        script = self.script_for(app, payload)
        ask = _ask(app, user, message)
        return Generation(
            app=app,
            ask=ask,
            script=script,
            ledger=self.ledger,
            turn=self.turn(app),
            start=lambda: self._start(app, ask, script),
            store=lambda run: _keep(message, run),
            blocking=payload.response_mode != "streaming",
            naming=self.capacity.naming_delay if naming else 0.0,
        )

    def _conversation(
        self, app: App, user: str, payload: Payload, inputs: Mapping[str, object]
    ) -> Conversation:
        if payload.conversation_id:
            return self.conversation(app, user, payload.conversation_id, "/v1/chat-messages")
        conversation = Conversation(app.name, user, inputs)
        if app.mode in CHAT_MODES:
            self.store.add(conversation)
        return conversation

    def conversation(self, app: App, user: str, wanted: str, path: str) -> Conversation:
        """Return a stored conversation; RefusedError with Flask's hint if it is not the user's."""
        if (found := self.store.find(app.name, user, wanted)) is None:
            hint = f"You have requested this URI [{path}] but did you mean {path} ?"
            raise RefusedError(error(404, "not_found", f"Conversation Not Exists. {hint}"))
        return found

    def _start(self, app: App, ask: Ask, script: Script) -> Run:
        run = Run(EVENTS[app.mode](ask, script), script, _pieces(ask, script))
        ledger = self.ledger
        ledger.started += 1
        self.runs[ask.task_id] = run
        task = asyncio.create_task(run.play())
        self._tasks.add(task)
        task.add_done_callback(lambda task: self._ended(task, run, ledger))
        return run

    def _ended(self, task: asyncio.Task[None], run: Run, ledger: Ledger) -> None:
        self._tasks.discard(task)
        ledger.ended(run.outcome)
        self._past.append(run.events.ask.task_id)
        if len(self._past) > RUNS_KEPT:
            self.runs.pop(self._past.popleft(), None)

    @contextmanager
    def turn(self, app: App) -> Iterator[None]:
        """Hold one of the answers that the app gives at once; RefusedError when there is none."""
        limit = self.capacity.app_limit
        if limit is not None and self._answering[app.name] >= limit:
            raise RefusedError(too_many(app_id(app), limit, self.capacity.limit_shape))
        self._answering[app.name] += 1
        try:
            yield
        finally:
            self._answering[app.name] -= 1

    def stop(self, task_id: str, user: str, *, any_user: bool) -> Run | None:
        """Stop a run; another user's or an unknown one is left alone, as Dify does silently."""
        self.ledger.stop_requests += 1
        run = self.runs.get(task_id)
        if run and not run.script.stopping.fails and (any_user or run.events.ask.user == user):
            run.stop()
        return run


def app_id(app: App) -> str:
    """Return the app's id, the same in every process."""
    return str(uuid5(NAMESPACE_URL, app.key))


def _ask(app: App, user: str, message: Message) -> Ask:
    return Ask(
        app_id=app_id(app),
        user=user,
        query=message.query or str(message.inputs.get("user_prompt", "")),
        inputs=message.inputs,
        task_id=str(uuid4()),
        message_id=message.id,
        conversation_id=message.conversation_id,
        workflow_run_id=str(uuid4()),
        created_at=message.created_at,
    )


def _keep(message: Message, run: Run) -> None:
    message.answer = run.told.answer
    if run.failure:
        message.status, message.error = "error", run.failure.message


def _pieces(ask: Ask, script: Script) -> list[str]:
    if script.deltas is not None:
        return list(script.deltas)
    text = _analysis(ask) if script.answer is None else script.answer
    return pieces(text, 1 if script.annotation else script.tokens)


def _analysis(ask: Ask) -> str:
    """Analyse the context of the inputs, or what follows the first line of the query."""
    context = str(ask.inputs.get("optimized_context", ""))
    first, _, rest = ask.query.partition("\n")
    return analyse(ask.query, context) if context else analyse(first, rest)
