"""What was computed before over the very same rows."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from hawk_backend import desk
from hawk_backend.desk import Ask
from hawk_backend.desk.notes import Gap
from hawk_backend.models import Prompt, Reason, TableState
from hawk_backend.pipeline.context import KeptDesk, build
from hawk_backend.pipeline.fetch import TableResult
from tests.pipeline.context.making import NOW, TODAY, inputs, result

ASK = Ask(today=TODAY, now=NOW, instruction_type="U", currencies=("CNY",), amount=Decimal(150_000))


def tables(**changes: object) -> list[TableResult]:
    """Make the tables of one capacity; each call reads them anew."""
    position = {
        "nav_id": "PNM_1",
        "entity_id": "ENTITY0005",
        "currency_code": "CNY",
        "nav_type": "COI",
        "as_of_date": TODAY,
        "current_position": 100_000,
        "optimal_car_amount": 0,
        "buffer_amount": 5_000,
    }
    rate = {"currency_pair": "CNYUSD", "rate_type": "SPOT", "rate_value": 0.14}
    currency = {
        "currency_code": "CNY",
        "rounding_precision": 2,
        "minimum_deal_size": 500,
        "cut_off_time": "15:30:00",
    }
    return [
        result("position_nav_master", [position | changes]),
        result("allocation_engine", []),
        result("currency_configuration", [currency]),
        result("currency_rates", [rate | {"effective_date": TODAY}]),
    ]


async def test_the_same_question_over_the_same_rows_is_answered_once() -> None:
    """The very same figures and tables come back, and they are what computing gives."""
    kept, rows = KeptDesk(), tables()
    first = await kept.side(ASK, rows)
    assert await kept.side(replace(ASK, now=NOW + timedelta(minutes=1)), rows) is first
    assert first.figures == desk.compute(ASK, {found.table: found for found in rows})
    assert repr(kept) == "<KeptDesk <Kept 1 of 64>>"


async def test_rows_that_were_read_anew_are_other_rows() -> None:
    """A new slice is computed anew, and what stood on the old one is let go."""
    kept = KeptDesk()
    first = await kept.side(ASK, tables())
    second = await kept.side(ASK, tables(current_position=200_000))
    assert first.figures.capacity[0].total != second.figures.capacity[0].total
    assert repr(kept) == "<KeptDesk <Kept 1 of 64>>"


async def test_another_question_is_another_answer() -> None:
    """Amount, currency, date, rows that passed, and how a table ended all make a difference."""
    kept, rows = KeptDesk(), tables()
    first = await kept.side(ASK, rows)
    others = [
        replace(ASK, amount=Decimal(1)),
        replace(ASK, currencies=("AUD",)),
        replace(ASK, today=TODAY + timedelta(days=1)),
        replace(ASK, as_of=date(2025, 1, 1)),
    ]
    for other in others:
        assert await kept.side(other, rows) is not first
    for changed in (
        [replace(rows[0], positions=()), *rows[1:]],
        [replace(rows[0], complete=False), *rows[1:]],
        [rows[0], TableResult("allocation_engine", TableState.MISSING, Reason.TIMEOUT), *rows[2:]],
    ):
        assert await kept.side(ASK, changed) is not first
    nothing = [replace(rows[0], positions=()), *rows[1:]]
    hidden = [replace(rows[0], positions=(), unseen=(0,)), *rows[1:]]
    assert await kept.side(ASK, nothing) is not await kept.side(ASK, hidden)


async def test_the_clock_counts_where_figures_look_at_it() -> None:
    """Past the cut-off the checks differ; a quote with an instant is judged to the second."""
    kept, rows = KeptDesk(), tables()
    morning = await kept.side(ASK, rows)
    evening = await kept.side(replace(ASK, now=NOW.replace(hour=18)), rows)
    assert morning.figures.checks[0].timing == "before cut-off"
    assert evening.figures.checks[0].timing.startswith("after cut-off")
    assert (await kept.side(ASK, rows)).figures == morning.figures
    quote = {"currency_pair": "CNYUSD", "rate_value": 0.14, "as_of_ts": NOW.isoformat()}
    rows[3] = result("currency_rates", [quote])
    fresh = await kept.side(ASK, rows)
    stale = await kept.side(replace(ASK, now=NOW + timedelta(minutes=6)), rows)
    assert fresh is not stale


async def test_only_so_many_are_kept() -> None:
    """The one that was not asked for the longest goes first."""
    kept, rows = KeptDesk(most=2), tables()
    asks = [replace(ASK, amount=Decimal(number)) for number in range(3)]
    first = await kept.side(asks[0], rows)
    second = await kept.side(asks[1], rows)
    assert await kept.side(asks[0], rows) is first
    await kept.side(asks[2], rows)
    assert await kept.side(asks[0], rows) is first
    assert await kept.side(asks[1], rows) is not second
    assert repr(kept) == "<KeptDesk <Kept 2 of 2>>"


async def test_a_context_from_kept_tables_is_the_same_context() -> None:
    """Rendered before or now: the same bytes."""
    rows = tables()
    side = await KeptDesk().side(ASK, rows)
    now = inputs(*rows, figures=side.figures)
    assert build(replace(now, desk_blocks=side.blocks), limit=100_000) == build(now, limit=100_000)


async def test_a_context_from_a_kept_body_differs_in_what_was_measured_alone() -> None:
    """A minute later: the same data, its digest and ledger, under the new time."""
    rows = tables()
    side = await KeptDesk().side(ASK, rows)
    now = inputs(*rows, figures=side.figures)
    later = replace(now, now=NOW + timedelta(minutes=1))
    first = build(replace(now, bodies=side.bodies), limit=100_000)
    assert len(side.bodies) == 1
    second = build(replace(later, bodies=side.bodies), limit=100_000)
    assert second == build(later, limit=100_000)
    assert (second.data_sha256, second.shown) == (first.data_sha256, first.shown)
    assert second.sha256 != first.sha256


async def test_another_prompt_reading_or_limit_shares_the_body() -> None:
    """Over the same figures and rows: each text is what building it alone gives."""
    rows = tables()
    side = await KeptDesk().side(ASK, rows)
    now = inputs(*rows, figures=side.figures)
    build(replace(now, bodies=side.bodies), limit=100_000)
    first = dict(side.bodies)
    for other, limit in (
        (replace(now, prompt=Prompt(user_prompt="And what of CNY?")), 100_000),
        (replace(now, intent=replace(now.intent, confidence=0.5)), 100_000),
        (now, 2_000),
    ):
        assert build(replace(other, bodies=side.bodies), limit=limit) == build(other, limit=limit)
        assert side.bodies == first


async def test_however_many_wordings_one_digest_is_kept() -> None:
    """What is kept for a question does not grow with the ways in which it is put."""
    rows = tables()
    side = await KeptDesk().side(ASK, rows)
    now = replace(inputs(*rows, figures=side.figures), bodies=side.bodies)
    digests = {
        build(replace(now, prompt=Prompt(user_prompt=f"CNY {n}?")), limit=100_000).data_sha256
        for n in range(20)
    }
    [body] = side.bodies.values()
    assert (len(digests), len(body.digests)) == (20, 1)


async def test_other_gaps_or_another_behaviour_have_a_body_of_their_own() -> None:
    """What is not there stands among the figures, how sure the reading is stands at the top."""
    rows = tables()
    side = await KeptDesk().side(ASK, rows)
    now = inputs(*rows, figures=side.figures)
    build(replace(now, bodies=side.bodies), limit=100_000)
    figures = replace(side.figures, gaps=(Gap("No such thing.", "ask for another."),))
    unsure = replace(now.intent, behaviour="clarify")
    for other in (replace(now, intent=unsure), replace(now, figures=figures)):
        kept = build(replace(other, bodies=side.bodies), limit=100_000)
        assert kept == build(other, limit=100_000)
        assert len(side.bodies) == 1


async def test_what_does_not_fit_is_chosen_though_a_body_is_kept() -> None:
    """At every limit, and what is kept stays as it is."""
    rows = tables()
    side = await KeptDesk().side(ASK, rows)
    now = inputs(*rows, figures=side.figures)
    whole = build(replace(now, bodies=side.bodies), limit=100_000)
    for limit in range(whole.chars - 400, whole.chars + 400, 37):
        assert build(replace(now, bodies=side.bodies), limit=limit) == build(now, limit=limit)
