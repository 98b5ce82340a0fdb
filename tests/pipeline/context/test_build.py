"""The context as a whole: order, statements, digests, budget."""

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hawk_backend.desk import Alert, Ask, Figures, Gap, compute
from hawk_backend.desk.turns import finish
from hawk_backend.models import Reason, TableState
from hawk_backend.pipeline.context import (
    Context,
    ContextInputs,
    Extraction,
    Omission,
    build,
    build_in_turns,
)
from hawk_backend.pipeline.context.layout import data_blocks
from hawk_backend.pipeline.fetch import TableResult
from hawk_backend.pipeline.intent import Intent, Slots
from tests.pipeline.context.making import NOW, TODAY, inputs, instructions, result, sections

ROOMY = 100_000


def test_the_sections_stand_in_the_order_that_dify_s_prompts_expect() -> None:
    """Labels and order are stable, also where a section has nothing to say."""
    assert sections(build(inputs(), limit=ROOMY).text) == [
        "PROMPT ANALYSIS",
        "EXTRACTED PARAMETERS",
        "DATA EXTRACTION SUMMARY",
        "RELEVANT DATA SUMMARIES",
        "ALERTS",
        "DATA GAPS",
        "DATA ROWS",
        "END OF DATA",
    ]


def test_the_first_lines_date_positions_and_rates() -> None:
    """Read, empty, missing, absent and not asked for read differently."""
    positions = result("position_nav_master", [{"nav_id": "P"}], as_of=TODAY)
    rates = TableResult("currency_rates", TableState.MISSING, Reason.TIMEOUT)
    lines = build(inputs(positions, rates), limit=ROOMY).text.split("\n")
    assert lines[:2] == [
        "Positions as of: 2025-09-17",
        "Rates as of: could not be read (timeout)",
    ]
    absent = TableResult("currency_rates", TableState.ABSENT)
    lines = build(inputs(result("position_nav_master", []), absent), limit=ROOMY).text.split("\n")
    assert lines[:2] == [
        "Positions as of: none on record for what is asked",
        "Rates as of: does not exist in this database",
    ]
    assert build(inputs(), limit=ROOMY).text.startswith("Positions as of: not read for this prompt")


def test_positions_of_several_days_are_all_dated() -> None:
    """The newest day and the oldest; of one day nothing more is said."""
    rows = [{"nav_id": f"P{n}", "as_of_date": f"2025-09-{day}"} for n, day in enumerate((16, 17))]
    table = result("position_nav_master", rows, as_of=TODAY)
    text = build(inputs(table), limit=ROOMY).text
    assert text.startswith("Positions as of: 2025-09-17 (the oldest 2025-09-16)\n")
    text = build(inputs(replace(table, positions=(1,))), limit=ROOMY).text
    assert text.startswith("Positions as of: 2025-09-17\n")


def test_the_manifest_gives_every_table_s_state() -> None:
    """Rows of a failed table are unknown, not 0."""
    tables = (
        result("hedge_instructions", instructions(2), as_of=TODAY),
        result("entity_master", []),
        TableResult("currency_rates", TableState.MISSING, Reason.BREAKER),
        TableResult("risk_metrics", TableState.ABSENT),
    )
    text = build(inputs(*tables), limit=ROOMY).text
    assert "Tables asked: 4, with rows: 1. Records: 2." in text
    for line in (
        "| hedge_instructions | fresh |  | 2 | yes | 2025-09-17",
        "| entity_master | empty |  | 0 | yes | ",
        "| currency_rates | missing | breaker | unknown | no | ",
        "| risk_metrics | absent |  | unknown | no | ",
    ):
        assert f"\n{line}\n" in text


def test_what_is_missing_forbids_inference() -> None:
    """Missing, absent and cut tables are data gaps, in the text and in the ledger."""
    tables = (
        TableResult("currency_rates", TableState.MISSING, Reason.TIMEOUT),
        TableResult("risk_metrics", TableState.ABSENT),
        result("hedge_instructions", instructions(2), complete=False),
        result("entity_master", []),
    )
    context = build(inputs(*tables), limit=ROOMY)
    none = "nothing may be inferred from its absence here."
    cut = "nothing may be inferred from a record's absence here."
    assert context.data_gaps == (
        f"currency_rates could not be read (timeout): {none}",
        f"risk_metrics does not exist in this database: {none}",
        f"hedge_instructions has more than the 2 records read: {cut}",
    )
    assert all(gap in context.text for gap in context.data_gaps)


