"""The events of one run, append-only; every response reads them from its own position."""

import asyncio
from collections.abc import Iterable


class Buffer:
    """Whole events in order. `full` says that a run should come to its end.

    Joining a run, resuming a broken response, a slow reader and replay are one operation:
    `read(after)`.
    """

    def __init__(self, limit: int) -> None:
        self.closed = False
        self.size = 0
        self._limit = limit
        self._events: list[bytes] = []
        self._waiting: set[Reader] = set()

    def __len__(self) -> int:
        return len(self._events)

    def __repr__(self) -> str:
        state = "closed" if self.closed else "open"
        return f"<Buffer [{len(self._events)} events, {self.size} bytes, {state}]>"

    @property
    def full(self) -> bool:
        """Whether the events have outgrown the limit; the last ones are still taken."""
        return self.size > self._limit

    def append(self, events: Iterable[bytes]) -> None:
        """Add whole events and wake the readers; a closed buffer takes no more."""
        if self.closed:
            return
        for event in events:
            self._events.append(event)
            self.size += len(event)
        self._wake()

    def close(self) -> None:
        """Say that the last event has been added."""
        self.closed = True
        self._wake()

    def read(self, after: int = 0) -> "Reader":
        """Return a reader that begins behind the `after`-th event."""
        return Reader(self, after)

    def _wake(self) -> None:
        waiting, self._waiting = self._waiting, set()
        for reader in waiting:
            reader.wake()


class Reader:
    """A position in a buffer; one task reads it."""

    def __init__(self, buffer: Buffer, after: int) -> None:
        self._buffer = buffer
        self._position = after
        self._woken: asyncio.Future[None] | None = None
        self._closed = False

    def close(self) -> None:
        """Come to the end here, whatever is still to come in the buffer."""
        self._closed = True
        self.wake()

    def wake(self) -> None:
        """End the present waiting."""
        if self._woken and not self._woken.done():
            self._woken.set_result(None)

    async def next(self, share: int) -> bytes | None:
        """Return whole events, about `share` bytes at most, once there are some; None at the end.

        Returns b"" when woken although there is nothing new.
        """
        buffer = self._buffer
        if self._position >= len(buffer) and not (buffer.closed or self._closed):
            await self._doze()
        if self._closed:
            return None
        if self._position < len(buffer):
            return self._take(share)
        return None if buffer.closed else b""

    async def _doze(self) -> None:
        self._woken = asyncio.get_running_loop().create_future()
        self._buffer._waiting.add(self)  # noqa: SLF001 - a reader is a part of its buffer
        try:
            await self._woken
        finally:
            self._buffer._waiting.discard(self)  # noqa: SLF001

    def _take(self, share: int) -> bytes:
        events = self._buffer._events  # noqa: SLF001
        start = self._position
        end, size = start + 1, len(events[start])
        while end < len(events) and size + len(events[end]) <= share:
            size += len(events[end])
            end += 1
        self._position = end
        return events[start] if end == start + 1 else b"".join(events[start:end])
