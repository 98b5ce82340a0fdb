"""Hedge: a query that hangs is asked once more beside itself, and the first answer counts.

This is a second path for speed.  The simple one misses a target of scripts/bench/prepare: with
1.5 % of the queries stalled no critical table may be missing at 200 users.  A stalled query takes
its table from every prompt that joined it, and nothing about its connection is broken.
"""

import asyncio
import time
from collections.abc import Collection
from dataclasses import dataclass

from hawk_backend.catalogue import Table
from hawk_backend.models import Principal
from hawk_backend.pipeline.reads import Source
from hawk_backend.rows import Answer, Where

_WEIGHT = 0.3
"""Share of the newest time in a table's usual one."""


@dataclass(frozen=True, slots=True)
class HedgeLimits:
    """When a query hangs: after `times` its usual time, within these bounds, in seconds.

    At most `most` questions are asked for one answer. `share` of all queries may be asked again,
    at most `burst` of them in a row: a source that is slow as a whole is not asked all twice.
    """

    times: float = 4.0
    shortest_s: float = 0.5
    longest_s: float = 0.9
    most: int = 3
    share: float = 0.05
    burst: float = 8.0


class Hedged:
    """A source that does not wait for one answer alone."""

    def __init__(self, source: Source, limits: HedgeLimits | None = None) -> None:
        self._source = source
        self._limits = limits or HedgeLimits()
        self._usual: dict[str, float] = {}
        self._left = self._limits.burst
        self.asked_again = 0

    def __repr__(self) -> str:
        return f"<Hedged {self._source!r}, {self.asked_again} asked again>"

    async def read(self, table: Table, principal: Principal, where: Where = ()) -> Answer:
        """Return the first answer; raises what the last question raised."""
        self._left = min(self._limits.burst, self._left + self._limits.share)
        started = time.monotonic()
        questions = {self._ask(table, principal, where)}
        try:
            while len(questions) < self._limits.most and await self._hang(questions, table):
                questions.add(self._ask(table, principal, where))
            answer = await _first(questions)
        finally:
            for question in questions:
                question.cancel()
        self._learn(table.name, time.monotonic() - started)
        return answer

    def _ask(self, table: Table, principal: Principal, where: Where) -> asyncio.Task[Answer]:
        return asyncio.create_task(self._source.read(table, principal, where))

    def _patience(self, table: str) -> float:
        """Return how long an answer may take before the query seems to hang."""
        limits = self._limits
        usual = self._usual.get(table)
        if usual is None:
            return limits.longest_s
        return min(limits.longest_s, max(limits.shortest_s, limits.times * usual))

    async def _hang(self, questions: Collection[asyncio.Task[Answer]], table: Table) -> bool:
        """Whether no question is answered in its time, and one more may be asked."""
        done, _ = await asyncio.wait(
            questions, timeout=self._patience(table.name), return_when=asyncio.FIRST_COMPLETED
        )
        if done or self._left < 1:
            return False
        self._left -= 1
        self.asked_again += 1
        return True

    def _learn(self, table: str, seconds: float) -> None:
        """Take an answer's time as usual, one that hung as no longer than it may take."""
        known = min(seconds, self._patience(table))
        before = self._usual.get(table, known)
        self._usual[table] = before + _WEIGHT * (known - before)


async def _first(questions: Collection[asyncio.Task[Answer]]) -> Answer:
    """Return the first answer, or raise the last failure."""
    waiting = set(questions)
    while True:
        done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        good = [question for question in done if question.exception() is None]
        if good or not waiting:
            return (good or list(done))[0].result()
