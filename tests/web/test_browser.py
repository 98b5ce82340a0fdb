"""The page in a real Chromium, before a gateway that plays recorded runs."""

import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tests.live import serving
from tests.web.chromium import Tab, opened
from tests.web.recorded import CONTEXT, REQUEST_ID, TABLES, Recorded

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

GOLDEN = "Check if I can hedge 150K CNY today"
STAGES = ["prompt", "intent", "plan", "fetch", "context", "relay"]


@pytest.fixture
def recorded() -> Recorded:
    """Return the gateway's recorded behaviour."""
    return Recorded()


@pytest_asyncio.fixture(loop_scope="module")
async def tab(browser: Browser, recorded: Recorded) -> AsyncIterator[Tab]:
    """Return a tab that shows the page."""
    async with serving(recorded.app()) as origin, opened(browser, origin) as tab:
        await tab.page.goto(f"{origin}/")
        yield tab


async def ask(page: Page, prompt: str) -> None:
    """Type a prompt and send it by the keyboard."""
    await page.get_by_label("What does the desk want to know?").fill(prompt)
    await page.keyboard.press("Control+Enter")


async def test_a_prompt_is_answered(tab: Tab, recorded: Recorded) -> None:
    """The stages appear with their times, the tables with their states, and the answer renders."""
    await ask(tab.page, GOLDEN)
    await expect(tab.page.locator("#outcome")).to_have_text("completed")
    stages = tab.page.locator("#stages .stage.done")
    assert await stages.locator(".name").all_inner_texts() == [name.title() for name in STAGES]
    assert all(await stages.locator(".time").all_inner_texts())
    answer = tab.page.locator("#answer")
    await expect(answer).to_contain_text("1,347,500")
    await expect(answer.locator("table tbody tr")).to_have_count(3)
    await expect(answer.locator("td[align=right]").first).to_have_css("text-align", "right")
    rows = tab.page.locator("#tables tbody tr")
    names = [text.split("\n")[0] for text in await rows.locator("th").all_inner_texts()]
    assert names == [values[0] for values in TABLES]
    await expect(rows.nth(9)).to_contain_text("timeout")
    [sent] = recorded.prompts
    assert sent["user_prompt"] == GOLDEN
    assert re.fullmatch(r"MSG_\d{13}_\d+", sent["msg_uid"])


async def test_what_was_understood_and_sent_is_shown(tab: Tab) -> None:
    """Intent, slots, assumptions, gaps, what was left out, usage and Dify's steps are readable."""
    await ask(tab.page, GOLDEN)
    await expect(tab.page.locator("#usage")).to_have_text(
        "21,340 tokens read, 412 written · 0.0311 USD"
    )
    intent = tab.page.locator("#intent")
    for text in ("Hedge utilization", "97 % sure", "150,000", "no NAV type", "capacity check"):
        await expect(intent).to_contain_text(text)
    context = tab.page.locator("#context")
    for text in ("47", "4 of 10 (40.0%)", "9f3c61d0a4be77e2", "not read in time", "12 rows"):
        await expect(context).to_contain_text(text)
    await tab.page.get_by_text("How Dify worked (1 step)").click()
    await expect(tab.page.locator("#trace li")).to_have_text("LLM: succeeded")


async def test_the_text_of_the_context_is_shown_as_text(tab: Tab) -> None:
    """On demand the context is built again and shown without being read as markup."""
    await ask(tab.page, GOLDEN)
    await tab.page.get_by_role("button", name="Show the text").click()
    await expect(tab.page.locator("#context pre")).to_have_text(CONTEXT)
    await expect(tab.page.locator("#context")).to_contain_text("The text that was sent")


