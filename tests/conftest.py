"""What every test has: the real parts on demand, and no blocking call on the loop."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from blockbuster import BlockBuster, blockbuster_ctx

from hawk_backend.dev import vendor

pytest_plugins = ["tests.stack", "tests.gateway"]

ALLOWED = (
    # redis-py reads its own version from its package's metadata at the first connection, once
    ("redis/utils.py", "get_lib_version"),
)


@pytest.fixture(scope="session", autouse=True)
def page_libraries() -> Path:
    """The page's third-party code, fetched where a fresh checkout does not have it yet."""
    return vendor.ensure()


@pytest.fixture(autouse=True)
def nothing_blocks_the_loop() -> Iterator[BlockBuster]:
    """A blocking call on the loop from our code fails the test.

    `hawk_backend.dev` is left out: the launcher of the local stack is a process of its own,
    whose loop serves nobody.
    """
    with blockbuster_ctx("hawk_backend", excluded_modules=["hawk_backend.dev"]) as detector:
        for blocking in detector.functions.values():
            for file, function in ALLOWED:
                blocking.can_block_in(file, function)
        yield detector
