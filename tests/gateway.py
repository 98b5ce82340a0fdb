"""The whole gateway on the real parts, live."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import orjson
import pytest

from hawk_backend.app import create_app
from hawk_backend.clients.http import tls
from hawk_backend.clients.sse import FrameParser
from hawk_backend.settings import Settings
from tests.live import serving
from tests.stack import ANCHOR, LocalStack


def settings_for(stack: LocalStack, **changes: object) -> Settings:
    """Return settings that point at the session's parts on their anchor date."""
    values: dict[str, object] = {name.lower(): value for name, value in stack.env.items()}
    values |= {"hawk_today": ANCHOR, "hawk_replica": "test"}
    values |= {"hawk_redis_timeout_s": 1.0}  # a machine that is busy with tests is no dead Redis
    values |= changes
    return Settings.model_validate(values)


@asynccontextmanager
async def open_gateway(stack: LocalStack, **changes: object) -> AsyncIterator[httpx.AsyncClient]:
    """Serve a gateway with `changes` to its settings; give a client of it."""
    app = create_app(settings_for(stack, **changes))
    async with (
        serving(app) as url,
        httpx.AsyncClient(base_url=url, timeout=30, verify=tls()) as client,
    ):
        yield client


@pytest.fixture
async def gateway(stack: LocalStack) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a live gateway on the real parts."""
    async with open_gateway(stack) as client:
        yield client


async def ask(client: httpx.AsyncClient, prompt: str, **fields: object) -> list[dict[str, object]]:
    """Return the events of a prompt's stream."""
    body = {"user_prompt": prompt, **fields}
    response = await client.post("/hawk-agent/process-prompt", json=body)
    response.raise_for_status()
    frames = FrameParser().feed(response.content)
    return [orjson.loads(frame.data) for frame in frames if frame.data]