async def test_hostile_markup_does_nothing(tab: Tab) -> None:
    """Scripts, handlers, frames, forms, styles and foreign images of an answer are mere text."""
    await ask(tab.page, "hostile")
    await expect(tab.page.locator("#outcome")).to_have_text("completed")
    answer = tab.page.locator("#answer")
    await expect(answer).to_contain_text("After 1,347,500")
    await expect(answer).to_contain_text('<script>window.harmed = "script"</script>')
    forbidden = "script, img, iframe, form, input, svg, style, [style], [onclick], [onerror]"
    await expect(answer.locator(forbidden)).to_have_count(0)
    addresses = await answer.locator("a[href]").evaluate_all("all => all.map(a => a.href)")
    assert addresses == ["https://evil.test/again.png"]
    for link in await answer.locator("a").all():
        await link.evaluate("link => { link.target = ''; link.removeAttribute('href') }")
        await link.click()
    assert await tab.page.evaluate("window.harmed") is None


async def test_a_failure_is_told_with_what_to_do(tab: Tab) -> None:
    """The stage that failed is marked, the partial text stays, the remedy is named."""
    await ask(tab.page, "failing")
    note = tab.page.get_by_role("alert")
    await expect(note).to_contain_text("Dify stopped answering.")
    await expect(note).to_contain_text("Ask again.")
    await expect(tab.page.locator("#answer")).to_contain_text("1,347,500")
    await expect(tab.page.locator("#stages .failed .name")).to_have_text("relay")
    await expect(tab.page.locator("#send")).to_be_visible()


async def test_a_refusal_is_told_with_its_remedy(browser: Browser, recorded: Recorded) -> None:
    """A problem of the gateway is shown in its own words; Chromium itself notes the status."""
    async with serving(recorded.app()) as origin, opened(browser, origin) as tab:
        await tab.page.goto(f"{origin}/")
        await ask(tab.page, "refused")
        note = tab.page.get_by_role("alert")
        await expect(note).to_contain_text("Every place in the queue is taken.")
        await expect(note).to_contain_text("Try again in 5 seconds.")
        await expect(note).to_contain_text("503 overloaded")
        assert [fault for fault in tab.faults if "503" not in fault] == []
        tab.faults.clear()


async def test_a_gateway_that_is_away_is_told(tab: Tab) -> None:
    """A prompt that nobody took is no answer that broke off: it failed, and says what to see to."""
    await tab.page.route("**/process-prompt", lambda route: route.abort("connectionrefused"))
    await ask(tab.page, "away")
    note = tab.page.get_by_role("alert")
    await expect(note).to_contain_text("The gateway cannot be reached.")
    await expect(tab.page.locator("#outcome")).to_have_text("failed")
    await tab.page.route("**/health", lambda route: route.abort("connectionrefused"))
    await tab.page.reload()
    await expect(tab.page.locator("#parts")).to_contain_text("gateway disconnected")
    await expect(tab.page.locator("#service")).to_have_text("Gatewaydoes not answer")
    assert [fault for fault in tab.faults if "CONNECTION_REFUSED" not in fault] == []
    tab.faults.clear()


async def test_a_run_can_be_stopped(tab: Tab, recorded: Recorded) -> None:
    """The button asks the gateway to stop; the run's own stream tells how it ended."""
    await ask(tab.page, "endless")
    await expect(tab.page.locator("#answer")).not_to_be_empty()
    await expect(tab.page.locator("#send")).to_be_hidden()
    await tab.page.get_by_role("button", name="Stop").click()
    await expect(tab.page.locator("#outcome")).to_have_text("stopped")
    assert recorded.stopped == [REQUEST_ID]
    await expect(tab.page.locator("#send")).to_be_visible()


async def test_a_run_is_asked_for_and_stopped_without_a_mouse(tab: Tab, recorded: Recorded) -> None:
    """From Ask the next key leads to the Stop that took its place."""
    await tab.page.locator("#prompt").fill("endless")
    await tab.page.get_by_role("button", name="Ask").focus()
    await tab.page.keyboard.press("Enter")
    await expect(tab.page.locator("#answer")).not_to_be_empty()
    await tab.page.keyboard.press("Tab")
    await tab.page.keyboard.press("Enter")
    await expect(tab.page.locator("#outcome")).to_have_text("stopped")
    assert recorded.stopped == [REQUEST_ID]


