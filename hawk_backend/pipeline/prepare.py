"""Speaks the sentence: prompt → intent → plan → fetch → context; explain and run both call it."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache

from hawk_backend import desk
from hawk_backend.catalogue import Catalogue
from hawk_backend.errors import CriticalTableMissing
from hawk_backend.models import Freshness, Principal, Prompt, Stage, TableState
from hawk_backend.observability import logger, stage, table_read
from hawk_backend.pipeline import events
from hawk_backend.pipeline.context import (
    Context,
    ContextInputs,
    Extraction,
    KeptDesk,
    build_in_turns,
)
from hawk_backend.pipeline.fetch import Fetch, TableResult
from hawk_backend.pipeline.intent import Intent, IntentParser, resolve
from hawk_backend.pipeline.plan import QueryPlan, plan

_LOG = logger("pipeline.prepare")

Emit = Callable[[Mapping[str, object]], None]
"""Takes one event of the stream as a mapping with "event"."""

Observe = Callable[[Sequence[TableResult], float], None]
"""Takes what became of a prompt's tables, and the milliseconds of its prepare."""

_LONG = 2_000
"""Characters of a prompt that take as long to read as a short one takes."""

_PLANS = 256
"""Plans kept: half of a desk's questions repeat another's, and a warm plan costs as an HMGET."""
_BUILDING = 2
"""Contexts in the making: each holds the loop for half a millisecond of every pass."""

