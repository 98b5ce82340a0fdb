"""Admission: one bulkhead per Dify base URL, first come first served.

Dify serves ten connections by default, its own health check among them.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from math import ceil
from time import monotonic

from hawk_backend.errors import Overloaded

_NEAR = 8
"""Places at the head of the line of which every one is told."""
_FAR = 0.75
"""Share of the place last told, behind them, at which the next is."""


class Bulkhead:
    """`slots` generations at a time, and at most `queue` prompts waiting for one."""

    def __init__(self, slots: int, queue: int) -> None:
        self._slots = slots
        self._queue = queue
        self._held = 0
        self._waiting: deque[Ticket] = deque()
        self._mean_s = 10.0

    def __repr__(self) -> str:
        return f"<Bulkhead [{self._held} of {self._slots} slots, {len(self._waiting)} waiting]>"

    @property
    def held(self) -> int:
        """Slots taken."""
        return self._held

    @property
    def waiting(self) -> int:
        """Tickets without a slot."""
        return len(self._waiting)

    def ticket(self) -> "Ticket":
        """Return a place in the line, which may be a slot at once; raises Overloaded."""
        ticket = Ticket(self)
        if self._held < self._slots:
            self._grant(ticket)
        elif len(self._waiting) < self._queue:
            self._waiting.append(ticket)
            ticket.position = len(self._waiting)
        else:
            raise Overloaded(
                "The assistant is busy and its queue is full; please try again in a moment.",
                retry_after_s=min(60, max(1, ceil(self._mean_s / self._slots))),
                remedy="raise HAWK_DIFY_CONCURRENCY (with Dify's own limit) or HAWK_DIFY_QUEUE",
            )
        return ticket

    def give_back(self, ticket: "Ticket") -> None:
        """Free what the ticket held, a slot or a place in the line, and let the others move up."""
        if ticket.since is None:
            if ticket in self._waiting:
                self._waiting.remove(ticket)
        else:
            self._mean_s += 0.2 * (monotonic() - ticket.since - self._mean_s)
            self._held -= 1
            if self._waiting:
                self._grant(self._waiting.popleft())
        for place, waiting in enumerate(self._waiting, start=1):
            waiting.move_to(place)

    def _grant(self, ticket: "Ticket") -> None:
        self._held += 1
        ticket.since = monotonic()
        ticket.move_to(0)


class Ticket:
    """A place in the line; `position` 0 is a slot."""

    def __init__(self, bulkhead: Bulkhead) -> None:
        self.position = 0
        self._told = 0
        self.since: float | None = None
        self._moved: Callable[[int], None] = _nobody
        self._bulkhead: Bulkhead | None = bulkhead
        self._waiting: asyncio.Future[None] | None = None

    def move_to(self, place: int) -> None:
        """Take a new place."""
        if place == self.position and place:
            return
        self.position = place
        if place:
            self._tell()
        elif self._waiting and not self._waiting.done():
            self._waiting.set_result(None)

    def on_move(self, moved: Callable[[int], None]) -> None:
        """Let `moved` hear of a new place: every one near the head, some far behind it.

        In a long line every slot that is given back moves all who wait.
        """
        self._moved, self._told = moved, self.position

    def _tell(self) -> None:
        if self.position <= max(_NEAR, _FAR * self._told):
            self._told = self.position
            self._moved(self.position)

    async def granted(self) -> None:
        """Wait for the slot."""
        if self.position:
            self._waiting = asyncio.get_running_loop().create_future()
            await self._waiting

    def release(self) -> None:
        """Give the slot or the place back; a second call does nothing."""
        bulkhead, self._bulkhead = self._bulkhead, None
        if bulkhead:
            bulkhead.give_back(self)


def _nobody(_place: int) -> None:
    """Hear of a new place before anybody wants to."""
