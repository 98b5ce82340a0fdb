"""Many streams with random faults: every one has its end, and nothing is kept of them.

`scripts/soak` runs the same with 20,000.
"""

import asyncio
import gc
import mmap
import os
import random
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from hawk_backend.clients.sse import FRAME_LIMIT
from hawk_backend.dev.dify.script import Cut, Delay, Failure, Insert, Script, Stopping
from tests.runs.rig import FAST, LIMITS, Rig, kinds, rigged

STREAMS = int(os.environ.get("SOAK_STREAMS", "500"))
BATCH = 100
AT_ONCE = 25
CLOCKS = replace(FAST, first_byte=0.3, idle=0.2, last_words=0.1, drain=0.3, retries=(0.01,))
PARTS = tuple(f"word{n} \u2028" for n in range(20))
ANSWER = Script(deltas=PARTS, rate=500)
FAULTS: tuple[dict[str, object], ...] = (
    {},
    {"split": (1, 5, 3)},
    {"line_end": "cr", "bom": True},
    {"inserts": (Insert(at=3, kind="message_replace"), Insert(at=5, kind="tts"))},
    {"inserts": (Insert(at=3, frame=b"data: " + b"x" * FRAME_LIMIT + b"\n\n"),)},
    {"refuse": "too_many_429"},
    {"refuse": "unauthorized"},
    {"refuse": "bad_gateway_html"},
    {"refuse": "login_html"},
    {"silence": 0.5},
    {"think": 0.1, "ping_every": 0.03},
    {"delays": (Delay(at=4, seconds=2.0),)},
    {"delays": (Delay(at=6, seconds=0.1),)},
    {"error": Failure(at=0)},
    {"error": Failure(at=7)},
    {"cut": Cut()},
    {"cut": Cut(at=5, how="rst")},
    {"cut": Cut(body_bytes=700)},
    {"cut": Cut(at=8, how="end")},
    {"ending": "none"},
    {"linger": 0.3},
    {"stopping": Stopping(obey=False)},
)


@pytest.mark.slow
async def test_nothing_is_left_of_many_streams() -> None:
    """Each stream that is read to its end has one; memory and open handles stay flat."""
    choose = random.Random(STREAMS)
    levels = []
    async with rigged(clocks=CLOCKS, limits=replace(LIMITS, kept_bytes=100_000)) as rig:
        for start in range(0, STREAMS, BATCH):
            await one_batch(rig, range(start, start + BATCH), choose)
            levels.append(level())
    handles, objects, memory = zip(*levels[1:], strict=True)

    assert max(handles) - min(handles) <= AT_ONCE
    assert max(objects) < 1.05 * objects[0]
    # what a frame of megabytes took is given back a little later: the floor must stay
    assert min(memory[-3:]) < 1.3 * min(memory[:3])


async def one_batch(rig: Rig, numbers: range, choose: random.Random) -> None:
    """Send a batch of prompts, then wait until nothing of them is left."""
    turns = asyncio.Semaphore(AT_ONCE)
    scripts = {number: choose.choice(FAULTS) for number in numbers}
    await rig.standin.script(
        *(
            ANSWER.model_copy(update={"query": f"<{n}>", "times": 2, **fault})
            for n, fault in scripts.items()
        )
    )
    leaves = {number: choose.choice((0, 0, 0, 3, 6, 12)) for number in numbers}
    stops = {number: choose.random() < 0.2 for number in numbers}

    async def one(number: int) -> None:
        async with turns:
            await one_stream(rig, number, leaves[number], stop=stops[number])

    await asyncio.gather(*map(one, numbers))
    await rig.clean()
    await rig.standin.reset()


async def one_stream(rig: Rig, number: int, leave: int, *, stop: bool) -> None:
    """Read one stream to its end, stop it in the middle, or leave it after some events."""
    uid = f"MSG_{number}" if number % 3 else None
    async with rig.watching(user_prompt=f"say <{number}>", msg_uid=uid) as browser:
        request_id = (await browser.next())["request_id"]
        try:
            for _ in range(leave):
                await browser.next()
        except StopAsyncIteration:
            return
        if leave and not stop:
            return
        if stop:
            await rig.http.post(f"/stop/{request_id}")
        ends = [kind for kind in kinds(await browser.rest()) if kind in ("message_end", "error")]
        assert ends == [browser.events[-1]["event"]], browser.events


def level() -> tuple[int, int, int]:
    """Return the open handles, the live objects and the resident pages of this process."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return len(list(Path("/proc/self/fd").iterdir())), len(gc.get_objects()), pages


async def test_a_leak_would_be_seen() -> None:
    """The measure itself: a handle, objects and bytes that are kept raise the level."""
    before = level()
    kept = [[httpx.URL("http://x")] for _ in range(1000)]
    held = mmap.mmap(-1, 40_000_000)  # pages of its own: no memory that was freed before
    held.write(bytes(len(held)))
    reader, writer = os.pipe()
    after = level()
    os.close(reader)
    os.close(writer)

    assert after[0] == before[0] + 2
    assert after[1] >= before[1] + len(kept)
    assert after[2] >= before[2] + len(held) // 2 // os.sysconf("SC_PAGE_SIZE")
