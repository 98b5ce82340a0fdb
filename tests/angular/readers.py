"""The stream readers of today's Angular client, as a real browser showed them to behave.

* `read_template`  template mode: `sendToUnifiedBackend` + `processUnifiedStream`
* `read_agent`     agent mode: `sendAgentMessage` + `processStreamLine`
* `read_unrouted`  the injectable service that no page routes to: `processPromptStreaming`

Each takes the network reads in order. A read may raise ConnectionError: the reset connection.
What was never observed in the browser raises NotObserved, so that no test rests on a guess.
"""

import codecs
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

Event: TypeAlias = Mapping[str, Any]
Status: TypeAlias = Literal["completed", "failed", "pending", "saved"]
"""What the session's row says afterwards; `pending` and `saved`: nobody wrote an end into it."""

DATA = "data: "
ERROR_TITLE = "**Error from Dify AI:** "
INTERRUPTED = "[Stream interrupted…]"
SORRY = "Sorry, I encountered an error"
_FIELDS = ("event:", "id:", "retry:")
_SHORT = 5
_JAVASCRIPT_SPACE = " \t\n\v\f\r\u00a0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff" + "".join(
    map(chr, range(0x2000, 0x200B))
)


class NotObserved(AssertionError):
    """The stream has something of which nobody saw what the client does with it."""


@dataclass(slots=True)
class Shown:
    """What the user sees in the end, and what the client writes into the session."""

    text: str = ""
    status: Status = "pending"
    usage: dict[str, Any] = field(default_factory=dict)


def read_template(reads: Iterable[bytes]) -> Shown:
    """Read as template mode does: whole lines only, raw text printed, `message_end` ends it."""
    shown = Shown()
    try:
        for line in _lines(reads, unended=False):
            if _template_line(line, shown):
                return shown
    except ConnectionError:
        shown.text += INTERRUPTED
        shown.status = "failed"
        return shown
    shown.status = "completed"
    return shown


def read_agent(reads: Iterable[bytes]) -> Shown:
    """Read as agent mode does: any truthy `answer` is appended until the connection ends."""
    shown = Shown()
    try:
        for line in _lines(reads, unended=True):
            event = _observed(line.strip(_JAVASCRIPT_SPACE))
            if event and event.get("answer"):
                shown.text += event["answer"]
    except ConnectionError:
        shown.text += SORRY
        shown.status = "failed"
        return shown
    shown.status = "saved"
    return shown


def read_unrouted(reads: Iterable[bytes]) -> Shown:
    """Read as the unrouted service does: every read for itself, without carrying anything over."""
    shown = Shown()
    for read in reads:
        for event in _unrouted_events(read):
            if event.get("event") == "agent_message":
                shown.text += event.get("answer") or ""
            elif event.get("event") == "message_end":
                shown.status = "completed"
                shown.usage = _usage(event)
    return shown


def _template_line(line: str, shown: Shown) -> bool:
    """Do with one line what template mode does; true when it stops reading there."""
    text = line.strip(_JAVASCRIPT_SPACE)
    if text.startswith(DATA):
        return _template_event(_observed(text), shown)
    if len(text) > _SHORT and not any(name in text for name in _FIELDS):
        shown.text += text
    return False


def _template_event(event: Event | None, shown: Shown) -> bool:
    match event:
        case None:
            return False
        case {"event": "agent_message" | "message"}:
            shown.text += _answer(event)
        case {"event": "message_end"}:
            shown.status = "completed"
            shown.usage = _usage(event)
            return True
        case {"event": "error"}:
            dump = json.dumps(event, indent=2, ensure_ascii=False)
            shown.text = f"{ERROR_TITLE}{event.get('message')}\n{dump}"
            return True
        case {"answer": _}:
            raise NotObserved(f"template mode with an answer in {event.get('event')!r}")
    return False


def _answer(event: Event) -> str:
    data = event.get("data")
    nested = data.get("answer") if isinstance(data, dict) else None
    return event.get("answer") or event.get("output_text") or nested or ""


def _usage(event: Event) -> dict[str, Any]:
    metadata = event.get("metadata")
    usage = metadata.get("usage") or {} if isinstance(metadata, dict) else {}
    return {
        "input_tokens": usage.get("prompt_tokens", usage.get("input_tokens")),
        "output_tokens": usage.get("completion_tokens", usage.get("output_tokens")),
        "total_tokens": usage.get("total_tokens"),
        "total_price": usage.get("total_price"),
    }


def _observed(line: str) -> Event | None:
    """Return the event in a line; None where the client is known to ignore the line."""
    try:
        return _event(line)
    except ValueError:
        raise NotObserved(f"a data line that is no JSON: {line[:80]!r}") from None


def _event(line: str) -> Event | None:
    """Return the JSON object behind `data: `, doubled or not; None for any other line."""
    if not line.startswith(DATA):
        return None
    text = line.removeprefix(DATA).removeprefix(DATA).strip(_JAVASCRIPT_SPACE)
    if text == "[DONE]":
        return None
    event = json.loads(text)
    return event if isinstance(event, dict) else None


def _lines(reads: Iterable[bytes], *, unended: bool) -> Iterator[str]:
    """Yield the lines as they are complete; at the end the `unended` one if it is wanted."""
    decoder = codecs.getincrementaldecoder("utf-8-sig")(errors="replace")
    carried = ""
    for read in reads:
        *lines, carried = (carried + decoder.decode(read)).split("\n")
        yield from lines
    if unended:
        yield carried + decoder.decode(b"", final=True)


def _unrouted_events(read: bytes) -> Iterator[Event]:
    """Yield the events that lie whole within one read; the others are lost."""
    for line in read.decode(errors="replace").split("\n"):
        with suppress(ValueError):
            if event := _event(line):
                yield event
