"""What it means when Dify refuses, fails or breaks off: one sentence for the user, one remedy.

A table, read top down by what is most specific. `retry` marks the few that are safe to ask
again, and only before the first event; a run that a gateway gave up on (504, 524) goes on
inside Dify and is paid for. Nothing of Dify's own text is passed on: it names apps and keys.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class Fault:
    """Why an answer did not come, or not wholly; `status` as an HTTP status of ours.

    `cut` says that the stream broke or stalled rather than that Dify reported a failure.
    """

    code: str
    status: int
    message: str
    remedy: str
    retry: bool = False
    cut: bool = False


_KEY = "set the app's key (DIFY_API_KEY…) to one that this Dify accepts; `hawk-backend check` tells"
_URL = "check DIFY_API_URL: it is the address of the API and ends in /v1"
_FORM = "compare the app's input form with HAWK_DIFY_CONTEXT_VARIABLE; `hawk-backend check` tells"
_LOGS = "the app's own log in Dify tells which step failed"
_WAY = "look for a proxy or gateway that closes or times out long answers between here and Dify"

_BUSY = Fault(
    "dify_busy",
    503,
    "The assistant is serving as many requests as it can; please try again in a moment.",
    "lower HAWK_DIFY_CONCURRENCY or raise the app's limit of concurrent requests",
    retry=True,
)
_QUOTA = Fault(
    "dify_quota",
    503,
    "The assistant's quota is used up.",
    "raise the quota of the Dify plan or of the model's provider",
)
_UNAVAILABLE = Fault(
    "dify_unavailable",
    503,
    "The assistant is not available at the moment; please try again.",
    "check that Dify and the proxy in front of it are up",
    retry=True,
)
_GAVE_UP = Fault(
    "dify_gateway_timeout",
    504,
    "The assistant did not answer in time.",
    "a gateway in front of Dify gave up; the run goes on inside Dify. Raise its read timeout",
)
_REFUSED = Fault("dify_refused", 502, "The assistant did not accept the request.", _FORM)
FAILED = Fault("dify_failed", 502, "The assistant failed while answering.", _LOGS)
_MODEL = Fault("dify_model", 502, "The assistant's language model could not be used.", _LOGS)
_PROVIDER = Fault(
    "dify_provider",
    502,
    "The assistant's language model failed; please try again.",
    "see the app's log in Dify and the model provider's status page",
    retry=True,
)
_NO_APP = Fault(
    "dify_app", 502, "The assistant is not set up to answer.", "publish the app in Dify"
)
_UNKNOWN_PATH = Fault("dify_not_found", 502, "The assistant could not be found.", _URL)
_NO_CONVERSATION = Fault(
    "conversation_not_found",
    404,
    "This conversation does not exist any more.",
    "send the prompt without conversation_id to begin a new one",
)
_TOO_LARGE = Fault(
    "dify_too_large",
    502,
    "The request is larger than the assistant accepts.",
    "raise client_max_body_size in front of Dify, or lower HAWK_CONTEXT_LIMIT",
)

_BY_CODE: Mapping[str, Fault] = {
    "unauthorized": Fault(
        "dify_unauthorized", 502, "The assistant did not accept this service's key.", _KEY
    ),
    "forbidden": Fault(
        "dify_forbidden",
        502,
        "The assistant refuses access to this service.",
        "enable API access for the app in Dify",
    ),
    "not_found": _UNKNOWN_PATH,
    "conversation_completed": Fault(
        "conversation_completed",
        409,
        "This conversation has ended.",
        "send the prompt without conversation_id to begin a new one",
    ),
    "too_many_requests": _BUSY,
    "rate_limit_error": _QUOTA,
    "provider_quota_exceeded": _QUOTA,
    "provider_not_initialize": _MODEL,
    "model_currently_not_support": _MODEL,
    "completion_request_error": _MODEL,
    "app_unavailable": _NO_APP,
    "agent_not_published": _NO_APP,
    "not_chat_app": Fault(
        "dify_wrong_mode",
        502,
        "The assistant is not set up to answer.",
        "the app's kind was not known yet or has changed; Dify is looked at again within a minute",
    ),
    "file_too_large": _TOO_LARGE,
    "unsupported_file_type": _REFUSED,
    "internal_server_error": Fault(
        "dify_internal", 502, "The assistant met an internal error.", "see Dify's server log"
    ),
}

_BY_STATUS: Mapping[int, Fault] = {
    401: _BY_CODE["unauthorized"],
    403: _BY_CODE["forbidden"],
    404: _UNKNOWN_PATH,
    405: _UNKNOWN_PATH,
    413: _TOO_LARGE,
    429: _QUOTA,
    500: _BY_CODE["internal_server_error"],
    502: _UNAVAILABLE,
    503: _UNAVAILABLE,
    504: _GAVE_UP,
    524: _GAVE_UP,
}

_BROKEN: Mapping[str, Fault] = {
    "connect_failed": Fault(
        "dify_unreachable",
        503,
        "The assistant could not be reached.",
        "check DIFY_API_URL, and that Dify is up and reachable from here",
        retry=True,
        cut=True,
    ),
    "reset": Fault(
        "dify_reset",
        502,
        "The assistant closed the connection before it answered.",
        "see the log of Dify and of the proxy in front of it",
        cut=True,
    ),
    "cut": Fault("dify_cut", 502, "The assistant's answer broke off.", _WAY, cut=True),
    "frame_too_large": Fault(
        "dify_frame_too_large",
        502,
        "The assistant sent a message larger than 4 MiB.",
        "shorten what the app's nodes pass on, or the context (HAWK_CONTEXT_LIMIT)",
        cut=True,
    ),
    "not_a_stream": Fault(
        "dify_not_a_stream",
        502,
        "The assistant's address answered with something else than an answer.",
        f"a login page or proxy answers in Dify's place: {_URL}",
    ),
    "no_key": Fault("dify_no_key", 503, "The assistant has no key.", "set DIFY_API_KEY"),
    "first_byte": Fault(
        "dify_first_byte_timeout",
        504,
        "The assistant did not begin to answer in time.",
        "check Dify's load and its model; HAWK_DIFY_FIRST_BYTE_S sets the limit",
        cut=True,
    ),
    "idle": Fault(
        "dify_idle_timeout",
        504,
        "The assistant stopped in the middle of its answer.",
        _WAY,
        cut=True,
    ),
    "total": Fault(
        "dify_total_timeout",
        504,
        "The assistant took longer than an answer may take.",
        "HAWK_DIFY_TOTAL_S sets the limit",
        cut=True,
    ),
    "too_long": Fault(
        "answer_too_long",
        502,
        "The answer is longer than this service holds.",
        "raise HAWK_RUN_BYTES, or make the app's answers shorter",
        cut=True,
    ),
    "shutdown": Fault(
        "shutting_down",
        503,
        "The service is being restarted; please send the prompt again.",
        "nothing to do: prompts are accepted again after the restart",
        cut=True,
    ),
}
INTERNAL = Fault(
    "internal_error", 500, "The service met an internal error.", "see this service's log"
)


def broken(code: str) -> Fault:
    """Return the fault of a connection, a clock or this service itself."""
    return _BROKEN.get(code, INTERNAL)


def refused(status: int, code: str, message: str) -> Fault:
    """Return the fault behind an HTTP error of Dify, or of what stands before it."""
    if "too many requests" in message.lower() and code != "rate_limit_error":
        return _BUSY
    if code == "not_found" and "conversation" in message.lower():
        return _NO_CONVERSATION
    return _BY_CODE.get(code) or _BY_STATUS.get(status) or _by_class(status)


def _by_class(status: int) -> Fault:
    if status >= 520:  # noqa: PLR2004 - the range in which CDNs speak of the server behind them
        return replace(_UNAVAILABLE, retry=False)
    return _UNKNOWN_PATH if status < 400 else _REFUSED  # noqa: PLR2004 - redirects


def failed(event: Mapping[str, Any]) -> Fault:
    """Return the fault behind an `error` event, which comes with HTTP 200.

    A provider's failure has the code of a bad request, and is worth a second try only as the
    first event of all.
    """
    code, message = str(event.get("code") or ""), str(event.get("message") or "")
    if code == "completion_request_error":
        return _PROVIDER
    if "too many requests" in message.lower() and code == "invalid_param":
        return _BUSY
    return _BY_CODE.get(code, FAILED)
