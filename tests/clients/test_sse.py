"""The parser of server-sent events."""

import itertools
import re
from collections.abc import Sequence

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hawk_backend.clients.sse import Frame, FrameParser

_LINE_END = re.compile(rb"\r\n|\n|\r")

_FIELDS = (b"data: {}", b"data:x", b"data", b"data:  y", b"event: ping", b"event:", b"id: 7", b"")
_ODDITIES = (b": hello", b"retry: 3", b"unknown: z", b"\xef\xbb\xbfdata: 1")
_TEXT = "data: \u2028\u0085\u4e2d\U0001f600".encode()
lines = st.sampled_from([*_FIELDS, *_ODDITIES, _TEXT])
ends = st.sampled_from([b"\n", b"\r\n", b"\r"])
bodies = st.lists(st.tuples(lines, ends)).map(
    lambda parts: b"".join(line + end for line, end in parts)
)


def parse(chunks: Sequence[bytes], limit: int = 1024) -> list[Frame]:
    """Return all frames of a body that comes in these chunks."""
    parser = FrameParser(limit)
    frames = [frame for chunk in chunks for frame in parser.feed(chunk)]
    return frames + parser.finish()


def by_the_book(body: bytes) -> list[Frame]:
    """Return the frames as the standard's line-by-line description finds them."""
    frames: list[Frame] = []
    event, data = b"", list[bytes]()
    for line in [*_LINE_END.split(body.removeprefix(b"\xef\xbb\xbf")), b""]:
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if not line:
            if event or data:
                frames.append(Frame(event.decode(), b"\n".join(data)))
            event, data = b"", []
        elif name == b"data":
            data.append(value)
        elif name == b"event":
            event = value
    return frames


@given(bodies, st.lists(st.integers(0, 200)))
@example(b"data: a\r\n\r\ndata: b\r\n\r\n", [8])
@example(b"data: a\n\n\n\n\ndata: b", [9, 10, 11])
def test_frames_are_those_of_the_standard_under_every_chunking(
    body: bytes, cuts: list[int]
) -> None:
    """Wherever the reads end, the frames are the ones that the standard describes."""
    marks = [0, *sorted(cut for cut in cuts if cut < len(body)), len(body)]
    chunks = [body[start:end] for start, end in itertools.pairwise(marks)]

    assert parse(chunks) == by_the_book(body)
    assert parse([body[i : i + 1] for i in range(len(body))]) == by_the_book(body)


def test_only_line_feeds_and_carriage_returns_end_a_line() -> None:
    """U+2028, U+2029, U+0085 and control characters stay in the text."""
    text = "a\u2028b\u2029c\u0085d\x0be\x0cf\x1cg".encode()

    assert parse([b"data: " + text + b"\n\n"]) == [Frame("", text)]


def test_a_ping_without_data_is_a_frame() -> None:
    """Dify's ping has a name only, and shows that the stream lives."""
    assert parse([b"event: ping\n\n"]) == [Frame("ping", b"")]


def test_several_data_lines_are_one_text() -> None:
    """Data lines are joined by a line feed, with or without a space after the colon."""
    assert parse([b'data: {"a":\ndata:1}\n\n']) == [Frame("", b'{"a":\n1}')]


def test_a_byte_order_mark_opens_the_body_only_once() -> None:
    """The mark is skipped at the start, also in pieces; a second one is part of a field's name."""
    mark = b"\xef\xbb\xbf"

    assert parse([mark[:1], mark[1:2], mark[2:] + b"data: 1\n\n"]) == [Frame("", b"1")]
    assert parse([mark + mark + b"data: 1\n\n"]) == []


def test_the_last_frame_counts_without_its_blank_line() -> None:
    """A body that ends right behind its last event loses nothing."""
    assert parse([b"data: 1\n\ndata: 2\n"]) == [Frame("", b"1"), Frame("", b"2")]
    assert parse([b"data: 1\n\ndata: 2"]) == [Frame("", b"1"), Frame("", b"2")]


@pytest.mark.parametrize("step", [1, 7, 40, 1000])
@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_a_frame_may_be_as_long_as_the_limit(step: int, end: bytes) -> None:
    """A frame of exactly the limit passes; one byte more stops the parser, whatever the reads."""
    for size, passes in ((32, True), (33, False)):
        body = b"data: 1" + 2 * end + b"data: " + b"x" * (size - 6) + 2 * end + b"data: 3" + 2 * end
        parser = FrameParser(32)
        frames = [f for i in range(0, len(body), step) for f in parser.feed(body[i : i + step])]
        frames += parser.finish()

        assert parser.overflowed is not passes
        assert [frame.data[:1] for frame in frames] == ([b"1", b"x", b"3"] if passes else [b"1"])


def test_an_endless_frame_holds_no_more_than_the_limit() -> None:
    """What never ends is not kept, and is told as soon as it is too long."""
    parser = FrameParser(100)
    for _ in range(1000):
        parser.feed(b"x" * 50)

    assert parser.overflowed
    assert len(parser._rest) <= 200
    assert parser.finish() == []
