"""The lock that npm installs from."""

import json
from urllib.parse import urlsplit

from hawk_backend.dev import npm, postgrest


def test_the_lock_pins_the_version_by_digest_and_names_no_registry() -> None:
    """What is fetched is decided here; from where, by the user's own npm configuration."""
    lock = json.loads((npm.MANIFEST / "package-lock.json").read_text())
    package = lock["packages"][f"node_modules/{postgrest.PACKAGE}"]
    assert package["version"] == postgrest.VERSION
    assert package["integrity"].startswith("sha512-")
    assert not any(urlsplit(word).netloc for word in json.dumps(lock).split('"'))