def test_entities_and_values_that_are_not_known_are_named() -> None:
    """An entity that entity_master does not have, and a currency that is none."""
    asked = Intent(
        "position_monitoring",
        ("position_monitoring",),
        slots=Slots(currency=("XXZ",), entity_ids=("ENT15", "ENTITY0099")),
    )
    entities = result("entity_master", [{"entity_id": "ENTITY0015", "entity_name": "Harbour"}])
    assert build(inputs(entities, intent=asked), limit=ROOMY).data_gaps == (
        "XXZ is no possible currency and was not looked for.",
        "ENTITY0099 is no entity on record: do not answer from another one.",
    )


def test_a_question_outside_the_domain_says_so() -> None:
    """No table is asked for, and nothing may be stated about the books."""
    asked = Intent("out_of_scope", ("out_of_scope",), behaviour="abstain", scope="minimal")
    text = build(inputs(intent=asked, prompt="Write me a poem"), limit=ROOMY).text
    assert "outside the domain of this desk. No data was fetched" in text
    assert "Tables asked: 0" in text
    assert "> Write me a poem" in text


def test_an_ambiguous_question_lists_what_was_assumed() -> None:
    """The widened scope and the assumptions are told."""
    asked = Intent(
        "hedge_rollover",
        ("hedge_rollover",),
        behaviour="clarify",
        assumptions=("all open hedges are meant",),
        negated=("hedge_termination",),
    )
    text = build(inputs(intent=asked), limit=ROOMY).text
    assert "can be read in several ways" in text
    assert "\n| Assumed: all open hedges are meant\n" in text
    assert "\nRefused by the user: hedge_termination\n" in text


def test_alerts_and_gaps_are_in_the_text_and_in_the_ledger() -> None:
    """What the desk says stands under its section."""
    figures = Figures(alerts=(Alert("SOME", "thing."),), gaps=(Gap("None.", "get it."),))
    context = build(inputs(figures=figures), limit=ROOMY)
    assert context.alerts == ("SOME: thing.",)
    assert context.data_gaps == ("None. Recommendation: get it.",)
    assert "=== ALERTS ===\n| SOME: thing.\n" in context.text
    assert "=== DATA GAPS ===\n| None. Recommendation: get it.\n" in context.text


def test_the_digests_are_of_the_text_with_and_without_what_was_measured() -> None:
    """sha256 covers every byte; data_sha256 is the same whatever the clock and the cache say."""
    table = result("hedge_instructions", instructions(3))
    first = build(inputs(table), limit=ROOMY)
    later = build(
        inputs(
            replace(table, age_s=99.0, ms=7.0),
            now=NOW + timedelta(hours=1),
            extraction=Extraction(0, 9, 812.25),
        ),
        limit=ROOMY,
    )
    assert first.sha256 == hashlib.sha256(first.text.encode()).hexdigest()
    assert first.sha256 != later.sha256
    assert first.data_sha256 == later.data_sha256 != first.sha256
    other = build(inputs(result("hedge_instructions", instructions(4))), limit=ROOMY)
    assert other.data_sha256 != first.data_sha256


def test_what_was_measured_is_one_block() -> None:
    """Taken out of the text, the rest has the data's digest."""
    context = build(inputs(result("hedge_instructions", instructions(3))), limit=ROOMY)
    start = context.text.index("Measured for this prompt:")
    end = context.text.index("\n=== RELEVANT DATA SUMMARIES ===")
    rest = context.text[:start] + context.text[end:]
    block = context.text[start:end]
    assert hashlib.sha256(rest.encode()).hexdigest() == context.data_sha256
    for part in ("hit rate: 75.0%", "12.5 ms", "2025-09-17T10:00:00", "hedge_instructions 2.0"):
        assert part in block
        assert part not in rest


def test_what_was_measured_never_decides_what_fits() -> None:
    """Longer times and ages leave the data's digest as it is, at every limit."""
    table = result("hedge_instructions", instructions(30))
    slow = replace(table, age_s=123_456.7)
    for limit in range(2_400, 3_200, 7):
        first = build(inputs(table), limit=limit)
        other = build(inputs(slow, extraction=Extraction(100_000, 9, 1_234.5)), limit=limit)
        assert first.data_sha256 == other.data_sha256
        assert other.chars <= limit


def test_characters_are_counted_as_dify_counts_them() -> None:
    """Code points, not bytes."""
    rows = [{"entity_id": "ENTITY0001", "entity_name": "深圳貿易 🏦"}]
    context = build(inputs(result("entity_master", rows)), limit=ROOMY)
    assert context.chars == len(context.text) < len(context.text.encode())


