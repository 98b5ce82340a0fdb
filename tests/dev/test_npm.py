"""The lock that npm installs from."""

import json
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from hawk_backend.dev import npm, postgrest


def test_the_lock_pins_the_version_by_digest_and_names_no_registry() -> None:
    """What is fetched is decided here; from where, by the user's own npm configuration."""
    lock = json.loads((npm.MANIFEST / "package-lock.json").read_text())
    package = lock["packages"][f"node_modules/{postgrest.PACKAGE}"]
    assert package["version"] == postgrest.VERSION
    assert package["integrity"].startswith("sha512-")
    assert not any(urlsplit(word).netloc for word in json.dumps(lock).split('"'))


def test_npm_trusts_whom_the_machine_trusts(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Behind a company's proxy its certificate is the machine's; who names another is heard."""
    trusted = tmp_path / "certificates.pem"
    trusted.touch()
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    monkeypatch.delenv("NODE_EXTRA_CA_CERTS", raising=False)
    assert npm.environment()["NODE_EXTRA_CA_CERTS"] == str(trusted)
    monkeypatch.setenv("NODE_EXTRA_CA_CERTS", "mine.pem")
    assert npm.environment()["NODE_EXTRA_CA_CERTS"] == "mine.pem"
