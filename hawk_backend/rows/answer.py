"""What a source answers: its bytes, and how they are to be read."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Answer:
    """A JSON array of at most `cap` rows that have `columns` (None: whatever the first row has).

    `fetched_at` is the moment before the query was sent: the rows are at least as new.
    """

    body: bytes
    columns: tuple[str, ...] | None
    cap: int
    fetched_at: datetime
