"""What the context is made from, and what it is."""

from collections.abc import Hashable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from hawk_backend.desk import Figures
from hawk_backend.models import Prompt
from hawk_backend.pipeline.context.blocks import Block
from hawk_backend.pipeline.fetch import TableResult
from hawk_backend.pipeline.intent import Intent
from hawk_backend.pipeline.plan import QueryPlan


@dataclass(frozen=True, slots=True)
class Extraction:
    """How the fetch went: look-ups of tables that hit or missed the cache, and its wall time."""

    hits: int
    misses: int
    ms: float

    @property
    def hit_rate(self) -> float:
        """Hits in percent of all look-ups; 0 without any."""
        looked_up = self.hits + self.misses
        return 100 * self.hits / looked_up if looked_up else 0.0


@dataclass(frozen=True, slots=True)
class Omission:
    """Records of a table, or of a section, that the context has no room for."""

    table: str
    rows: int
    reason: str


@dataclass(frozen=True, slots=True)
class Draft:
    """A context but for what was measured, which stands between `before` and `after`.

    `measured` says whether there is room for it.
    """

    before: str
    after: str
    measured: bool
    data_sha256: str
    dropped: tuple[Omission, ...]
    data_gaps: tuple[str, ...]
    alerts: tuple[str, ...]
    shown: Mapping[str, Sequence[int]]


@dataclass(frozen=True, slots=True)
class ContextInputs:
    """All that the context says; `now` is the only clock.

    `desk_blocks` are the figures' tables where they are rendered already; `drafts`, where they
    are kept, what was written of these very figures and rows before, by prompt, intent and limit.
    """

    prompt: Prompt
    intent: Intent
    plan: QueryPlan
    results: Sequence[TableResult]
    figures: Figures
    now: datetime
    extraction: Extraction
    desk_blocks: Sequence[Block] | None = None
    drafts: MutableMapping[Hashable, Draft] | None = None


@dataclass(frozen=True, slots=True)
class Context:
    """The text for the model, and the ledger of what is in it.

    `chars` counts code points, as Dify does.  `data_sha256` leaves out the block of ages, hit
    rate and times, so that it is the same for the same rows, question and day.  `shown` gives
    for each table the positions in its slice of the rows that the text holds; `figures` knows
    where every figure comes from.
    """

    text: str
    chars: int
    sha256: str
    data_sha256: str
    dropped: tuple[Omission, ...]
    data_gaps: tuple[str, ...]
    alerts: tuple[str, ...]
    shown: Mapping[str, Sequence[int]]
    figures: Figures
