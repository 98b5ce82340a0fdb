"""The cache's operations: what it counts, retiring tables, warming them."""

import hmac
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Header, Path
from starlette.requests import Request
from starlette.responses import Response

from hawk_backend.api.body import read_object
from hawk_backend.api.examples import RETIRED, STATS, WARMING
from hawk_backend.api.json import json_response
from hawk_backend.api.openapi import BODY_REFUSALS, INVALIDATE_BODY, answers
from hawk_backend.api.services import Services, ServicesDep
from hawk_backend.catalogue import Catalogue
from hawk_backend.errors import CacheUnavailable, InvalidRequest, NotPermitted

router = APIRouter(prefix="/cache", tags=["cache"])

Name = Annotated[
    str, Path(max_length=64, description="a table of the catalogue, or a currency such as CNY")
]
Secret = Annotated[
    str, Header(alias="X-Hawk-Secret", description="needed where HAWK_WEBHOOK_SECRETS is set")
]


@router.get("/stats", responses=answers(STATS))
async def stats(services: ServicesDep) -> Response:
    """Count look-ups, prompts and retirements of this replica."""
    return json_response(await services.cache.stats())


@router.post("/clear", responses=answers(RETIRED, CacheUnavailable))
@router.delete("/clear", responses=answers(RETIRED, CacheUnavailable))
async def clear_all(services: ServicesDep) -> Response:
    """Retire every cached table."""
    tables = tuple(services.catalogue.tables)
    return await _retired(services, tables, "clear", "All tables")


@router.post("/clear/{name}", responses=answers(RETIRED, InvalidRequest, CacheUnavailable))
@router.delete("/clear/{name}", responses=answers(RETIRED, InvalidRequest, CacheUnavailable))
async def clear_named(name: Name, services: ServicesDep) -> Response:
    """Retire one table by its name, or every table with a currency by a currency's code."""
    return await _retired(services, _named(services.catalogue, name), "clear", name)


@router.post(
    "/invalidate",
    openapi_extra=INVALIDATE_BODY,
    responses=answers(RETIRED, NotPermitted, *BODY_REFUSALS, CacheUnavailable),
)
async def invalidate(request: Request, services: ServicesDep, secret: Secret = "") -> Response:
    """Retire the tables that a writer names; takes the body of a Supabase database webhook, too.

    Answers when no replica can use the old rows any more; what else the body holds is ignored.
    """
    if services.webhook_secrets and not _is_one_of(secret, services.webhook_secrets):
        raise NotPermitted(
            "The header X-Hawk-Secret is missing or wrong.",
            remedy="send one of the secrets of HAWK_WEBHOOK_SECRETS",
        )
    tables = _announced(await read_object(request), services.catalogue)
    return await _retired(services, tables, "webhook", ", ".join(tables))


@router.post("/warm", status_code=202, responses=answers(WARMING, status=202))
async def warm(services: ServicesDep) -> Response:
    """Begin to read every table that is not in memory; /cache/stats tells how far it is."""
    return json_response(services.cache.warm(), 202)


async def _retired(services: Services, tables: Sequence[str], cause: str, what: str) -> Response:
    retired = await services.cache.retire(tables, cause=cause)
    count = "1 table" if len(retired) == 1 else f"{len(retired)} tables"
    return json_response(
        {
            "message": f"{what}: {count} retired.",
            "keys_cleared": len(retired),
            "tables": retired,
            "timestamp": datetime.now(UTC).isoformat(),
        }
    )


def _is_one_of(secret: str, secrets: Collection[str]) -> bool:
    """Compare with all of them, in a time that tells nothing about any; headers come as Latin-1."""
    given = secret.encode("latin-1")
    return sum(hmac.compare_digest(given, known.encode()) for known in secrets) > 0


def _announced(body: Mapping[str, Any], catalogue: Catalogue) -> tuple[str, ...]:
    names = body.get("tables", [body.get("table")])
    if not isinstance(names, list) or not names:
        raise _unknown("tables")
    if not all(isinstance(name, str) and name in catalogue.tables for name in names):
        raise _unknown("tables" if "tables" in body else "table")
    return tuple(dict.fromkeys(names))


def _unknown(field: str) -> InvalidRequest:
    return InvalidRequest(
        "No table of the catalogue is named.",
        remedy='send {"table": "position_nav_master"} or {"tables": [...]} with catalogued names',
        field=field,
    )


def _named(catalogue: Catalogue, name: str) -> tuple[str, ...]:
    if name in catalogue.tables:
        return (name,)
    if name.upper() in catalogue.currencies:
        return tuple(t.name for t in catalogue.tables.values() if "currency" in t.filters)
    raise InvalidRequest(
        "Neither a catalogued table nor a currency.",
        remedy="send a currency code such as CNY, a table's name, or POST /cache/clear for all",
        field="name",
    )
