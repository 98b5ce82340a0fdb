"""A run: one prompt from its admission to its terminal event, a task of the app.

The order on the wire: hawk_started → the stages' own events (hawk_queue among them while it
waits for Dify) → the answer → hawk_done → exactly one terminal event.
"""

import asyncio
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from enum import Enum

from hawk_backend import observability
from hawk_backend.errors import HawkError, UpstreamTimeout
from hawk_backend.models import Outcome, Stage
from hawk_backend.pipeline import faults
from hawk_backend.pipeline.faults import Fault
from hawk_backend.pipeline.relay import Relay
from hawk_backend.pipeline.wire import encode
from hawk_backend.runs.admission import Ticket
from hawk_backend.runs.asking import ask, room
from hawk_backend.runs.buffer import Buffer, Reader
from hawk_backend.runs.generation import Generation
from hawk_backend.runs.parts import Ask, Changed, Order, Parts, Prepared

_LOG = observability.logger("runs")
_CHANGES_S = 0.5
_FAILURES = frozenset({Outcome.FAILED, Outcome.TRUNCATED})


class Why(Enum):
    """What ended a run before its answer was whole."""

    STOPPED = "stopped"
    ABANDONED = "abandoned"
    SHUTDOWN = "shutdown"
    TOO_LONG = "too_long"


_STOPS = frozenset({Why.STOPPED, Why.ABANDONED})


