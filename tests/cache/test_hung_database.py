"""A database that hangs: every connection stands, every question is taken, nothing is answered."""

import asyncio
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from hawk_backend.opening import _READ_S
from tests.dev.launcher import standard_output
from tests.gateway import ask, open_gateway
from tests.stack import LocalStack

UTILIZATION, ACCOUNTING = "Can I place 100K CNY hedge today?", "Show the GL rules"


@contextmanager
def hung(stack: LocalStack) -> Iterator[None]:
    """Stop PostgreSQL, first the server, then its sessions; let all go on in the end."""
    log = stack.log / "postgres.log"
    found = [p for p in Path("/proc").glob("[0-9]*") if standard_output(p) == log]
    processes = sorted(int(process.name) for process in found)
    for process in processes:
        os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        for process in processes:
            os.kill(process, signal.SIGCONT)


async def health(client: httpx.AsyncClient) -> dict[str, Any]:
    """Return what /health says."""
    response = await client.get("/health")
    assert response.status_code == httpx.codes.OK
    return dict(response.json())


async def become(client: httpx.AsyncClient, status: str, feed: str) -> None:
    """Wait until /health says that HAWK is well, or not, and how the feed is."""
    async with asyncio.timeout(30):
        while True:
            said = await health(client)
            if (said["status"], said["cache_stats"]["feed"]["mode"]) == (status, feed):
                return
            await asyncio.sleep(0.05)


@dataclass(frozen=True, slots=True)
class Asked:
    """How a prompt ended: its tables, what its context says of those that are missing, the end."""

    tables: dict[str, dict[str, Any]]
    gaps: str
    last: dict[str, Any]

    @property
    def missing(self) -> set[str]:
        """The tables that did not come in time; none may be missing for another reason."""
        lost = {n: t["reason"] for n, t in self.tables.items() if t["state"] == "missing"}
        assert set(lost.values()) <= {"timeout"}
        return set(lost)


async def asked(client: httpx.AsyncClient, prompt: str) -> Asked:
    """Ask; end sooner than a single read of the source would."""
    async with asyncio.timeout(_READ_S):
        events: list[dict[str, Any]] = await ask(client, prompt)
    plan = next(event for event in events if event["event"] == "hawk_plan")
    tables = {event["table"]: event for event in events if event["event"] == "hawk_table"}
    assert tables.keys() == set(plan["tables"])
    contexts = [event for event in events if event["event"] == "hawk_context"]
    return Asked(tables, " ".join(contexts[0]["data_gaps"] if contexts else ()), events[-1])


@pytest.mark.slow
async def test_a_database_that_hangs_costs_what_it_alone_knows(own_stack: LocalStack) -> None:
    """Prompts end in time: what is kept and may be used is used, what is missing is named.

    /health answers and says so, and when the database goes on everything heals by itself.
    """
    async with open_gateway(own_stack) as client:
        await become(client, "healthy", "live")
        for prompt in (UTILIZATION, ACCOUNTING):
            whole = await asked(client, prompt)
            assert (whole.missing, whole.last["event"]) == (set(), "message_end")

        with hung(own_stack):
            await become(client, "degraded", "late")
            assert (await health(client))["components"]["supabase"] == "disconnected"

            refused = await asked(client, UTILIZATION)
            assert refused.tables["entity_master"]["tier"] == "memory"
            assert "allocation_engine" in refused.missing
            assert refused.last["event"] == "error"
            assert "allocation_engine (timeout)" in refused.last["message"]

            partial = await asked(client, ACCOUNTING)
            assert {"gl_entries"} <= partial.missing < partial.tables.keys()
            assert all(f"{name} could not be read" in partial.gaps for name in partial.missing)
            assert partial.last["event"] == "message_end"

        await become(client, "healthy", "live")
        for prompt in (UTILIZATION, ACCOUNTING):
            whole = await asked(client, prompt)
            assert (whole.missing, whole.last["event"]) == (set(), "message_end")
