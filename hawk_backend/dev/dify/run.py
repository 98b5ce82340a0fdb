"""A run: a generation that says its events into a queue, whether anybody reads them or not."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, Protocol, TypeVar

from hawk_backend.dev.dify.events import ChatEvents, Event, Told
from hawk_backend.dev.dify.extras import extra
from hawk_backend.dev.dify.script import Delay, Failure, Insert, Place, Script, Stall

Outcome = Literal["running", "finished", "stopped", "failed", "paused"]


@dataclass(frozen=True, slots=True)
class Said:
    """One thing that a run says: a JSON event, or bytes that go out as they are."""

    event: Event | None = None
    frame: bytes = b""
    is_delta: bool = False


OPEN = Said()
"""Says nothing, yet the response's headers go out."""


@dataclass(slots=True)
class Position:
    """How far a stream has come."""

    events: int = 0
    deltas: int = 0
    ended: bool = False

    def pass_by(self, said: Said) -> None:
        """Count what was said."""
        self.events += said != OPEN
        self.deltas += said.is_delta

    def reached(self, place: Place) -> bool:
        """Whether the stream has come to `place`."""
        if isinstance(place, int):
            return self.events >= place
        if place == "end":
            return self.ended
        return self.deltas >= int(place.partition(":")[2])


class _Placed(Protocol):
    @property
    def at(self) -> Place: ...


P = TypeVar("P", bound=_Placed)


class Run:
    """Plays one script; `said` ends with None, `outcome` tells how it went."""

    def __init__(self, events: ChatEvents, script: Script, pieces: list[str]) -> None:
        self.events = events
        self.script = script
        self.said: asyncio.Queue[Said | None] = asyncio.Queue()
        self.outcome: Outcome = "running"
        self.failure: Failure | None = None
        self.is_mute = False
        self._pieces = pieces
        self._told: list[str] = []
        self._at = Position()
        self._started = 0.0
        self._stop = asyncio.Event()
        self._delays: list[Delay] = list(script.delays)
        self._inserts: list[Insert] = list(script.inserts)
        self._stalls: list[Stall] = [script.stall] if script.stall else []
        self._errors: list[Failure] = [script.error] if script.error else []

    @property
    def told(self) -> Told:
        """What it has come to by now."""
        tokens = 0 if self.script.annotation else len(self._told)
        status = "stopped" if self._stop.is_set() else self.script.workflow_status
        return Told("".join(self._told), tokens, status)

    def stop(self) -> None:
        """Ask it to end; the script decides whether and when it does."""
        if self.script.stopping.obey:
            asyncio.get_running_loop().call_later(self.script.stopping.lag, self._stop.set)

    async def play(self) -> None:
        """Say everything, then None."""
        try:
            self.outcome = await self._play()
        finally:
            self.said.put_nowait(None)

    async def _play(self) -> Outcome:
        for said in self._plan():
            if outcome := await self._before(said):
                return outcome
            self._say(said)
        self._at.ended = True
        return await self._faults() or "finished"

    def _plan(self) -> Iterator[Said]:
        """Yield what a run without faults says; each piece counts as told once it was taken."""
        for event in self.events.opening():
            yield Said(event)
        for text in self._pieces:
            yield Said(self.events.delta(text), is_delta=True)
            self._told.append(text)
        for event in (*self.events.closing(self.told), *self.events.terminal(self.told)):
            yield Said(event)

    def _say(self, said: Said) -> None:
        self.said.put_nowait(said)
        self._at.pass_by(said)

    async def _before(self, said: Said) -> Outcome | None:
        """Wait for the schedule and play the faults that stand here; an outcome ends the run."""
        if said.is_delta:
            await self._pace()
        if outcome := await self._faults():
            return outcome
        if self._stop.is_set():
            for event in self.events.terminal(self.told):
                self._say(Said(event))
            return "stopped"
        return None

    async def _pace(self) -> None:
        loop = asyncio.get_running_loop()
        if not self._at.deltas:
            await self._sleep(self.script.think)
            self._started = loop.time()
        due = self._at.deltas / self.script.rate if self.script.rate else 0.0
        await self._sleep(self._started + due - loop.time())

    async def _sleep(self, seconds: float) -> None:
        """Sleep, or less if a stop is noticed."""
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        try:
            async with asyncio.timeout(seconds):
                await self._stop.wait()
        except TimeoutError:
            return

    async def _faults(self) -> Outcome | None:
        for delay in self._due(self._delays):
            await self._sleep(delay.seconds)
        for insert in self._due(self._inserts):
            self._insert(insert)
            if insert.kind == "human_input":
                return "paused"
        for stall in self._due(self._stalls):
            await self._hang(stall)
        for failure in self._due(self._errors):
            return self._fail(failure)
        return None

    def _due(self, parts: list[P]) -> list[P]:
        """Take those of `parts` whose place is reached."""
        due = [part for part in parts if self._at.reached(part.at)]
        parts[:] = [part for part in parts if part not in due]
        return due

    def _insert(self, insert: Insert) -> None:
        if insert.frame is not None:
            self._say(Said(frame=insert.frame))
        elif insert.event is not None:
            kind = str(insert.event.get("event", "message"))
            self._say(Said(self.events.common(kind) | insert.event))
        elif insert.kind is not None:
            for event in extra(insert.kind, self.events, insert.text):
                self._say(Said(event))

    async def _hang(self, stall: Stall) -> None:
        self.said.put_nowait(OPEN)
        self.is_mute = not stall.pings
        await self._stop.wait()
        self.is_mute = False

    def _fail(self, failure: Failure) -> Outcome:
        self.failure = failure
        if self._at.events:
            for event in self.events.collapse(failure):
                self._say(Said(event))
        self._say(Said(self.events.failed(failure)))
        return "failed"
