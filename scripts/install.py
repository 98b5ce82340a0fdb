"""Make .venv hold exactly what the lock files say; the standard library alone, see ./setup.

A stamp inside .venv says for which interpreter and files it was made, so that the next
start has nothing to do.  It is written last: an interrupted installation is taken up again.
"""

import fcntl
import hashlib
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STAMP = VENV / "made-for"
MADE_FROM = ("requirements.txt", "requirements-dev.txt", "pyproject.toml")


def main() -> None:
    """Bring .venv up to date unless it is."""
    if found() == wanted():
        return
    with (ROOT / "pyproject.toml").open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # of two first starts the second finds the work done
        if found() != wanted():
            make()


def make() -> None:
    """Install into .venv, made anew for another interpreter; pip's failure ends the program."""
    say("Installing the locked packages into .venv; the first time takes about a minute.")
    if Path(sys.prefix) != VENV and found()[:1] != wanted()[:1]:
        venv.create(VENV, clear=True, symlinks=True)
    python("-m", "ensurepip")
    pip("--require-hashes", "-r", ROOT / "requirements-dev.txt")
    pip("--no-deps", "--no-build-isolation", "-e", ROOT)
    STAMP.write_text("\n".join(wanted()))
    say("Installed.")


def wanted() -> list[str]:
    """Name the interpreter that runs this, and digest the files that decide what is installed."""
    digest = hashlib.sha256()
    for name in MADE_FROM:
        digest.update((ROOT / name).read_bytes())
    major, minor, *_ = sys.version_info
    return [f"{major}.{minor} of {sys.base_prefix}", digest.hexdigest()]


def found() -> list[str]:
    """Read what the stamp says; nothing where there is none."""
    return STAMP.read_text().splitlines() if STAMP.exists() else []


def pip(*arguments: str | Path) -> None:
    """Install with the environment's own pip, quietly."""
    quiet = ("-qq", "--disable-pip-version-check", "--no-input")
    if code := python("-m", "pip", "install", *quiet, *arguments):
        sys.exit(f"pip failed with exit code {code}; .venv is not ready")


def python(*arguments: str | Path) -> int:
    """Run the environment's interpreter; its errors are shown, the rest is not."""
    command = [VENV / "bin" / "python", *arguments]
    return subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode


def say(text: str) -> None:
    """Print at once, also into a pipe."""
    print(text, flush=True)


if __name__ == "__main__":
    main()
