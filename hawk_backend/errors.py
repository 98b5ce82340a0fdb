"""What can go wrong, as one tree.

* HawkError
  x RequestError             what the client sent
    - MalformedBody          400
    - NotPermitted           403
    - NotFound               404
    - SlowBody               408
    - PromptConflict         409
    - BodyTooLarge           413
    - UnsupportedMedia       415
    - InvalidRequest         422
  x Overloaded               503  with Retry-After
  x CriticalTableMissing     503  a table that the intent cannot do without
  x CacheUnavailable         503  a retirement could not be confirmed
  x UpstreamError            502  an outside system answered wrongly
    - SourceError            Supabase
      + TableAbsent, ColumnAbsent
    - DifyError              Dify
  x UpstreamTimeout          504
  x ConfigurationError       the service cannot start or run as it is set up

Status and slug are class data; an instance carries one sentence for the user
(`detail`), what to do about it (`remedy`) and, for a request, the `field`.
"""

from typing import ClassVar

from hawk_backend.models import Reason


class HawkError(Exception):
    """Root of everything this service raises on purpose."""

    status: ClassVar[int] = 500
    slug: ClassVar[str] = "internal-error"
    title: ClassVar[str] = "Internal error"

    def __init__(self, detail: str, *, remedy: str = "", field: str | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.remedy = remedy
        self.field = field


class RequestError(HawkError):
    """The request cannot be served as it was sent."""

    status = 400
    slug = "bad-request"
    title = "Bad request"


class MalformedBody(RequestError):
    """The body is not the JSON object that the operation takes."""

    slug = "malformed-body"
    title = "Malformed body"


class NotPermitted(RequestError):
    """The caller lacks the right or the secret."""

    status = 403
    slug = "not-permitted"
    title = "Not permitted"


class NotFound(RequestError):
    """No such operation, run or table."""

    status = 404
    slug = "not-found"
    title = "Not found"


class SlowBody(RequestError):
    """The body did not arrive in time."""

    status = 408
    slug = "slow-body"
    title = "Slow body"


class PromptConflict(RequestError):
    """The same msg_uid was used for another prompt."""

    status = 409
    slug = "prompt-conflict"
    title = "Prompt conflict"


class BodyTooLarge(RequestError):
    """The body is larger than the service reads."""

    status = 413
    slug = "body-too-large"
    title = "Body too large"


class UnsupportedMedia(RequestError):
    """The body is not announced as JSON."""

    status = 415
    slug = "unsupported-media"
    title = "Unsupported media type"


class InvalidRequest(RequestError):
    """A field's value cannot be used."""

    status = 422
    slug = "invalid-request"
    title = "Invalid request"


class Overloaded(HawkError):
    """No place left; Retry-After (`retry_after_s`) says when to try again."""

    status = 503
    slug = "overloaded"
    title = "Overloaded"

    def __init__(self, detail: str, *, retry_after_s: int, remedy: str = "") -> None:
        super().__init__(detail, remedy=remedy or f"send the request again in {retry_after_s} s")
        self.retry_after_s = retry_after_s


class CriticalTableMissing(HawkError):
    """A table that the intent cannot do without could not be read."""

    status = 503
    slug = "critical-table-missing"
    title = "Critical table missing"


class CacheUnavailable(HawkError):
    """A retirement could not be confirmed by Redis."""

    status = 503
    slug = "cache-unavailable"
    title = "Cache unavailable"


class UpstreamError(HawkError):
    """An outside system answered wrongly or not at all."""

    status = 502
    slug = "upstream-error"
    title = "Upstream error"


class SourceError(UpstreamError):
    """Supabase refused, failed or answered with something else than rows; `reason` says which."""

    slug = "source-error"
    title = "Source error"

    def __init__(self, detail: str, *, reason: Reason = Reason.ERROR, remedy: str = "") -> None:
        super().__init__(detail, remedy=remedy)
        self.reason = reason


class TableAbsent(SourceError):
    """The database has no such table."""

    slug = "table-absent"
    title = "Table absent"


class ColumnAbsent(SourceError):
    """The table has not one of the columns that were asked for."""

    slug = "column-absent"
    title = "Column absent"


class DifyError(UpstreamError):
    """Dify refused, failed or broke the stream."""

    slug = "dify-error"
    title = "Dify error"


class UpstreamTimeout(HawkError):
    """An outside system did not answer in time."""

    status = 504
    slug = "upstream-timeout"
    title = "Upstream timeout"


class ConfigurationError(HawkError):
    """The service cannot start or run as it is set up."""

    slug = "configuration-error"
    title = "Configuration error"
