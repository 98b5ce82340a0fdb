"""Operations: liveness, readiness, status, metrics. None of them waits for a slow part."""

import time
from datetime import UTC, datetime

from fastapi import APIRouter
from starlette.responses import Response

from hawk_backend.api.examples import HEALTH, READY, STATUS
from hawk_backend.api.json import json_response
from hawk_backend.api.openapi import answers, instruments
from hawk_backend.api.services import ServicesDep
from hawk_backend.observability import METRICS_TYPE, exposition

router = APIRouter(tags=["operations"])


@router.get("/health", responses=answers(HEALTH))
async def health(services: ServicesDep) -> Response:
    """Say that the process lives and how its parts were when last looked at; always 200."""
    parts = {name: services.watch[name] for name in services.watch}
    amiss = any(part.amiss for part in parts.values() if part.up is not None)
    return json_response(
        {
            "status": "degraded" if amiss else "healthy",
            "timestamp": _now(),
            "version": services.identity.version,
            "replica": services.identity.replica,
            "ready": services.readiness.ready,
            "today": services.identity.today(),
            "today_is_fixed": services.identity.today_is_fixed,
            "components": {
                **{name: _connection(part.up) for name, part in parts.items()},
                "prompt_engine": "initialized",
                "data_extractor": "initialized",
            },
            "details": {
                name: {"detail": part.detail, "age_s": part.age_s, **part.facts}
                for name, part in parts.items()
            },
            "cache_stats": await services.cache.stats(),
        }
    )


@router.get(
    "/health/ready",
    responses=answers(READY) | {503: answers({"ready": False})[200]},
)
async def ready(services: ServicesDep) -> Response:
    """Say whether a balancer should send prompts here: 200, or 503 before and after service."""
    if services.readiness.ready:
        return json_response({"ready": True})
    return json_response({"ready": False}, 503, {"Retry-After": "1"})


@router.get("/system/status", responses=answers(STATUS))
@router.get("/hedge-ai/system-status", include_in_schema=False)
async def system_status(services: ServicesDep) -> Response:
    """Say what runs here, since when, and what each part reports."""
    stats = await services.cache.stats()
    supabase = services.watch["supabase"]
    return json_response(
        {
            "application": "HAWK",
            "version": services.identity.version,
            "replica": services.identity.replica,
            "timestamp": _now(),
            "uptime_seconds": round(time.monotonic() - services.identity.started_at, 3),
            "components": {
                "supabase": {"status": _health(supabase.up), **supabase.facts},
                "redis": {
                    "status": _health(services.watch["redis"].up),
                    "keys_count": stats["redis_keys_count"],
                    "memory_usage": stats["redis_memory_usage"],
                },
                "dify": {
                    "status": _health(services.watch["dify"].up),
                    **services.watch["dify"].facts,
                },
                "prompt_engine": {"status": "healthy"},
                "data_extractor": {"status": "healthy", "cache_stats": stats},
            },
            **services.report(),
        }
    )


@router.get("/metrics", responses=instruments())
async def metrics() -> Response:
    """Every instrument in Prometheus' text format."""
    return Response(exposition(), headers={"Content-Type": METRICS_TYPE})


def _connection(up: bool | None) -> str:  # noqa: FBT001 - three states of one part
    return {True: "connected", False: "disconnected", None: "unknown"}[up]


def _health(up: bool | None) -> str:  # noqa: FBT001
    return {True: "healthy", False: "unhealthy", None: "unknown"}[up]


def _now() -> str:
    return datetime.now(UTC).isoformat()
