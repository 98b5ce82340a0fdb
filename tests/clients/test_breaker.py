"""The breaker spares callers the wait for a system that cannot be reached."""

import pytest

from hawk_backend.clients.breaker import Breaker, BreakerLimits, BreakerOpen, BreakerState


class Clock:
    """Seconds that a test sets."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        """Return them."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    """A clock that stands still."""
    return Clock()


@pytest.fixture
def breaker(clock: Clock) -> Breaker:
    """Opens after two failures, rests 1, 2, 3, 3 … seconds."""
    return Breaker(BreakerLimits(threshold=2, rest_s=1, longest_rest_s=3), clock)


def fail(breaker: Breaker) -> None:
    """Let one call fail to connect."""
    with breaker.trial() as trial:
        trial.connection_failed = True


def answer(breaker: Breaker) -> None:
    """Let one call be answered."""
    with breaker.trial() as trial:
        trial.answered = True


def refused(breaker: Breaker) -> bool:
    """Whether the next call is not let through."""
    try:
        with breaker.trial():
            return False
    except BreakerOpen:
        return True


def test_it_opens_after_failures_in_a_row(breaker: Breaker) -> None:
    """An answer in between starts the count anew."""
    fail(breaker)
    answer(breaker)
    fail(breaker)
    assert breaker.state is BreakerState.CLOSED

    fail(breaker)
    assert refused(breaker)
    assert repr(breaker) == "<Breaker open, 2 failed in a row>"


def test_one_call_at_a_time_tries_whether_it_is_back(breaker: Breaker, clock: Clock) -> None:
    """After its rest it lets one call through; the others are refused until that one ends."""
    fail(breaker)
    fail(breaker)
    clock.now += 1
    assert breaker.state is BreakerState.HALF_OPEN

    with breaker.trial() as trial:
        assert refused(breaker)
        trial.answered = True
    assert repr(breaker) == "<Breaker closed, 0 failed in a row>"


def test_a_failed_trial_doubles_the_rest_up_to_a_bound(breaker: Breaker, clock: Clock) -> None:
    """A system that stays away is asked ever less often, but it is asked."""
    fail(breaker)
    fail(breaker)
    rests = []
    for _ in range(4):
        waited = 0
        while refused(breaker):
            clock.now += 1
            waited += 1
        rests.append(waited)
        fail(breaker)

    assert rests == [1, 2, 3, 3]


def test_after_an_answer_the_rest_is_short_again(breaker: Breaker, clock: Clock) -> None:
    """A system that came back is treated like one that was never away."""
    for _ in range(2):
        fail(breaker)
    clock.now += 1
    fail(breaker)
    clock.now += 2
    answer(breaker)
    for _ in range(2):
        fail(breaker)
    clock.now += 1

    assert breaker.state is BreakerState.HALF_OPEN


def test_a_trial_that_is_given_up_leaves_the_door_ajar(breaker: Breaker, clock: Clock) -> None:
    """A cancelled call, or one that timed out after connecting, neither opens nor closes it."""
    fail(breaker)
    fail(breaker)
    clock.now += 1
    with pytest.raises(TimeoutError), breaker.trial():
        raise TimeoutError

    assert breaker.state is BreakerState.HALF_OPEN
