"""`hawk-backend dev` as a person starts it: by path, in a shell that knows nothing of it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Self

COMMAND = Path(sys.executable).with_name("hawk-backend")
UP = "Ctrl-C ends everything."
DEADLINE_S = 30


class Launcher:
    """A `hawk-backend dev` with its own data folder, and what it printed."""

    def __init__(self, data: Path, *options: str, env: Mapping[str, str] | None = None) -> None:
        self.data = data
        self._printed = data.with_suffix(f".printed-{time.monotonic_ns()}")
        with self._printed.open("wb") as out:
            self._popen = subprocess.Popen(
                [COMMAND, "dev", "--data", data, *options],
                stdout=out,
                stderr=out,
                cwd="/",
                env=bare_environment() | dict(env or {}),
            )
        self.pid = self._popen.pid

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._popen.kill()
        self._popen.wait(DEADLINE_S)

    @property
    def output(self) -> str:
        """Everything printed so far."""
        return self._printed.read_text()

    def up(self) -> Self:
        """Wait until it says that everything runs."""
        self.until(lambda: UP in self.output)
        return self

    def until(self, holds: Callable[[], bool]) -> None:
        """Wait until `holds`; fail with what was printed when the launcher ends before."""
        until(lambda: holds() or self._popen.poll() is not None)
        assert holds(), self.output

    def end(self, sent: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal; return the exit code."""
        self._popen.send_signal(sent)
        return self.ended()

    def ended(self) -> int:
        """Wait for its end; return the exit code."""
        return self._popen.wait(DEADLINE_S)

    def env(self) -> dict[str, str]:
        """What DIR/env says."""
        return dict(line.split("=", 1) for line in (self.data / "env").read_text().splitlines())

    def descendants(self) -> dict[int, str]:
        """Every process that writes to a log in the data folder, with the log's name.

        Each child of the launcher does, and each of theirs, also when the launcher has gone.
        """
        found = {}
        for process in Path("/proc").glob("[0-9]*"):
            log = standard_output(process)
            if log and log.is_relative_to(self.data / "log"):
                found[int(process.name)] = log.stem
        return found

    def children(self) -> dict[str, int]:
        """The parts themselves: the launcher's own children, by the name of their log."""
        mine = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        return {name: pid for pid, name in self.descendants().items() if str(pid) in mine}


def bare_environment() -> dict[str, str]:
    """What a shell has in which no virtual environment is active."""
    ours = {"VIRTUAL_ENV", "PYTHONPATH"}
    return {name: value for name, value in os.environ.items() if name not in ours} | {
        "PATH": os.defpath
    }


def standard_output(process: Path) -> Path | None:
    """Where the process of a /proc folder writes; None when it has gone meanwhile."""
    try:
        return (process / "fd" / "1").readlink()
    except OSError:
        return None


def until(holds: Callable[[], bool]) -> None:
    """Wait until `holds`; fail when it does not come true."""
    deadline = time.monotonic() + DEADLINE_S
    while not holds():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)
