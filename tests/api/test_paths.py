"""Old addresses: deployed clients send doubled slashes, an /api prefix and older names."""

import httpx
import pytest

BODY = {"user_prompt": "Check if I can hedge 150K CNY today"}
PATHS = [
    "/hawk-agent/process-prompt",
    "/api/hawk-agent/process-prompt",
    "/api//hawk-agent/process-prompt",
    "//hawk-agent//process-prompt",
    "/hawk-agent/process-prompt/",
    "/comprehensive-hedge-data",
    "/dify/process",
    "/hedge-ai/instruction",
]


@pytest.mark.parametrize("path", PATHS)
async def test_every_address_streams_the_answer(gateway: httpx.AsyncClient, path: str) -> None:
    """A prompt is answered at every address that a client of today may use."""
    url = f"{str(gateway.base_url).rstrip('/')}{path}"
    response = await gateway.post(url, json=BODY)
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/event-stream")
    assert '"event":"message_end"' in response.text.splitlines()[-2]


@pytest.mark.parametrize(
    ("family", "prompt"),
    [
        ("utilization", "CNY 150K"),
        ("inquiry", "Status of all CNY instructions"),
    ],
)
async def test_the_blocking_form_answers_one_object(
    gateway: httpx.AsyncClient, family: str, prompt: str
) -> None:
    """The older client's JSON answer carries the analysis and what it was made from."""
    response = await gateway.post(f"/hedge-ai/{family}", json={"user_prompt": prompt})
    answer = response.json()
    assert answer["prompt_type"] == family
    assert answer["ai_processing"]["status"] == "success"
    assert answer["ai_processing"]["ai_response"]
    assert answer["ai_processing"]["total_records_sent"] > 0
    assert (
        answer["ai_processing"]["total_records_sent"]
        == (answer["database_context"]["total_records"])
    )
