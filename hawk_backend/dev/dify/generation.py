"""Generation: the reply to a request that wants an answer, streamed or in one piece."""

import asyncio
import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from hawk_backend.dev.dify.apps import App
from hawk_backend.dev.dify.events import Ask
from hawk_backend.dev.dify.frames import Body, CutError
from hawk_backend.dev.dify.ledger import Ledger
from hawk_backend.dev.dify.payloads import RefusedError
from hawk_backend.dev.dify.playback import Playback, cut
from hawk_backend.dev.dify.refusals import REFUSALS, error
from hawk_backend.dev.dify.run import Run
from hawk_backend.dev.dify.script import Script
from hawk_backend.dev.dify.wire import Connection, HungUpError, Response


@dataclass(slots=True)
class Generation:
    """One answer in the making; `start` makes the run, `store` keeps a delivered answer."""

    app: App
    ask: Ask
    script: Script
    ledger: Ledger
    turn: AbstractContextManager[None]
    start: Callable[[], Run]
    store: Callable[[Run], None]
    blocking: bool
    naming: float

    async def send(self, connection: Connection) -> None:
        """Play the script on the connection, if the app has a turn left."""
        try:
            with self.turn:
                await self._send(connection)
        except RefusedError as exc:
            self.ledger.refused += 1
            await exc.response.send(connection)

    async def _send(self, connection: Connection) -> None:
        if self.script.silence:
            await connection.wait(self.script.silence)
        if self.script.refuse:
            self.ledger.refused += 1
            await REFUSALS[self.script.refuse].send(connection)
        elif self.script.cut is not None and self.script.cut.is_before_headers:
            self.ledger.cut += 1
            await cut(connection, self._body(connection), self.script)
        elif self.script.raw is not None:
            await self._send_raw(connection, self.script.raw)
        else:
            await self._send_run(connection)

    def _body(self, connection: Connection) -> Body:
        return Body(connection, self.script, self.script.raw_content_type)

    async def _send_raw(self, connection: Connection, raw: bytes) -> None:
        body = self._body(connection)
        try:
            await body.put(raw)
            if self.script.linger:
                await connection.wait(self.script.linger)
            await body.end()
        except CutError:
            self.ledger.cut += 1
            await cut(connection, body, self.script)

    async def _send_run(self, connection: Connection) -> None:
        if self.naming:
            self.ledger.naming_delays += 1
            await asyncio.sleep(self.naming)  # Dify sleeps in the request, whoever waits
        run = self.start()
        if self.blocking:
            await self._send_whole(connection, run)
        else:
            await Playback(run, self.ledger, lambda: self._delivered(run)).send(connection)

    def _delivered(self, run: Run) -> None:
        self.ledger.delivered += 1
        self.ledger.drained += run.outcome == "stopped"
        self.store(run)

    async def _send_whole(self, connection: Connection, run: Run) -> None:
        """Wait for the end of the run; a failure is a real 400 here."""
        while await run.said.get():
            pass
        try:
            await self._whole(run).send(connection)
        except HungUpError:
            self.ledger.abandoned += 1
        else:
            self._delivered(run)

    def _whole(self, run: Run) -> Response:
        if run.failure:
            event = run.events.failed(run.failure)
            return error(event["status"], event["code"], event["message"])
        return Response(
            200,
            json.dumps(run.events.whole(run.told, self.app.mode)).encode(),
            "application/json; charset=utf-8",
        )
