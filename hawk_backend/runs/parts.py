"""What a run is made of: the order, and the parts of the house as a run sees them."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from hawk_backend.models import Principal, Prompt
from hawk_backend.pipeline.intent import Intent
from hawk_backend.runs.limits import RelayClocks, RunLimits
from hawk_backend.runs.ticker import Ticker

Event = Mapping[str, Any]
Emit = Callable[[Mapping[str, object]], None]


class Text(Protocol):
    """The context: what Dify gets to read."""

    @property
    def text(self) -> str:
        """At most 100,000 characters."""


class Prepared(Protocol):
    """Everything that is known before Dify is asked."""

    @property
    def context(self) -> Text:
        """The finished context."""

    @property
    def timings_ms(self) -> Mapping[str, float]:
        """Milliseconds by stage."""


class Prepare(Protocol):
    """The stages up to the context."""

    async def prepare(
        self,
        prompt: Prompt,
        intent: Intent,
        principal: Principal,
        *,
        fresh: bool,
        emit: Emit,
        room: int | None = None,
    ) -> Prepared:
        """Return the context, at most `room` characters long; raises HawkError.

        Tells each stage through `emit`.
        """


Changed = Callable[[], Awaitable[Sequence[str]]]
"""Names the tables that were retired since they were read; holds no context."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One question to Dify; `app` names the key, `user` scopes conversations and stopping."""

    app: str
    user: str
    query: str
    inputs: Mapping[str, str]
    conversation_id: str
    trace_id: str


class Upstream(Protocol):
    """A generation under way at Dify."""

    async def read(self) -> Sequence[Event] | None:
        """Return the events that the next bytes complete, perhaps none; None at the end."""

    async def close(self) -> None:
        """Close the connection."""


class Variable(Protocol):
    """One input that an app declares."""

    @property
    def limit(self) -> int | None:
        """Characters that it takes, None for any number."""

    @property
    def required(self) -> bool:
        """Whether Dify refuses a question without it."""

    @property
    def takes_text(self) -> bool:
        """Whether any text can be its value."""


class App(Protocol):
    """One app of Dify as last seen."""

    @property
    def stand_in(self) -> bool:
        """Whether it belongs to the local stack's stand-in."""

    @property
    def mode(self) -> str:
        """Its kind: chat, workflow, …; "" as long as that is not known."""

    @property
    def name(self) -> str:
        """Its title."""

    @property
    def variables(self) -> Mapping[str, Variable] | None:
        """What it declares; None as long as that is not known."""

    @property
    def untold(self) -> Sequence[str]:
        """What it was asked and did not tell."""


class Dify(Protocol):
    """The client of one Dify server."""

    @property
    def apps(self) -> Mapping[str, App]:
        """The apps that have a key."""

    async def open(self, ask: Ask) -> Upstream:
        """Ask; a refusal is an upstream that tells why. Waits for the first byte."""

    async def stop(self, app: str, task_id: str, user: str) -> bool:
        """End a generation; False if Dify could not be told."""

    async def look(self, app: str) -> App:
        """Return the app as it is now; raises DifyError."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """How an app gets the context: as the input `variable`, or behind the words in the query."""

    in_query: bool = False
    variable: str = "optimized_context"


@dataclass(frozen=True, slots=True)
class Order:
    """What was asked, by whom; `request_id` names the run, `timings_ms` what it took to read."""

    prompt: Prompt
    intent: Intent
    principal: Principal
    fresh: bool
    request_id: str
    timings_ms: Mapping[str, float] = field(default_factory=dict)

    @property
    def uid(self) -> tuple[Principal, str] | None:
        """By what the same prompt, sent again, is known; None where it is not."""
        return (self.principal, self.prompt.msg_uid) if self.prompt.msg_uid else None


@dataclass(frozen=True, slots=True)
class Parts:
    """What every run works with."""

    prepare: Prepare
    dify: Dify
    ticker: Ticker
    clocks: RelayClocks
    limits: RunLimits
    delivery: Delivery
    changes: Callable[[Prepared], Changed]
