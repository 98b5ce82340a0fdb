"""Turns: many askers, few questions.

Of each key one question is under way and one is to come.  Whoever asks joins the one to come,
never one that was sent before it asked: so every answer is younger than the question.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from typing import Any, Generic, TypeVar

from hawk_backend.cache.tasks import Tasks

K = TypeVar("K")
Q = TypeVar("Q")
A = TypeVar("A")


class Turns(Generic[K, Q, A]):
    """`ask` is sent with everything that those who share the turn have asked.

    A question that is not answered within `patience_s` no longer holds up the next one.
    """

    def __init__(
        self,
        ask: Callable[[K, Sequence[Q]], Coroutine[Any, Any, A]],
        tasks: Tasks,
        *,
        patience_s: float | None = None,
    ) -> None:
        self._ask = ask
        self._tasks = tasks
        self._patience_s = patience_s
        self._coming: dict[K, tuple[list[Q], asyncio.Future[A]]] = {}
        self._running: set[K] = set()

    def __len__(self) -> int:
        """Count the keys with a question under way or to come."""
        return len(self._running)

    async def ask(self, key: K, question: Q) -> A:
        """Return the answer to come; whoever leaves takes it from nobody."""
        return await asyncio.shield(self.join(key, question))

    async def ask_at_once(self, key: K, question: Q) -> A:
        """Return the same, asked in the asker's own task where no question is under way.

        For a warm prepare's look at the stamps (design.md: an HMGET and 0.5 ms), from whose half
        millisecond a task of its own took a fifteenth. No patience: the question has its own end.
        """
        if key in self._running:
            return await self.ask(key, question)
        self._running.add(key)
        try:
            return await self._ask(key, [question])
        finally:
            self._running.discard(key)
            if key in self._coming:
                self._start(key)

    def join(self, key: K, question: Q) -> asyncio.Future[A]:
        """Return the future of the answer, which is everybody's: to be followed, not cancelled."""
        if key in self._coming:
            questions, future = self._coming[key]
            questions.append(question)
            return future
        future = asyncio.get_running_loop().create_future()
        self._coming[key] = ([question], future)
        if key not in self._running:
            self._start(key)
        return future

    def _start(self, key: K) -> None:
        self._running.add(key)
        self._tasks.start(self._run(key)).add_done_callback(partial(self._ended, key))

    async def _run(self, key: K) -> None:
        while key in self._coming:
            await self._turn(key)
        self._running.discard(key)

    def _ended(self, key: K, run: asyncio.Task[None]) -> None:
        """Leave nobody waiting for a run that was cancelled, be it before its first step."""
        if run.cancelled():
            self._running.discard(key)
            if key in self._coming:
                self._coming.pop(key)[1].cancel()

    async def _turn(self, key: K) -> None:
        questions, future = self._coming.pop(key)
        answering = self._answer(key, questions, future)
        if self._patience_s is None:
            await answering
        else:
            task = self._tasks.start(answering)
            task.add_done_callback(lambda _: future.cancel())  # where it never took its first step
            await asyncio.wait({task}, timeout=self._patience_s)

    async def _answer(self, key: K, questions: list[Q], future: asyncio.Future[A]) -> None:
        try:
            answer = await self._ask(key, questions)
        except Exception as exc:  # noqa: BLE001 - whatever it is, those who asked must learn of it
            if not future.done():
                future.set_exception(exc)
                future.exception()  # looked at, also where nobody waits any more
        except BaseException:
            future.cancel()
            raise
        else:
            if not future.done():
                future.set_result(answer)
