"""The Dify stand-in for tests: in this process, on a free port, driven by its control endpoints.

`from tests.dify import dify` makes the fixture known to a test module or a conftest; `running()` is
the same as a context manager.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from hawk_backend.clients.http import tls
from hawk_backend.dev.dify.apps import BY_NAME
from hawk_backend.dev.dify.script import Capacity, Probe, Script, dumps
from hawk_backend.dev.dify.server import Server, serving

PATIENCE = 10.0
"""Seconds after which `until` gives up: a safety net, never an expectation."""


@dataclass(frozen=True, slots=True)
class Dify:
    """A running stand-in."""

    origin: str
    server: Server
    control: httpx.AsyncClient

    @property
    def base_url(self) -> str:
        """What DIFY_API_URL takes."""
        return f"{self.origin}/v1"

    @property
    def port(self) -> int:
        """For raw sockets on 127.0.0.1."""
        return int(self.origin.rpartition(":")[2])

    def headers(self, app: str = "chatflow") -> dict[str, str]:
        """Return the Authorization header of an app."""
        return {"Authorization": f"Bearer {BY_NAME[app].key}"}

    async def script(self, *scripts: Script) -> None:
        """Queue scripts for the next requests."""
        await self._post("script", dumps(scripts))

    async def capacity(self, capacity: Capacity) -> None:
        """Replace the capacity."""
        await self._post("capacity", dumps(capacity))

    async def parameters(self, probe: Probe) -> None:
        """Replace what /parameters and /info answer."""
        await self._post("parameters", dumps(probe))

    async def reset(self) -> None:
        """Make it new: scripts, counters, conversations, runs."""
        await self._post("reset", b"")

    async def stats(self) -> dict[str, Any]:
        """Return the counters and the requests seen."""
        stats: dict[str, Any] = (await self.control.get("/control/stats")).json()
        return stats

    async def until(self, **wanted: int) -> dict[str, Any]:
        """Wait until these counters have these values; return all of them."""
        stats = await self.stats()
        async with asyncio.timeout(PATIENCE):
            while any(stats[name] != value for name, value in wanted.items()):
                await asyncio.sleep(0.005)
                stats = await self.stats()
        return stats

    async def _post(self, what: str, content: bytes) -> None:
        response = await self.control.post(f"/control/{what}", content=content)
        assert response.status_code == 200, response.text


@asynccontextmanager
async def running() -> AsyncIterator[Dify]:
    """Run a stand-in on a free port."""
    async with serving("127.0.0.1", 0) as (server, port):
        origin = f"http://127.0.0.1:{port}"
        async with httpx.AsyncClient(base_url=origin, timeout=PATIENCE, verify=tls()) as control:
            yield Dify(origin, server, control)


@pytest.fixture
async def dify() -> AsyncIterator[Dify]:
    """A stand-in of the test's own."""
    async with running() as dify:
        yield dify