def big(count: int = 10, rows: int = 300) -> ContextInputs:
    """Make tables that have no room together."""
    names = (
        *("hedge_instructions", "entity_master", "position_nav_master", "allocation_engine"),
        *("hedge_business_events", "deal_bookings", "gl_entries", "currency_rates"),
        *("usd_pb_deposit", "audit_trail"),
    )
    tables = [result(name, _rows(name, rows)) for name in names[:count]]
    return inputs(*tables)


def _rows(name: str, count: int) -> list[dict[str, object]]:
    key, text = {
        "hedge_instructions": ("instruction_id", "failure_reason"),
        "entity_master": ("entity_id", "comments"),
        "position_nav_master": ("nav_id", "data_quality_notes"),
        "allocation_engine": ("allocation_id", "notes"),
        "hedge_business_events": ("event_id", "notes"),
        "deal_bookings": ("deal_booking_id", "comment1"),
        "gl_entries": ("entry_id", "be_code"),
        "currency_rates": ("currency_pair", "source"),
        "usd_pb_deposit": ("deposit_id", "breach_status"),
        "audit_trail": ("audit_id", "process_step"),
    }[name]
    return [{key: f"{name}-{n:04}", text: f"row {n} of {name} {'.' * 150}"} for n in range(count)]


def test_a_context_that_is_too_large_names_what_it_omits() -> None:
    """Every table is there with its newest rows; what is not is named with its count."""
    context = build(big(), limit=50_000)
    assert context.chars <= 50_000
    assert context.chars > 49_000
    assert len(context.dropped) == len(context.shown) == 10
    named = context.text.partition("=== OMITTED FOR LACK OF SPACE ===\n")[2].split("\n")[0]
    for omission in context.dropped:
        shown = context.shown[omission.table]
        assert omission.rows + len(shown) == 300
        assert list(shown) == list(range(len(shown)))
        assert f" | {omission.table} {omission.rows}" in named
        assert f"--- {omission.table}, " in context.text


def test_the_most_useful_tables_get_the_odd_rows() -> None:
    """Where the tables take turns, the one of higher priority comes first."""
    context = build(big(), limit=50_000)
    assert len(context.shown["position_nav_master"]) >= len(context.shown["audit_trail"])


def test_rows_that_the_prompt_names_come_first() -> None:
    """The named order's row, then the asked currency's, then the rest, all in table order."""
    rows = [*instructions(60, currency="AUD"), *instructions(60, currency="CNY")]
    for number, row in enumerate(rows):
        row |= {"instruction_id": f"INST{number:05}", "order_id": f"ORD-{number}"}
    slots = Slots(currency=("CNY",), order_id="ORD-110")
    asked = Intent("hedge_inquiry", ("hedge_inquiry",), slots=slots)
    context = build(inputs(result("hedge_instructions", rows), intent=asked), limit=5_000)
    shown = context.shown["hedge_instructions"]
    assert 2 < len(shown) < 60
    assert shown == (*range(60, 60 + len(shown) - 1), 110)
    assert context.dropped == (Omission("hedge_instructions", 120 - len(shown), "budget"),)


@pytest.mark.parametrize("limit", [0, 1, 100, 500, 1_000, 2_000])
def test_a_tiny_limit_is_kept_too(limit: int) -> None:
    """Whatever the limit, the text stays below it and the ledger names the rest."""
    context = build(big(3, 5), limit=limit)
    assert context.chars <= limit
    left_out = {omission.table: omission.rows for omission in context.dropped}
    for table in ("hedge_instructions", "entity_master", "position_nav_master"):
        assert left_out.get(table, 0) + len(context.shown.get(table, ())) == 5


def test_a_record_longer_than_the_room_is_left_out_whole() -> None:
    """One giant row does not keep the small ones behind it out."""
    rows = instructions(3)
    cells = ("failure_reason", "result", "hedging_instrument_hint", "tenor_or_maturity")
    for row, text in zip(rows, ("", "y" * 1_900, ""), strict=True):
        row.update(dict.fromkeys(cells, text))
    context = build(inputs(result("hedge_instructions", rows)), limit=5_000)
    assert context.shown["hedge_instructions"] == (0, 2)
    assert "yyy" not in context.text


limits = st.integers(0, 12_000)


