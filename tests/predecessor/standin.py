"""The session's Dify stand-in, driven by its control endpoints."""

from dataclasses import dataclass
from typing import Any

import httpx

from hawk_backend.dev.dify.script import Script, dumps
from tests.predecessor.waiting import eventually


@dataclass(frozen=True, slots=True)
class StandIn:
    """Scripts what the next request gets and tells what came."""

    control: httpx.AsyncClient

    async def script(self, *scripts: Script) -> None:
        """Queue scripts for the next requests."""
        answer = await self.control.post("/control/script", content=dumps(scripts))
        answer.raise_for_status()

    async def reset(self) -> None:
        """Forget scripts, counters and runs."""
        (await self.control.post("/control/reset")).raise_for_status()

    async def stats(self) -> dict[str, Any]:
        """Return the counters and the requests seen."""
        stats: dict[str, Any] = (await self.control.get("/control/stats")).json()
        return stats

    async def until(self, **wanted: int) -> None:
        """Wait until these counters have these values."""

        async def so() -> bool:
            return wanted.items() <= (await self.stats()).items()

        await eventually(so)
