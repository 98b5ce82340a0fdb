"""A real Chromium that makes no connection of its own accord."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from playwright.async_api import Browser, Page, Request, async_playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

EXECUTABLE = next((path for name in _NAMES if (path := shutil.which(name))), None)
"""The system's Chromium; None where there is none."""


@asynccontextmanager
async def launched() -> AsyncIterator[Browser]:
    """Start a headless browser with an empty profile."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=EXECUTABLE, args=_FLAGS, chromium_sandbox=False
        )
        try:
            yield browser
        finally:
            await browser.close()


@dataclass  # no slots: playwright keeps its wrapper of a handler on the handler's object
class Tab:
    """A page, and everything in it that should not happen."""

    page: Page
    origin: str
    faults: list[str] = field(default_factory=list)

    def watch(self) -> None:
        """Note every message on the console, every error and every foreign request."""
        self.page.on("console", lambda message: self._note(f"console: {message.text}"))
        self.page.on("pageerror", lambda error: self._note(f"error: {error}"))
        self.page.on("request", self._foreign)

    def _foreign(self, request: Request) -> None:
        if not request.url.startswith((self.origin, "data:")):
            self._note(f"request: {request.url}")

    def _note(self, fault: str) -> None:
        self.faults.append(fault)


@asynccontextmanager
async def opened(browser: Browser, origin: str) -> AsyncIterator[Tab]:
    """Open a fresh tab; on leaving it, nothing may have gone wrong in it."""
    async with await browser.new_context() as context:
        tab = Tab(await context.new_page(), origin)
        tab.watch()
        yield tab
        assert tab.faults == []
