"""A read: a slice in hand, and where it came from."""

from dataclasses import dataclass

from hawk_backend.models import Tier
from hawk_backend.rows.answer import Answer
from hawk_backend.rows.slice import Slice


@dataclass(frozen=True, slots=True)
class Read:
    """A slice in hand; `ms` is the time of its own query, 0 where none ran.

    `answer` is what the source sent for it, for whoever keeps that; `stamp` what its table's
    stamp was, where that is known.
    """

    slice: Slice
    tier: Tier
    ms: float
    answer: Answer | None = None
    stamp: bytes | None = None
