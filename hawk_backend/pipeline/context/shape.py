"""What the context is made from, and what it is."""

from collections.abc import Hashable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from hawk_backend.desk import Figures
from hawk_backend.models import Prompt, TableState, Tier
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

    @classmethod
    def of(cls, results: Sequence[TableResult], ms: float) -> "Extraction":
        """Count by what became of the tables; one that the database does not have is not read."""
        tiers = [result.tier for result in results if result.state is not TableState.ABSENT]
        hits = sum(tier in (Tier.MEMORY, Tier.REDIS) for tier in tiers)
        return cls(hits, len(tiers) - hits, ms)

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
class Body:
    """The text of all figures and rows, but for the question and what was measured.

    `opening` stands before the question, `summary` between the two, `rest` behind both.

    `digests` has the data's digest under the question's text that it was last worked out for.
    """

    opening: str
    summary: str
    rest: str
    shown: Mapping[str, Sequence[int]]
    digests: dict[str, str] = field(default_factory=dict, compare=False)

    def __len__(self) -> int:
        """Count the characters."""
        return len(self.opening) + len(self.summary) + len(self.rest)


@dataclass(frozen=True, slots=True)
class ContextInputs:
    """All that the context says; `now` is the only clock.

    `desk_blocks` are the figures' tables where they are rendered already; `bodies`, where they
    are kept, what was written of these very figures and rows before, by what else decides about it.
    """

    prompt: Prompt
    intent: Intent
    plan: QueryPlan
    results: Sequence[TableResult]
    figures: Figures
    now: datetime
    extraction: Extraction
    desk_blocks: Sequence[Block] | None = None
    bodies: MutableMapping[Hashable, Body] | None = None


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
