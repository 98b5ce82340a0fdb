"""The TCP side: connections, and the line in which requests wait when Dify is full."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from hawk_backend.dev.dify.routes import Routes
from hawk_backend.dev.dify.standin import StandIn
from hawk_backend.dev.dify.wire import Connection, HungUpError, Request


class Server:
    """Serves one stand-in on one port."""

    def __init__(self, standin: StandIn) -> None:
        self.standin = standin
        self._routes = Routes(standin)
        self._serving: set[asyncio.Task[None]] = set()
        self._freed = asyncio.Condition()

    def accept(self) -> asyncio.StreamReaderProtocol:
        """Return the protocol of a new connection."""
        connection = Connection()

        def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            connection.attach(writer)
            task = asyncio.create_task(self._serve(connection))
            self._serving.add(task)
            task.add_done_callback(self._serving.discard)

        return asyncio.StreamReaderProtocol(connection.reader, serve)

    async def _serve(self, connection: Connection) -> None:
        try:
            while request := await connection.request():
                await self._answer(request, connection)
        except HungUpError:
            return
        finally:
            connection.close()
            self.standin.connections.discard(connection)

    async def _answer(self, request: Request, connection: Connection) -> None:
        reply = self._routes.reply
        if request.path.startswith("/control/"):
            await (await reply(request)).send(connection)
            return
        self.standin.connections.add(connection)
        async with self._place():
            await (await reply(request)).send(connection)

    @asynccontextmanager
    async def _place(self) -> AsyncIterator[None]:
        """Hold one of the places that the scripted capacity has."""
        async with self._freed:
            await self._freed.wait_for(self._has_place)
            self.standin.in_flight += 1
        try:
            yield
        finally:
            self.standin.in_flight -= 1
            async with self._freed:
                self._freed.notify_all()

    def _has_place(self) -> bool:
        most = self.standin.capacity.connections
        return most is None or self.standin.in_flight < most

    async def aclose(self) -> None:
        """End every connection and every run."""
        tasks = list(self._serving)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.standin.aclose()


@asynccontextmanager
async def serving(host: str, port: int) -> AsyncIterator[tuple[Server, int]]:
    """Serve a new stand-in; yields it and its port (port 0: a free one is chosen)."""
    server = Server(StandIn())
    listener = await asyncio.get_running_loop().create_server(server.accept, host, port)
    try:
        yield server, listener.sockets[0].getsockname()[1]
    finally:
        listener.close()
        await server.aclose()
