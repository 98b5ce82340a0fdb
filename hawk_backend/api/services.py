"""What the routes are served by; opened and closed by the composition root."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Protocol, cast

from fastapi import Depends
from starlette.requests import Request

from hawk_backend.api.health import Watch
from hawk_backend.catalogue import Catalogue
from hawk_backend.errors import Overloaded
from hawk_backend.pipeline.explain import CacheView
from hawk_backend.pipeline.prepare import Pipeline
from hawk_backend.runs.registry import Runs


class CacheRoom(CacheView, Protocol):
    """The cache as operators see it."""

    async def stats(self) -> dict[str, object]:
        """Return the counters; never waits for Redis longer than its socket timeout."""

    async def retire(self, tables: Sequence[str], cause: str) -> tuple[str, ...]:
        """Make every cached copy of `tables` invalid everywhere; return what was retired."""

    def warm(self) -> Mapping[str, object]:
        """Begin to read every table that is not in memory; return how far that is."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Which process this is, since when, and the desk's date in it."""

    version: str
    replica: str
    started_at: float
    today: Callable[[], date]
    today_is_fixed: bool


@dataclass(slots=True)
class Readiness:
    """Whether a balancer should send prompts here: between start-up and the order to stop."""

    ready: bool = False


@dataclass(frozen=True, slots=True)
class Services:
    """One of each, for the life of the process."""

    identity: Identity
    readiness: Readiness
    catalogue: Catalogue
    pipeline: Pipeline
    runs: Runs
    cache: CacheRoom
    watch: Watch
    report: Callable[[], Mapping[str, object]]
    webhook_secrets: tuple[str, ...] = ()


async def get_services(request: Request) -> Services:
    """Return the services that the lifespan opened; raises Overloaded before it has.

    Not a plain function: FastAPI would take each request through a thread for it.
    """
    services = getattr(request.state, "services", None)
    if services is None:
        raise Overloaded("The service is starting.", retry_after_s=1)
    return cast("Services", services)


ServicesDep = Annotated[Services, Depends(get_services)]
