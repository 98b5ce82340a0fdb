"""What /docs says is what the gateway does."""

from typing import Any

import httpx
import pytest

from hawk_backend.api import examples
from hawk_backend.api.openapi import schema_of

ASKED = {"user_prompt": "CNY capacity"}
BLOCKING = ASKED | {"stream": False}
JSON = "application/json"
PROBLEM = "application/problem+json"


@pytest.fixture
async def described(gateway: httpx.AsyncClient) -> dict[str, Any]:
    """Return the operations of the description, by path and method."""
    paths = (await gateway.get("/openapi.json")).json()["paths"]
    assert isinstance(paths, dict)
    return paths


def fits(value: object, schema: dict[str, Any]) -> bool:
    """Tell whether a value has the schema's type and, as an object, its properties."""
    if value is None or not schema:
        return True
    if schema["type"] == "number":
        return isinstance(value, int | float)
    if isinstance(value, list):
        return schema["type"] == "array" and all(fits(one, schema["items"]) for one in value)
    if isinstance(value, dict) and schema["type"] == "object":
        known = schema["properties"]
        return all(fits(value[name], known[name]) for name in known.keys() & value.keys())
    return schema_of(value)["type"] == schema["type"]  # type: ignore[no-any-return]  # of a dict


@pytest.mark.parametrize(
    ("method", "path", "body", "example"),
    [
        ("POST", "/hawk-agent/process-prompt", BLOCKING, examples.WHOLE),
        ("POST", "/hawk-agent/explain", ASKED, examples.EXPLAINED),
        ("GET", "/prompt-analysis/test?prompt=CNY", None, examples.ANALYSIS),
        ("GET", "/hawk-agent/runs", None, examples.IN_FLIGHT),
        ("POST", "/hedge-ai/utilization", ASKED, examples.HEDGE_AI),
        ("GET", "/health", None, examples.HEALTH),
        ("GET", "/health/ready", None, examples.READY),
        ("GET", "/system/status", None, examples.STATUS),
        ("GET", "/cache/stats", None, examples.STATS),
        ("POST", "/cache/clear/entity_master", None, examples.RETIRED),
        ("POST", "/cache/warm", None, examples.WARMING),
    ],
)
async def test_an_example_is_what_is_answered(
    gateway: httpx.AsyncClient,
    method: str,
    path: str,
    body: dict[str, object] | None,
    example: dict[str, Any],
) -> None:
    """Every field that an example shows is answered, with the type that it shows."""
    answer = (await gateway.request(method, path, json=body)).json()
    assert example.keys() <= answer.keys()
    assert fits(answer, schema_of(example))


async def test_a_run_in_flight_and_its_stop_are_as_described(gateway: httpx.AsyncClient) -> None:
    """While a stream is open its run is listed with the fields shown, and can be stopped."""
    async with gateway.stream("POST", "/hawk-agent/process-prompt", json=ASKED) as response:
        (run,) = (await gateway.get("/hawk-agent/runs")).json()["runs"]
        stopping = await gateway.post(f"/hawk-agent/stop/{response.headers['x-request-id']}")
    assert run.keys() == examples.IN_FLIGHT["runs"][0].keys()
    assert (stopping.status_code, stopping.json().keys()) == (202, examples.STOPPING.keys())


async def test_every_operation_says_what_it_answers(described: dict[str, Any]) -> None:
    """None is left with the framework's empty answer or its form of a refusal."""
    for path, methods in described.items():
        for method, operation in methods.items():
            for status, response in operation["responses"].items():
                where = (path, method, status)
                kinds = set(response["content"])
                refused = status not in {"200", "202"} and path != "/health/ready"
                assert kinds == {PROBLEM} if refused else PROBLEM not in kinds, where
                assert all(media["example"] for media in response["content"].values()), where


async def test_the_description_names_the_refusals_of_a_prompt(described: dict[str, Any]) -> None:
    """A developer sees which statuses a prompt may get, and both forms of its answer."""
    responses = described["/hawk-agent/process-prompt"]["post"]["responses"]
    assert set(responses) == {"200", "400", "408", "409", "413", "415", "422", "503"}
    assert set(responses["200"]["content"]) == {"text/event-stream", JSON}
