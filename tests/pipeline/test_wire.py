"""The bytes of our own events, judged by independent parsers."""

import json
from datetime import date
from decimal import Decimal

import httpx
import pytest
from httpx_sse import EventSource
from hypothesis import given
from hypothesis import strategies as st

from hawk_backend.pipeline.wire import encode

ODD = (
    'a\u2028b\u2029c\u0085d\x0be\x0cf\x1cg\r\n\ndata: {"event":"x"}\n\n: h\ufeff\u4e2d\U0001f600"\\'
)


def test_an_event_is_one_line_of_compact_json() -> None:
    """`data: `, an object without spaces, a blank line."""
    assert encode({"event": "a", "b": [1, None]}) == b'data: {"event":"a","b":[1,null]}\n\n'


@given(st.text() | st.just(ODD))
def test_no_text_can_break_a_line(text: str) -> None:
    """Whatever a text holds, even the loosest notion of a line sees one, and the text is whole."""
    sent = encode({"event": "a", "text": text})
    read = json.loads(sent[6:])["text"]

    assert len(sent.decode().splitlines()) == 2
    assert read == text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def test_a_strict_parser_reads_hostile_text_right() -> None:
    """httpx-sse, which knows nothing of us, finds one event and the exact text."""
    body = encode({"event": "a", "text": ODD}) + b"event: ping\n\n"
    response = httpx.Response(200, content=body, headers={"content-type": "text/event-stream"})
    (event,) = [event for event in EventSource(response).iter_sse() if event.data]

    assert event.json() == {"event": "a", "text": ODD}


@pytest.mark.parametrize("odd", ["", "\ud800"])
def test_values_of_the_domain_are_texts(odd: str) -> None:
    """Amounts keep their digits, dates are ISO; a lone surrogate elsewhere changes nothing."""
    event = {"event": odd, "amount": Decimal("1347500.0"), "day": date(2025, 9, 17)}
    read = json.loads(encode(event)[6:])

    assert read == {
        "event": odd and "\ufffd",
        "amount": "1347500.0",
        "day": "2025-09-17",
    }


def test_what_is_no_value_is_refused() -> None:
    """An object that has no JSON form is a fault of ours, not a text in the stream."""
    with pytest.raises(TypeError):
        encode({"event": "a", "x": object()})
