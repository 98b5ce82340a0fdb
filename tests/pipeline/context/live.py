"""The pipeline on the real parts, at a fixed instant."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from hawk_backend.models import SERVICE, Prompt
from hawk_backend.opening import open_services
from hawk_backend.pipeline.intent import Intent
from hawk_backend.pipeline.prepare import Pipeline, Prepared
from tests.gateway import settings_for
from tests.pipeline.context.making import NOW
from tests.stack import LocalStack


@asynccontextmanager
async def open_pipeline(stack: LocalStack) -> AsyncIterator[Pipeline]:
    """Open everything that prepares a prompt; the clock stands at 10:00 on the anchor date."""
    async with AsyncExitStack() as exits:
        services = await open_services(settings_for(stack), exits)
        services.pipeline._now = lambda: NOW
        yield services.pipeline


async def prepare(
    pipeline: Pipeline, prompt: str, intent: Intent | None = None, room: int | None = None
) -> Prepared:
    """Prepare a prompt as the service would; with `intent` as if it had been read so."""
    asked = Prompt(user_prompt=prompt)
    read = intent or pipeline.understand(asked)
    return await pipeline.prepare(asked, read, SERVICE, fresh=False, emit=lambda _: None, room=room)
