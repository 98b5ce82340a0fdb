"""Prefetch that silently fetches nothing."""

from tests.gateway import ask, open_gateway
from tests.predecessor.reading import answer, context_of, manifest, only, tables
from tests.predecessor.source_proxy import ABSENT, EMPTY, FAILED, GARBAGE, SourceProxy
from tests.predecessor.standin import StandIn
from tests.stack import LocalStack

PROMPT = "Check if I can hedge 150K CNY today"


async def test_failed_absent_and_empty_are_three_things_in_the_stream(
    stack: LocalStack, source: SourceProxy
) -> None:
    """A table that failed is missing with its reason, one that is not there absent, else empty."""
    source.answers = {
        "threshold_configuration": FAILED,
        "usd_pb_deposit": ABSENT,
        "waterfall_logic_configuration": EMPTY,
        "hedging_framework": GARBAGE,
    }
    async with open_gateway(stack, supabase_rest_url=source.url) as gateway:
        events = await ask(gateway, PROMPT)
    found = {name: (told["state"], told["reason"]) for name, told in tables(events).items()}
    assert found["threshold_configuration"] == ("missing", "error")
    assert found["hedging_framework"] == ("missing", "error")
    assert found["usd_pb_deposit"] == ("absent", None)
    assert found["waterfall_logic_configuration"] == ("empty", None)
    assert found["position_nav_master"] == ("fresh", None)
    assert events[-1]["event"] == "message_end"


async def test_failed_absent_and_empty_are_three_things_in_the_context(
    stack: LocalStack, source: SourceProxy
) -> None:
    """The model is told which, an unread table has no number of records, and no figure is made."""
    source.answers = {
        "threshold_configuration": FAILED,
        "usd_pb_deposit": ABSENT,
        "waterfall_logic_configuration": EMPTY,
    }
    async with open_gateway(stack, supabase_rest_url=source.url) as gateway:
        context = await context_of(gateway, PROMPT)
    told = manifest(context)
    failed, absent, empty = (told[name] for name in source.answers)
    assert (failed["State"], failed["Reason"], failed["Records"]) == ("missing", "error", "unknown")
    assert (absent["State"], absent["Records"], absent["Complete"]) == ("absent", "unknown", "no")
    assert (empty["State"], empty["Records"], empty["Complete"]) == ("empty", "0", "yes")
    gaps = context.partition("=== DATA GAPS ===")[2].partition("=== DATA ROWS ===")[0]
    assert "threshold_configuration" in gaps
    assert "usd_pb_deposit does not exist in this database" in gaps
    assert "waterfall_logic_configuration" not in gaps
    assert "No records found" not in context


async def test_an_answer_is_not_built_on_a_hole(
    stack: LocalStack, source: SourceProxy, standin: StandIn
) -> None:
    """Where the positions of a hedge cannot be read the user is told, and Dify is not asked."""
    source.answers = {"position_nav_master": FAILED}
    async with open_gateway(stack, supabase_rest_url=source.url) as gateway:
        events = await ask(gateway, PROMPT)
    assert tables(events)["position_nav_master"]["state"] == "missing"
    assert events[-1]["event"] == "error"
    assert "position_nav_master" in str(events[-1]["message"])
    assert "position_nav_master" in answer(events)
    assert only(events, "hawk_done")["outcome"] == "failed"
    assert (await standin.stats())["started"] == 0


async def test_an_empty_critical_table_is_an_answer(
    stack: LocalStack, source: SourceProxy, standin: StandIn
) -> None:
    """No positions on record is a fact: the prompt goes on and the context says so."""
    source.answers = {"position_nav_master": EMPTY}
    async with open_gateway(stack, supabase_rest_url=source.url) as gateway:
        events = await ask(gateway, PROMPT)
    assert tables(events)["position_nav_master"]["state"] == "empty"
    assert events[-1]["event"] == "message_end"
    gaps = " ".join(only(events, "hawk_context")["data_gaps"])
    assert "position in CNY" in gaps
    assert (await standin.stats())["started"] == 1
