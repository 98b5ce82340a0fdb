"""What these tests share: a proxy before the source, the stand-in's control, SQL."""

from collections.abc import AsyncIterator

import asyncpg
import httpx
import pytest

from hawk_backend.clients.http import tls
from tests.predecessor.source_proxy import SourceProxy, before
from tests.predecessor.standin import StandIn
from tests.stack import LocalStack


@pytest.fixture
async def source(stack: LocalStack) -> AsyncIterator[SourceProxy]:
    """A proxy before the session's PostgREST."""
    async with before(stack.env["SUPABASE_REST_URL"]) as proxy:
        yield proxy


@pytest.fixture
async def standin(stack: LocalStack) -> AsyncIterator[StandIn]:
    """The session's Dify stand-in, new before and after the test."""
    async with httpx.AsyncClient(base_url=stack.dify_control, timeout=10, verify=tls()) as client:
        control = StandIn(client)
        await control.reset()
        yield control
        await control.reset()


@pytest.fixture
async def sql(stack: LocalStack) -> AsyncIterator[asyncpg.Connection]:
    """A superuser's connection to the session's database."""
    connection = await asyncpg.connect(stack.dsn)
    yield connection
    await connection.close()
