"""What the context's tests share."""

import pytest

from tests.pipeline.context.making import catalogue


@pytest.fixture(scope="session", autouse=True)
def _the_catalogue_is_read() -> None:
    """Read it before a test has a loop that it could hold."""
    catalogue()
