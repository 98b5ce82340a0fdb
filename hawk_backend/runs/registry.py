"""The runs of this replica: those in flight, and those that can still be read."""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from typing import Any
from uuid import uuid4

from hawk_backend import observability
from hawk_backend.errors import Overloaded, PromptConflict
from hawk_backend.models import Principal, Prompt
from hawk_backend.pipeline.intent import Intent
from hawk_backend.runs.admission import Bulkhead
from hawk_backend.runs.asking import room
from hawk_backend.runs.limits import RelayClocks, RunLimits
from hawk_backend.runs.parts import Changed, Delivery, Dify, Order, Parts, Prepare, Prepared
from hawk_backend.runs.run import Run, Why
from hawk_backend.runs.ticker import Ticker
from hawk_backend.runs.totals import Totals

_HOW_NOT_WHAT = {"stream", "stream_response", "use_cache", "force_fresh", "include_metadata"}
_LAST_MOMENT_S = 2.0


async def _nothing_changed() -> Sequence[str]:
    return ()


def _no_changes(_prepared: Prepared) -> Changed:
    return _nothing_changed


class Runs:
    """Admits prompts, finds their runs again, and ends them all at shutdown.

    `changes` returns what names, at the end of an answer, the tables that were retired
    while it was being written.
    """

    def __init__(
        self,
        prepare: Prepare,
        dify: Dify,
        *,
        clocks: RelayClocks | None = None,
        limits: RunLimits | None = None,
        delivery: Delivery | None = None,
        changes: Callable[[Prepared], Changed] = _no_changes,
    ) -> None:
        clocks, self._limits = clocks or RelayClocks(), limits or RunLimits()
        self._parts = Parts(
            prepare=prepare,
            dify=dify,
            ticker=Ticker(clocks.tick),
            clocks=clocks,
            limits=self._limits,
            delivery=delivery or Delivery(),
            changes=changes,
        )
        self._bulkhead = Bulkhead(self._limits.concurrency, self._limits.queue)
        self._runs: dict[str, Run] = {}
        self._by_uid: dict[tuple[Principal, str], tuple[str, Run]] = {}
        self._tasks: dict[asyncio.Task[None], Run] = {}
        self._ended: deque[tuple[float, Run]] = deque()
        self._kept_bytes = 0
        self._totals = Totals()
        self._closing = False

    def __repr__(self) -> str:
        return f"<Runs [{len(self._tasks)} in flight, {len(self._ended)} ended, {self._bulkhead}]>"

    def submit(
        self,
        prompt: Prompt,
        intent: Intent,
        principal: Principal,
        *,
        fresh: bool,
        request_id: str,
        timings_ms: Mapping[str, float] | None = None,
    ) -> Run:
        """Return the prompt's run: a new one, or the one that its msg_uid already has.

        Raises PromptConflict where that one is another prompt's, Overloaded where no place is left.
        """
        if self._closing:
            raise Overloaded("The service is being restarted.", retry_after_s=5)
        self._forget_old()
        uid = (principal, prompt.msg_uid) if prompt.msg_uid else None
        digest = _digest(prompt) if uid else ""
        if uid and (run := self._joined(uid, digest)):
            return run
        ticket = self._bulkhead.ticket()
        name = request_id if request_id not in self._runs else uuid4().hex
        run = Run(
            Order(prompt, intent, principal, fresh, name, timings_ms or {}), self._parts, ticket
        )
        self._runs[name] = run
        if uid:
            self._by_uid[uid] = (digest, run)
        self._start(run)
        return run

    def room(self, prompt: Prompt, intent: Intent) -> int | None:
        """Return the characters of context that the prompt's app takes; None for any number."""
        return room(prompt, intent, self._parts.dify.apps, self._parts.delivery)

    def find(self, request_id: str) -> Run | None:
        """Return a run in flight, or one that ended a short while ago."""
        self._forget_old()
        return self._runs.get(request_id)

    def stop(self, request_id: str) -> bool:
        """Stop a run without waiting; False if it is not known here."""
        run = self.find(request_id)
        if run:
            run.stop()
        return run is not None

    def in_flight(self) -> list[dict[str, object]]:
        """Return what operators may know of each run that has not come to its end."""
        return [_summary(run) for run in self._tasks.values()]

    def report(self) -> Mapping[str, Any]:
        """Return the sums since the start: outcomes, usage, places, the last faults."""
        return {
            "runs": {
                "in_flight": len(self._tasks),
                "readable": len(self._ended),
                "slots": self._limits.concurrency,
                "slots_held": self._bulkhead.held,
                "waiting": self._bulkhead.waiting,
            },
            **self._totals.to_dict(),
        }

    async def drain(self, seconds: float) -> None:
        """Admit no more, let the open runs go on for `seconds`, then stop them and see them off.

        Returns as soon as the last run has ended and its generation is stopped.
        """
        self._closing = True
        await self._all_ended(seconds)
        for run in self._tasks.values():
            run.stop(Why.SHUTDOWN)
        await self._all_ended(self._parts.clocks.drain + _LAST_MOMENT_S)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def aclose(self) -> None:
        """End every run now."""
        await self.drain(0)

    async def _all_ended(self, within_s: float) -> None:
        if self._tasks:
            await asyncio.wait(tuple(self._tasks), timeout=within_s)

    def _start(self, run: Run) -> None:
        observability.run_opened()
        task = asyncio.create_task(run.live(), name=f"run:{run.request_id}")
        self._tasks[task] = run
        task.add_done_callback(self._over)

    def _over(self, task: asyncio.Task[None]) -> None:
        run = self._tasks.pop(task)
        self._totals.add(run)
        self._ended.append((time.monotonic(), run))
        self._kept_bytes += run.buffer.size
        self._forget_old()

    def _joined(self, uid: tuple[Principal, str], digest: str) -> Run | None:
        known, run = self._by_uid.get(uid, ("", None))
        if run is None:
            return None
        if known != digest:
            raise PromptConflict(
                "This msg_uid was used for another prompt.",
                remedy="send a new msg_uid with each new prompt",
                field="msg_uid",
            )
        return run if run.can_be_joined else None

    def _forget_old(self) -> None:
        oldest = time.monotonic() - self._limits.replay_s
        while self._ended and (
            self._ended[0][0] < oldest or self._kept_bytes > self._limits.kept_bytes
        ):
            _, run = self._ended.popleft()
            self._kept_bytes -= run.buffer.size
            del self._runs[run.request_id]
            if run.uid and self._by_uid.get(run.uid, ("", None))[1] is run:
                del self._by_uid[run.uid]


def _digest(prompt: Prompt) -> str:
    """Return what makes two prompts the same: everything but how the answer is to be sent.

    Of their repr, as JSON may name what UTF-8 cannot write: a lone surrogate.
    """
    return sha256(repr(prompt.model_dump(exclude=_HOW_NOT_WHAT)).encode()).hexdigest()


def _summary(run: Run) -> dict[str, object]:
    return {
        "request_id": run.request_id,
        "intent": run.intent,
        "phase": run.phase,
        "position": run.position,
        "readers": run.readers,
        "events": len(run.buffer),
        "chars": run.relay.chars,
        "age_s": round(time.time() - run.began, 1),
    }
