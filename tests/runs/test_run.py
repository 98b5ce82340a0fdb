"""A prompt from admission to its terminal event, over real sockets."""

import asyncio
import gc
from dataclasses import replace
from typing import Any

import httpx
import pytest

from hawk_backend.dev.dify.apps import BY_NAME
from hawk_backend.dev.dify.script import Delay, Ending, Extra, Failure, Insert, Script
from hawk_backend.errors import CacheUnavailable, CriticalTableMissing
from hawk_backend.observability import REGISTRY
from hawk_backend.pipeline.relay import WITHDRAWN
from hawk_backend.runs.limits import RunLimits
from hawk_backend.runs.parts import Delivery
from hawk_backend.runs.probe import probe
from tests.runs.rig import FAST, LIMITS, answer_of, brief, kinds, rigged

FAKE = 'data: {"event":"error"}\n\n'
HOSTILE = ("a\u2028b", "\u0085\n\n", FAKE, "\ud83d", ": hb\r\n", "\U0001f600")
HEARD = f"a\u2028b\u0085\n\n{FAKE}\ufffd: hb\r\n\U0001f600"
NOISE: tuple[Extra, ...] = ("tts", "reasoning", "agent_log", "iteration", "loop", "unknown")
SHOWN: tuple[Extra, ...] = ("message_file", "agent_thought", "node_retry")


async def test_the_events_come_in_the_order_of_the_design() -> None:
    """Started, the stages, the answer with its steps, done, and one terminal event, last."""
    async with rigged(app="chatflow") as rig:
        await rig.standin.script(Script(deltas=("a", "b")))
        events = await rig.ask()
        await rig.clean()

    assert [kind for kind in kinds(events) if kind != "hawk_step"] == [
        "hawk_started",
        "hawk_intent",
        "hawk_table",
        "hawk_context",
        "agent_message",
        "agent_message",
        "hawk_done",
        "message_end",
    ]
    done, end = events[-2:]
    assert done["outcome"] == end["metadata"]["outcome"] == "completed"
    assert done["usage"] == end["metadata"]["usage"]
    assert {"fetch", "relay", "first_answer", "total"} <= set(done["timings_ms"])
    assert [name for event in events for name in event if name == "answer"] == ["answer"] * 2


@pytest.mark.parametrize("app", ["chat", "chatflow", "agent", "newagent", "workflow", "completion"])
@pytest.mark.parametrize(
    "wire",
    [
        {},
        {"split": (1,)},
        {"line_end": "crlf", "split": (1, 2, 3)},
        {"line_end": "cr", "split": (7,)},
        {"bom": True, "space": False, "comments": True},
        {"multiline": True, "event_lines": True},
        {"ascii_json": True, "join": 100},
    ],
    ids=str,
)
async def test_every_character_arrives(app: str, wire: dict[str, Any]) -> None:
    """Whatever the kind of app, the framing and the chunking, the answer is the model's."""
    async with rigged(app=app) as rig:
        await rig.client.look("default")
        await rig.standin.script(Script(deltas=HOSTILE, rate=0, **wire))
        events = await rig.ask()
        await rig.clean()

    assert answer_of(events) == HEARD
    assert kinds(events)[-2:] == ["hawk_done", "message_end"]
    assert events[-1]["metadata"]["outcome"] == "completed"


@pytest.mark.parametrize(
    ("ending", "outcome"),
    [
        ("workflow_first", "completed"),
        ("message_first", "completed"),
        ("message_lost", "completed"),
        ("message_only", "completed"),
        ("none", "truncated"),
    ],
)
async def test_either_terminal_event_is_enough(ending: Ending, outcome: str) -> None:
    """Every order that a version of Dify has ends the answer once, and the lost end is made."""
    async with rigged(app="chatflow") as rig:
        await rig.standin.script(Script(deltas=("a",), ending=ending))
        events = await rig.ask()
        await rig.clean()

    terminals = [kind for kind in kinds(events) if kind in ("message_end", "error")]
    assert terminals == [kinds(events)[-1]]
    assert events[-2]["outcome"] == outcome


