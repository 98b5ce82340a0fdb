"""A breaker: while an outside system cannot be reached, nobody waits to find out again.

    closed ──(threshold connections failed in a row)──▶ open ──(rest over)──▶ half open
       ▲                                                 ▲                        │ one trial
       └───────────────── the trial got through ─────────┼────────────────────────┤
                                                         └──── it failed: rest doubled

Only connections that are refused or time out count.  An answer, however bad or late, means that
the system can be reached.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum


class BreakerState(StrEnum):
    """Whether calls are let through."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass(frozen=True, slots=True)
class BreakerLimits:
    """How many failures in a row open it, and for how many seconds it rests, first and at most."""

    threshold: int = 5
    rest_s: float = 1.0
    longest_rest_s: float = 15.0


class BreakerOpen(Exception):
    """The system could not be reached lately; nothing was sent."""


class Trial:
    """One call; its caller says when the connection failed."""

    connection_failed = False
    answered = False


class Breaker:
    """Counts failed connections in a row; share one among all callers of one system."""

    def __init__(
        self, limits: BreakerLimits | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._limits = limits or BreakerLimits()
        self._clock = clock
        self._failures = 0
        self._rest = self._limits.rest_s
        self._until = 0.0
        self._trial: Trial | None = None

    def __repr__(self) -> str:
        return f"<Breaker {self.state}, {self._failures} failed in a row>"

    @property
    def state(self) -> BreakerState:
        """Whether the next call is let through."""
        if self._failures < self._limits.threshold:
            return BreakerState.CLOSED
        if self._trial is not None or self._clock() < self._until:
            return BreakerState.OPEN
        return BreakerState.HALF_OPEN

    @contextmanager
    def trial(self) -> Iterator[Trial]:
        """Let one call through, or raise BreakerOpen; a call that says nothing changes nothing."""
        state = self.state
        if state is BreakerState.OPEN:
            raise BreakerOpen
        trial = Trial()
        if state is BreakerState.HALF_OPEN:
            self._trial = trial
        try:
            yield trial
        finally:
            self._settle(trial)

    def _settle(self, trial: Trial) -> None:
        probed = self._trial is trial
        if probed:
            self._trial = None
        if trial.answered:
            self._failures, self._rest = 0, self._limits.rest_s
        elif trial.connection_failed:
            self._failures += 1
            if probed or self._failures == self._limits.threshold:
                self._until = self._clock() + self._rest
                self._rest = min(2 * self._rest, self._limits.longest_rest_s)
