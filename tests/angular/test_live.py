"""Today's Angular client reads a live answer of the whole gateway right."""

import random

import httpx

from tests.angular.readers import read_agent, read_template
from tests.angular.streams import cut

TEMPLATE_MODE = {
    "user_prompt": "Check if I can hedge 150K CNY today",
    "template_category": "Utilisation",
    "msg_uid": "MSG_1758067200000_1",
    "instruction_id": "I1",
    "stream_response": True,
    "force_fresh": True,
    "use_cache": False,
    "currency": "CNY",
    "agent_id": "allocation",
    "agent_api_key": "app-placeholder",
}
AGENT_MODE = {
    "user_prompt": "Check if I can hedge 150K CNY today",
    "instruction_id": "agent-conversation",
    "use_cache": False,
    "force_fresh": True,
    "agent_id": "allocation",
    "agent_api_key": "app-placeholder",
    "template_category": "general",
}


async def reads(gateway: httpx.AsyncClient, body: object, path: str) -> list[bytes]:
    """Return a stream as it came over the network."""
    async with gateway.stream("POST", path, json=body) as response:
        assert response.status_code == 200
        return [read async for read in response.aiter_raw()]


async def test_template_mode_is_served(gateway: httpx.AsyncClient) -> None:
    """The request of template mode, under its doubled slash, shows the answer and its usage."""
    shown = read_template(await reads(gateway, TEMPLATE_MODE, "/api//hawk-agent/process-prompt"))
    assert "1,347,500" in shown.text
    assert shown.status == "completed"
    assert shown.usage["total_tokens"] > 0


async def test_agent_mode_is_served(gateway: httpx.AsyncClient) -> None:
    """The request of agent mode shows the same kind of answer, and the connection ends."""
    shown = read_agent(await reads(gateway, AGENT_MODE, "/hawk-agent/process-prompt"))
    assert "1,347,500" in shown.text
    assert shown.status == "saved"


async def test_the_network_may_split_anywhere(gateway: httpx.AsyncClient) -> None:
    """Both modes read the same text however the bytes are split."""
    stream = b"".join(await reads(gateway, TEMPLATE_MODE, "/hawk-agent/process-prompt"))
    whole = read_template([stream])
    assert read_agent([stream]).text == whole.text
    for seed in range(50):
        chance = random.Random(seed)
        places = [chance.randrange(len(stream)) for _ in range(chance.randrange(40))]
        assert read_template(cut(stream, places)) == whole
        assert read_agent(cut(stream, places)).text == whole.text
