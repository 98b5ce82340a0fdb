"""The endpoints that start and stop generations."""

import asyncio
from collections.abc import Mapping

from hawk_backend.dev.dify.apps import CHAT_MODES, App
from hawk_backend.dev.dify.generation import Generation
from hawk_backend.dev.dify.payloads import (
    ChatRequestPayload,
    CompletionRequestPayload,
    Payload,
    RefusedError,
    WorkflowRunPayload,
    accepted_inputs,
    parse,
    read_json,
    user_of,
)
from hawk_backend.dev.dify.refusals import error
from hawk_backend.dev.dify.standin import StandIn
from hawk_backend.dev.dify.wire import Request, Response

RIGHT_ROUTE = "Please check if your {} app mode matches the right API route."
SUCCESS = Response(200, b'{"result": "success"}\n')


class Asking:
    """Handlers by name; routes.py says which path is whose."""

    def __init__(self, standin: StandIn) -> None:
        self._standin = standin

    async def chat(self, request: Request, app: App, _: str) -> Generation:
        """POST /chat-messages."""
        body = read_json(request)
        user_of(body)
        if app.mode not in CHAT_MODES:
            raise RefusedError(error(400, "not_chat_app", RIGHT_ROUTE.format("Chat")))
        payload = parse(ChatRequestPayload, body)
        if app.mode == "agent-chat" and payload.response_mode != "streaming":
            text = "Agent Chat App does not support blocking mode"
            raise RefusedError(error(400, "invalid_param", text))
        if app.mode == "agent" and payload.response_mode != "streaming":
            text = "Agent App does not support blocking mode"
            raise RefusedError(error(400, "bad_request", text))
        return self._generation(request, app, body, payload)

    async def completion(self, request: Request, app: App, _: str) -> Generation:
        """POST /completion-messages."""
        body = read_json(request)
        user_of(body)
        if app.mode != "completion":
            text = "App unavailable, please check your app configurations."
            raise RefusedError(error(400, "app_unavailable", text))
        return self._generation(request, app, body, parse(CompletionRequestPayload, body))

    async def workflow(self, request: Request, app: App, _: str) -> Generation:
        """POST /workflows/run."""
        body = read_json(request)
        user_of(body)
        if app.mode != "workflow":
            raise RefusedError(error(400, "not_workflow_app", RIGHT_ROUTE.format("Workflow")))
        return self._generation(request, app, body, parse(WorkflowRunPayload, body))

    def _generation(
        self, request: Request, app: App, body: Mapping[str, object], payload: Payload
    ) -> Generation:
        self._standin.ledger.saw(request, app.name, body)
        inputs = accepted_inputs(payload.inputs, self._standin.probe_for(app))
        return self._standin.generation(app, user_of(body), payload, inputs)

    async def stop(self, request: Request, app: App, task_id: str) -> Response:
        """POST …/{task_id}/stop: success whatever the task and user; workflows ask no user."""
        user = user_of(read_json(request))
        run = self._standin.stop(task_id, user, any_user=app.mode == "workflow")
        if run is None:
            return SUCCESS
        stopping = run.script.stopping
        await asyncio.sleep(stopping.answer_after)
        if stopping.fails:
            return error(stopping.status, "internal_server_error", "Internal Server Error")
        return SUCCESS
