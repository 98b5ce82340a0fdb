"""How old rows may be."""

from dataclasses import replace

import pytest

from hawk_backend.cache.limits import CEILING_S, FeedState, longest_s
from hawk_backend.catalogue import Volatility
from hawk_backend.models import Freshness
from tests.cache.rig import PLAIN

LIVE, LATE, NONE, NEVER = FeedState.LIVE, FeedState.LATE, FeedState.NONE, FeedState.NEVER
USUAL, BOUND = Freshness.USUAL, Freshness.BOUND
CALM = (Volatility.STATIC, Volatility.SLOW)
VOLATILE = (Volatility.TRANSACTIONAL, Volatility.MARKET)


def lives_by(state: FeedState, freshness: Freshness, volatility: Volatility) -> str:
    """Say by what rows live: the ceiling of their kind, their table's ttl, or not at all."""
    table = replace(PLAIN, volatility=volatility, ttl_s=7)
    names = {None: "source", CEILING_S[volatility]: "ceiling", 7: "ttl"}
    return names[longest_s(table, state, freshness)]


@pytest.mark.parametrize(
    ("state", "freshness", "calm", "volatile"),
    [
        (LIVE, USUAL, "ceiling", "ceiling"),
        (LIVE, BOUND, "ceiling", "ceiling"),
        (LATE, USUAL, "ttl", "source"),
        (LATE, BOUND, "ttl", "source"),
        (NONE, USUAL, "ttl", "ttl"),
        (NONE, BOUND, "ttl", "source"),
        (NEVER, USUAL, "source", "source"),
        (NEVER, BOUND, "source", "source"),
        *((state, Freshness.SOURCE, "source", "source") for state in FeedState),
    ],
)
def test_what_is_known_decides(
    state: FeedState, freshness: Freshness, calm: str, volatile: str
) -> None:
    """A live feed lets rows live to their ceiling; else volatile rows come from the source.

    Without a feed a prompt that asks for nothing in particular is content with a table's ttl; a
    feed that should speak and does not is no reason to be.
    """
    assert {lives_by(state, freshness, volatility) for volatility in CALM} == {calm}
    assert {lives_by(state, freshness, volatility) for volatility in VOLATILE} == {volatile}


def test_the_ceilings_are_those_that_the_documentation_names() -> None:
    """A day, an hour, five minutes, a minute."""
    assert [CEILING_S[volatility] for volatility in (*CALM, *VOLATILE)] == [86400, 3600, 300, 60]
