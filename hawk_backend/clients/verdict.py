"""What an answer of PostgREST, or the lack of one, means: the one place where it is decided."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from types import NoneType

import httpx
from aiohttp import ClientConnectorError

from hawk_backend.clients.breaker import BreakerOpen
from hawk_backend.errors import ColumnAbsent, SourceError, TableAbsent
from hawk_backend.models import Reason

_ABSENT = frozenset({"42P01", "PGRST205"})
_COLUMN_ABSENT = "42703"
_FORBIDDEN = frozenset({"42501", "PGRST301", "PGRST302", "PGRST303"})
_TIMEOUT = frozenset({"57014", "PGRST003"})
_OK = range(200, 300)


def require_rows(table: str, response: httpx.Response) -> bytes:
    """Return the body of a good answer; raise SourceError for any other."""
    if response.status_code in _OK:
        return response.content
    code = _code(response)
    if code in _ABSENT:
        raise TableAbsent(f"{table} does not exist in this database")
    if code == _COLUMN_ABSENT:
        raise ColumnAbsent(f"{table} has not every column that was asked for")
    if code in _FORBIDDEN or response.status_code in (401, 403):
        raise SourceError(f"{table} may not be read with this key", reason=Reason.FORBIDDEN)
    if code in _TIMEOUT or response.status_code == httpx.codes.GATEWAY_TIMEOUT:
        raise SourceError(f"{table} took the database too long", reason=Reason.TIMEOUT)
    said = code or f"status {response.status_code}"
    raise SourceError(f"{table} could not be read: the source answered {said}")


def _code(response: httpx.Response) -> str:
    """Return the error code of PostgREST or PostgreSQL; never the message, which may quote data."""
    try:
        error = json.loads(response.content)
    except ValueError:
        return ""
    code = error.get("code") if isinstance(error, dict) else None
    return code if isinstance(code, str) and code.isalnum() else ""


@contextmanager
def spoken_plainly(table: str) -> Iterator[None]:
    """Turn whatever keeps an answer from coming into SourceError with its reason."""
    try:
        yield
    except BreakerOpen:
        raise SourceError(f"{table} was not asked", reason=Reason.BREAKER) from None
    except TimeoutError as exc:
        raise SourceError(f"{table} did not answer in time", reason=Reason.TIMEOUT) from exc
    except httpx.HTTPError as exc:
        raise SourceError(f"{table} could not be read", reason=_reason(exc)) from exc
    except httpx.InvalidURL as exc:
        raise SourceError(f"{table} was asked for in too many words") from exc


def unreachable(exc: httpx.HTTPError) -> bool:
    """Whether no connection came about: refused, or not in time."""
    return isinstance(exc, httpx.ConnectError | httpx.ConnectTimeout) and not _dropped(exc)


def broken(exc: httpx.HTTPError) -> bool:
    """Whether the connection failed rather than the answer: a second try may find a good one."""
    return _refused(exc) or _dropped(exc) or isinstance(exc, httpx.RemoteProtocolError)


def _refused(exc: httpx.HTTPError) -> bool:
    return isinstance(exc, httpx.ConnectError) or isinstance(exc.__cause__, ClientConnectorError)


def _dropped(exc: httpx.HTTPError) -> bool:
    """Whether a connection that stood was dropped; the aiohttp transport may say ConnectTimeout."""
    if isinstance(exc, httpx.ConnectTimeout):
        return not isinstance(exc.__cause__, TimeoutError | ClientConnectorError | NoneType)
    return isinstance(exc, httpx.NetworkError) and not isinstance(exc, httpx.ConnectError)


def _reason(exc: httpx.HTTPError) -> Reason:
    if _refused(exc):
        return Reason.REFUSED
    timed_out = isinstance(exc, httpx.TimeoutException) and not _dropped(exc)
    return Reason.TIMEOUT if timed_out else Reason.ERROR
