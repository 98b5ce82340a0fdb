"""Valkey servers of a test's own."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.cache.rig import Database, House
from tests.cache.server import Server
from tests.stack import LocalStack, running


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A Valkey that runs; a test may kill it, hang it and bring it back."""
    server = Server(tmp_path)
    server.start()
    yield server
    server.kill()


@pytest.fixture(scope="module")
def own_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    """The real parts for one module alone, which may write to them."""
    with running(tmp_path_factory.mktemp("own-stack")) as stack:
        yield stack


@pytest.fixture
def database() -> Database:
    """A source whose feed tells of every table."""
    database = Database()
    database.watch()
    return database


@pytest.fixture
async def house(database: Database) -> AsyncIterator[House]:
    """Replicas over that source, closed with the test."""
    house = House(database)
    yield house
    await house.aclose()
