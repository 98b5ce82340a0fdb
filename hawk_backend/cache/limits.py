"""How old rows may be: by how fast their table changes, and by what is known of its changes."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from hawk_backend.catalogue import Table, Volatility
from hawk_backend.models import Freshness

CEILING_S: Mapping[Volatility, float] = MappingProxyType(
    {
        Volatility.STATIC: 24 * 3600,
        Volatility.SLOW: 3600,
        Volatility.TRANSACTIONAL: 300,
        Volatility.MARKET: 60,
    }
)
"""Seconds that rows live under a feed: how long a change may last that no trigger has seen."""

_VOLATILE = frozenset({Volatility.TRANSACTIONAL, Volatility.MARKET})


class FeedState(StrEnum):
    """What is known of a table's changes.

    live: the feed tells them.  late: it should, but has not been heard lately, or not yet.
    none: nothing tells them.  never: nothing could, so nothing is kept.
    """

    LIVE = "live"
    LATE = "late"
    NONE = "none"
    NEVER = "never"


def longest_s(table: Table, state: FeedState, freshness: Freshness) -> float | None:
    """Return the seconds that rows may be old; None where they must come from the source."""
    if state is FeedState.NEVER or freshness is Freshness.SOURCE:
        return None
    if state is FeedState.LIVE:
        return CEILING_S[table.volatility]
    strict = state is FeedState.LATE or freshness is Freshness.BOUND
    if strict and table.volatility in _VOLATILE:
        return None
    return table.ttl_s
