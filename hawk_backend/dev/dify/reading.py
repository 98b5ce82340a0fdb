"""The endpoints that tell: apps, conversations, messages, workflow runs."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

from hawk_backend.dev.dify.apps import App, Variable
from hawk_backend.dev.dify.payloads import (
    RefusedError,
    declared,
    invalid,
    limit,
    read_json,
    user_of,
)
from hawk_backend.dev.dify.refusals import error
from hawk_backend.dev.dify.script import Probe
from hawk_backend.dev.dify.standin import StandIn, app_id
from hawk_backend.dev.dify.store import Message
from hawk_backend.dev.dify.wire import Request, Response
from hawk_backend.dev.dify.workflow_events import ChatflowEvents

PAGE = 20
STAND_IN = "stand-in"
"""The tag by which a gateway knows what it talks to."""
OFF: Mapping[str, bool] = {"enabled": False}


class Reading:
    """Handlers by name; routes.py says which path is whose."""

    def __init__(self, standin: StandIn) -> None:
        self._standin = standin

    async def info(self, _: Request, app: App, __: str) -> Response:
        """GET /info: name and mode."""
        probe = self._standin.probe_for(app)
        about = {"name": app.title, "description": "A stand-in for Dify", "tags": [STAND_IN]}
        mode = {"mode": probe.mode or app.mode, "author_name": "HAWK"}
        return await self._probed(probe, about | mode)

    async def parameters(self, _: Request, app: App, __: str) -> Response:
        """GET /parameters: what the app's form declares."""
        probe = self._standin.probe_for(app)
        form = [_field(app, variable, probe) for variable in declared(probe)]
        features = ("suggested_questions_after_answer", "speech_to_text", "annotation_reply")
        more = ("more_like_this", "sensitive_word_avoidance", "file_upload")
        return await self._probed(
            probe,
            {
                "opening_statement": "",
                "suggested_questions": [],
                **dict.fromkeys(features, OFF),
                "text_to_speech": {"enabled": False, "voice": "", "language": ""},
                "retriever_resource": {"enabled": True},
                **dict.fromkeys(more, OFF),
                "user_input_form": form,
                "system_parameters": {"image_file_size_limit": 10, "file_size_limit": 15},
            },
        )

    async def _probed(self, probe: Probe, body: Mapping[str, Any]) -> Response:
        await asyncio.sleep(probe.after)
        if probe.body is not None:
            return Response(probe.status, probe.body.encode(), "text/html; charset=utf-8")
        return _json(body, probe.status)

    async def conversations(self, request: Request, app: App, _: str) -> Response:
        """GET /conversations: the user's, newest first."""
        mine = self._standin.store.of(app.name, user_of(request.params))
        return _page(request, [conversation.as_dict() for conversation in mine], "last_id")

    async def messages(self, request: Request, app: App, _: str) -> Response:
        """GET /messages: of one conversation, newest first."""
        user = user_of(request.params)
        wanted = request.params.get("conversation_id", "")
        found = self._standin.conversation(app, user, wanted, request.path)
        return _page(request, [m.as_dict() for m in reversed(found.messages)], "first_id")

    async def suggested(self, request: Request, app: App, message_id: str) -> Response:
        """GET /messages/{id}/suggested: three questions made of the first one."""
        message = self._message(app, user_of(request.params), message_id)
        words = " ".join(message.query.split()[:6])
        starts = ("What changed since", "Which data is missing for", "Show the rows behind")
        return _json({"result": "success", "data": [f"{start}: {words}?" for start in starts]})

    def _message(self, app: App, user: str, message_id: str) -> Message:
        for conversation in self._standin.store.of(app.name, user):
            for message in conversation.messages:
                if message.id == message_id:
                    return message
        raise RefusedError(error(404, "not_found", "Message Not Exists."))

    async def name(self, request: Request, app: App, conversation_id: str) -> Response:
        """POST /conversations/{id}/name: the given one, or one made of the first question."""
        body = read_json(request)
        found = self._standin.conversation(app, user_of(body), conversation_id, request.path)
        if not body.get("auto_generate") and not body.get("name"):
            raise invalid("name is required when auto_generate is false")
        found.name = found.title() if body.get("auto_generate") else str(body["name"])
        return _json(found.as_dict())

    async def delete(self, request: Request, app: App, conversation_id: str) -> Response:
        """DELETE /conversations/{id}."""
        user = user_of(read_json(request))
        found = self._standin.conversation(app, user, conversation_id, request.path)
        self._standin.store.remove(found)
        return Response(204)

    async def workflow_run(self, _: Request, app: App, run_id: str) -> Response:
        """GET /workflows/run/{id}."""
        for run in self._standin.runs.values():
            events = run.events
            if isinstance(events, ChatflowEvents) and events.is_run(app_id(app), run_id):
                return _json(events.detail(run.told, is_running=run.outcome == "running"))
        raise RefusedError(error(404, "not_found", "Workflow run not found."))


def _json(body: Mapping[str, Any], status: int = 200) -> Response:
    return Response(status, (json.dumps(body) + "\n").encode())


def _page(request: Request, items: list[dict[str, Any]], cursor: str) -> Response:
    """Return one page of `items`, from behind the one that the cursor names."""
    try:
        size = min(100, max(1, int(request.params.get("limit", PAGE))))
    except ValueError:
        raise invalid("limit must be an integer") from None
    ids = [item["id"] for item in items]
    last = request.params.get(cursor)
    if last and last not in ids:
        raise RefusedError(error(404, "not_found", "Last Conversation Not Exists."))
    items = items[ids.index(last) + 1 :] if last else items
    body = {"limit": size, "has_more": len(items) > size, "data": items[:size]}
    return _json(body)


def _field(app: App, variable: Variable, probe: Probe) -> dict[str, Any]:
    """Return a form field; graphs declare it in another shape than prompts do."""
    is_graph = app.mode in {"advanced-chat", "workflow"}
    more = {"type": variable.type, "options": []} if is_graph else {"default": ""}
    required = variable.name in probe.required
    shape = {"label": variable.label, "variable": variable.name, "required": required, **more}
    if (most := limit(variable, probe)) is not None:
        shape["max_length"] = most
    return {variable.type: shape}