@st.composite
def results(draw: st.DrawFn) -> list[TableResult]:
    """Draw tables with rows of many sizes."""
    names = draw(
        st.lists(
            st.sampled_from(("hedge_instructions", "entity_master", "gl_entries", "audit_trail")),
            unique=True,
        )
    )
    made = []
    for name in names:
        lengths = draw(st.lists(st.integers(0, 400), max_size=40))
        rows = [
            {**row, **{k: "z" * size for k, v in row.items() if isinstance(v, str) and "row " in v}}
            for row, size in zip(_rows(name, len(lengths)), lengths, strict=True)
        ]
        made.append(result(name, rows))
    return made


@given(results(), limits)
@settings(max_examples=150, deadline=None)
def test_no_budget_is_exceeded_and_no_record_is_cut_or_lost(
    tables: Sequence[TableResult], limit: int
) -> None:
    """Every row is in the text, whole, or counted in the ledger; never both, never neither."""
    context = build(inputs(*tables), limit=limit)
    assert context.chars == len(context.text) <= limit
    lines = context.text.split("\n")
    for table in tables:
        shown = context.shown.get(table.table, ())
        assert table.slice is not None
        for position in shown:
            assert f"| {table.slice.lines[position]}" in lines
        omitted = sum(o.rows for o in context.dropped if o.table == table.table)
        assert len(shown) + omitted == len(table.positions)
    known = {f"| {line}" for t in tables if t.slice for line in (t.slice.header, *t.slice.lines)}
    start = next((n for n, line in enumerate(lines) if line == "=== DATA ROWS ==="), len(lines))
    assert all(line in known for line in lines[start:] if line.startswith("| "))


@given(st.lists(st.integers(1, 300), max_size=25), st.integers(0, 60), limits)
@settings(max_examples=100, deadline=None)
def test_no_alert_and_no_station_is_cut_or_lost(
    lengths: Sequence[int], days: int, limit: int
) -> None:
    """What the desk says is in the text, whole, or counted in the ledger, as rows are."""
    alerts = tuple(Alert(f"CODE_{n}", "x" * size) for n, size in enumerate(lengths))
    rows = [row | {"instruction_date": TODAY.isoformat()} for row in instructions(days)]
    table = result("hedge_instructions", rows)
    asked = Ask(today=TODAY, now=NOW, instruction_type="Q")
    stations = compute(asked, {"hedge_instructions": table}).timeline
    figures = Figures(alerts=alerts, timeline=stations)
    context = build(inputs(table, figures=figures), limit=limit)
    lines = context.text.split("\n")
    dropped = {omission.table: omission.rows for omission in context.dropped}

    told = sum(f"| {alert}" in lines for alert in alerts)
    assert not alerts or told + dropped.get("ALERTS", 0) == len(alerts)
    assert sum(line.startswith("| CODE_") for line in lines) == told
    shown = sum(line.startswith("| instruction | INST") for line in lines)
    assert shown + dropped.get("timeline", 0) == len(stations) == days
    assert len(context.text) <= limit


@given(
    results().flatmap(lambda made: st.tuples(st.just(made), st.permutations(made))),
    st.integers(1_000, 12_000),
)
@settings(max_examples=60, deadline=None)
def test_neither_order_of_arrival_nor_repetition_changes_a_byte(
    orders: tuple[list[TableResult], list[TableResult]], limit: int
) -> None:
    """The same rows, slots and clock give the same text, in whatever order tables are handed in.

    The list of tables itself keeps that order; below a thousand characters it is cut.
    """
    first = build(inputs(*orders[0]), limit=limit)
    other = build(inputs(*orders[1]), limit=limit)
    assert build(inputs(*orders[0]), limit=limit).text == first.text
    assert _rows_part(other) == _rows_part(first)
    assert other.shown == first.shown


def _rows_part(context: Context) -> str:
    return context.text.partition("=== DATA ROWS ===")[2]


async def test_building_in_turns_gives_the_same_context() -> None:
    """The driver changes nothing."""
    made = big(rows=200)
    assert await build_in_turns(made, limit=60_000) == build(made, limit=60_000)


async def test_a_large_build_lets_others_have_the_loop() -> None:
    """Between two steps of a large input another task runs; no step does unbounded work."""
    turns = 0

    async def neighbour() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    made = big(rows=1_000)
    other = asyncio.create_task(neighbour())
    try:
        await build_in_turns(made, limit=100_000, turn_s=0)
    finally:
        other.cancel()
    assert turns > 30


def test_only_what_is_shown_is_rendered() -> None:
    """Rows are joined as rows.py rendered them: the very string objects go into the text."""
    table = result("hedge_instructions", instructions(5))
    assert table.slice is not None
    blocks = finish(data_blocks(inputs(table), (), ()))
    block = next(block for block in blocks if block.name == "hedge_instructions")
    assert block.records is table.slice.lines
