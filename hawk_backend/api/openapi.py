"""What /docs says: of the bodies that we read ourselves, of answers, of refusals."""

from collections.abc import Mapping
from typing import Any

from hawk_backend.api.examples import EVENTS, METRICS
from hawk_backend.api.problems import MEDIA_TYPE
from hawk_backend.errors import (
    BodyTooLarge,
    HawkError,
    InvalidRequest,
    MalformedBody,
    SlowBody,
    UnsupportedMedia,
)
from hawk_backend.models import Prompt

Responses = dict[int | str, dict[str, Any]]

ABOUT = """\
Every answer carries `X-Request-Id`; every refusal is a problem (RFC 9457) that names the field and
the remedy. A prefix `/api` is taken off. [Ask in the browser](/)."""

TAGS = [
    {"name": "prompts", "description": "Asking, explaining, going on, stopping."},
    {"name": "operations", "description": "How the service is; none of them waits for a part."},
    {"name": "cache", "description": "What is kept, and what must be read anew."},
]


def _body(schema: Mapping[str, Any], example: Mapping[str, Any]) -> dict[str, Any]:
    media = {"application/json": {"schema": schema, "example": example}}
    return {"requestBody": {"required": True, "content": media}}


PROMPT_BODY = _body(
    Prompt.model_json_schema(), {"user_prompt": "Check if I can hedge 150K CNY today"}
)

INVALIDATE_BODY = _body(
    {
        "type": "object",
        "properties": {
            "table": {"type": "string"},
            "tables": {"type": "array", "items": {"type": "string"}},
        },
    },
    {"table": "position_nav_master"},
)

BODY_REFUSALS = (MalformedBody, SlowBody, BodyTooLarge, UnsupportedMedia, InvalidRequest)
"""What may be wrong with any body."""

_TYPES = {bool: "boolean", int: "integer", float: "number", str: "string"}
_STREAM = """\
The run's events, in this order: `hawk_started`, `hawk_intent`, `hawk_plan`, `hawk_table` one a
table, `hawk_context`, perhaps `hawk_queue`, the answer in pieces (`agent_message`, and
`hawk_step`, `agent_thought`, `message_file`, `hawk_replaced` between them), `hawk_done`; last,
exactly one of `message_end` and `error`. After ten seconds of silence `event: ping`.
docs/stream.md tells every field."""


def answers(example: Mapping[str, Any], *refusals: type[HawkError], status: int = 200) -> Responses:
    """Describe a JSON answer by an example, from which its schema follows, and the refusals."""
    media = {"schema": schema_of(example), "example": example}
    said = {"description": "The answer, shortened.", "content": {"application/json": media}}
    return {status: said} | refused(*refusals)


def streams(*refusals: type[HawkError], whole: Mapping[str, Any] | None = None) -> Responses:
    """Describe a stream of events, and the JSON answer that may take its place."""
    content: dict[str, Any] = {
        "text/event-stream": {"schema": {"type": "string"}, "example": EVENTS}
    }
    if whole is not None:
        content["application/json"] = {"schema": schema_of(whole), "example": whole}
    return {200: {"description": _STREAM, "content": content}} | refused(*refusals)


def instruments() -> Responses:
    """Describe Prometheus' text format."""
    media = {"schema": {"type": "string"}, "example": METRICS}
    return {200: {"description": "The instruments.", "content": {"text/plain": media}}}


def refused(*errors: type[HawkError]) -> Responses:
    """Describe refusals as problem+json, errors of one status together."""
    responses: Responses = {}
    for error in errors:
        said = responses.setdefault(error.status, {"description": "", "content": {}})
        said["description"] = f"{said['description']} {error.__doc__}".strip()
        said["content"] = {MEDIA_TYPE: {"schema": _PROBLEM, "example": _problem_of(error)}}
    return responses


def schema_of(example: object) -> dict[str, Any]:
    """Return the JSON Schema that an example suggests; what is None there may be anything."""
    if isinstance(example, Mapping):
        properties = {name: schema_of(value) for name, value in example.items()}
        return {"type": "object", "properties": properties}
    if isinstance(example, list):
        return {"type": "array", "items": schema_of(example[0]) if example else {}}
    return {} if example is None else {"type": _TYPES[type(example)]}


def _problem_of(error: type[HawkError]) -> dict[str, Any]:
    problem = {
        "type": f"urn:hawk:problem:{error.slug}",
        "title": error.title,
        "status": error.status,
        "detail": "What happened, in one sentence.",
        "remedy": "what to do about it",
    }
    if error is InvalidRequest:
        problem |= {"field": "amount", "errors": [{"field": "amount", "message": "…"}]}
    return problem


_PROBLEM = schema_of(_problem_of(InvalidRequest))
