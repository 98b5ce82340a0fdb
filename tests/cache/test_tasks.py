"""Tasks of the cache: kept, told of and ended."""

import asyncio

import pytest

from hawk_backend.cache import tasks as tasks_module
from hawk_backend.cache.tasks import Tasks


async def test_the_end_of_every_task_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that breaks, and that nobody awaits, cannot go unnoticed."""
    told: list[asyncio.Task[object]] = []
    monkeypatch.setattr(tasks_module, "task_ended", told.append)

    async def breaking() -> None:
        raise KeyError

    tasks = Tasks()
    task = tasks.start(breaking())
    await asyncio.wait({task})
    assert (told, len(tasks)) == ([task], 0)
    assert isinstance(task.exception(), KeyError)
