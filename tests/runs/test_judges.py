"""Parsers that know nothing of us read our streams: httpx-sse, eventsource-parser in Node."""

import base64
import json
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from httpx_sse import EventSource

from hawk_backend.dev import npm
from hawk_backend.dev.dify.script import Failure, Script
from tests.angular.readers import read_agent, read_template
from tests.runs.rig import answer_of, rigged

HERE = Path(__file__).parent / "judge"
FAKE = 'data: {"event":"error"}\n\n'
HOSTILE = ("a\u2028b", "\u2029\u0085\n\n", FAKE, "\x00\ufeff", ": hb\r\n", "\U0001f600", "[DONE]")
SCRIPTS = {
    "whole": Script(deltas=HOSTILE, rate=50, split=(1,)),
    "large": Script(deltas=("\u4e2d\u2028" * 20_000,)),
    "failed": Script(deltas=HOSTILE, error=Failure(at=len(HOSTILE))),
    "refused": Script(refuse="login_html"),
}
Chunks: TypeAlias = Sequence[bytes]
Judge: TypeAlias = Callable[[Sequence[Chunks]], list[list[dict[str, Any]]]]


@pytest.fixture(scope="session")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Judge:
    """eventsource-parser, installed from the lock beside this file."""
    folder = tmp_path_factory.mktemp("judge")
    for name in ("package.json", "package-lock.json", "judge.mjs"):
        shutil.copy(HERE / name, folder)
    install = [*npm.command(), "ci", "--ignore-scripts", *npm.QUIET]
    subprocess.run(install, cwd=folder, check=True, capture_output=True)
    node, _ = npm.programs()

    def judge(bodies: Sequence[Chunks]) -> list[list[dict[str, Any]]]:
        given = [[base64.b64encode(chunk).decode() for chunk in chunks] for chunks in bodies]
        order = json.dumps({"bodies": given}).encode()
        done = subprocess.run(
            [node, folder / "judge.mjs"], input=order, check=True, capture_output=True
        )
        answer: list[list[dict[str, Any]]] = json.loads(done.stdout)
        return answer

    return judge


async def stream(script: Script) -> list[bytes]:
    """Return the network reads of a prompt's stream."""
    async with rigged() as rig:
        await rig.standin.script(script)
        async with rig.post() as response:
            return [chunk async for chunk in response.aiter_raw()]


@pytest.mark.parametrize("script", SCRIPTS.values(), ids=SCRIPTS)
async def test_a_browsers_library_reads_what_was_said(script: Script, judge: Judge) -> None:
    """In Node, as it came, byte by byte and in blocks of 7: the same events and the exact text."""
    reads = await stream(script)
    body = b"".join(reads)
    pieces = [[body[i : i + size] for i in range(0, len(body), size)] for size in (1, 7)]
    as_read, *others = judge([reads, *pieces])
    events = [json.loads(event["data"]) for event in as_read]

    assert others == [as_read, as_read]
    assert {event["event"] for event in as_read} == {""}
    assert events[-1]["event"] in ("message_end", "error")
    assert answer_of(events).startswith("".join(script.deltas or ()))


@pytest.mark.parametrize("name", ["whole", "large"])
async def test_todays_client_shows_what_was_said(name: str) -> None:
    """Both stream readers of today's Angular client show the exact text, however it is split."""
    reads = await stream(SCRIPTS[name])
    body = b"".join(reads)
    pieces = [body[i : i + 5] for i in range(0, len(body), 5)]

    for read in (read_template, read_agent):
        assert read(reads).text == read(pieces).text == "".join(SCRIPTS[name].deltas or ())
    assert read_template(reads).status == "completed"
    assert read_template(reads).usage["total_tokens"] > 0


@pytest.mark.parametrize("script", SCRIPTS.values(), ids=SCRIPTS)
async def test_httpx_sse_reads_what_was_said(script: Script) -> None:
    """Live: every event is JSON, in one data line, and the text is exact."""
    async with rigged() as rig:
        await rig.standin.script(script)
        async with rig.post() as response:
            events = [event.json() async for event in EventSource(response).aiter_sse()]

    assert events[-1]["event"] in ("message_end", "error")
    assert answer_of(events).startswith("".join(script.deltas or ()))