async def test_a_prompt_that_nobody_took_can_be_given_up(tab: Tab, recorded: Recorded) -> None:
    """Before the gateway has named the run, Stop ends the page's own waiting."""
    await ask(tab.page, "silent")
    await tab.page.get_by_role("button", name="Stop").click()
    await expect(tab.page.locator("#outcome")).to_have_text("stopped")
    await expect(tab.page.get_by_role("alert")).to_contain_text("Stopped before")
    assert recorded.stopped == []


async def test_a_broken_connection_is_taken_up_again(tab: Tab, recorded: Recorded) -> None:
    """A stream that ends too early is resumed behind the last event; no character is lost."""
    await ask(tab.page, "cut")
    await expect(tab.page.locator("#outcome")).to_have_text("completed")
    assert recorded.resumed == [21]
    await expect(tab.page.locator("#answer table tbody tr")).to_have_count(3)


async def test_tables_that_changed_meanwhile_are_told(tab: Tab) -> None:
    """The page says which of the context's tables were retired while the answer was written."""
    await ask(tab.page, "changed")
    note = tab.page.locator("#note")
    await expect(note).to_contain_text("Changed while the answer was being written")
    await expect(note).to_contain_text("position_nav_master")


async def test_a_prompt_that_needs_no_table_says_so(tab: Tab) -> None:
    """An out-of-domain prompt is answered without a fetch, and the page does not seem to wait."""
    await ask(tab.page, "weather")
    await expect(tab.page.locator("#answer")).to_have_text("Not mine to answer.")
    await expect(tab.page.locator("#tables")).to_contain_text("none was read")
    await expect(tab.page.locator("#stages .stage.done")).to_have_count(6)


async def test_a_stand_in_is_told_plainly(tab: Tab, recorded: Recorded) -> None:
    """A banner and the part's name say that no language model answers; otherwise neither does."""
    await expect(tab.page.locator("#stand-in")).to_contain_text("stand-in")
    await expect(tab.page.locator("#parts")).to_contain_text("Dify (stand-in)")
    await expect(tab.page.locator("#service")).to_contain_text("99.0% of 1,216")
    recorded.stand_in = False
    await tab.page.reload()
    await expect(tab.page.locator("#parts")).to_contain_text("Dify")
    await expect(tab.page.locator("#stand-in")).to_be_hidden()
    await expect(tab.page.locator("#parts")).not_to_contain_text("stand-in")


async def test_a_sample_is_one_click_away(tab: Tab, recorded: Recorded) -> None:
    """A sample fills the box; the box to read from the source sets the header."""
    await tab.page.get_by_role("button", name="Close JPY hedge position").click()
    await tab.page.get_by_label("Read every table from the source").check()
    await tab.page.get_by_role("button", name="Ask").click()
    await expect(tab.page.locator("#outcome")).to_have_text("completed")
    assert [sent["user_prompt"] for sent in recorded.prompts] == ["Close JPY hedge position"]
    assert recorded.fresh == ["1"]


async def test_the_page_fits_a_phone(tab: Tab) -> None:
    """At the width of a phone nothing makes the page scroll sideways."""
    await tab.page.set_viewport_size({"width": 360, "height": 740})
    await ask(tab.page, GOLDEN)
    await expect(tab.page.locator("#outcome")).to_have_text("completed")
    assert await tab.page.evaluate("document.documentElement.scrollWidth") == 360


async def test_the_operations_are_described_offline(tab: Tab) -> None:
    """/docs lists the operations, opens one and tries it, and asks nobody but the gateway."""
    await tab.page.goto(f"{tab.origin}/docs")
    await tab.page.get_by_text("/hawk-agent/process-prompt").click()
    await expect(tab.page.locator("#operations")).to_contain_text("user_prompt")
    health = tab.page.locator(".opblock", has_text="/health")
    await health.click()
    await health.get_by_role("button", name="Try it out").click()
    await health.get_by_role("button", name="Execute").click()
    await expect(health).to_contain_text('"replica": "desk-1"')
