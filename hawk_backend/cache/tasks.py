"""Tasks that belong to the cache, not to the prompt that happened to cause them."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from hawk_backend.observability import task_ended

T = TypeVar("T")


class Tasks:
    """Keeps every task until it ends, and ends them all at shutdown."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()
        self._closed = False

    def __len__(self) -> int:
        return len(self._tasks)

    def start(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Run `work` to its end, whoever stops waiting for it; after the end it is cancelled."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(task_ended)
        if self._closed:
            task.cancel()
        return task

    async def aclose(self) -> None:
        """Cancel what still runs and wait for it."""
        self._closed = True
        while self._tasks:
            tasks = list(self._tasks)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
