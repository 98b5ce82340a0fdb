"""The emulator does what the Angular client was seen to do: one test a row of the table."""

import json
from collections.abc import Callable, Iterator

import pytest

from tests.angular.readers import (
    ERROR_TITLE,
    INTERRUPTED,
    SORRY,
    NotObserved,
    Shown,
    read_agent,
    read_template,
    read_unrouted,
)
from tests.angular.streams import USAGE, cut, wire

END = wire({"event": "message_end", "metadata": {"usage": USAGE}})
TOKENS = {
    "input_tokens": 1200,
    "output_tokens": 340,
    "total_tokens": 1540,
    "total_price": "0.0123",
}


def said(answer: str, event: str = "agent_message") -> bytes:
    """Return a piece of answer in an event of any name."""
    return wire({"event": event, "answer": answer})


@pytest.mark.parametrize("event", ["agent_message", "message"])
def test_both_answer_events_are_shown(event: str) -> None:
    """Both modes show `agent_message` and `message`."""
    stream = said("a", event) + said("b", event) + END
    assert read_template([stream]) == Shown("ab", "completed", TOKENS)
    assert read_agent([stream]) == Shown("ab", "saved")


def test_the_unrouted_service_shows_agent_message_only() -> None:
    """The unrouted service leaves `message` out."""
    shown = read_unrouted([said("a"), said("b", "message"), END])
    assert shown == Shown("a", "completed", TOKENS)


def test_template_mode_knows_two_more_places_of_an_answer() -> None:
    """Template mode also reads `output_text` and `data.answer`."""
    first = wire({"event": "message", "output_text": "a"})
    second = wire({"event": "message", "data": {"answer": "b"}})
    assert read_template([first, second, END]).text == "ab"


def test_other_names_of_the_token_counts() -> None:
    """Usage may say input_tokens and output_tokens instead of prompt and completion."""
    usage = {"input_tokens": 1, "output_tokens": 2, "total_tokens": 3, "total_price": "0"}
    end = wire({"event": "message_end", "metadata": {"usage": usage}})
    assert read_template([end]).usage == usage


def test_a_doubled_prefix_is_shown() -> None:
    """The predecessor's `data: data: {…}` is read by both modes."""
    stream = b"data: " + said("a")
    assert read_template([stream]).text == "a"
    assert read_agent([stream]).text == "a"


def test_a_prefix_without_its_space_is_printed_raw() -> None:
    """`data:{…}` is legal SSE: template mode prints the JSON, agent mode drops it."""
    line = b'data:{"event":"message","answer":"a"}'
    assert read_template([line + b"\n\n"]).text == line.decode()
    assert read_agent([line + b"\n\n"]).text == ""


def test_a_long_comment_is_printed() -> None:
    """Template mode prints `: keepalive`; agent mode ignores it."""
    assert read_template([b": keepalive comment\n\n"]).text == ": keepalive comment"
    assert read_agent([b": keepalive comment\n\n"]).text == ""


@pytest.mark.parametrize("line", [":", ": hb", "event: ping", "id: 7", "retry: 3000", ""])
def test_lines_that_both_modes_ignore(line: str) -> None:
    """Short comments, the heartbeat and the other SSE fields are ignored."""
    stream = f"{line}\n\n".encode()
    assert read_template([stream]).text == ""
    assert read_agent([stream]).text == ""


def test_progress_events_are_ignored() -> None:
    """A named event with JSON that has no answer shows nothing in either mode."""
    stream = b"event: x\n" + wire({"event": "hawk_status", "table": "a"}) + b"data: [DONE]\n\n"
    assert read_template([stream]) == Shown("", "completed")
    assert read_agent([stream]) == Shown("", "saved")


def test_an_answer_in_another_event_is_shown_in_agent_mode() -> None:
    """Agent mode appends the top-level answer of any event; template mode was not observed."""
    stream = said("leak", "hawk_status")
    assert read_agent([stream]).text == "leak"
    with pytest.raises(NotObserved):
        read_template([stream])


def test_an_error_replaces_the_text_in_template_mode_alone() -> None:
    """Template mode shows the error instead of the text and leaves the row pending."""
    error = {"event": "error", "message": "no model", "code": "x"}
    stream = said("partial") + wire(error) + said("later")
    dump = json.dumps(error, indent=2)
    assert read_template([stream]) == Shown(f"{ERROR_TITLE}no model\n{dump}", "pending")
    assert read_agent([stream]) == Shown("partiallater", "saved")


def test_an_error_without_an_event_is_ignored() -> None:
    """`{"error": …}` leaves a blank session that counts as completed."""
    stream = wire({"error": "no model"})
    assert read_template([stream]) == Shown("", "completed")
    assert read_agent([stream]) == Shown("", "saved")


def test_an_end_without_message_end_counts_as_completed() -> None:
    """EOF is success in both modes, and template mode has no usage then."""
    assert read_template([said("a")]) == Shown("a", "completed")
    assert read_agent([said("a")]) == Shown("a", "saved")


def test_template_mode_stops_at_message_end() -> None:
    """What follows `message_end` is read by agent mode only."""
    assert read_template([said("a") + END + said("b")]).text == "a"
    assert read_agent([said("a") + END + said("b")]).text == "ab"


def test_a_reset_connection_is_told() -> None:
    """Both modes say that the stream broke and mark the session failed."""

    def broken() -> Iterator[bytes]:
        yield said("a")
        raise ConnectionResetError

    assert read_template(broken()) == Shown(f"a{INTERRUPTED}", "failed")
    assert read_agent(broken()) == Shown(f"a{SORRY}", "failed")


def test_an_event_in_two_reads_is_lost_by_the_unrouted_service_alone() -> None:
    """Both modes carry the beginning of a line over; the unrouted service loses both halves."""
    stream = said("a€b")
    for place in range(1, len(stream) - 2):
        reads = cut(stream, [place])
        assert read_template(reads).text == "a€b"
        assert read_agent(reads).text == "a€b"
        assert read_unrouted(reads).text == ""


def test_the_last_line_without_a_line_feed() -> None:
    """Template mode loses it, agent mode reads it."""
    stream = said("a").rstrip()
    assert read_template([stream]) == Shown("", "completed")
    assert read_agent([stream]) == Shown("a", "saved")


def test_windows_line_ends_are_read() -> None:
    """CRLF does not matter to either mode."""
    stream = (said("a") + END).replace(b"\n", b"\r\n")
    assert read_template([stream]) == Shown("a", "completed", TOKENS)
    assert read_agent([stream]).text == "a"


@pytest.mark.parametrize("read", [read_template, read_agent])
def test_a_data_line_that_is_no_json_was_not_observed(read: Callable[[list[bytes]], Shown]) -> None:
    """The emulator refuses to guess."""
    with pytest.raises(NotObserved):
        read([b"data: {broken\n\n"])
