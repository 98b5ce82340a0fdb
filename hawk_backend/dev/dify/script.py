"""What a script may say: the contract between the stand-in and the tests that drive it.

POST /control/script takes one Script or a list of them, as JSON.  Each request to an app takes the
first script that matches it; without one the app behaves as a healthy Dify 1.12.

A *place* in the stream says when a fault comes.  It is a number of events already sent (0: before
the first; pings do not count), "delta:n" (n pieces of the answer sent), or "end" (all sent, the
terminal events included).  A place that the stream never reaches never comes.
"""

import base64
import json
from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    PlainValidator,
    model_validator,
)


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    raise ValueError("must be a string")


def _octets(value: object) -> object:
    return base64.b64decode(value, validate=True) if isinstance(value, str) else value


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()


Text = Annotated[str, PlainValidator(_text)]
"""A string that may hold lone surrogates, which pydantic's own str refuses."""

Octets = Annotated[bytes, BeforeValidator(_octets), PlainSerializer(_base64)]
"""Bytes; base64 in JSON."""

Seconds = Annotated[float, Field(ge=0)]
Count = Annotated[int, Field(ge=1)]
Place = (
    Annotated[int, Field(strict=True, ge=0)] | Annotated[str, Field(pattern=r"^(delta:\d+|end)$")]
)

Extra = Literal[
    "message_replace",
    "message_file",
    "agent_thought",
    "tts",
    "reasoning",
    "agent_log",
    "human_input",
    "node_retry",
    "iteration",
    "loop",
    "unknown",
]
"""Well-formed events that a healthy stream may hold; tts, iteration and loop are all their events.
human_input is followed by workflow_paused and ends the stream."""

Refusal = Literal[
    "unauthorized",
    "forbidden",
    "not_found",
    "not_found_html",
    "file_too_large",
    "unsupported_file_type",
    "bad_request",
    "app_unavailable",
    "provider_not_initialize",
    "provider_quota_exceeded",
    "model_currently_not_support",
    "completion_request_error",
    "conversation_completed",
    "too_many_400",
    "too_many_429",
    "rate_limit_429",
    "cloudflare_429_html",
    "internal_500",
    "bad_gateway_html",
    "unavailable_503",
    "gateway_timeout_504",
    "cloudflare_524",
    "login_html",
    "login_redirect",
]
"""HTTP failures by name; refusals.py has their bytes.  login_html is a page with status 200, and
login_redirect sends to one."""

Ending = Literal["workflow_first", "message_first", "message_lost", "message_only", "none"]
"""Terminal events of a chatflow: workflow_finished then message_end (1.12), message_end then
workflow_finished (1.14), message_end lost (1.13), message_end alone (annotation in 1.17), none.
The other apps have one terminal event: message_lost (of a chat) and none take it away."""


class Part(BaseModel):
    """Base of all parts of a script: immutable, and a misspelt field is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Delay(Part):
    """The run pauses once; pings go on."""

    at: Place
    seconds: Seconds


class Insert(Part):
    """Something more in the stream: exactly one of `kind`, `event` and `frame`."""

    at: Place
    kind: Extra | None = None
    event: dict[str, Any] | None = None
    """This JSON event as it is, after the fields that all events of the app share."""
    frame: Octets | None = None
    """These bytes as they are; nothing is put around them."""
    text: Text | None = None
    """Text of a kind (replacement, reasoning, thought) instead of its default."""

    @model_validator(mode="after")
    def _one(self) -> Self:
        if sum(value is not None for value in (self.kind, self.event, self.frame)) != 1:
            raise ValueError("exactly one of kind, event and frame")
        return self


class Stall(Part):
    """The run hangs until it is stopped, whether the client stays or leaves."""

    at: Place
    pings: bool = False
    """Whether pings go on."""


class Failure(Part):
    """The model fails while HTTP stays 200: error event(s) end the stream."""

    at: Place = 0
    shape: Literal["app", "chat", "chatflow"] = "app"
    """chat: one event, completion_request_error; chatflow: node_finished and workflow_finished with
    status failed, then invalid_param "Run failed: …"; app: as the app's mode does.
    Before the first event only the error event itself comes."""
    code: str | None = None
    """Instead of the shape's code."""
    status: int = 400
    """The status inside the event."""
    message: Text = "[standin] Rate Limit Error: quota of provider account standin-secret exceeded"
    """The provider's words; the default holds what must not reach a browser."""


