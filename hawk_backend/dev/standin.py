"""The Dify stand-in as a part of the stack."""

import os
import signal
import sys

from hawk_backend.dev.folder import DataFolder
from hawk_backend.dev.probe import answers
from hawk_backend.dev.process import Process


class StandIn:
    """`python -m hawk_backend.dev.dify`: Dify's interface, an answer made from the context."""

    name = "Dify stand-in"
    remedy = "read its log"
    stop_signal = signal.SIGTERM

    def __init__(self, folder: DataFolder, port: int) -> None:
        self._folder = folder
        self._port = port
        self.root = f"http://127.0.0.1:{port}"
        self.address = f"{self.root}/v1"
        self.process: Process | None = None

    async def start(self) -> None:
        """Spawn it."""
        self.process = Process.spawn(
            [sys.executable, "-m", "hawk_backend.dev.dify", "--port", str(self._port)],
            log=self._folder.log / "dify.log",
            env=os.environ,
        )

    async def ready(self) -> bool:
        """Ask its health."""
        return await answers(f"{self.root}/health")