_WITHOUT_HOLES = frozenset("IURTA")
"""Instruction types that are refused when a critical table is missing or absent."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """Everything that is known before Dify is asked."""

    principal: Principal
    intent: Intent
    plan: QueryPlan
    results: tuple[TableResult, ...]
    context: Context
    metadata: Mapping[str, object]
    timings_ms: Mapping[str, float]


class Pipeline:
    """The stages up to the context, with what they need in hand."""

    def __init__(
        self,
        catalogue: Catalogue,
        parser: IntentParser,
        fetch: Fetch,
        *,
        now: Callable[[], datetime],
        context_limit: int,
        observe: Observe,
        redis_up: Callable[[], bool],
    ) -> None:
        self._catalogue = catalogue
        self._parser = parser
        self._fetch = fetch
        self._plan = lru_cache(_PLANS)(plan)
        self._desk = KeptDesk()
        self._passes = fetch.passes
        self._building = asyncio.Semaphore(_BUILDING)
        self._now = now
        self._context_limit = context_limit
        self._observe = observe
        self._redis_up = redis_up

    def know(self, entities: Mapping[str, str]) -> None:
        """Take these names for entities from now on; may be called from a thread."""
        self._parser = IntentParser(self._today, entities)

    def _today(self) -> date:
        return self._now().date()

    def understand(self, prompt: Prompt, timings_ms: dict[str, float] | None = None) -> Intent:
        """Return what the prompt asks for, the request's own fields merged in."""
        with stage(Stage.INTENT, {} if timings_ms is None else timings_ms):
            read = self._parser.parse(prompt.user_prompt, prompt.template_category)
            return resolve(read, prompt.model_dump(exclude_none=True))

    async def understood(self, prompt: Prompt, timings_ms: dict[str, float]) -> Intent:
        """Return the same once the loop has time for it."""
        await self._passes.enter(1 + len(prompt.user_prompt) // _LONG)
        return self.understand(prompt, timings_ms)

    def plan(self, intent: Intent) -> QueryPlan:
        """Return the tables that answer the intent."""
        return self._plan(intent, self._catalogue, self._today())

    async def prepare(
        self,
        prompt: Prompt,
        intent: Intent,
        principal: Principal,
        *,
        fresh: bool,
        emit: Emit,
        room: int | None = None,
    ) -> Prepared:
        """Return the finished context, telling each stage through `emit` as it ends.

        It is at most `room` characters long where that is less than the service's own limit.
        Raises CriticalTableMissing where the intent cannot do without a table.
        """
        started = time.perf_counter()
        timings: dict[str, float] = {}
        emit(events.of_intent(intent))
        await self._passes.enter()
        with stage(Stage.PLAN, timings):
            queries = self.plan(intent)
        emit(events.of_plan(queries))
        with stage(Stage.FETCH, timings):
            results = await self._fetch.fetch(
                queries,
                principal,
                freshness=_freshness(prompt, intent, fresh=fresh),
                on_result=lambda result: _tell(result, emit),
                gone_s=time.perf_counter() - started,
            )
        if holes := _holes(intent, queries, results):
            self._observe(results, _elapsed_ms(started))
            raise _refusal(holes)
        async with self._building:
            with stage(Stage.CONTEXT, timings):
                inputs = await self._inputs(prompt, intent, queries, results, started)
                limit = self._context_limit if room is None else min(self._context_limit, room)
                context = await build_in_turns(inputs, limit=limit)
        if context.dropped:
            _LOG.info("omitted", records={left.table: left.rows for left in context.dropped})
        whole = replace(inputs.extraction, ms=_elapsed_ms(started))
        metadata = self._measured(intent, results, whole)
        emit(events.of_context(context, metadata))
        return Prepared(principal, intent, queries, results, context, metadata, timings)

    def _measured(
        self, intent: Intent, results: Sequence[TableResult], extraction: Extraction
    ) -> Mapping[str, object]:
        self._observe(results, extraction.ms)
        counts = events.metadata(intent, results, extraction)
        return counts | {"redis_available": self._redis_up()}

    async def _inputs(
        self,
        prompt: Prompt,
        intent: Intent,
        queries: QueryPlan,
        results: tuple[TableResult, ...],
        started: float,
    ) -> ContextInputs:
        now = self._now()
        side = await self._desk.side(_ask(intent, now), results)
        return ContextInputs(
            prompt=prompt,
            intent=intent,
            plan=queries,
            results=results,
            figures=side.figures,
            now=now,
            extraction=Extraction.of(results, _elapsed_ms(started)),
            desk_blocks=side.blocks,
            bodies=side.bodies,
        )


def _freshness(prompt: Prompt, intent: Intent, *, fresh: bool) -> Freshness:
    """Return how new the rows must be.

    `force_fresh` and `use_cache: false`, which clients send with every prompt, mean no older than
    the time within which changes are noticed; only `fresh`, the header X-Hawk-Fresh, is the source.
    """
    if fresh:
        return Freshness.SOURCE
    strict = intent.instruction_type in _WITHOUT_HOLES or prompt.force_fresh
    return Freshness.BOUND if strict or not prompt.use_cache else Freshness.USUAL


def _tell(result: TableResult, emit: Emit) -> None:
    table_read(
        result.table,
        state=result.state,
        reason=result.reason,
        tier=result.tier,
        ms=result.ms,
    )
    emit(events.of_table(result))


def _holes(intent: Intent, queries: QueryPlan, results: Sequence[TableResult]) -> Sequence[str]:
    """Name the tables without which an instruction is refused, each with why."""
    if intent.instruction_type not in _WITHOUT_HOLES:
        return ()
    critical = {query.table for query in queries.queries if query.need == "critical"}
    return [
        f"{result.table} ({result.reason or result.state})"
        for result in results
        if result.table in critical and result.state in {TableState.MISSING, TableState.ABSENT}
    ]


def _refusal(holes: Sequence[str]) -> CriticalTableMissing:
    return CriticalTableMissing(
        f"The data for this request could not be read: {', '.join(holes)}.",
        remedy="try again; if it stays, /health and /system/status name the cause",
    )


def _elapsed_ms(started: float) -> float:
    return round((time.perf_counter() - started) * 1000, 3)


def _ask(intent: Intent, now: datetime) -> desk.Ask:
    slots = intent.slots
    return desk.Ask(
        instruction_type=intent.instruction_type,
        currencies=slots.currency,
        amount=slots.amount,
        amount_currency=slots.amount_currency,
        amounts=tuple((money.currency, money.value) for money in slots.amounts if money.currency),
        nav_type=slots.nav_type,
        order_id=slots.order_id,
        previous_order_id=slots.previous_order_id,
        hedge_method=slots.hedge_method,
        as_of=slots.date.end if slots.date else None,
        today=now.date(),
        now=now,
    )
