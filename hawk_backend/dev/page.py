"""The page's third-party code, in place before the gateway serves it."""

import os
import sys

from hawk_backend.dev.folder import DataFolder
from hawk_backend.dev.part import PartFailed, Say
from hawk_backend.dev.process import Process


async def vendored(folder: DataFolder, say: Say) -> None:
    """Run dev/vendor.py, which fetches what is absent or outdated, in a child.

    In a child because it waits for npm: so a signal ends it at once.
    """
    fetching = Process.spawn(
        [sys.executable, "-m", "hawk_backend.dev.vendor"],
        log=folder.log / "vendor.log",
        env=os.environ,
    )
    if await fetching.completed() != 0:
        raise PartFailed(
            "The page's libraries",
            "could not be fetched",
            remedy="check the network and npm's registry setting, then start again",
            log=fetching.log,
        )
    say("The page's libraries are in place")
