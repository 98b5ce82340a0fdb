"""The page in a real Chromium, before the whole gateway on the real parts."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from tests.gateway import open_gateway
from tests.stack import LocalStack
from tests.web.chromium import Tab, opened

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(loop_scope="module")
async def tab(browser: Browser, stack: LocalStack) -> AsyncIterator[Tab]:
    """Return a tab that shows the page of a live gateway."""
    async with open_gateway(stack) as gateway:
        origin = str(gateway.base_url).rstrip("/")
        async with opened(browser, origin) as tab:
            await tab.page.goto(origin)
            yield tab


async def test_a_prompt_is_answered_from_real_tables(tab: Tab) -> None:
    """The golden prompt goes through every stage, and its answer holds the desk's figure."""
    await tab.page.get_by_role("button", name="Check if I can hedge 150K CNY today").click()
    await tab.page.get_by_role("button", name="Ask").click()
    await expect(tab.page.locator("#outcome")).to_have_text("completed")
    await expect(tab.page.locator("#answer")).to_contain_text("1,347,500")
    await expect(tab.page.locator("#stages .stage.done .time")).to_have_count(6)
    await expect(tab.page.locator("#tables tbody")).to_contain_text("position_nav_master")
    await expect(tab.page.locator("#intent")).to_contain_text("150,000")
    await expect(tab.page.locator("#stand-in")).to_be_visible()


async def test_the_context_can_be_read(tab: Tab) -> None:
    """What the model was given is one click away."""
    await tab.page.get_by_label("What does the desk want to know?").fill("Status of ORD-123")
    await tab.page.keyboard.press("Control+Enter")
    await tab.page.get_by_role("button", name="Show the text").click()
    await expect(tab.page.locator("#context pre")).to_contain_text("PROMPT ANALYSIS")


async def test_the_gateway_describes_its_operations(tab: Tab) -> None:
    """/docs draws every operation of the real description, and asks nobody else."""
    await tab.page.goto(f"{tab.origin}/docs")
    for path in ("/hawk-agent/process-prompt", "/hawk-agent/explain", "/health", "/cache/stats"):
        await expect(tab.page.locator(f'[data-path="{path}"]').first).to_be_visible()