class Cut(Part):
    """The connection ends early: before the response's first byte unless a field says where."""

    at: Place | None = None
    body_bytes: Annotated[int, Field(ge=0)] | None = None
    """Bytes of the body that go out, mid-frame and mid-chunk if need be; 0: the headers alone."""
    how: Literal["end", "fin", "rst"] = "fin"
    """end: the body ends well without the rest; fin: the connection closes without the last chunk;
    rst: it is reset."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.at is not None and self.body_bytes is not None:
            raise ValueError("at and body_bytes exclude each other")
        if self.how == "end" and self.is_before_headers:
            raise ValueError("a body that has not begun cannot end well")
        return self

    @property
    def is_before_headers(self) -> bool:
        """Whether the client gets no byte at all."""
        return self.at is None and self.body_bytes is None


class Stopping(Part):
    """What a stop of this run does."""

    obey: bool = True
    """False: stop answers success and the run goes on."""
    lag: Seconds = 0.0
    """Seconds until the run notices."""
    answer_after: Seconds = 0.0
    """Seconds until the stop request is answered."""
    status: int = 200
    """Other than 200: the stop request is refused with it and has no effect."""

    @property
    def fails(self) -> bool:
        """Whether the stop request is refused."""
        return self.status != HTTPStatus.OK


class Script(Part):
    """What one request to an app gets: how it fails, what it says, in which bytes."""

    app: str | None = None
    """Name of the app (apps.py) that it is for."""
    query: Text | None = None
    """Text that the request's query or one of its inputs must contain."""
    times: Annotated[int, Field(ge=0)] = 1
    """How many requests it serves; 0: all until the reset."""

    refuse: Refusal | None = None
    """No run, but this HTTP failure."""
    raw: Octets | None = None
    """No run, but this body with status 200; split, gap and cut.body_bytes apply."""
    raw_content_type: str = "text/event-stream; charset=utf-8"

    silence: Seconds = 0.0
    """The request is taken and nothing happens: no run, no header, no ping; a client that leaves
    meanwhile has started no run."""
    think: Seconds = 0.0
    """The model thinks before the first piece of the answer; pings go on.  Headers come with the
    first event or ping, so in a chat this is silence too, of a run that exists."""
    open_ping: bool = False
    """One ping at the opening, as 1.13 and newer send for chatflows and workflows."""
    ping_every: Annotated[float, Field(gt=0)] = 10.0

    answer: Text | None = None
    """This text instead of the analysis."""
    deltas: tuple[Text, ...] | None = None
    """The answer in exactly these pieces; `answer` and `tokens` are not looked at."""
    tokens: Count | None = None
    """Number of pieces; a text that is too short for them is repeated."""
    rate: Annotated[float, Field(ge=0)] = 200.0
    """Pieces a second, kept on schedule; 0: as fast as possible."""
    usage: dict[str, Any] | None = None
    """Fields that replace those of message_end's usage."""
    annotation: bool = False
    """The answer is an annotation's: one piece, no tokens, annotation_reply in the metadata."""

    inserts: tuple[Insert, ...] = ()
    delays: tuple[Delay, ...] = ()
    stall: Stall | None = None
    error: Failure | None = None
    stopping: Stopping = Stopping()

    ending: Ending = "workflow_first"
    workflow_status: Literal["succeeded", "partial-succeeded"] = "succeeded"
    linger: Seconds = 0.0
    """Seconds that the response stays open after its last event."""

    line_end: Literal["lf", "crlf", "cr"] = "lf"
    bom: bool = False
    space: bool = True
    """A space after `data:`."""
    comments: bool = False
    """A comment line opens every frame."""
    multiline: bool = False
    """The JSON is spread over many data lines."""
    event_lines: bool = False
    """An `event:` line opens every frame."""
    ascii_json: bool = False
    r"""JSON with spaces and \uXXXX, as older versions write it."""
    join: Count = 1
    """Frames that go out in one chunk."""
    split: tuple[Count, ...] = ()
    """Sizes of the chunks, over and over, whatever the frames; (1,) is byte by byte."""
    gap: Seconds = 0.0
    """Seconds between the chunks that `split` makes."""
    cut: Cut | None = None


class Capacity(Part):
    """What the whole stand-in bears; POST /control/capacity replaces it."""

    connections: Count | None = None
    """Requests served at once; further ones wait in line, /health too (Dify's default: 10)."""
    app_limit: Count | None = None
    """Requests that an app answers at once; further ones are refused."""
    limit_shape: Literal["too_many_400", "too_many_429"] = "too_many_400"
    """How they are refused: as 1.12 does, or as 1.16."""
    naming_delay: Seconds = 1.0
    """Seconds that auto_generate_name costs a new conversation (1.12)."""


class Probe(Part):
    """What /parameters and /info answer; POST /control/parameters replaces it."""

    app: str | None = None
    """Name of the app that it is for; None: all."""
    mode: str | None = None
    """Mode in /info instead of the app's own."""
    missing: tuple[str, ...] = ()
    """Variables that the form does not declare, and that requests then lose."""
    required: tuple[str, ...] = ()
    """Variables without which a request is refused."""
    max_length: Count | None = None
    """Limit of optimized_context; a longer value is refused."""
    after: Seconds = 0.0
    """Seconds until they answer."""
    status: int = 200
    body: Text | None = None
    """This text (say, HTML) instead of the JSON."""


def dumps(parts: Part | Sequence[Part]) -> bytes:
    """Return the JSON that the control endpoints read; ASCII, so that lone surrogates survive."""
    if isinstance(parts, Part):
        parts = [parts]
    return json.dumps([part.model_dump(exclude_defaults=True) for part in parts]).encode()