@pytest.mark.parametrize("ending", ["workflow_first", "message_only"])
async def test_an_annotation_is_an_answer(ending: Ending) -> None:
    """A stored reply costs no tokens, and in newer versions no workflow_finished comes."""
    async with rigged(app="chatflow") as rig:
        await rig.standin.script(Script(answer="stored", annotation=True, ending=ending))
        events = await rig.ask()
        await rig.clean()

    assert answer_of(events) == "stored"
    assert events[-1]["metadata"]["outcome"] == "completed"


async def test_events_beside_the_answer_become_what_the_table_says() -> None:
    """Files, thoughts and replacements are shown, sound and logs are not."""
    inserts = [Insert(at="delta:1", kind=kind) for kind in (*NOISE, *SHOWN)]
    replacement = Insert(at="delta:2", kind="message_replace", text="withheld")
    async with rigged(app="chatflow") as rig:
        await rig.standin.script(Script(deltas=("a", "b"), inserts=(*inserts, replacement)))
        events = await rig.ask()
        await rig.clean()
        counts = rig.runs.report()["dify_events"]

    seen = set(kinds(events))
    assert {"message_file", "agent_thought", "hawk_step", "hawk_replaced"} <= seen
    assert seen <= {
        *("hawk_started", "hawk_intent", "hawk_table", "hawk_context", "hawk_step", "hawk_done"),
        *("agent_message", "agent_thought", "message_file", "hawk_replaced", "message_end"),
    }
    assert answer_of(events) == f"ab{WITHDRAWN}withheld"
    assert events[-1]["metadata"]["outcome"] == "replaced"
    assert counts["dropped"] >= len(NOISE)


async def test_a_paused_workflow_says_so() -> None:
    """A human has to answer inside Dify: the stream ends, and that is no failure."""
    async with rigged(app="chatflow") as rig:
        await rig.standin.script(
            Script(deltas=("a", "b"), inserts=(Insert(at="delta:1", kind="human_input"),))
        )
        events = await rig.ask()
        await rig.clean()

    assert events[-1]["event"] == "message_end"
    assert events[-1]["metadata"]["outcome"] == "paused"


async def test_a_large_context_adds_nothing_to_the_stream() -> None:
    """Dify echoes the context in its node events; the browser gets not one byte of it."""
    sizes = []
    for context in ("CONTEXT-SECRET ", "CONTEXT-SECRET " * 6600):
        async with rigged(app="chatflow") as rig:
            rig.stages.context = context
            await rig.standin.script(Script(deltas=("a", "b")))
            async with rig.post() as response:
                body = await response.aread()
            (request,) = (await rig.standin.stats())["requests"]
            await rig.clean()
        assert request["inputs"]["optimized_context"]["chars"] == len(context)
        assert b"CONTEXT-SECRET" not in body
        answer, _, done = body.partition(b"hawk_context")[2].partition(b"hawk_done")
        sizes.append((len(answer) - len(str(len(context))), done.count(b"\n\n")))

    assert sizes[0] == sizes[1]


async def test_an_answer_under_way_holds_neither_prompt_nor_context() -> None:
    """An answer takes minutes: what has been asked is free as soon as it cannot be asked again."""
    async with rigged() as rig:
        await rig.standin.script(Script(deltas=("a", "b"), delays=(Delay(at=1, seconds=60),)))
        async with rig.watching() as browser:
            await browser.until("agent_message")
            gc.collect()
            held = [passed() for passed in rig.stages.passed]
            requests = [thing for thing in gc.get_objects() if isinstance(thing, httpx.Request)]
            asked = f"{rig.standin.base_url}/chat-messages"
        await rig.clean()

    assert held == [None, None]
    assert asked not in {str(request.url) for request in requests}


async def test_a_failure_of_a_stage_is_the_terminal_error() -> None:
    """A table that the intent cannot do without is named in the stream, and Dify is not asked."""
    async with rigged() as rig:
        rig.stages.error = CriticalTableMissing("No position_nav_master.", remedy="try again")
        events = await rig.ask()
        await rig.clean()
        stats = await rig.standin.stats()

    assert kinds(events)[-3:] == ["agent_message", "hawk_done", "error"]
    assert answer_of(events) == "**Error:** No position_nav_master."
    assert events[-1] == {
        "event": "error",
        "status": 503,
        "code": "critical_table_missing",
        "message": "No position_nav_master.",
        "partial_chars": 0,
        "request_id": events[0]["request_id"],
    }
    assert stats["requests"] == []


