"""The desk's day in virtual time; other days beside it in scripts/bench/day."""

from tests.cache.day import Day, live


def test_the_desk_finds_its_tables_kept_and_never_stale() -> None:
    """Thirty users, eight hours, writes, a live feed: what is wanted is there, and is not old."""
    tally = live(Day("the day"))
    assert tally.prompts.total() == 2880
    assert tally.hit_rate >= 0.99
    assert tally.warm_rate >= 0.97
    assert tally.stale == 0
    assert tally.behind > 0
    assert tally.asked < tally.lookups.total() / 4


def test_a_day_without_a_feed_is_found_out() -> None:
    """The test above can fail: what lives by its time alone is old now and then."""
    tally = live(Day("no feed", prompts=600, feed=False))
    assert tally.stale > 0
    assert tally.hit_rate < 0.9
