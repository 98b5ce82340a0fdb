"""The browser tests run where a Chromium is found; elsewhere the summary says how to get one."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from tests.web.chromium import EXECUTABLE, launched

collect_ignore = [] if EXECUTABLE else ["test_browser.py", "test_browser_live.py"]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say plainly when the browser tests were left out."""
    if not EXECUTABLE:
        terminalreporter.write_line(
            "The browser tests were left out: no Chromium on PATH. "
            "Get one (Debian: apt-get install chromium) and run again.",
            yellow=True,
        )


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    """Return a running browser, one for the tests of a module."""
    async with launched() as running:
        yield running
