"""The events of one run, read from any position."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hawk_backend.runs.buffer import Buffer, Reader

EVENTS = [b"data: {%d}\n\n" % n for n in range(20)]


async def rest_of(reader: Reader, share: int = 50) -> bytes:
    """Return everything up to the end of the buffer."""
    text = b""
    while (events := await reader.next(share)) is not None:
        text += events
    return text


@given(st.integers(0, 25), st.integers(1, 300))
async def test_every_reader_gets_the_events_behind_its_position(after: int, share: int) -> None:
    """Joining, resuming and replaying are the same reading from different positions."""
    buffer = Buffer(1 << 20)
    first, second = buffer.read(), buffer.read(after)
    reading = asyncio.gather(rest_of(first, share), rest_of(second, share))
    for event in EVENTS:
        buffer.append([event])
        await asyncio.sleep(0)
    buffer.close()

    assert list(await reading) == [b"".join(EVENTS), b"".join(EVENTS[after:])]
    assert await rest_of(buffer.read(after)) == b"".join(EVENTS[after:])


async def test_one_read_takes_whole_events_up_to_its_share() -> None:
    """No event is split, and none is too large to be read."""
    buffer = Buffer(1 << 20)
    buffer.append([b"a" * 40, b"b" * 40, b"c" * 500, b"d"])
    reader = buffer.read()

    assert [await reader.next(100) for _ in range(3)] == [
        b"a" * 40 + b"b" * 40,
        b"c" * 500,
        b"d",
    ]


async def test_a_reader_can_be_woken_and_closed_alone() -> None:
    """A heartbeat wakes one reader, a departure ends one; the others go on waiting."""
    buffer = Buffer(1 << 20)
    one, other = buffer.read(), buffer.read()
    waiting = asyncio.create_task(other.next(100))
    reading = asyncio.create_task(one.next(100))
    await asyncio.sleep(0)
    one.wake()

    assert await reading == b""
    reading = asyncio.create_task(one.next(100))
    await asyncio.sleep(0)
    one.close()
    assert await reading is None
    assert not waiting.done()
    buffer.append([b"x"])
    assert await waiting == b"x"
    assert await one.next(100) is None


async def test_a_cancelled_reader_leaves_nothing_behind() -> None:
    """A reader that is cancelled while it waits is forgotten."""
    buffer = Buffer(1 << 20)
    reading = asyncio.create_task(buffer.read().next(100))
    await asyncio.sleep(0)
    assert len(buffer._waiting) == 1
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading

    assert not buffer._waiting


def test_a_full_buffer_says_so_and_still_takes_the_last_events() -> None:
    """The limit asks for an end; the events of the end are not lost, later ones are."""
    buffer = Buffer(10)
    buffer.append([b"12345678901"])
    assert buffer.full
    buffer.append([b"end"])
    buffer.close()
    buffer.append([b"late"])

    assert repr(buffer) == "<Buffer [2 events, 14 bytes, closed]>"
