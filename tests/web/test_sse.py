"""The page's reader of server-sent events reads right whatever way the bytes are split."""

import httpx
import pytest
from httpx_sse import EventSource
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.web.node import evaluate

READ = """given.map((pieces) => {
  const reader = new names.EventReader();
  return pieces.flatMap((piece) => reader.push(piece));
})"""

STREAM = (
    'data: {"event":"hawk_started"}\n\nevent: ping\n\n: a comment\n\n'
    "data:no space\r\n\r\ndata: two\ndata: lines\n\nid: 7\ndata:  € 🙂 \u2028\u0085\n\n"
    "data\n\nretry: 1\n\ndata: after a return\r\rdata: last\n\ndata: cut off"
)
EVENTS = [
    '{"event":"hawk_started"}',
    "no space",
    "two\nlines",
    " € 🙂 \u2028\u0085",
    "",
    "after a return",
    "last",
]


def test_every_split_reads_the_same() -> None:
    """In one piece, in two at each place, and character by character: the events are the same."""
    halves = [[STREAM[:place], STREAM[place:]] for place in range(len(STREAM))]
    cases = [[STREAM], list(STREAM), *halves]
    assert evaluate("sse.js", READ, cases) == [EVENTS] * len(cases)


def judged(stream: str) -> list[str]:
    """Return the data of each event as an independent parser reads them."""
    headers = {"content-type": "text/event-stream"}
    response = httpx.Response(200, headers=headers, content=stream.encode())
    return [event.data for event in EventSource(response).iter_sse() if event.data]


TEXTS = st.text(st.sampled_from("ab: \n\r€\u2028"), max_size=12)


@given(st.lists(st.lists(TEXTS, max_size=6), min_size=30, max_size=30))
@settings(max_examples=15, deadline=None)
def test_an_independent_reader_agrees(cases: list[list[str]]) -> None:
    """Any data, in any framing, is read as httpx-sse reads it."""
    streams = [
        [part for text in pieces for part in ("data", f": {text}", "\n", "\r\n")]
        for pieces in cases
    ]
    expected = [judged("".join(pieces)) for pieces in streams]
    nonempty = f"({READ}).map((events) => events.filter(Boolean))"
    assert evaluate("sse.js", nonempty, streams) == expected


@pytest.mark.parametrize("size", [1, 7, 4096])
def test_bytes_are_decoded_across_reads(size: int) -> None:
    """A character whose bytes come in two reads is whole; the reader closes the body."""
    stream = "data: 资产 1,347,500 €🙂\n\n" * 3
    code = """(async () => {
      const bytes = new TextEncoder().encode(given.stream);
      const pieces = [];
      for (let at = 0; at < bytes.length; at += given.size) {
        pieces.push(bytes.slice(at, at + given.size));
      }
      const events = [];
      for await (const data of names.readEvents(ReadableStream.from(pieces))) events.push(data);
      return events;
    })()"""
    events = evaluate("sse.js", code, {"stream": stream, "size": size})
    assert events == ["资产 1,347,500 €🙂"] * 3
