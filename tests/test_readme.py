"""The README: its example is what the gateway really answers, its commands exist."""

import json
import re
from collections import Counter
from itertools import groupby
from pathlib import Path

import httpx
import pytest

from tests.gateway import ask

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")
EXAMPLE = README.partition("<!-- example -->")[2]
SENT, ANSWERED = re.findall(r"```\w+\n(.*?)```", EXAMPLE, re.DOTALL)[:2]


async def test_the_example_shows_what_is_answered(gateway: httpx.AsyncClient) -> None:
    """The events come in the order shown, with the records and the capacity that are shown."""
    body = re.search(r"-d '(.*)'", SENT)
    assert body is not None
    events = await ask(gateway, json.loads(body[1])["user_prompt"])
    kinds = [kind for kind, _ in groupby(str(event["event"]) for event in events)]
    printed = re.findall(r'"event":"(\w+)"', ANSWERED)
    assert [kind for kind in kinds if kind in printed][: len(printed) - 2] == printed[:-2]
    assert kinds[-2:] == printed[-2:]
    counted = re.search(r"\((\d+) tables, (\d+) pieces", EXAMPLE)
    assert counted is not None
    told = Counter(str(event["event"]) for event in events)
    assert (told["hawk_table"], told["agent_message"]) == (int(counted[1]), int(counted[2]))
    context = next(event for event in events if event["event"] == "hawk_context")
    records = re.search(r'"total_records":(\d+)', ANSWERED)
    assert records is not None
    assert isinstance(metadata := context["analysis_metadata"], dict)
    assert metadata["total_records"] == int(records[1])
    assert "1,347,500.0" in ANSWERED


async def test_the_example_has_the_fields_of_the_events(gateway: httpx.AsyncClient) -> None:
    """Every field that the example names is a field of that event."""
    events = {str(event["event"]): event for event in await ask(gateway, "CNY capacity today")}
    for line in ANSWERED.splitlines():
        if line.startswith("data: "):
            kind, *fields = re.findall(r'"(\w+)":', line)
            event = events[re.findall(r'"event":"(\w+)"', line)[0]]
            assert kind == "event"
            assert all(f'"{field}"' in json.dumps(event) for field in fields)


@pytest.mark.parametrize("path", re.findall(r"\]\((docs/[^)]+)\)", README))
def test_every_document_exists(path: str) -> None:
    """No link leads nowhere."""
    assert (ROOT / path).is_file()
