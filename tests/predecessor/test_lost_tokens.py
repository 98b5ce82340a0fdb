"""Lost tokens."""

import httpx
import pytest

from hawk_backend.dev.dify.script import Failure, Script
from tests.gateway import ask
from tests.predecessor.reading import answer, only
from tests.predecessor.standin import StandIn

PROMPT = "Check if I can hedge 150K CNY today"
TOKENS = tuple(f"token {number} “é 💱” " for number in range(12))
HOSTILE = 'He said "no"\n\ndata: {"event":"message_end"}\n\n\u2028\\"} \x00 end'


@pytest.mark.parametrize("split", [(1,), (7,), (13, 1, 2)])
async def test_no_token_is_lost_wherever_frames_split(
    gateway: httpx.AsyncClient, standin: StandIn, split: tuple[int, ...]
) -> None:
    """Twelve tokens are twelve tokens, though every read of Dify's bytes ends inside a frame."""
    await standin.script(Script(deltas=TOKENS, split=split, rate=0))
    events = await ask(gateway, PROMPT)
    assert answer(events) == "".join(TOKENS)
    assert events[-1]["event"] == "message_end"


async def test_an_errors_text_cannot_break_the_stream(
    gateway: httpx.AsyncClient, standin: StandIn
) -> None:
    """Whatever an error says, each event is whole JSON, and one terminal event is the last."""
    await standin.script(Script(deltas=TOKENS, error=Failure(at="delta:3", message=HOSTILE)))
    events = await ask(gateway, PROMPT)
    kinds = [event["event"] for event in events]
    assert kinds[-1] == "error"
    assert kinds.count("message_end") + kinds.count("error") == 1
    assert answer(events).startswith("".join(TOKENS[:3]))


@pytest.mark.parametrize("refusal", ["bad_request", "unauthorized", "bad_gateway_html"])
async def test_a_refusal_is_an_error_never_a_blank_answer(
    gateway: httpx.AsyncClient, standin: StandIn, refusal: str
) -> None:
    """The user reads what went wrong, in the text and in the terminal error."""
    await standin.script(Script.model_validate({"refuse": refusal, "times": 0}))
    events = await ask(gateway, PROMPT)
    kinds = [event["event"] for event in events]
    assert (kinds[-1], kinds.count("message_end")) == ("error", 0)
    assert only(events, "hawk_done")["outcome"] == "failed"
    assert len(answer(events)) > 20
    assert events[-1]["message"]
    assert events[-1]["status"]


async def test_a_refusal_is_an_error_in_one_object_too(
    gateway: httpx.AsyncClient, standin: StandIn
) -> None:
    """With stream:false outcome and error say so."""
    await standin.script(Script(refuse="bad_request", times=0))
    body = {"user_prompt": PROMPT, "stream": False}
    whole = (await gateway.post("/hawk-agent/process-prompt", json=body)).json()
    assert whole["outcome"] == "failed"
    assert whole["error"]["message"]