async def test_a_fault_of_our_own_is_told_without_its_text() -> None:
    """An exception that nobody foresaw ends the stream properly and gives nothing away."""
    async with rigged() as rig:
        rig.stages.error = ZeroDivisionError("secret")
        events = await rig.ask()
        await rig.clean()

    assert events[-1]["code"] == "internal_error"
    assert "secret" not in str(events)


@pytest.mark.parametrize(
    ("script", "requests"),
    [
        (Script(refuse="too_many_429"), 2),
        (Script(refuse="too_many_400"), 2),
        (Script(refuse="bad_gateway_html"), 2),
        (Script(refuse="unavailable_503"), 2),
        (Script(error=Failure(at=0, shape="chat")), 2),
        (Script(open_ping=True, error=Failure(at=0, shape="chat")), 2),
        (Script(deltas=("a",), error=Failure(at=1, shape="chat")), 1),
        (Script(refuse="rate_limit_429"), 1),
        (Script(refuse="unauthorized"), 1),
        (Script(refuse="forbidden"), 1),
        (Script(refuse="provider_quota_exceeded"), 1),
        (Script(refuse="bad_request"), 1),
        (Script(refuse="gateway_timeout_504"), 1),
        (Script(refuse="cloudflare_524"), 1),
        (Script(refuse="cloudflare_429_html"), 1),
        (Script(refuse="internal_500"), 1),
        (Script(refuse="login_html"), 1),
    ],
    ids=brief,
)
async def test_asking_again_happens_only_where_it_is_safe(script: Script, requests: int) -> None:
    """Before the first event, and only for what Dify's table calls safe; then it is one answer."""
    async with rigged() as rig:
        await rig.standin.script(script, Script(deltas=("b",)))
        events = await rig.ask()
        await rig.clean()
        stats = await rig.standin.stats()

    assert len(stats["requests"]) == requests
    assert answer_of(events) == "b" if requests == 2 else events[-1]["event"] == "error"
    assert kinds(events).count("hawk_done") == 1
    assert "standin" not in str(events)


async def test_asking_again_comes_to_an_end() -> None:
    """After the last pause the failure is told."""
    async with rigged() as rig:
        await rig.standin.script(Script(refuse="unavailable_503", times=0))
        events = await rig.ask()
        await rig.clean()
        stats = await rig.standin.stats()

        (fault,) = rig.runs.report()["last_faults"]

    assert len(stats["requests"]) == 1 + len(FAST.retries)
    assert fault["remedy"] == "check that Dify and the proxy in front of it are up"
    assert events[-1]["code"] == "dify_unavailable"


async def test_a_prompt_waits_its_turn_while_its_tables_are_read() -> None:
    """The place in the queue is told, and the stages do not wait for it."""
    async with rigged(limits=replace(LIMITS, concurrency=1, queue=2)) as rig:
        await rig.standin.script(Script(deltas=("a",) * 3, rate=20), Script(deltas=("b",)))
        async with rig.watching() as first:
            await first.until("agent_message")
            async with rig.watching() as second, rig.watching() as third:
                assert (await second.until("hawk_queue"))["position"] == 1
                assert (await third.until("hawk_queue"))["position"] == 2
                await second.until("hawk_context")
                refused = await rig.http.post("/ask", json={"user_prompt": "x"})
                assert (await third.until("hawk_queue"))["position"] == 1
                assert answer_of(await second.rest()) == "b"
                assert (await third.rest())[-1]["event"] == "message_end"
        await rig.clean()

    assert refused.status_code == 503
    assert 1 <= int(refused.headers["retry-after"]) <= 60


async def test_an_answer_longer_than_the_buffer_is_broken_off() -> None:
    """A run holds so much and no more; the generation is stopped, and the end tells why."""
    async with rigged(limits=replace(LIMITS, run_bytes=20_000)) as rig:
        await rig.standin.script(Script(answer="word ", tokens=5000, rate=2000))
        events = await rig.ask()
        await rig.clean()
        stats = await rig.standin.stats()

    assert events[-1]["code"] == "answer_too_long"
    assert events[-2]["outcome"] == "truncated"
    assert events[-1]["partial_chars"] > 0
    assert (stats["stopped"], stats["drained"]) == (1, 1)


