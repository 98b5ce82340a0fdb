"""The data folder: what a start leaves for the next one, held by one launcher at a time."""

import fcntl
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from hawk_backend.errors import ConfigurationError

ANOTHER = "give another folder with --data"


def cache_home() -> Path:
    """Where this user keeps what can be fetched or made again."""
    try:
        return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "hawk"
    except RuntimeError as exc:
        raise ConfigurationError("this user has no home folder", remedy="set HOME") from exc


class DataFolder:
    """The paths that we make in one folder; nothing else in it is ever touched."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self.lock = self.path / "hawk.lock"
        self.env = self.path / "env"
        self.log = self.path / "log"
        self.postgres = self.path / "postgres"
        self._folders = (self.log, self.postgres)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the folder; ConfigurationError names who holds it already.

        The kernel drops the lock with its holder, so none is ever stale.
        """
        with self._lock_file() as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise self._taken() from None
            self.log.mkdir(exist_ok=True)
            file.truncate(0)
            file.write(f"{os.getpid()}\n")
            file.flush()
            yield

    def reset(self) -> None:
        """Remove the database, the logs and the environment of earlier starts."""
        for folder in self._folders:
            shutil.rmtree(folder, ignore_errors=True)
        self.env.unlink(missing_ok=True)
        self.log.mkdir()

    def write_env(self, values: Mapping[str, str]) -> None:
        """Put `values` in place as KEY=value lines, whole or not at all, for the owner alone."""
        write_private(self.env, "".join(f"{key}={value}\n" for key, value in values.items()))

    def _lock_file(self) -> TextIO:
        """Open the file whose lock we take; it also marks what lies beside it as ours."""
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not self.lock.exists() and (foreign := self._first_of_our_names()):
                raise ConfigurationError(
                    f"{foreign} was not made by hawk-backend dev", remedy=ANOTHER
                )
            return self.lock.open("a+")
        except OSError as exc:
            raise ConfigurationError(
                f"the data folder cannot be used: {exc}", remedy=ANOTHER
            ) from exc

    def _first_of_our_names(self) -> Path | None:
        return next((path for path in (*self._folders, self.env) if path.exists()), None)

    def _taken(self) -> ConfigurationError:
        return ConfigurationError(
            f"{self.path} is in use by another hawk-backend dev, process {self._holder()}",
            remedy="end that one (Ctrl-C), or give this one its own folder with --data and --port",
        )

    def _holder(self) -> str:
        return self.lock.read_text().strip() or "unknown"


def write_private(path: Path, text: str) -> None:
    """Replace `path` by a file that holds `text`, mode 0600, atomically."""
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    with open(draft, "w", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write(text)
    draft.replace(path)
