"""Children: as whom they run, and that they end with us."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from hawk_backend.dev import process
from hawk_backend.dev.postgres import identity as for_postgres
from hawk_backend.dev.process import CHILD, Process, free_ports
from tests.dev.launcher import until

SLEEP = [sys.executable, "-ISc", "import time; time.sleep(60)"]
DEAF = "import signal, time; signal.signal(15, signal.SIG_IGN); print('deaf', flush=True); "


async def test_a_child_writes_to_its_log_and_gives_its_exit_code(tmp_path: Path) -> None:
    """Both streams of a child go to its log, and `completed` returns how it ended."""
    says = "import sys; print('out', flush=True); print('err', file=sys.stderr); sys.exit(3)"
    child = Process.spawn([sys.executable, "-ISc", says], log=tmp_path / "log", env={})
    assert await child.completed() == 3
    assert child.log.read_text().split() == ["out", "err"]


async def test_a_child_gets_the_environment_given_and_no_other(tmp_path: Path) -> None:
    """What is exported in the launcher's shell does not reach a part by accident."""
    says = "import os; print(sorted(os.environ))"
    child = Process.spawn([sys.executable, "-ISc", says], log=tmp_path / "log", env={"A": "1"})
    await child.completed()
    assert "HOME" not in child.log.read_text()
    assert "'A'" in child.log.read_text()


async def test_a_child_that_ignores_the_request_to_end_is_ended(tmp_path: Path) -> None:
    """After the grace a deaf child is killed: the end never waits for it."""
    deaf = [sys.executable, "-ISc", DEAF + "time.sleep(60)"]
    child = Process.spawn(deaf, log=tmp_path / "log", env={})
    await process.until(lambda: child.log.read_text() != "")
    await child.stop(signal.SIGTERM, grace_s=0.05)
    assert child.returncode == -signal.SIGKILL


def test_a_child_does_not_run_when_its_launcher_has_died_meanwhile(tmp_path: Path) -> None:
    """Between fork and the kernel's promise the launcher may die: the program never starts."""
    mark = tmp_path / "ran"
    grandparent = str(os.getppid())  # not the process that starts it, as if that one were gone
    command: list[str | Path] = [
        sys.executable,
        "-IS",
        CHILD,
        grandparent,
        "9",
        "same",
        "touch",
        mark,
    ]
    done = subprocess.run(command, check=False, capture_output=True)
    assert b"the launcher is gone" in done.stderr
    assert not mark.exists()


# Root alone can be nobody; whether there are user namespaces, the machine decides.
IDENTITIES = {"same", for_postgres()} | ({"nobody"} if os.geteuid() == 0 else set())
LAUNCHER = """
import subprocess, sys
from hawk_backend.dev.process import wrapper
child = subprocess.Popen([*wrapper({identity!r}, 9), *{program!r}])
print(child.pid, flush=True)
child.wait()
"""


@pytest.mark.parametrize("identity", sorted(IDENTITIES))
def test_every_identity_dies_with_its_launcher(identity: str) -> None:
    """The kernel keeps its promise for the program itself, whoever it became."""
    script = LAUNCHER.format(identity=identity, program=SLEEP)
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as launcher:
        assert launcher.stdout
        child = Path("/proc", launcher.stdout.readline().decode().strip())
        until(lambda: runs(child))
        launcher.kill()
    until(lambda: not runs(child))


def runs(child: Path) -> bool:
    """Say whether the process of a /proc folder has become the program and lives."""
    try:
        command = (child / "cmdline").read_bytes()  # empty: a zombie
    except OSError:
        return False
    return bool(command) and bytes(CHILD) not in command


def test_free_ports_are_distinct_and_free() -> None:
    """Ports for several parts are chosen at once, and none serves anybody."""
    ports = free_ports(50)
    assert len(set(ports)) == 50
    assert all(process.port_is_free(port) for port in ports)
