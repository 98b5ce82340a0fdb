"""Which browsers may call."""

import httpx
import pytest

OURS = "http://localhost:4200"
FOREIGN = "https://evil.example"


@pytest.mark.parametrize("method", ["POST", "DELETE", "GET"])
async def test_a_listed_origin_may_call(gateway: httpx.AsyncClient, method: str) -> None:
    """The preflight of a listed origin allows each method and the headers that clients send."""
    asked = {
        "origin": OURS,
        "access-control-request-method": method,
        "access-control-request-headers": "content-type,x-request-id",
    }
    response = await gateway.options("/cache/clear/CNY", headers=asked)
    assert response.status_code == 200
    assert response.headers["access-control-allow-origin"] == OURS


async def test_a_foreign_origin_gets_no_leave(gateway: httpx.AsyncClient) -> None:
    """An origin that is not listed exactly is told nothing that a browser would accept."""
    for origin in (FOREIGN, f"{OURS}.evil.example", "null"):
        response = await gateway.get("/health", headers={"origin": origin})
        assert "access-control-allow-origin" not in response.headers


async def test_a_refused_preflight_says_how_to_be_let_in(gateway: httpx.AsyncClient) -> None:
    """The developer of a page on another port finds the setting's name in the answer."""
    asked = {"origin": "http://localhost:4300", "access-control-request-method": "POST"}
    response = await gateway.options("/hawk-agent/process-prompt", headers=asked)
    assert response.status_code == 400
    assert "access-control-allow-origin" not in response.headers
    assert "ALLOWED_ORIGINS" in response.json()["remedy"]


@pytest.mark.parametrize(
    ("origin", "site", "status"),
    [
        (FOREIGN, "cross-site", 403),
        ("null", "cross-site", 403),
        ("http://localhost:4300", "same-site", 403),
        (OURS, "same-site", 200),
        ("https://hawk.example", "same-origin", 200),
        (None, None, 200),
    ],
)
async def test_a_foreign_page_changes_nothing(
    gateway: httpx.AsyncClient, origin: str | None, site: str | None, status: int
) -> None:
    """A request that a browser sends without a preflight is refused; others are served."""
    headers = {"origin": origin, "sec-fetch-site": site} if origin and site else {}
    response = await gateway.post("/cache/clear/CNY", headers=headers)
    assert response.status_code == status


async def test_the_request_id_is_exposed_and_kept(gateway: httpx.AsyncClient) -> None:
    """A well-formed X-Request-Id comes back and scripts of the origin may read it."""
    headers = {"origin": OURS, "x-request-id": "abc-123"}
    response = await gateway.get("/health", headers=headers)
    assert response.headers["x-request-id"] == "abc-123"
    assert "X-Request-Id" in response.headers["access-control-expose-headers"]


async def test_a_malformed_request_id_is_replaced(gateway: httpx.AsyncClient) -> None:
    """An id that could break a log line or a header is replaced by ours."""
    response = await gateway.get("/health", headers={"x-request-id": "a b;c" * 30})
    assert response.headers["x-request-id"].isalnum()


async def test_a_stream_has_the_headers_of_every_layer(gateway: httpx.AsyncClient) -> None:
    """It is sent when the framework has returned, its head is not."""
    headers = {"origin": OURS, "x-request-id": "mine"}
    body = {"user_prompt": "What is our hedging capacity for CNY today?"}
    response = await gateway.post("/hawk-agent/process-prompt", json=body, headers=headers)

    assert response.headers["access-control-allow-origin"] == OURS
    assert response.headers["x-request-id"] == "mine"
    assert b'"request_id":"mine"' in response.content.partition(b"\n\n")[0]
