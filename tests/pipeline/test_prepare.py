"""Prepare: speaks the sentence in its order, tells of it, counts every prompt, refuses holes."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from unittest.mock import Mock

import pytest

from hawk_backend.errors import CriticalTableMissing
from hawk_backend.models import SERVICE, Prompt, TableState
from hawk_backend.pipeline import prepare as prepare_module
from hawk_backend.pipeline.context import Context, build_in_turns
from hawk_backend.pipeline.context.shape import ContextInputs
from hawk_backend.pipeline.fetch import Fetch, TableResult
from hawk_backend.pipeline.intent import Intent, IntentParser
from hawk_backend.pipeline.prepare import Pipeline, Prepared
from hawk_backend.pipeline.reads import Reads
from tests.pipeline.shelf import CATALOGUE, SINGAPORE, TODAY, Shelf, Straight, error, planned
from tests.pipeline.test_fetch import CNY, TABLES

PARSER = IntentParser(TODAY)
NOW = datetime(2025, 9, 17, 10, tzinfo=SINGAPORE)


@dataclass
class Desk:
    """A pipeline over a shelf, what it told and what it counted."""

    shelf: Shelf
    limit: int = 100_000
    told: list[Mapping[str, object]] = field(default_factory=list)
    counted: list[tuple[Sequence[TableResult], float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.pipeline = Pipeline(
            CATALOGUE,
            PARSER,
            Fetch(Straight(Reads(self.shelf, SINGAPORE)), CATALOGUE, deadline_s=5.0),
            now=lambda: NOW,
            context_limit=self.limit,
            observe=lambda results, ms: self.counted.append((results, ms)),
            redis_up=lambda: True,
        )

    async def ask(self, intent: Intent, room: int | None = None) -> Prepared:
        """Be one prompt."""
        prompt, emit = Prompt(user_prompt="What of CNY?"), self.told.append
        return await self.pipeline.prepare(
            prompt, intent, SERVICE, fresh=False, emit=emit, room=room
        )


@pytest.fixture
def desk() -> Desk:
    """Return a desk with six of the tables that capacity is computed from."""
    return Desk(Shelf(TABLES))


async def test_each_stage_is_told_as_it_ends(desk: Desk) -> None:
    """Intent, plan, every table of it once, context."""
    await desk.ask(CNY)
    kinds = [str(event["event"]) for event in desk.told]
    tables = [str(event["table"]) for event in desk.told if event["event"] == "hawk_table"]
    assert kinds == ["hawk_intent", "hawk_plan", *["hawk_table"] * len(tables), "hawk_context"]
    assert desk.told[1]["tables"] == [query.table for query in planned(CNY).queries]
    assert sorted(tables) == sorted(query.table for query in planned(CNY).queries)


async def test_every_prompt_is_counted_once_by_all_its_tables(desk: Desk) -> None:
    """With the time of its whole prepare, which is the one that is told."""
    done = await desk.ask(CNY)
    [(results, ms)] = desk.counted
    assert (results, ms) == (done.results, done.metadata["extraction_time_ms"])
    assert ms >= sum(done.timings_ms[stage] for stage in ("plan", "fetch", "context"))


async def test_a_refused_instruction_is_counted_too(desk: Desk) -> None:
    """It missed what it could not do without: nobody's prompt matters more to a statistic."""
    desk.shelf.errors["position_nav_master"] = error()
    intent = PARSER.parse("Check if I can hedge 150K CNY today", None)
    with pytest.raises(CriticalTableMissing, match=r"position_nav_master \(error\)"):
        await desk.ask(intent)
    [(results, _)] = desk.counted
    assert TableState.MISSING in {result.state for result in results}
    assert desk.told[-1]["event"] == "hawk_table"


async def test_a_table_that_does_not_exist_is_no_look_up(desk: Desk) -> None:
    """It neither hits nor misses; whoever reads the context is told the same count."""
    done = await desk.ask(CNY)
    absent = sum(result.state is TableState.ABSENT for result in done.results)
    assert absent > 0
    assert done.metadata["tables_requested"] == len(done.results)
    assert done.metadata["cache_misses"] == len(done.results) - absent
    assert f"misses: {len(done.results) - absent}, hit rate: 0.0%" in done.context.text


async def test_what_was_waited_counts_against_the_deadline(desk: Desk) -> None:
    """A prompt that had to wait for its turn has that much less time for its tables."""
    gone: list[float] = []
    fetch = desk.pipeline._fetch.fetch

    async def noted(*arguments: object, gone_s: float, **named: object) -> object:
        gone.append(gone_s)
        return await fetch(*arguments, gone_s=gone_s, **named)  # type: ignore[arg-type]

    async def late(weight: int = 1) -> None:
        await asyncio.sleep(0.05 * weight)

    desk.pipeline._fetch.fetch = noted  # type: ignore[assignment, method-assign]
    desk.pipeline._passes.enter = late  # type: ignore[method-assign]
    await desk.ask(CNY)
    assert gone[0] >= timedelta(milliseconds=50).total_seconds()


async def test_two_contexts_are_in_the_making_at_once(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each holds the loop for a while in every pass: more of them would hold up everybody."""
    making = most = 0

    async def counted(inputs: ContextInputs, *, limit: int) -> Context:
        nonlocal making, most
        making += 1
        most = max(most, making)
        await asyncio.sleep(0)
        context = await build_in_turns(inputs, limit=limit)
        making -= 1
        return context

    monkeypatch.setattr(prepare_module, "build_in_turns", counted)
    await asyncio.gather(*(desk.ask(CNY) for _ in range(10)))
    assert most == 2


async def test_a_context_keeps_to_the_lesser_limit_and_what_it_omits_is_logged_by_count(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The service's own, or the room that the app leaves; the log has tables and numbers alone."""
    log = Mock()
    monkeypatch.setattr(prepare_module, "_LOG", log)
    whole = await desk.ask(CNY)
    log.info.assert_not_called()
    short = await desk.ask(CNY, room=whole.context.chars - 500)
    assert short.context.chars <= whole.context.chars - 500
    dropped = {omission.table: omission.rows for omission in short.context.dropped}
    assert dropped
    log.info.assert_called_once_with("omitted", records=dropped)
    narrow = await Desk(desk.shelf, limit=2_000).ask(CNY, room=1_000_000)
    assert narrow.context.chars <= 2_000
