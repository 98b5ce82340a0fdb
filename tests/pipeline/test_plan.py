"""A plan names the tables that answer an intent, in a fixed order, narrowed as far as possible."""

from dataclasses import replace
from datetime import date

import pytest

from hawk_backend.catalogue import Need
from hawk_backend.pipeline.intent import Alternative, DateRange, Intent
from hawk_backend.pipeline.plan import QueryPlan, TableQuery
from hawk_backend.pipeline.wanted import Refused
from tests.pipeline.shelf import CATALOGUE, asks, planned


def query(plan: QueryPlan, table: str) -> TableQuery:
    """Return the one query of a table."""
    (found,) = [query for query in plan.queries if query.table == table]
    return found


def tables(plan: QueryPlan, need: Need | None = None) -> list[str]:
    """Return the queried tables, those of one need only."""
    return [query.table for query in plan.queries if need in (None, query.need)]


@pytest.mark.parametrize("name", sorted(CATALOGUE.intents))
def test_every_intent_has_a_plan(name: str) -> None:
    """Each table stands once, the most needed first, and what filters lead through is read too."""
    for slots in ({"currency": ("CNY",)}, {"order_id": "ORD-1"}, {"entity_ids": ("ENT1",)}, {}):
        plan = planned(asks(name, **slots))
        read = {*tables(plan), *plan.support}
        needs = [list(Need).index(query.need) for query in plan.queries]

        assert len(tables(plan)) == len(set(tables(plan)))
        assert needs == sorted(needs)
        assert all(query.through <= read for query in plan.queries)
        assert not set(plan.support) & set(tables(plan))


def test_what_is_not_our_domain_reads_nothing() -> None:
    """Neither an intent out of scope nor one that is refused asks the source for anything."""
    assert planned(asks("out_of_scope")).queries == ()
    assert planned(replace(asks("market_analysis"), behaviour="abstain")).queries == ()
    assert planned(replace(asks("hedge_rollover"), negated=("hedge_rollover",))).queries == ()


def test_the_scope_widens_or_narrows_the_tables() -> None:
    """Minimal leaves out the optional tables, comprehensive adds the general ones."""
    targeted = tables(planned(asks("gl_entries_query")))
    minimal = tables(planned(replace(asks("gl_entries_query"), scope="minimal")))
    wide = tables(planned(replace(asks("gl_entries_query"), scope="comprehensive")))

    assert set(targeted) - set(minimal) == {"gl_journal_lines", "entity_master", "gl_rules"}
    assert set(wide) - set(targeted) == {"currency_configuration", "system_configuration"}


def test_all_requests_of_a_prompt_are_planned() -> None:
    """A second action keeps its critical tables critical, a second question only wants them."""
    first = asks("hedge_utilization", currency=("CNY",))
    both = planned(replace(first, intents=("hedge_utilization", "hedge_termination")))
    asked = planned(replace(first, intents=("hedge_utilization", "mx_bookings")))

    assert query(both, "hedge_business_events").need is Need.CRITICAL
    assert query(asked, "deal_bookings").need is Need.WANTED


def test_one_request_does_not_hide_the_rows_of_another() -> None:
    """Of capacity's instructions some are for the desk alone, a list of instructions shows all."""
    alone = asks("hedge_utilization", currency=("CNY",))
    both = planned(replace(alone, intents=("hedge_utilization", "hedge_inquiry")))

    assert query(planned(alone), "hedge_instructions").where == (("currency",), ("current",))
    assert query(planned(alone), "hedge_instructions").shown == (("executed",), ("today",))
    assert query(both, "hedge_instructions").where == (("currency",),)
    assert query(both, "hedge_instructions").shown == ()


@pytest.mark.parametrize("name", sorted(CATALOGUE.intents))
def test_no_table_hides_what_a_figure_beside_it_needs(name: str) -> None:
    """No order narrows allocations beside positions, no entity what stands beside thresholds."""
    slots = {"currency": ("HKD",), "entity_ids": ("ENT12",), "entity_type": "Branch"}
    plan = planned(asks(name, order_id="ORD-1", event_id="EVT-1", **slots))
    read = {
        query.table: {slot for group in query.where for slot in group} for query in plan.queries
    }
    if "position_nav_master" in read:
        assert not read.get("allocation_engine", set()) & {"order", "event"}
    if "threshold_configuration" in read:
        plan = planned(asks(name, nav_type="RE", **slots))
        for table in ("entity_master", "allocation_engine", "usd_pb_deposit"):
            wheres = [query.where for query in plan.queries if query.table == table]
            assert wheres in ([], [(("currency",),)], [(("currency",), ("snapshot",))])


def test_alone_a_table_is_narrowed_as_asked() -> None:
    """Where no capacity is computed an order's allocations are enough."""
    plan = planned(asks("hedge_amendment", order_id="ORD-1"))
    assert query(plan, "allocation_engine").where == (("order",),)


def test_an_ambiguous_prompt_reads_what_its_other_readings_need() -> None:
    """The critical tables of the next two readings are wanted."""
    unsure = replace(
        asks("general_query"),
        behaviour="clarify",
        scope="comprehensive",
        alternatives=(Alternative("mx_bookings", 0.4), Alternative("hedge_inquiry", 0.3)),
    )

    assert query(planned(unsure), "deal_bookings").need is Need.WANTED
    assert query(planned(unsure), "hedge_instructions").need is Need.WANTED


def test_a_limit_holds_only_where_every_request_has_it() -> None:
    """The audit of an amendment is bounded, a question for the audit trail has its own bound."""
    amendment = asks("hedge_amendment", order_id="ORD-1")
    both = replace(amendment, intents=("hedge_amendment", "audit_trail"))

    assert query(planned(amendment), "audit_trail").limit == 100
    assert query(planned(both), "audit_trail").limit == 500


def test_named_entities_bring_the_table_that_knows_them() -> None:
    """What a name stands for, or that it stands for nothing, is seen in entity_master."""
    plan = planned(asks("gl_entries_query", entity_ids=("ENT15",)))

    assert "entity_master" in tables(plan)
    assert "entity_master" in query(plan, "gl_entries").through


def test_unknown_currencies_and_impossible_ids_are_refused() -> None:
    """Nothing that is no currency of the catalogue and no id reaches a filter; it is named."""
    injected = "CNY,currency_code.neq.Q"
    plan = planned(
        asks("hedge_inquiry", currency=("CNY", injected, "ZZZ"), order_id="ORD-1)&select=*")
    )

    assert plan.wanted.values == {"currency": frozenset({"CNY"}), "order": frozenset()}
    assert set(plan.wanted.refused) == {
        Refused("currency", injected),
        Refused("currency", "ZZZ"),
        Refused("order", "ORD-1)&select=*"),
    }


def test_dates_are_a_day_or_a_range() -> None:
    """A range narrows by days and chooses its last day's snapshot; a tenor lies ahead."""
    range_ = DateRange("period", date(2025, 7, 1), date(2025, 9, 30))
    ranged = planned(asks("exposure_analysis", date=range_))
    tenor = planned(asks("exposure_analysis", date=replace(range_, kind="tenor")))

    assert ("period",) in query(ranged, "position_nav_master").where
    assert query(ranged, "currency_rates").where == (("snapshot",),)
    assert (ranged.wanted.day, tenor.wanted.day) == (date(2025, 9, 30), None)


def test_an_unknown_intent_is_a_fault_of_ours() -> None:
    """An intent that the catalogue does not have reads nothing."""
    assert planned(Intent("made_up", ("made_up",))).queries == ()
