"""The real parts, once for a whole test session."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from hawk_backend.dev.folder import DataFolder, cache_home
from hawk_backend.dev.stack import Stack

ANCHOR = date(2025, 9, 17)


@dataclass(frozen=True, slots=True)
class LocalStack:
    """Where the session's parts are."""

    env: Mapping[str, str]  # what `hawk-backend dev` writes to DIR/env
    dsn: str  # SQL, as the superuser
    dify_control: str  # root of the stand-in's control endpoints
    log: Path  # folder of the parts' logs


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    """PostgreSQL, PostgREST, Valkey and the Dify stand-in with the data of 2025-09-17."""
    with running(tmp_path_factory.mktemp("stack")) as stack:
        yield stack


@contextmanager
def running(path: Path) -> Iterator[LocalStack]:
    """Run the parts in a folder."""
    folder = DataFolder(path)
    with folder.held():
        parts = Stack(folder, tools=cache_home() / "tools", anchor=ANCHOR, say=lambda _: None)
        try:
            asyncio.run(parts.up())
            yield LocalStack(parts.env(), parts.postgres.dsn, parts.dify.root, folder.log)
        finally:
            asyncio.run(parts.down())
