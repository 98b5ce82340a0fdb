"""The data folder: who holds it, what is ours in it."""

import os
import stat
from pathlib import Path

import pytest

from hawk_backend.dev.folder import DataFolder, cache_home, write_private
from hawk_backend.errors import ConfigurationError


def test_a_held_folder_names_its_holder(tmp_path: Path) -> None:
    """Who comes second is told the process that holds the folder and two ways out."""
    with (
        DataFolder(tmp_path).held(),
        pytest.raises(ConfigurationError, match=f"process {os.getpid()}") as refused,
        DataFolder(tmp_path).held(),
    ):
        pass
    assert "--data" in refused.value.remedy


def test_a_lock_never_outlives_its_holder(tmp_path: Path) -> None:
    """The file that a holder leaves holds nobody up."""
    with DataFolder(tmp_path).held():
        pass
    with DataFolder(tmp_path).held():
        assert (tmp_path / "hawk.lock").read_text() == f"{os.getpid()}\n"


def test_a_path_that_cannot_be_a_folder_is_refused_with_a_remedy(tmp_path: Path) -> None:
    """A file where the folder should be is an error with a way out, not a traceback."""
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(ConfigurationError, match="cannot be used") as refused,
        DataFolder(tmp_path / "file").held(),
    ):
        pass
    assert "--data" in refused.value.remedy


def test_the_private_file_is_replaced_whole(tmp_path: Path) -> None:
    """A reader finds the old lines or the new ones, under a mode that others cannot read."""
    file = tmp_path / "env"
    file.write_text("OLD=1\n")
    with file.open() as reader:
        write_private(file, "NEW=1\n")
        assert reader.read() == "OLD=1\n"
    assert file.read_text() == "NEW=1\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [file]


def test_the_cache_is_where_the_user_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """XDG_CACHE_HOME comes first, then ~/.cache; an empty variable counts as none."""
    monkeypatch.setenv("XDG_CACHE_HOME", "/elsewhere")
    assert cache_home() == Path("/elsewhere/hawk")
    monkeypatch.setenv("XDG_CACHE_HOME", "")
    monkeypatch.setenv("HOME", "/home/somebody")
    assert cache_home() == Path("/home/somebody/.cache/hawk")
