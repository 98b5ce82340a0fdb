"""./scripts/setup: which Python it takes, and when it installs."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import hawk_backend

ROOT = Path(hawk_backend.__file__).parent.parent
LOCKS = ("requirements.txt", "requirements-dev.txt", "pyproject.toml")


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A project whose .venv/bin/python writes down what it is asked to do."""
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts")
    for name in LOCKS:
        (tmp_path / name).write_text("")
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\necho "$@" >>{tmp_path}/asked\nexit "${{PIP_FAILS:-0}}"\n')
    python.chmod(0o755)
    major, minor, *_ = sys.version_info
    stamp = f"{major}.{minor} of {sys.base_prefix}\nof other lock files"
    (tmp_path / ".venv" / "made-for").write_text(stamp)
    return tmp_path


def setup(clone: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """Run the clone's setup with this Python, from a folder of no meaning."""
    return subprocess.run(
        [clone / "scripts" / "setup"],
        env={**os.environ, "PYTHON": sys.executable, **env},
        cwd="/",
        check=False,
        capture_output=True,
        text=True,
    )


def asked(clone: Path) -> list[str]:
    """What the environment's Python was asked to do, line by line; forgotten afterwards."""
    file = clone / "asked"
    lines = file.read_text().splitlines() if file.exists() else []
    file.unlink(missing_ok=True)
    return lines


def test_changed_locks_are_installed_once(clone: Path) -> None:
    """After a change of a lock file everything is installed by hash; after that nothing."""
    done = setup(clone)
    assert done.returncode == 0, done.stderr
    _, locked, ours = asked(clone)
    assert f"--require-hashes -r {clone}/requirements-dev.txt" in locked
    assert f"--no-deps --no-build-isolation -e {clone}" in ours
    assert setup(clone).stdout == ""
    assert asked(clone) == []


@pytest.mark.parametrize("lock", LOCKS)
def test_every_file_that_decides_is_looked_at(clone: Path, lock: str) -> None:
    """Each of the files from which the environment is made makes it again when it changes."""
    setup(clone)
    asked(clone)
    (clone / lock).write_text("# changed")
    assert setup(clone).returncode == 0
    assert len(asked(clone)) == 3


def test_a_failing_pip_is_not_forgotten(clone: Path) -> None:
    """The failure of pip is the script's, and the next start tries again."""
    failed = setup(clone, PIP_FAILS="7")
    assert failed.returncode != 0
    assert "pip failed with exit code 7" in failed.stderr
    asked(clone)
    assert setup(clone).returncode == 0
    assert len(asked(clone)) == 3


def test_without_a_python_it_says_what_is_missing(clone: Path) -> None:
    """A Python that cannot do it is refused with the version needed and how to name another."""
    refused = setup(clone, PYTHON="/bin/false")
    assert refused.returncode == 1
    assert "Python 3.11 or newer" in refused.stderr
    assert "PYTHON=/path/to/python" in refused.stderr
