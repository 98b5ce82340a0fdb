"""Prompts: ask, explain, stop, resume."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Path, Query
from starlette.requests import Request
from starlette.responses import Response

from hawk_backend.api.body import read_prompt
from hawk_backend.api.event_stream import EventStream
from hawk_backend.api.examples import ANALYSIS, EXPLAINED, IN_FLIGHT, STOPPING, WHOLE
from hawk_backend.api.json import json_response
from hawk_backend.api.openapi import BODY_REFUSALS, PROMPT_BODY, answers, streams
from hawk_backend.api.services import Services, ServicesDep
from hawk_backend.api.whole import whole
from hawk_backend.errors import InvalidRequest, NotFound, Overloaded, PromptConflict
from hawk_backend.models import SERVICE, Prompt, PromptText
from hawk_backend.pipeline.explain import explain
from hawk_backend.runs.run import Run

router = APIRouter(tags=["prompts"])

PromptBody = Annotated[Prompt, Depends(read_prompt)]
RunId = Annotated[str, Path(max_length=64, description="as hawk_started told it")]
Fresh = Annotated[
    bool, Header(alias="X-Hawk-Fresh", description="1 reads every table from the source")
]


@router.post(
    "/hawk-agent/process-prompt",
    openapi_extra=PROMPT_BODY,
    responses=streams(*BODY_REFUSALS, PromptConflict, Overloaded, whole=WHOLE),
)
@router.post("/comprehensive-hedge-data", openapi_extra=PROMPT_BODY, include_in_schema=False)
@router.post("/dify/process", openapi_extra=PROMPT_BODY, include_in_schema=False)
@router.post("/hedge-ai/instruction", openapi_extra=PROMPT_BODY, include_in_schema=False)
async def process_prompt(
    prompt: PromptBody, request: Request, services: ServicesDep, *, fresh: Fresh = False
) -> Response:
    """Answer a prompt: a stream of server-sent events, or one JSON object with `stream: false`."""
    run = await submit(prompt, request, services, fresh=fresh)
    if prompt.streams:
        return EventStream(run)
    answer = await whole(run, request)
    headers = {}
    if digest := answer.get("context", {}).get("sha256"):
        headers["X-Hawk-Context-SHA256"] = digest
    return json_response(answer, headers=headers)


async def submit(prompt: Prompt, request: Request, services: Services, *, fresh: bool) -> Run:
    """Admit a prompt; raises PromptConflict (409) or Overloaded (503) before anything is sent."""
    timings: dict[str, float] = {}
    intent = await services.pipeline.understood(prompt, timings)
    return services.runs.submit(
        prompt,
        intent,
        SERVICE,
        fresh=fresh,
        request_id=request.state.request_id,
        timings_ms=timings,
    )


@router.post(
    "/hawk-agent/explain",
    openapi_extra=PROMPT_BODY,
    responses=answers(EXPLAINED, *BODY_REFUSALS),
)
async def explain_prompt(
    prompt: PromptBody,
    services: ServicesDep,
    *,
    context: Annotated[bool, Query(description="add the context that Dify would get")] = False,
    fresh: Fresh = False,
) -> Response:
    """Say how a prompt is read, which tables answer it and what is cached; Dify is not asked."""
    answer = await explain(
        services.pipeline,
        services.cache,
        prompt,
        SERVICE,
        with_context=context,
        fresh=fresh,
        room=services.runs.room,
    )
    digest = answer.get("context_sha256")
    return json_response(answer, headers={"X-Hawk-Context-SHA256": str(digest)} if digest else {})


@router.get("/prompt-analysis/test", responses=answers(ANALYSIS, InvalidRequest))
async def analyse_prompt(
    services: ServicesDep,
    prompt: Annotated[PromptText, Query()],
    category: Annotated[str | None, Query(max_length=1_000)] = None,
) -> Response:
    """Say how a prompt is read, in the fields that older clients know."""
    intent = services.pipeline.understand(Prompt(user_prompt=prompt, template_category=category))
    tables = [query.table for query in services.pipeline.plan(intent).queries]
    analysis = {
        "intent": intent.intent,
        "confidence": intent.confidence,
        "data_scope": intent.scope,
        "instruction_type": intent.instruction_type,
        "required_tables": tables,
        "extracted_params": intent.slots.to_dict(),
    }
    return json_response(
        {
            "prompt": prompt,
            "category": category,
            "analysis": analysis,
            "timestamp": datetime.now(UTC).isoformat(),
        }
    )


@router.get("/hawk-agent/runs", responses=answers(IN_FLIGHT))
async def runs_in_flight(services: ServicesDep) -> Response:
    """List the prompts that this replica is answering."""
    return json_response({"runs": services.runs.in_flight()})


@router.get("/hawk-agent/runs/{request_id}/events", responses=streams(NotFound, InvalidRequest))
async def resume(
    request_id: RunId,
    services: ServicesDep,
    after: Annotated[int, Query(ge=0, description="events that were read already")] = 0,
) -> Response:
    """Go on reading a run after its n-th event."""
    run = _run(services, request_id)
    if after > len(run.buffer):
        raise InvalidRequest(
            f"The run has {len(run.buffer)} events so far.",
            remedy="count the events that were read; heartbeats are none",
            field="after",
        )
    return EventStream(run, after=after)


@router.post(
    "/hawk-agent/stop/{request_id}",
    status_code=202,
    responses=answers(STOPPING, NotFound, InvalidRequest, status=202),
)
async def stop(request_id: RunId, services: ServicesDep) -> Response:
    """Stop a run; answers at once, the run's own stream tells how it ended."""
    if not services.runs.stop(request_id):
        raise _unknown(request_id)
    return json_response({"request_id": request_id, "message": "The run is being stopped."}, 202)


def _run(services: Services, request_id: str) -> Run:
    run = services.runs.find(request_id)
    if run is None:
        raise _unknown(request_id)
    return run


def _unknown(request_id: str) -> NotFound:
    return NotFound(
        f"No run {request_id} is known to this replica.",
        remedy="a run is kept for ten minutes after its end; send the prompt again",
    )
