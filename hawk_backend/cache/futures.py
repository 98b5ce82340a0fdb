"""Futures of a caller's own: to be cancelled by him without harm to anybody else."""

import asyncio

from hawk_backend.rows import Read


def followed(task: asyncio.Future[Read]) -> asyncio.Future[Read]:
    """Return a future of the caller's own that ends as `task` does."""
    future: asyncio.Future[Read] = asyncio.get_running_loop().create_future()

    def copy(done: asyncio.Future[Read]) -> None:
        error = None if done.cancelled() else done.exception()
        if future.done():
            return  # nobody waits any more; the failure has been looked at
        if done.cancelled():
            future.cancel()
        elif error is not None:
            future.set_exception(error)
            future.exception()
        else:
            future.set_result(done.result())

    task.add_done_callback(copy)
    return future


def done(read: Read) -> asyncio.Future[Read]:
    """Return a future that has its result."""
    future: asyncio.Future[Read] = asyncio.get_running_loop().create_future()
    future.set_result(read)
    return future


def failed(error: Exception) -> asyncio.Future[Read]:
    """Return a future that has failed."""
    future: asyncio.Future[Read] = asyncio.get_running_loop().create_future()
    future.set_exception(error)
    future.exception()
    return future
