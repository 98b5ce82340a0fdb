"""What the stack is made of: parts that are started, asked, and ended."""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from signal import Signals
from typing import Protocol

from hawk_backend.dev.process import Process
from hawk_backend.errors import HawkError

READY_S = 30.0
ASK_AGAIN_S = 0.02
LAST_LINES = 12

Say = Callable[[str], None]  # tells the person who waits how far it is


class Part(Protocol):
    """One server of the local stack."""

    name: str  # in the table and in messages
    address: str  # where it listens, as its clients write it
    remedy: str  # what to do when it will not start or has died
    stop_signal: Signals  # asks it to end promptly and cleanly
    process: Process | None  # None before start

    async def start(self) -> None:
        """Spawn it, after whatever must exist before; PartFailed when that cannot be had."""

    async def ready(self) -> bool:
        """Ask once whether it serves; never raises for a server that is not there yet."""


class PartFailed(HawkError):
    """A part could not start, or died; carries its name and its log."""

    slug = "part-failed"
    title = "A part of the local stack failed"

    def __init__(self, name: str, detail: str, *, remedy: str, log: Path | None = None) -> None:
        super().__init__(f"{name} {detail}", remedy=remedy)
        self.name = name
        self.log = log

    @property
    def last_lines(self) -> list[str]:
        """The end of the log: what the part itself says about it."""
        return self.log.read_text("utf-8", "replace").splitlines()[-LAST_LINES:] if self.log else []


async def bring_up(part: Part) -> None:
    """Start `part` and return when it serves; PartFailed when it dies or takes too long."""
    await part.start()
    try:
        async with asyncio.timeout(READY_S):
            while not await part.ready():
                fail_if_dead(part)
                await asyncio.sleep(ASK_AGAIN_S)
    except TimeoutError:
        raise failure(part, f"was not ready within {READY_S:.0f} s") from None


async def bring_down(part: Part) -> None:
    """End `part` if it was started."""
    if part.process is not None:
        await part.process.stop(part.stop_signal)


async def together(*steps: Coroutine[None, None, object]) -> None:
    """Run `steps` side by side; the first failure cancels the others and is raised as it is."""
    try:
        async with asyncio.TaskGroup() as group:
            for step in steps:
                group.create_task(step)
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from None


def fail_if_dead(part: Part) -> None:
    """PartFailed if `part` was started and has ended."""
    if part.process is not None and (code := part.process.returncode) is not None:
        raise failure(part, f"ended with exit code {code}")


def failure(part: Part, detail: str) -> PartFailed:
    """Describe what happened to `part`, with the end of its log."""
    log = part.process.log if part.process else None
    return PartFailed(part.name, detail, remedy=part.remedy, log=log)
