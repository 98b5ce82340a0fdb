"""Our streams, in the form that the design lays down, are read right under every split."""

import json
from collections.abc import Callable, Sequence
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from tests.angular.readers import (
    ERROR_TITLE,
    Event,
    Shown,
    read_agent,
    read_template,
    read_unrouted,
)
from tests.angular.streams import PING, answers, chunk, completed, cut, failed, middles, wire

TOKENS = {
    "input_tokens": 1200,
    "output_tokens": 340,
    "total_tokens": 1540,
    "total_price": "0.0123",
}
SENTENCE = "Dify did not answer in time."


@st.composite
def reads_of(draw: st.DrawFn, events: Sequence[Event]) -> list[bytes]:
    """Write the events with heartbeats between them and split the bytes anywhere."""
    ascii_only = draw(st.booleans())
    parts = [
        PING * draw(st.integers(0, 1)) + wire(event, ascii_only=ascii_only) for event in events
    ]
    stream = b"".join(parts)
    return cut(stream, draw(st.lists(st.integers(1, len(stream)), max_size=12)))


def woven(pieces: Sequence[str], others: Sequence[Event]) -> list[Event]:
    """Return a completed stream with the other events among the pieces."""
    events = completed(pieces)
    place = next(i for i, event in enumerate(events) if event["event"] == "hawk_done")
    return [*events[:place], *others, *events[place:]]


@given(st.data(), answers(), middles())
def test_a_completed_answer_arrives_whole(
    data: st.DataObject, pieces: list[str], others: list[Event]
) -> None:
    """Both modes show every character, nothing else, and template mode has the usage."""
    reads = data.draw(reads_of(woven(pieces, others)))
    assert read_template(reads) == Shown("".join(pieces), "completed", TOKENS)
    assert read_agent(reads) == Shown("".join(pieces), "saved")


@given(st.data(), answers())
def test_an_error_is_seen_in_both_modes(data: st.DataObject, pieces: list[str]) -> None:
    """Template mode replaces the text by the error, agent mode shows both."""
    events = failed(pieces, SENTENCE)
    reads = data.draw(reads_of(events))
    dump = json.dumps(events[-1], indent=2, ensure_ascii=False)
    assert read_template(reads) == Shown(f"{ERROR_TITLE}{SENTENCE}\n{dump}", "pending")
    assert read_agent(reads) == Shown("".join(pieces) + f"\n\n{SENTENCE}", "saved")


def every_split(stream: bytes) -> list[list[bytes]]:
    """Return the stream in one read, in two at each place, and byte by byte."""
    halves = [cut(stream, [place]) for place in range(1, len(stream))]
    return [[stream], *halves, cut(stream, range(len(stream)))]


def test_every_single_split() -> None:
    """No place in a stream, inside UTF-8 or between two line feeds, changes what is read."""
    pieces = ["Kapazität ", "1,347,500 €", "\n\n| a |\u2028🙂"]
    stream = PING + b"".join(map(wire, completed(pieces)))
    expected: dict[Callable[[list[bytes]], Shown], Shown] = {
        read_template: Shown("".join(pieces), "completed", TOKENS),
        read_agent: Shown("".join(pieces), "saved"),
    }
    for read, shown in expected.items():
        assert all(read(reads) == shown for reads in every_split(stream))


@given(answers(), st.lists(st.integers(0, 40), max_size=5))
def test_the_unrouted_service_reads_whole_events(pieces: list[str], places: list[int]) -> None:
    """It reads our answer too when no event is split over two reads."""
    written = [PING, *map(wire, completed(pieces))]
    edges = sorted({0, len(written), *(place for place in places if place < len(written))})
    reads = [b"".join(written[start:end]) for start, end in pairwise(edges)]
    assert read_unrouted(reads) == Shown("".join(pieces), "completed", TOKENS)


def test_a_stage_event_with_an_answer_would_be_seen() -> None:
    """The property tests can fail: an own event with a top-level answer spoils agent mode."""
    spoiled = wire({"event": "hawk_step", "answer": "leak"}) + wire(chunk("a"))
    assert read_agent([spoiled]).text == "leaka"
