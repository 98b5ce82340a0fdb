"""Composition root: create_app(settings) opens the services in its lifespan and closes them."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TypedDict

from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.responses import Response

from hawk_backend import __version__, web
from hawk_backend.api import cache as cache_operations
from hawk_backend.api import hedge_ai, operations, problems, prompts
from hawk_backend.api.middleware import ListedOrigins, PlainPath, RequestId, Unforeseen
from hawk_backend.api.openapi import ABOUT, TAGS
from hawk_backend.api.services import Services
from hawk_backend.observability import logger
from hawk_backend.opening import open_services
from hawk_backend.settings import Settings

_LOG = logger("app")


class State(TypedDict):
    """What the lifespan hands to every request."""

    services: Services


def create_app(settings: Settings, services: Services | None = None) -> FastAPI:
    """Return the gateway. Tests hand in their own services instead of patching."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncGenerator[State]:
        async with AsyncExitStack() as stack:
            opened = services or await open_services(settings, stack)
            app.state.drain = lambda: drain(opened, settings.hawk_drain_s)
            opened.readiness.ready = True
            _LOG.info("ready", replica=opened.identity.replica)
            yield {"services": opened}
            opened.readiness.ready = False

    app = FastAPI(
        title="HAWK",
        version=__version__,
        summary="Understands a desk's prompt, fetches its rows and relays the analysis.",
        description=ABOUT,
        openapi_tags=TAGS,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        default_response_class=Response,  # whose media type each operation says for itself
        lifespan=lifespan,
        middleware=_middleware(settings),
    )
    problems.install(app)
    for part in (prompts, hedge_ai, operations, cache_operations):
        app.include_router(part.router)
    web.mount(app)
    return app


async def drain(services: Services, seconds: float) -> None:
    """Refuse new prompts, let open ones run on for `seconds`, then end them."""
    services.readiness.ready = False
    _LOG.info("draining", runs=len(services.runs.in_flight()))
    await services.runs.drain(seconds)


def _middleware(settings: Settings) -> list[Middleware]:
    cors = Middleware(
        ListedOrigins,
        allow_origins=settings.allowed_origins,
        allow_methods=["GET", "POST", "DELETE"],
        allow_headers=["Content-Type", "X-Request-Id", "X-Hawk-Fresh", "Authorization"],
        expose_headers=["X-Request-Id", "X-Hawk-Context-SHA256", "Retry-After"],
        max_age=600,
    )
    return [Middleware(RequestId), cors, Middleware(Unforeseen), Middleware(PlainPath)]
