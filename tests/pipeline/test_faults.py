"""One sentence for the user, one remedy for the operator, and when asking again is safe."""

import re

import pytest

from hawk_backend.pipeline import faults
from hawk_backend.pipeline.faults import Fault, broken, failed, refused

APP = "3f2e0a51-0000-4000-8000-c0ffee000000"
LIMIT = f"Too many requests. The current maximum concurrent requests allowed for {APP} is 5."


@pytest.mark.parametrize(
    ("status", "code", "message", "expected", "retry"),
    [
        (401, "unauthorized", "Access token is invalid", "dify_unauthorized", False),
        (403, "forbidden", "", "dify_forbidden", False),
        (
            404,
            "not_found",
            "Conversation Not Exists.",
            "conversation_not_found",
            False,
        ),
        (404, "", "", "dify_not_found", False),
        (400, "conversation_completed", "", "conversation_completed", False),
        (400, "invalid_param", LIMIT, "dify_busy", True),
        (400, "invalid_param", "context is required", "dify_refused", False),
        (400, "bad_request", "", "dify_refused", False),
        (400, "not_chat_app", "", "dify_wrong_mode", False),
        (400, "app_unavailable", "", "dify_app", False),
        (400, "provider_not_initialize", "", "dify_model", False),
        (400, "provider_quota_exceeded", "", "dify_quota", False),
        (400, "model_currently_not_support", "", "dify_model", False),
        (400, "completion_request_error", "", "dify_model", False),
        (413, "file_too_large", "", "dify_too_large", False),
        (413, "", "", "dify_too_large", False),
        (415, "unsupported_file_type", "", "dify_refused", False),
        (429, "too_many_requests", LIMIT, "dify_busy", True),
        (429, "rate_limit_error", "Too many requests", "dify_quota", False),
        (429, "", "", "dify_quota", False),
        (500, "internal_server_error", "", "dify_internal", False),
        (502, "", "", "dify_unavailable", True),
        (503, "", "", "dify_unavailable", True),
        (504, "", "", "dify_gateway_timeout", False),
        (524, "", "", "dify_gateway_timeout", False),
        (302, "", "", "dify_not_found", False),
        (520, "", "", "dify_unavailable", False),
        (418, "", "", "dify_refused", False),
    ],
)
def test_a_refusal_has_its_sentence(
    status: int,
    code: str,
    message: str,
    expected: str,
    retry: bool,  # noqa: FBT001
) -> None:
    """Every error of Dify's table is told apart, and only the safe ones are tried again."""
    fault = refused(status, code, message)

    assert (fault.code, fault.retry) == (expected, retry)


@pytest.mark.parametrize(
    ("code", "message", "expected", "retry"),
    [
        ("completion_request_error", "", "dify_provider", True),
        ("invalid_param", "Run failed: secret", "dify_failed", False),
        ("invalid_param", LIMIT, "dify_busy", True),
        ("provider_quota_exceeded", "", "dify_quota", False),
        (None, None, "dify_failed", False),
    ],
)
def test_an_error_event_has_its_sentence(
    code: str | None,
    message: str | None,
    expected: str,
    retry: bool,  # noqa: FBT001
) -> None:
    """Errors that come with HTTP 200 are classified by their code."""
    fault = failed({"event": "error", "code": code, "message": message})

    assert (fault.code, fault.retry) == (expected, retry)


def _all() -> list[Fault]:
    tables = (faults._BROKEN, faults._BY_CODE, faults._BY_STATUS)
    return [fault for table in tables for fault in table.values()]


@pytest.mark.parametrize("fault", _all(), ids=lambda fault: fault.code)
def test_every_fault_speaks_to_both(fault: Fault) -> None:
    """The user gets one sentence without jargon, the operator what to do."""
    assert re.fullmatch(r"[A-Z][^.\n]+\.", fault.message)
    assert not re.search(r"Dify|HTTP|HAWK_|\d{3}", fault.message)
    assert fault.remedy
    assert 400 <= fault.status < 600


def test_what_nobody_foresaw_is_our_error() -> None:
    """An unknown code blames nobody else."""
    assert broken("?") is faults.INTERNAL
