"""The protocol searched whole, within bounds: no history breaks it, and breaking it is noticed.

`scripts/soak` searches the larger bounds.
"""

import pytest

from tests.cache.model import Budget, Rules, Violation, search

BOUNDS = {
    "retirements and slow fillers": Budget(writes=2, retirements=2, prompts=2),
    "many prompts": Budget(writes=1, retirements=1, prompts=3),
    "two pollers": Budget(writes=2, polls=2, prompts=1),
    "a poll and a retirement": Budget(writes=1, retirements=1, polls=1, prompts=2),
    "a flush": Budget(writes=1, retirements=1, prompts=2, flushes=1),
    "an old snapshot": Budget(writes=1, retirements=1, prompts=2, snapshots=1, crashes=1),
    "a snapshot and a poll": Budget(writes=1, polls=2, prompts=1, snapshots=1, crashes=1),
    "replicas that restart": Budget(writes=1, polls=2, prompts=1, restarts=2),
}
CONTROLS = {
    "a write deletes the rows": (Rules(stamped=False), Budget(1, 1)),
    "counters for nonces": (Rules(nonces=False), Budget(1, 1, flushes=1)),
    "no fence": (Rules(fence=False), Budget(1, 1, snapshots=1, crashes=1)),
    "versions in a replica's memory": (Rules(versions_in_redis=False), Budget(1, 0, polls=1)),
    "the source before the stamp": (Rules(stamp_first=False), Budget(1, 1)),
    "joining what was sent": (Rules(joins_unsent=False), Budget(1, 1)),
}


@pytest.mark.parametrize("bounds", BOUNDS.values(), ids=BOUNDS.keys())
def test_no_history_breaks_the_guarantee(bounds: Budget) -> None:
    """Every interleaving within the bounds was visited, and each prompt saw what it may see."""
    assert search(Rules(), bounds) > 1_000


@pytest.mark.parametrize(("rules", "bounds"), CONTROLS.values(), ids=CONTROLS.keys())
def test_a_broken_protocol_is_found_out(rules: Rules, bounds: Budget) -> None:
    """Each rule is needed: without it there is a history in which a prompt sees old rows."""
    with pytest.raises(Violation):
        search(rules, bounds)
    search(Rules(), bounds)
