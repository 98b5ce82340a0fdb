"""`hawk-backend dev`: hold a data folder, bring the stack up, watch it, end it."""

import asyncio
import signal
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from hawk_backend.dev.folder import DataFolder, cache_home
from hawk_backend.dev.gateway import Gateway, require_free
from hawk_backend.dev.page import vendored
from hawk_backend.dev.part import together
from hawk_backend.dev.process import free_ports
from hawk_backend.dev.report import Report
from hawk_backend.dev.stack import Stack
from hawk_backend.errors import HawkError


@dataclass(frozen=True, slots=True)
class DevOptions:
    """What `hawk-backend dev` may be told."""

    port: int = 8004  # of the gateway; 0: any that is free
    data: Path | None = None  # None: in the user's cache folder
    reset: bool = False
    gateway: bool = True
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Asia/Singapore"))  # of "today"


def run(options: DevOptions) -> int:
    """Run the stack until Ctrl-C or SIGTERM (0), or until something fails (1)."""
    report = Report()
    try:
        folder = DataFolder(options.data or cache_home())
        with folder.held():
            if options.reset:
                folder.reset()
            asyncio.run(live(options, folder, report))
    except HawkError as error:
        report.failed(error)
        return 1
    report.say("Everything has ended")
    return 0


async def live(options: DevOptions, folder: DataFolder, report: Report) -> None:
    """Be the stack: up and watched until told to end or a part fails, then down for certain."""
    folder.env.unlink(missing_ok=True)  # it stands for running parts, not for those before
    anchor = datetime.now(options.zone).date()
    stack = Stack(folder, tools=cache_home() / "tools", anchor=anchor, say=report.say)
    life = with_gateway if options.gateway else without_gateway
    try:
        await until_told(life(stack, options, folder, report))
    finally:
        await stack.down()


async def with_gateway(
    stack: Stack, options: DevOptions, folder: DataFolder, report: Report
) -> None:
    """Run everything; DIR/env is complete before the gateway is started."""
    port = options.port or free_ports(1)[0]
    require_free(port)
    await together(stack.up(), vendored(folder, report.say))
    env = stack.env()
    folder.write_env(env)
    gateway = Gateway(folder, port, env, today=stack.anchor)
    await stack.add(gateway)
    report.parts(stack.parts)
    report.try_gateway(gateway.address)
    await stack.watch()


async def without_gateway(stack: Stack, _: DevOptions, folder: DataFolder, report: Report) -> None:
    """Run the parts for a gateway that is started elsewhere with DIR/env."""
    await stack.up()
    folder.write_env(stack.env())
    report.parts(stack.parts)
    report.try_parts(folder.env)
    await stack.watch()


async def until_told(life: Coroutine[None, None, None]) -> None:
    """Run `life` until SIGINT or SIGTERM, or until it fails; more signals change nothing."""
    loop = asyncio.get_running_loop()
    told = asyncio.Event()
    for sent in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(sent, told.set)
    living, listening = loop.create_task(life), loop.create_task(told.wait())
    await asyncio.wait({living, listening}, return_when=asyncio.FIRST_COMPLETED)
    for task in (listening, living):
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
