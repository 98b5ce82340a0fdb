"""What a request to an app must hold, and the words in which Dify refuses it."""

import json
from collections.abc import Mapping
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ValidationError, field_validator

from hawk_backend.dev.dify.apps import VARIABLES, Variable
from hawk_backend.dev.dify.refusals import REFUSALS, error
from hawk_backend.dev.dify.script import Probe
from hawk_backend.dev.dify.wire import Request, Response


class RefusedError(Exception):
    """The request is answered with `response`."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status)
        self.response = response


class Payload(BaseModel):
    """What the bodies of all three ways to ask share; absent fields hold what Dify assumes.

    The names of the subclasses show in pydantic's text, as they do with Dify.
    """

    inputs: dict[str, Any]
    query: str = ""
    files: list[dict[str, Any]] | None = None
    response_mode: Literal["blocking", "streaming"] | None = None
    conversation_id: str | None = None
    auto_generate_name: bool = False


class CompletionRequestPayload(Payload):
    """Body of /completion-messages."""


class WorkflowRunPayload(Payload):
    """Body of /workflows/run."""


class ChatRequestPayload(Payload):
    """Body of /chat-messages: the query is required, and naming costs time unless refused."""

    query: str
    auto_generate_name: bool = True

    @field_validator("conversation_id")
    @classmethod
    def _uuid(cls, value: str | None) -> str | None:
        return str(UUID(value)) if value and value.strip() else None


def invalid(message: str) -> RefusedError:
    """Return the refusal of a wrong parameter."""
    return RefusedError(error(400, "invalid_param", message))


def read_json(request: Request) -> dict[str, Any]:
    """Return the body; RefusedError if it is no JSON object."""
    if "json" not in request.headers.get("content-type", ""):
        text = "Did not attempt to load JSON data: the Content-Type is not 'application/json'."
        raise RefusedError(error(415, "unsupported_media_type", text))
    try:
        body = json.loads(request.body)
    except ValueError as exc:
        raise RefusedError(REFUSALS["bad_request"]) from exc
    if not isinstance(body, dict):
        raise invalid("Arg user must be provided.")
    return body


def user_of(values: Mapping[str, Any]) -> str:
    """Return the end user; RefusedError without one."""
    user = values.get("user")
    if not user:
        raise invalid("Arg user must be provided.")
    return str(user)


def parse(payload_type: type[Payload], body: Mapping[str, Any]) -> Payload:
    """Return the payload; RefusedError with pydantic's own text, as Dify answers."""
    try:
        payload = payload_type.model_validate(body)
    except ValidationError as exc:
        raise invalid(str(exc)) from exc
    if isinstance(payload, ChatRequestPayload) and not payload.query:
        raise invalid("query is required")
    return payload


def declared(probe: Probe) -> list[Variable]:
    """Return the variables of an app's form."""
    return [variable for variable in VARIABLES if variable.name not in probe.missing]


def limit(variable: Variable, probe: Probe) -> int | None:
    """Return the variable's greatest length."""
    if variable.name == "optimized_context" and probe.max_length is not None:
        return probe.max_length
    return variable.max_length


def accepted_inputs(inputs: Mapping[str, Any], probe: Probe) -> dict[str, object]:
    """Return the declared inputs, undeclared ones dropped without a word."""
    kept: dict[str, object] = {}
    for variable in declared(probe):
        value = inputs.get(variable.name)
        if value is None:
            if variable.name in probe.required:
                raise invalid(f"{variable.name} is required in input form")
            continue
        if not isinstance(value, str):
            kind = f"(type '{variable.type}') {variable.name}"
            raise invalid(f"{kind} in input form must be a string")
        if (most := limit(variable, probe)) is not None and len(value) > most:
            text = f"{variable.name} in input form must be less than {most} characters"
            raise invalid(text)
        kept[variable.name] = value.replace("\x00", "")
    return kept
