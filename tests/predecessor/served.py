"""A gateway as a process of its own, and everything that it wrote."""

import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from hawk_backend.clients.http import tls
from hawk_backend.dev.probe import answers
from hawk_backend.dev.process import Process, free_ports
from tests.predecessor.waiting import PATIENCE


@dataclass(frozen=True, slots=True)
class Served:
    """A running `hawk-backend serve`."""

    client: httpx.AsyncClient
    log: Path

    def written(self) -> str:
        """Return what it wrote to standard output and standard error."""
        return self.log.read_text()


def serve(folder: Path, env: Mapping[str, str]) -> Process:
    """Start `hawk-backend serve` with `env` over this environment."""
    return Process.spawn(
        [sys.executable, "-m", "hawk_backend", "serve"],
        log=folder / "gateway.log",
        env={**os.environ, **env},
    )


@asynccontextmanager
async def served(folder: Path, env: Mapping[str, str]) -> AsyncIterator[Served]:
    """Run the gateway with these settings until the end of the block."""
    [port] = free_ports(1)
    process = serve(folder, {**env, "HAWK_HOST": "127.0.0.1", "HAWK_PORT": str(port)})
    url = f"http://127.0.0.1:{port}"
    try:
        while not await answers(f"{url}/health/ready"):
            assert process.returncode is None, process.log.read_text()
        async with httpx.AsyncClient(base_url=url, timeout=PATIENCE, verify=tls()) as client:
            yield Served(client, process.log)
    finally:
        await process.stop()
