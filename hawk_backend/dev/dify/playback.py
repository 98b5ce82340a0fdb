"""Playback: a run's events on one connection, until its end, a scripted cut or the client's leave.

run ──said──▶ playback ──▶ client          delivered (and drained, if the run was stopped)
                │  client leaves           abandoned: the run goes on, its answer is not stored
                └─ the script cuts         cut: the same
"""

import asyncio
from collections.abc import Callable

from hawk_backend.dev.dify.frames import Body, CutError, Frames
from hawk_backend.dev.dify.ledger import Ledger
from hawk_backend.dev.dify.run import OPEN, Position, Run, Said
from hawk_backend.dev.dify.script import Script
from hawk_backend.dev.dify.wire import Connection, HungUpError

EVENT_STREAM = "text/event-stream; charset=utf-8"
JOIN_PATIENCE = 0.1
"""Seconds after which frames that wait to be joined go out alone."""


class Playback:
    """Sends one run; `delivered` is called once all of it was sent."""

    def __init__(self, run: Run, ledger: Ledger, delivered: Callable[[], None]) -> None:
        self.run = run
        self._ledger = ledger
        self._delivered = delivered
        self._frames = Frames(run.script)
        self._at = Position()
        self._next_ping = 0.0

    async def send(self, connection: Connection) -> None:
        """Send head, events and end; what becomes of the connection is the script's affair."""
        body = Body(connection, self.run.script, EVENT_STREAM)
        watch = asyncio.create_task(self._wake(connection))
        try:
            await self._relay(body)
        except HungUpError:
            self._ledger.abandoned += 1
        except CutError:
            self._ledger.cut += 1
            await cut(connection, body, self.run.script)
        else:
            self._delivered()
            await self._end(connection, body)
        finally:
            watch.cancel()

    async def _wake(self, connection: Connection) -> None:
        """Make the wait for the next event end when the client leaves."""
        await connection.gone.wait()
        self.run.said.put_nowait(OPEN)

    async def _relay(self, body: Body) -> None:
        self._next_ping = asyncio.get_running_loop().time() + self.run.script.ping_every
        if self.run.script.open_ping:
            await body.put(self._frames.ping)
        while said := await self._next(body):
            await self._cut_here(body)
            if said == OPEN:
                await body.open()
            await body.put(self._frames.of(said))
            self._at.pass_by(said)
        await self._cut_here(body)
        self._at.ended = True
        await self._cut_here(body)
        if self.run.events.shape == "chat":
            await body.put(self._frames.line_end)
        await body.flush()

    async def _next(self, body: Body) -> Said | None:
        """Return what is said next; pings go out before it, however fast the run speaks."""
        loop = asyncio.get_running_loop()
        while True:
            if loop.time() >= self._next_ping:
                await self._ping(body)
            until = self._next_ping
            if body.is_holding:
                until = min(until, loop.time() + JOIN_PATIENCE)
            try:
                async with asyncio.timeout_at(until):
                    return await self.run.said.get()
            except TimeoutError:
                await body.flush()

    async def _ping(self, body: Body) -> None:
        self._next_ping += self.run.script.ping_every
        if not self.run.is_mute:
            await body.put(self._frames.ping)

    async def _cut_here(self, body: Body) -> None:
        here = self.run.script.cut
        if here is not None and here.at is not None and self._at.reached(here.at):
            await body.flush()
            await body.open()
            raise CutError

    async def _end(self, connection: Connection, body: Body) -> None:
        try:
            if self.run.script.linger:
                await connection.wait(self.run.script.linger)
            await body.end()
        except HungUpError:
            return  # all was delivered


async def cut(connection: Connection, body: Body, script: Script) -> None:
    """End the connection as the script says."""
    how = script.cut.how if script.cut is not None else "fin"
    if how == "end":
        await body.terminate()
    elif how == "rst":
        connection.reset()
    else:
        connection.close()