async def test_tables_that_changed_meanwhile_are_named() -> None:
    """What was retired while the answer was being written is told at its end."""

    async def changed() -> tuple[str, ...]:
        return ("currency_rates",)

    async with rigged(changes=lambda _: changed) as rig:
        events = await rig.ask()

    assert events[-2]["changed"] == ["currency_rates"]


@pytest.mark.parametrize("wait_s", [0, 60], ids=["down", "slow"])
async def test_an_answer_does_not_depend_on_what_changed(wait_s: int) -> None:
    """A cache that is down or slow costs the names, not the answer."""

    async def changed() -> tuple[str, ...]:
        await asyncio.sleep(wait_s)
        raise CacheUnavailable("Redis does not answer.")

    async with rigged(changes=lambda _: changed) as rig:
        events = await rig.ask()

    assert events[-2]["changed"] == []
    assert events[-1]["event"] == "message_end"


def charged() -> float:
    """Return the tokens that the metrics have counted."""
    return REGISTRY.get_sample_value("hawk_dify_tokens_total", {"kind": "total_tokens"}) or 0


async def test_usage_is_summed_exactly() -> None:
    """What the answers cost is added up as Decimal for the operators, and told to Prometheus."""
    async with rigged() as rig:
        before = charged()
        usage = {"total_tokens": 5, "total_price": "0.1", "currency": "USD"}
        await rig.standin.script(Script(deltas=("a",), usage=usage, times=3))
        for _ in range(3):
            await rig.ask()
        await rig.clean()
        spent = rig.runs.report()["usage"]

    assert charged() - before == 15
    assert spent["cost"] == {"USD": "0.3"}
    assert spent["total_tokens"] == 15


async def test_each_intent_has_its_app() -> None:
    """A key of its own is used where there is one, named by the client or by the intent."""
    keys = {name: BY_NAME[name].key for name in ("allocation", "config")}
    async with rigged(keys={**keys, "default": BY_NAME["chat"].key}) as rig:
        await rig.ask()
        await rig.ask(agent_id="config")
        await rig.ask(agent_id="booking")
        stats = await rig.standin.stats()

    assert [request["app"] for request in stats["requests"]] == [
        "allocation",
        "config",
        "allocation",
    ]


async def test_looking_at_the_apps_tells_what_does_not_fit() -> None:
    """An app that would drop the context is named with the remedy, and is not asked."""
    delivery = Delivery(variable="facts")
    async with rigged(delivery=delivery) as rig:
        facts = await probe(rig.client, delivery, 100_000)
        events = await rig.ask()
        stats = await rig.standin.stats()

    assert facts["apps"] == {"default": {"mode": "chat", "title": "HAWK chat"}}
    assert "declare the paragraph variable facts" in str(facts["problems"])
    assert events[-1]["code"] == "dify_error"
    assert stats["requests"] == []


async def test_the_whole_answer_can_be_had_as_one_object() -> None:
    """`stream: false` tells what the events tell."""
    async with rigged() as rig:
        await rig.standin.script(Script(deltas=("a", "b")), Script(refuse="unauthorized"))
        whole = (await rig.http.post("/ask", json={"user_prompt": "x", "stream": False})).json()
        broken = (await rig.http.post("/ask", json={"user_prompt": "x", "stream": False})).json()
        await rig.clean()

    assert (whole["outcome"], whole["answer"], whole["error"]) == ("completed", "ab", None)
    assert whole["tables"] == [{"table": "entity_master", "rows": 4, "fresh": False}]
    assert whole["context"]["sha256"] == "0" * 64
    assert whole["usage"]["total_tokens"] > 0
    assert (broken["outcome"], broken["answer"]) == ("failed", "")
    assert broken["error"]["code"] == "dify_unauthorized"


async def test_many_prompts_at_once_are_all_whole() -> None:
    """No answer loses or gains a character through its neighbours."""
    async with rigged(limits=RunLimits(concurrency=20)) as rig:
        await rig.standin.script(
            *(Script(query=f"<{n}>", deltas=(f"{n};",) * 50, rate=0) for n in range(60))
        )
        asked = [rig.ask(user_prompt=f"say <{n}>") for n in range(60)]
        streams = await asyncio.gather(*asked)
        await rig.clean()

    assert [answer_of(events) for events in streams] == [f"{n};" * 50 for n in range(60)]
