"""Several processes that start cold at the same moment, with many prompts each."""

import asyncio
import json
import os
import sys
from collections import Counter
from typing import Any

from tests.cache.stampede import PROMPTS
from tests.stack import LocalStack

PROCESSES = 3
_MOST = 3
"""Once before the first poll, once after it, and once for prompts that had no stamp yet."""


async def _replica(stack: LocalStack) -> asyncio.subprocess.Process:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.cache.stampede"),
        env={**os.environ, **stack.env},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    await _line(process, "ready")
    return process


async def _line(process: asyncio.subprocess.Process, start: str) -> str:
    """Return the next line that begins so; what is logged before it is passed over."""
    assert process.stdout is not None
    async with asyncio.timeout(60):
        while line := (await process.stdout.readline()).decode():
            if line.startswith(start):
                return line
    raise AssertionError("the process ended")


async def _stampede(process: asyncio.subprocess.Process) -> dict[str, Any]:
    assert process.stdin is not None
    process.stdin.write(b"\n")
    await process.stdin.drain()
    found: dict[str, Any] = json.loads(await _line(process, "{"))
    await process.wait()
    return found


async def test_a_stampede_asks_the_source_little(stack: LocalStack) -> None:
    """Hundreds of prompts in several processes: a few queries a table, then none at all."""
    processes = await asyncio.gather(*(_replica(stack) for _ in range(PROCESSES)))
    found = await asyncio.gather(*(_stampede(process) for process in processes))
    for replica in found:
        assert max(replica["sent"].values()) <= _MOST
        assert sum(replica["first"].values()) == sum(replica["second"].values()) > 5 * PROMPTS
        assert {end for end in replica["second"] if "source" in end} == set()
        assert replica["more"] == {}
    total = sum((Counter(replica["sent"]) for replica in found), Counter[str]())
    assert max(total.values()) <= _MOST * PROCESSES
