"""Vendor: third-party browser code, out of locked packages, into the folder that git ignores.

npm brings marked and DOMPurify, held to the integrity hashes of `web/package-lock.json`;
the Swagger UI of /docs is copied out of the installed swagger-ui-bundle.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path

from hawk_backend.dev import npm
from hawk_backend.errors import ConfigurationError
from hawk_backend.web import VENDOR

_NPM_FILES = {
    "marked.js": "node_modules/marked/lib/marked.esm.js",
    "marked.LICENSE.txt": "node_modules/marked/LICENSE",
    "dompurify.js": "node_modules/dompurify/dist/purify.es.mjs",
    "dompurify.LICENSE.txt": "node_modules/dompurify/LICENSE",
}
_SWAGGER_FILES = {
    "swagger-ui-bundle.js": "swagger-ui-bundle.js",
    "swagger-ui.css": "swagger-ui.css",
    "swagger-ui.LICENSE.txt": "LICENSE",
}
_STAMP = "fingerprint"
_PARTIAL = ".partial"
_NPM_DEADLINE_S = 300


def ensure(vendor: Path = VENDOR) -> Path:
    """Return `vendor`, filled anew only when a file is absent or a locked version has changed.

    Offline and without a process of its own where nothing changed. Raises ConfigurationError
    with the remedy when npm cannot fetch.
    """
    fingerprint = _fingerprint()
    if not _is_current(vendor, fingerprint):
        vendor.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="hawk-vendor-") as folder:
            _fill(vendor, _fetched(Path(folder)) | _swagger())
        _put(vendor / _STAMP, fingerprint.encode())
    return vendor


def _fingerprint() -> str:
    """Hash what decides the content: the lock, the bundle's version and what is copied."""
    lock = (VENDOR.parent / "package-lock.json").read_bytes()
    bundle = metadata.version("swagger-ui-bundle")
    copied = f"{bundle} {_NPM_FILES} {_SWAGGER_FILES}"
    return hashlib.sha256(lock + copied.encode()).hexdigest()


def _is_current(vendor: Path, fingerprint: str) -> bool:
    stamp = vendor / _STAMP
    names = (*_NPM_FILES, *_SWAGGER_FILES)
    return (
        stamp.is_file()
        and stamp.read_text() == fingerprint
        and all((vendor / name).is_file() for name in names)
    )


def _fetched(folder: Path) -> dict[str, Path]:
    """Let npm install the lock into `folder`; return the wanted files by their vendor name."""
    for name in ("package.json", "package-lock.json"):
        shutil.copy(VENDOR.parent / name, folder)
    _npm("ci", "--ignore-scripts", "--omit=optional", folder=folder)
    return {name: folder / path for name, path in _NPM_FILES.items()}


def _npm(*arguments: str, folder: Path) -> None:
    command: list[str | Path] = [*npm.command(), *arguments, *npm.QUIET]
    try:
        subprocess.run(  # noqa: S603 - our own arguments, no shell
            command,
            cwd=folder,
            env=npm.environment(),
            timeout=_NPM_DEADLINE_S,
            check=True,
            capture_output=True,
            text=True,
        )
    except subprocess.TimeoutExpired:
        raise _not_fetched(f"npm took longer than {_NPM_DEADLINE_S} s") from None
    except subprocess.CalledProcessError as error:
        raise _not_fetched("\n".join(error.stderr.splitlines()[-5:])) from None


def _not_fetched(why: str) -> ConfigurationError:
    return ConfigurationError(
        f"The page's libraries could not be fetched: {why}",
        remedy="give npm a registry that it reaches, then: python -m hawk_backend.dev.vendor",
    )


def _swagger() -> dict[str, Path]:
    installed = {path.name: path.locate() for path in metadata.files("swagger-ui-bundle") or ()}
    return {name: Path(str(installed[path])) for name, path in _SWAGGER_FILES.items()}


def _fill(vendor: Path, files: Mapping[str, Path]) -> None:
    for path in vendor.iterdir():
        if path.name not in files and path.suffix != _PARTIAL:
            path.unlink()
    for name, source in files.items():
        _put(vendor / name, source.read_bytes())


def _put(target: Path, content: bytes) -> None:
    """Replace `target` in one step, so that two runs at once cannot mix their bytes."""
    partial = target.with_name(f"{target.name}.{os.getpid()}{_PARTIAL}")
    partial.write_bytes(content)
    partial.replace(target)


if __name__ == "__main__":
    try:
        print(ensure())  # noqa: T201 - a command says where it put things
    except ConfigurationError as error:
        sys.exit(f"{error.detail}\n{error.remedy}")
