"""The blocking form that one older client speaks: one JSON answer by instruction type."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from hawk_backend.api.body import read_object
from hawk_backend.api.examples import HEDGE_AI
from hawk_backend.api.json import json_response
from hawk_backend.api.openapi import BODY_REFUSALS, PROMPT_BODY, answers
from hawk_backend.api.prompts import submit
from hawk_backend.api.services import ServicesDep
from hawk_backend.api.whole import whole
from hawk_backend.errors import Overloaded, PromptConflict
from hawk_backend.models import Prompt

router = APIRouter(tags=["prompts"])


class Family(StrEnum):
    """The paths that the client knows; each implies an instruction type."""

    UTILIZATION = "utilization"
    INCEPTION = "inception"
    ROLLOVER = "rollover"
    TERMINATION = "termination"
    AMENDMENT = "amendment"
    INQUIRY = "inquiry"


@router.post(
    "/hedge-ai/{family}",
    summary="Hedge AI",
    openapi_extra=PROMPT_BODY,
    responses=answers(HEDGE_AI, *BODY_REFUSALS, PromptConflict, Overloaded),
)
async def hedge_ai(family: Family, request: Request, services: ServicesDep) -> Response:
    """Answer a prompt as one JSON object; the path decides where the text names no intent."""
    body = await read_object(request)
    body["instruction_type"] = body.get("instruction_type") or family.value
    prompt = Prompt.model_validate(body)
    answer = await whole(await submit(prompt, request, services, fresh=False), request)
    return json_response(_answer(family, prompt, answer))


def _answer(family: Family, prompt: Prompt, answer: dict[str, Any]) -> dict[str, Any]:
    failed = answer["error"] is not None
    tables = answer["tables"]
    records = sum(table["rows"] for table in tables)
    return {
        "prompt_type": family.value,
        "currency": prompt.currency,
        "user_prompt": prompt.user_prompt,
        "ai_processing": {
            "status": "error" if failed else "success",
            "ai_response": answer["answer"],
            "error": answer["error"]["message"] if failed else None,
            "data_summary": {table["table"]: table["rows"] for table in tables},
            "total_records_sent": records,
            "conversation_id": answer.get("conversation_id"),
            "message_id": answer.get("message_id"),
            "processed_at": datetime.now(UTC).isoformat(),
        },
        "database_context": {"tables": tables, "total_records": records},
        "processing_approach": "prefetched_context",
    }
