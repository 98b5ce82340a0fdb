"""HTTP failures: Dify's JSON errors, and the pages that what stands before it sends."""

import json
from collections.abc import Mapping

from hawk_backend.dev.dify.script import Refusal
from hawk_backend.dev.dify.wire import Response

HTML = "text/html; charset=utf-8"


def error(
    status: int, code: str, message: str, headers: Mapping[str, str] | None = None
) -> Response:
    """Return Dify's error: {"code", "message", "status"} and a line end."""
    body = json.dumps({"code": code, "message": message, "status": status}) + "\n"
    return Response(status, body.encode(), headers=headers or {})


def unauthorized(message: str) -> Response:
    """Return the 401 of a missing or wrong key."""
    return error(401, "unauthorized", message, {"WWW-Authenticate": 'Bearer realm="api"'})


def page(status: int, title: str, text: str, headers: Mapping[str, str] | None = None) -> Response:
    """Return an HTML page as Flask and common proxies write it."""
    top = f"<!doctype html>\n<html lang=en>\n<title>{title}</title>\n"
    body = f"{top}<h1>{title}</h1>\n<p>{text}</p>\n"
    return Response(status, body.encode(), HTML, headers or {})


def too_many(app: str, limit: int, shape: str) -> Response:
    """Return the refusal of an app that answers `limit` requests already."""
    if shape == "too_many_429":
        return error(429, "too_many_requests", "Too many requests. Please try again later.")
    text = "Too many requests. Please try again later."
    current = f"The current maximum concurrent requests allowed for {app} is {limit}."
    return error(400, "invalid_param", f"{text} {current}")


NOT_FOUND_PAGE = page(
    404,
    "404 Not Found",
    "The requested URL was not found on the server. "
    "If you entered the URL manually please check your spelling and try again.",
)

_APP_ID = "5f9d3a52-0000-4000-8000-00000000a001"

REFUSALS: Mapping[Refusal, Response] = {
    "unauthorized": unauthorized("Access token is invalid"),
    "forbidden": error(403, "forbidden", "The app's API service has been disabled."),
    "not_found": error(404, "not_found", "Conversation Not Exists."),
    "not_found_html": NOT_FOUND_PAGE,
    "file_too_large": error(413, "file_too_large", ""),
    "unsupported_file_type": error(415, "unsupported_file_type", "File type not allowed."),
    "bad_request": error(
        400,
        "bad_request",
        "The browser (or proxy) sent a request that this server could not understand.",
    ),
    "app_unavailable": error(
        400, "app_unavailable", "App unavailable, please check your app configurations."
    ),
    "provider_not_initialize": error(
        400, "provider_not_initialize", "No valid model provider credentials found."
    ),
    "provider_quota_exceeded": error(
        400, "provider_quota_exceeded", "Your quota for Dify Hosted Model Provider is exhausted."
    ),
    "model_currently_not_support": error(
        400, "model_currently_not_support", "The model is not supported currently."
    ),
    "completion_request_error": error(
        400, "completion_request_error", "[standin] Rate Limit Error, account standin-secret"
    ),
    "conversation_completed": error(
        400, "conversation_completed", "The conversation has ended. Please start a new one."
    ),
    "too_many_400": too_many(_APP_ID, 10, "too_many_400"),
    "too_many_429": too_many(_APP_ID, 10, "too_many_429"),
    "rate_limit_429": error(
        429, "rate_limit_error", "The rate limit of your subscription has been reached."
    ),
    "cloudflare_429_html": page(429, "Error 1015", "You are being rate limited."),
    "internal_500": error(500, "internal_server_error", "Internal Server Error"),
    "bad_gateway_html": page(502, "502 Bad Gateway", "nginx"),
    "unavailable_503": page(503, "503 Service Temporarily Unavailable", "nginx"),
    "gateway_timeout_504": page(504, "504 Gateway Time-out", "nginx"),
    "cloudflare_524": page(524, "524: A timeout occurred", "The origin did not answer in time."),
    "login_html": page(200, "Sign in", "Please sign in to continue."),
    "login_redirect": page(302, "Redirecting", "To the sign-in page.", {"Location": "/signin"}),
}
