"""The gateway as the last part of the stack: `hawk-backend serve`, pointed at the others."""

import os
import signal
import sys
from collections.abc import Mapping
from datetime import date

from hawk_backend.dev.folder import DataFolder
from hawk_backend.dev.part import PartFailed
from hawk_backend.dev.probe import answers
from hawk_backend.dev.process import Process, port_is_free


class Gateway:
    """What the browser talks to."""

    name = "Gateway"
    remedy = "read its log; settings in the environment or in .env may be in its way"
    stop_signal = signal.SIGTERM

    def __init__(
        self, folder: DataFolder, port: int, env: Mapping[str, str], *, today: date
    ) -> None:
        self._folder = folder
        self._port = port
        self._env = env
        self._today = today
        self.address = f"http://127.0.0.1:{port}"
        self.process: Process | None = None

    async def start(self) -> None:
        """Spawn it with the addresses and keys of the running parts, on the date of their data."""
        here = {
            "HAWK_HOST": "127.0.0.1",
            "HAWK_PORT": str(self._port),
            "HAWK_TODAY": self._today.isoformat(),
        }
        self.process = Process.spawn(
            [sys.executable, "-m", "hawk_backend", "serve"],
            log=self._folder.log / "gateway.log",
            env={**os.environ, **self._env, **here},
        )

    async def ready(self) -> bool:
        """Ask whether its start-up is done."""
        return await answers(f"{self.address}/health/ready")


def require_free(port: int) -> None:
    """PartFailed when something listens on the gateway's port already."""
    if not port_is_free(port):
        raise PartFailed(
            Gateway.name,
            f"port {port} is in use",
            remedy=f"end what listens there, or start with --port {port + 1}",
        )
