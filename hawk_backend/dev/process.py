"""Children of the launcher: spawned from its main thread, logged to a file, dead when it is.

Plain Popen objects, polled: asyncio's own subprocesses end with the loop that made them,
and these must be startable in one loop and stoppable in another.
"""

import asyncio
import os
import random
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Literal, Self

Identity = Literal["same", "namespace", "nobody"]

CHILD = Path(__file__).with_name("child.py")
POLL_S = 0.01


class Process:
    """One running child and the log that it writes."""

    def __init__(self, popen: subprocess.Popen[bytes], log: Path) -> None:
        self._popen = popen
        self.log = log

    @classmethod
    def spawn(
        cls,
        program: Sequence[str | Path],
        *,
        log: Path,
        env: Mapping[str, str],
        identity: Identity = "same",
        orphan_signal: signal.Signals = signal.SIGKILL,
    ) -> Self:
        """Start `program` with exactly `env`; it gets `orphan_signal` when this thread ends.

        Its own session keeps the terminal's Ctrl-C from it: the launcher decides the order.
        """
        wrapped = [*wrapper(identity, orphan_signal), *map(str, program)]
        with log.open("wb") as out:
            popen = subprocess.Popen(  # noqa: S603 - the program is ours or pinned
                wrapped,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env=dict(env),
                start_new_session=True,
            )
        return cls(popen, log)

    @property
    def pid(self) -> int:
        """The child's process id, the same before and after it became the program."""
        return self._popen.pid

    @property
    def returncode(self) -> int | None:
        """None while it runs; reaps it when it has ended."""
        return self._popen.poll()

    async def wait(self) -> int:
        """Return the exit code once it has ended."""
        await until(lambda: self.returncode is not None)
        return self._popen.returncode

    async def completed(self) -> int:
        """Return the exit code of a program that ends by itself; end it if nobody waits."""
        try:
            return await self.wait()
        finally:
            await self.stop(signal.SIGKILL)

    async def stop(self, sent: signal.Signals = signal.SIGTERM, *, grace_s: float = 5.0) -> None:
        """Ask it to end with `sent`; after `grace_s` end it and whatever shares its session."""
        if self.returncode is not None:
            return
        self._popen.send_signal(sent)
        try:
            async with asyncio.timeout(grace_s):
                await self.wait()
        except TimeoutError:
            os.killpg(self.pid, signal.SIGKILL)
            await self.wait()


async def until(holds: Callable[[], bool]) -> None:
    """Ask again and again until `holds` says yes; the deadline is the caller's."""
    while not holds():  # noqa: ASYNC110 - what other processes do sets no event of ours
        await asyncio.sleep(POLL_S)


def wrapper(identity: Identity, orphan_signal: signal.Signals) -> list[str]:
    """Name the interpreter and script that prepare the child (see child.py)."""
    python = [sys.executable, "-I", "-S", str(CHILD)]
    return [*python, str(os.getpid()), str(int(orphan_signal)), identity]


def free_ports(count: int) -> list[int]:
    """Choose `count` ports on loopback that nobody listens on.

    They lie below the range from which kernels take ports for outgoing connections, so
    that none is lost between this look and the bind of the part that gets it.
    """
    chosen: list[int] = []
    while len(chosen) < count:
        port = random.randrange(20_000, 32_000)
        if port not in chosen and port_is_free(port):
            chosen.append(port)
    return chosen


def port_is_free(port: int) -> bool:
    """Say whether a server could listen on loopback's `port` now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
