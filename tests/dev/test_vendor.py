"""The page's libraries come out of locked packages, and only when something changed."""

import json
from pathlib import Path

import pytest

from hawk_backend.dev import vendor
from hawk_backend.errors import ConfigurationError
from hawk_backend.web import VENDOR

WANTED = {
    "marked.js": "export{",
    "dompurify.js": "purify_default as default",
    "swagger-ui-bundle.js": "SwaggerUIBundle",
    "swagger-ui.css": ".swagger-ui",
    "marked.LICENSE.txt": "Permission is hereby granted",
    "dompurify.LICENSE.txt": "Apache License",
    "swagger-ui.LICENSE.txt": "Apache License",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a vendor folder that was just filled."""
    return vendor.ensure(tmp_path_factory.mktemp("web") / "vendor")


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let npm run nowhere."""

    def refuse(*_: object, **__: object) -> None:
        pytest.fail("npm was run")

    monkeypatch.setattr(vendor, "_npm", refuse)


@pytest.mark.parametrize("name", WANTED)
def test_every_file_is_the_library_that_it_names(folder: Path, name: str) -> None:
    """The folder holds the module, the style or the licence under the name that the page asks."""
    assert WANTED[name] in (folder / name).read_text()


def test_nothing_else_is_carried(folder: Path) -> None:
    """Only the files that the page loads, their licences and the stamp are in the folder."""
    assert {path.name for path in folder.iterdir()} == {*WANTED, "fingerprint"}


@pytest.mark.usefixtures("offline")
def test_a_current_folder_is_left_alone(folder: Path) -> None:
    """A second call runs no npm and writes nothing."""
    before = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    assert vendor.ensure(folder) == folder
    assert {path.name: path.stat().st_mtime_ns for path in folder.iterdir()} == before


def test_a_changed_lock_or_a_lost_file_fills_it_anew(folder: Path) -> None:
    """Whatever differs from the lock is made right; files that are no longer wanted go."""
    (folder / "fingerprint").write_text("of another lock")
    (folder / "marked.js").write_text("old")
    (folder / "jquery.js").write_text("no longer wanted")
    vendor.ensure(folder)
    (folder / "dompurify.js").unlink()
    vendor.ensure(folder)
    assert {path.name for path in folder.iterdir()} == {*WANTED, "fingerprint"}
    assert WANTED["marked.js"] in (folder / "marked.js").read_text()


def test_a_registry_out_of_reach_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names the command that fetches; a half-filled folder is never called current."""
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9")
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "cache"))
    monkeypatch.setenv("npm_config_fetch_retries", "0")
    with pytest.raises(ConfigurationError) as caught:
        vendor.ensure(tmp_path / "vendor")
    assert "python -m hawk_backend.dev.vendor" in caught.value.remedy
    assert not (tmp_path / "vendor" / "fingerprint").exists()


def test_the_lock_holds_hashes_and_names_no_host() -> None:
    """Integrity comes from the lock, the place from whoever runs npm."""
    lock = json.loads((VENDOR.parent / "package-lock.json").read_text())
    packages = {name: package for name, package in lock["packages"].items() if name}
    assert all(package["integrity"].startswith("sha512-") for package in packages.values())
    assert not any("resolved" in package for package in packages.values())
