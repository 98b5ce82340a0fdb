"""The whole answer at once, for clients that do not read a stream."""

import asyncio
from typing import Any

from starlette.requests import ClientDisconnect, Request

from hawk_backend.api.event_stream import until_gone
from hawk_backend.runs.collect import collect
from hawk_backend.runs.run import Run


async def whole(run: Run, request: Request) -> dict[str, Any]:
    """Wait for the end of the run as one of its readers, and return what it came to.

    A client that leaves is a reader that leaves: raises ClientDisconnect, and the run ends
    when none is left.
    """
    collecting = asyncio.create_task(collect(run))
    gone = asyncio.create_task(until_gone(request.receive))
    try:
        await asyncio.wait({collecting, gone}, return_when=asyncio.FIRST_COMPLETED)
        if collecting.done():
            return collecting.result()
        raise ClientDisconnect
    finally:
        collecting.cancel()
        gone.cancel()
        await asyncio.gather(collecting, gone, return_exceptions=True)
