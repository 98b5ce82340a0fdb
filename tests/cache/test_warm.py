"""Warming: every table once, few at a time, behind every prompt."""

import asyncio

from hawk_backend.cache.tasks import Tasks
from hawk_backend.cache.warm import AT_ONCE, Warm
from tests.cache.rig import broken, until


class Reader:
    """Reads what it is told, at its own pace."""

    def __init__(self) -> None:
        self.read: list[str] = []
        self.now = self.most = 0
        self.fails: set[str] = set()
        self.idle = asyncio.Event()
        self.idle.set()

    async def bring_in(self, table: str) -> None:
        """Read one table."""
        self.read.append(table)
        self.now += 1
        self.most = max(self.most, self.now)
        await asyncio.sleep(0)
        self.now -= 1
        if table in self.fails:
            raise broken()


async def test_everything_is_read_once_eight_at_a_time() -> None:
    """In the order in which it was wanted; the progress counts to the end."""
    reader, tasks = Reader(), Tasks()
    warm = Warm(reader.bring_in, reader.idle.wait, tasks)
    names = [str(i) for i in range(40)]
    warm.want(names)
    warm.want(names[:5])
    assert warm.progress() == {"total": 40, "done": 0, "failed": 0, "left": 40}
    await until(lambda: not len(tasks))
    assert reader.read == names
    assert reader.most == AT_ONCE
    assert warm.progress() == {"total": 40, "done": 40, "failed": 0, "left": 0}


async def test_a_prompt_goes_first() -> None:
    """Nothing more is begun as long as a prompt waits for the source."""
    reader, tasks = Reader(), Tasks()
    warm = Warm(reader.bring_in, reader.idle.wait, tasks)
    reader.idle.clear()
    warm.want(["a", "b"])
    await asyncio.sleep(0.01)
    assert reader.read == []
    reader.idle.set()
    await until(lambda: not len(tasks))
    assert reader.read == ["a", "b"]


async def test_what_fails_is_counted_and_not_repeated() -> None:
    """The next one is read all the same; a later wish begins a new round."""
    reader, tasks = Reader(), Tasks()
    warm = Warm(reader.bring_in, reader.idle.wait, tasks)
    reader.fails = {"a"}
    warm.want(["a", "b"])
    await until(lambda: not len(tasks))
    assert warm.progress() == {"total": 2, "done": 1, "failed": 1, "left": 0}
    warm.want(["b"])
    await until(lambda: not len(tasks))
    assert warm.progress() == {"total": 1, "done": 1, "failed": 0, "left": 0}
    assert reader.read == ["a", "b", "b"]
