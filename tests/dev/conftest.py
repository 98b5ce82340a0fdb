"""What the tests of schema and data share."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from tests.dev.database import empty_database
from tests.stack import LocalStack


@pytest.fixture
async def sql(stack: LocalStack) -> AsyncIterator[asyncpg.Connection]:
    """SQL on the session's data, as the superuser; tests only read it, or roll back."""
    connection = await asyncpg.connect(stack.dsn)
    yield connection
    await connection.close()


@pytest.fixture
async def empty(stack: LocalStack) -> AsyncIterator[str]:
    """The dsn of an empty database."""
    async with empty_database(stack.dsn) as dsn:
        yield dsn