class Run:
    """Writes its events into `buffer`; responses read them.

    Prompt and context are held no longer than until Dify has them: an answer takes minutes.
    """

    def __init__(self, order: Order, parts: Parts, ticket: Ticket) -> None:
        self.request_id = order.request_id
        self.intent = order.intent.intent
        self.uid = order.uid
        self.clocks = parts.clocks
        self.ticker = parts.ticker
        self.buffer = Buffer(parts.limits.run_bytes)
        self.relay = Relay()
        self.timings_ms = dict(order.timings_ms)
        self.outcome: Outcome | None = None
        self.why: Why | None = None
        self.phase = "prefetch"
        self.readers = 0
        self.began = time.time()
        self._started = time.perf_counter()
        self._parts = parts
        self._ticket = ticket
        self._orders = [order]
        self._question: Ask | None = None
        self._changed: Sequence[str] = ()
        self._generation: Generation | None = None
        self._early: asyncio.Timeout | None = None
        self._pause: asyncio.Timeout | None = None
        self._alone = parts.ticker.watch(lambda: self.stop(Why.ABANDONED))
        self._alone.within(max(parts.limits.attach_s, self._resume_s))

    def __repr__(self) -> str:
        return f"<Run {self.request_id} [{self.phase}, {self.readers} readers, {self.buffer}]>"

    @property
    def fault(self) -> Fault | None:
        """Why there is no answer, or not the whole; None while it is not known to be so."""
        return self.relay.fault if self.outcome in _FAILURES else None

    @property
    def can_be_joined(self) -> bool:
        """Whether the same prompt, sent again, should read this run rather than start another."""
        return self.why in (None, Why.STOPPED) and self.outcome not in _FAILURES

    @property
    def position(self) -> int:
        """Place in the queue, 0 once it has a slot."""
        return self._ticket.position

    async def live(self) -> None:
        """Take the prompt to its terminal event and Dify to the end of its stream."""
        try:
            self._tell({"event": "hawk_started", "request_id": self.request_id})
            self._ticket.on_move(self._tell_place)
            self._tell_place(self._ticket.position)
            await self._answer()
        except HawkError as exc:
            self.relay.fail(_fault(exc))
        except Exception:  # noqa: BLE001 - whatever breaks, the stream gets its terminal event
            self.relay.fail(faults.INTERNAL)
            _LOG.exception("run_broken", request_id=self.request_id)
        finally:
            self._end()
            self._ticket.release()
            self._alone.close()
            self.phase = "ended"
            observability.dify_events(self.relay.counts)
            usage = self.relay.usage
            observability.usage(usage.tokens, float(usage.price or 0), usage.currency)

    @contextmanager
    def read(self, after: int = 0) -> Iterator[Reader]:
        """Lend a reader of the events behind the `after`-th; the run ends when none is left."""
        self.readers += 1
        self._alone.rest()
        try:
            yield self.buffer.read(after)
        finally:
            self.readers -= 1
            if self.readers == 0 and not self.buffer.closed:
                self._left_alone()

    def stop(self, why: Why = Why.STOPPED) -> None:
        """End the run as soon as its phase allows; never waits, and the first reason stands."""
        if self.why or self.buffer.closed or self.relay.whole:
            return
        self.why = why
        for waiting in (self._early, self._pause):
            if waiting and not waiting.expired():
                waiting.reschedule(self.ticker.now())
        if self._generation:
            shutdown = why is Why.SHUTDOWN
            self._generation.stop(patience_s=self.clocks.drain if shutdown else None)
            if not self.relay.begun:  # it can only be stopped later: nobody is to wait for that
                self._end()

    @property
    def _resume_s(self) -> float:
        return self._parts.limits.resume_s if self.uid else 0.0

    def _left_alone(self) -> None:
        if self._resume_s:
            self._alone.within(self._resume_s)
        else:
            self.stop(Why.ABANDONED)

    async def _answer(self) -> None:
        order = self._orders.pop()
        prepared = await self._prepare(order)
        if prepared is None:
            return
        self.phase = "answer"
        parts = self._parts
        changed = parts.changes(prepared)
        text = prepared.context.text
        self._question = ask(order, text, parts.dify.apps, parts.delivery)
        del order, prepared, text
        with observability.stage(Stage.RELAY, self.timings_ms):
            await self._generate()
        if not self.buffer.closed:
            self._changed = await _named(changed)

    async def _prepare(self, order: Order) -> Prepared | None:
        """Return the context once there is a slot, too; None when the run was ended before."""
        try:
            async with asyncio.timeout(None) as self._early:
                if self.why:
                    return None
                prepared = await self._prefetch(order)
                self.phase = "queue"
                await self._ticket.granted()
        except TimeoutError:
            if self.why is None:
                raise
            return None
        finally:
            self._early = None
        return prepared

    async def _prefetch(self, order: Order) -> Prepared:
        parts = self._parts
        try:
            async with asyncio.timeout(self.clocks.prefetch):
                prepared = await parts.prepare.prepare(
                    order.prompt,
                    order.intent,
                    order.principal,
                    fresh=order.fresh,
                    emit=self._tell,
                    room=room(order.prompt, order.intent, parts.dify.apps, parts.delivery),
                )
        except TimeoutError as exc:
            raise UpstreamTimeout(
                "The data for this request could not be read in time.",
                remedy="the log names the stage that hangs; its own deadlines did not hold",
            ) from exc
        self.timings_ms.update(prepared.timings_ms)
        return prepared

    async def _generate(self) -> None:
        """Ask Dify; again only where nothing has come yet and asking twice is safe."""
        for pause_s in (*self.clocks.retries, None):
            if self._question is None:
                return
            dify = self._parts.dify
            self._generation = Generation(dify, self._question, self.clocks, self._relayed)
            self.relay = self._generation.relay
            await self._generation.run(self.ticker)
            if pause_s is None or not self.relay.may_retry or await self._stopped_in(pause_s):
                return

    async def _stopped_in(self, pause_s: float) -> bool:
        with suppress(TimeoutError):
            async with asyncio.timeout(pause_s) as self._pause:
                await asyncio.Event().wait()
        self._pause = None
        return self.why is not None

    def _relayed(self, events: list[bytes]) -> None:
        if self.relay.begun and not self.relay.may_retry:
            self._question = None
        if events and not self.buffer.closed:
            if "first_answer" not in self.timings_ms and self.relay.chars:
                waited = time.perf_counter() - self._started
                self.timings_ms["first_answer"] = round(waited * 1000, 3)
                observability.first_answer(waited)
            self.buffer.append(events)
            if self.buffer.full:
                self.stop(Why.TOO_LONG)

    def _tell(self, event: Mapping[str, object]) -> None:
        self.buffer.append([encode(event)])

    def _tell_place(self, place: int) -> None:
        if place:
            self._tell({"event": "hawk_queue", "position": place})

    def _end(self) -> None:
        """Write the last events; what Dify still sends afterwards is read and forgotten."""
        if self.buffer.closed:
            return
        if self.why and self.why not in _STOPS:
            self.relay.fault = faults.broken(self.why.value)
        self.outcome, rest = self.relay.finish(stopped=self.why in _STOPS)
        self.timings_ms["total"] = round((time.perf_counter() - self._started) * 1000, 3)
        self.buffer.append([*rest, encode(self._done()), encode(self._terminal())])
        self.buffer.close()
        self.phase = "drain"
        self._record()

    def _done(self) -> Mapping[str, object]:
        return {
            "event": "hawk_done",
            "outcome": self.outcome,
            "usage": self.relay.usage.to_dict(),
            "changed": list(self._changed),
            "timings_ms": self.timings_ms,
        }

    def _terminal(self) -> Mapping[str, object]:
        if fault := self.fault:
            return {
                "event": "error",
                "status": fault.status,
                "code": fault.code,
                "message": fault.message,
                "partial_chars": self.relay.chars,
                "request_id": self.request_id,
            }
        metadata = {"usage": self.relay.usage.to_dict(), "outcome": self.outcome}
        return {"event": "message_end", **self.relay.ids, "metadata": metadata}

    def _record(self) -> None:
        fault, outcome = self.fault, str(self.outcome)
        observability.run_closed(self.intent, outcome)
        fields: dict[str, object] = {
            "request_id": self.request_id,
            "intent": self.intent,
            "outcome": outcome,
            "chars": self.relay.chars,
            "ms": self.timings_ms["total"],
        }
        if fault:
            _LOG.warning("run_failed", **fields, code=fault.code, remedy=fault.remedy)
        else:
            _LOG.info("run_ended", **fields)


async def _named(changed: Changed) -> Sequence[str]:
    """Return the tables that have changed; an answer that is whole does not wait for Redis."""
    try:
        async with asyncio.timeout(_CHANGES_S):
            return await changed()
    except (TimeoutError, HawkError):
        _LOG.warning("changes_unknown")
        return ()


def _fault(error: HawkError) -> Fault:
    """Return what the browser and the log get to know of an error of a stage before Dify."""
    return Fault(error.slug.replace("-", "_"), error.status, error.detail, error.remedy)
