"""Which PostgREST is run."""

from pathlib import Path

import pytest

from hawk_backend.dev.part import PartFailed
from hawk_backend.dev.postgrest import pinned, present, require_pinned


def program(path: Path) -> Path:
    """Put something that could be run at `path`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def test_a_postgrest_on_the_path_comes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The user's own PostgREST is taken, also where one was fetched earlier."""
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    assert present(tmp_path) is None
    fetched = program(pinned(tmp_path))
    assert present(tmp_path) == fetched
    own = program(tmp_path / "bin" / "postgrest")
    assert present(tmp_path) == own


async def test_only_the_pinned_bytes_pass(tmp_path: Path) -> None:
    """A fetched file with another digest is refused by name."""
    with pytest.raises(PartFailed, match="sha256") as refused:
        await require_pinned(program(pinned(tmp_path)))
    assert refused.value.name == "PostgREST"
