"""Structured logs, Prometheus instruments and the stage timer.

No prompt, row or secret passes through here at INFO or above: callers log names,
states, counts and times.
"""

import asyncio
import logging
import sys
import time
import traceback
from collections import Counter as Counts
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import cache, partial
from typing import Any, Literal, cast

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.metrics_core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector
from structlog.typing import FilteringBoundLogger

from hawk_backend.errors import HawkError
from hawk_backend.models import Stage

METRICS_TYPE = CONTENT_TYPE_LATEST
REGISTRY = CollectorRegistry()
_FAST = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 30, 120, 600)


class _Tally(Collector):
    """A counter for the event loop alone: without a lock it counts at a fifth of the cost.

    A prompt counts some twenty times, and prepares within half a millisecond (design.md).
    """

    def __init__(self, name: str, about: str, labels: Sequence[str]) -> None:
        self.counts: Counts[tuple[str, ...]] = Counts()
        self._family = partial(CounterMetricFamily, name, about, labels=labels)
        REGISTRY.register(self)

    def collect(self) -> Iterator[Metric]:
        """Yield the counts as they are."""
        family = self._family()
        for labels, count in self.counts.items():
            family.add_metric(labels, count)
        yield family


_BUILD = Gauge("hawk_build_info", "Version and replica", ["version", "replica"], registry=REGISTRY)
_STAGES = Histogram(
    "hawk_stage_seconds", "Time of a stage", ["stage"], registry=REGISTRY, buckets=_FAST
)
_TABLES = Histogram(
    "hawk_table_seconds", "Time of a table's own query", ["table"], registry=REGISTRY, buckets=_FAST
)
_READS = _Tally(
    "hawk_table_reads", "How each table's read ended", ["table", "state", "reason", "tier"]
)
_PROMPTS = Counter(
    "hawk_prompts", "Prompts by intent and outcome", ["intent", "outcome"], registry=REGISTRY
)
_RUNS = Gauge("hawk_runs_in_flight", "Prompts in flight", registry=REGISTRY)
_READERS = Gauge("hawk_streams_open", "Responses being read", registry=REGISTRY)
_EVENTS = Counter(
    "hawk_dify_events",
    "Events of Dify by what became of them",
    ["event", "fate"],
    registry=REGISTRY,
)
_FIRST = Histogram(
    "hawk_first_answer_seconds",
    "From the request to the first character of the answer",
    registry=REGISTRY,
    buckets=_FAST,
)
_TOKENS = Counter("hawk_dify_tokens", "Tokens that Dify charged", ["kind"], registry=REGISTRY)
_COST = Counter("hawk_dify_cost", "Price that Dify reported", ["currency"], registry=REGISTRY)

_LOOKUPS = _Tally("hawk_cache_lookups", "Look-ups of the cache by how they ended", ["end"])
_WARMTH = Counter(
    "hawk_cache_prompts", "Prompts by how much the cache had", ["warmth"], registry=REGISTRY
)
_RETIRED = Counter(
    "hawk_cache_retirements", "Tables retired", ["table", "cause"], registry=REGISTRY
)
_FEED = Gauge(
    "hawk_feed_heard_timestamp_seconds", "When this replica last read the feed", registry=REGISTRY
)


@cache
def _stages(stage: str) -> Histogram:
    """Finding an instrument by its labels costs more than counting with it."""
    return _STAGES.labels(stage=stage)


def configure_logging(level: str, style: Literal["json", "console"]) -> None:
    """Send structured lines to standard error, one event each."""
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if style == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _without_words,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=logging.WARNING, handlers=[_Libraries()], force=True)


class _Libraries(logging.Handler):
    """Warnings of libraries as lines of ours, without their arguments: those may be data."""

    def emit(self, record: logging.LogRecord) -> None:
        """Log the template of the message, and where it broke."""
        line = {"library": record.name, "message": _template(record)}
        if record.exc_info and record.exc_info[1]:
            line["exception"] = "\n".join(_frames(record.exc_info[1]))
        logger("libraries").log(record.levelno, "library", **line)


def _template(record: logging.LogRecord) -> str:
    """Return the message; only its place where it may hold its arguments already."""
    return str(record.msg) if record.args else f"{record.filename}:{record.lineno}"


def _without_words(
    _log: object, _method: str, line: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Say where and how it broke: an exception's own text may hold a prompt, a row or a key."""
    broken = sys.exc_info()[1] if line.pop("exc_info", None) else None
    if broken is not None:
        line["exception"] = "\n".join(_frames(broken))
    return line


def _frames(broken: BaseException) -> Iterator[str]:
    cause = broken.__cause__ or broken.__context__
    if cause is not None:
        yield from _frames(cause)
    yield "".join(traceback.format_tb(broken.__traceback__)) + type(broken).__name__


def logger(room: str) -> FilteringBoundLogger:
    """Return the log of one room of the house."""
    return cast("FilteringBoundLogger", structlog.get_logger(room=room))


def task_ended(task: asyncio.Task[Any]) -> None:
    """Log what broke a task, as its done-callback: whoever owns it may never ask.

    A HawkError is an answer, and told by whoever gets it.
    """
    broken = None if task.cancelled() else task.exception()
    if broken is not None and not isinstance(broken, HawkError):
        told = "\n".join(_frames(broken))
        logger("tasks").error("task broken", task=task.get_name(), exception=told)


def bound(**fields: str) -> AbstractContextManager[None]:
    """Bind fields such as the request id to every line logged inside."""
    return structlog.contextvars.bound_contextvars(**fields)


def name_replica(version: str, replica: str) -> None:
    """Say in /metrics which replica answers."""
    _BUILD.clear()
    _BUILD.labels(version=version, replica=replica).set(1)


@contextmanager
def stage(name: Stage, timings_ms: dict[str, float]) -> Iterator[None]:
    """Time a stage into `timings_ms` (milliseconds) and the metrics, also when it fails."""
    started = time.perf_counter()
    try:
        yield
    finally:
        seconds = time.perf_counter() - started
        timings_ms[name.value] = round(seconds * 1000, 3)
        _stages(name.value).observe(seconds)


def table_read(table: str, *, state: str, reason: str | None, tier: str, ms: float) -> None:
    """Count how a table's read ended; `ms` is 0 where no query ran."""
    _READS.counts[table, state, reason or "", tier] += 1
    if ms:
        _TABLES.labels(table=table).observe(ms / 1000)


def cache_lookup(end: str) -> None:
    """Count a look-up: memory, redis, source, joined, missing or absent."""
    _LOOKUPS.counts[end,] += 1


def cache_prompt(warmth: str) -> None:
    """Count a prompt: warm, partial, cold or late."""
    _WARMTH.labels(warmth=warmth).inc()


def cache_retired(table: str, cause: str) -> None:
    """Count a table that this replica has retired."""
    _RETIRED.labels(table=table, cause=cause).inc()


def feed_heard() -> None:
    """Note that this replica has read the version feed."""
    _FEED.set_to_current_time()


def run_opened() -> None:
    """Count a prompt that has been admitted."""
    _RUNS.inc()


def run_closed(intent: str, outcome: str) -> None:
    """Count a prompt that has ended."""
    _RUNS.dec()
    _PROMPTS.labels(intent=intent, outcome=outcome).inc()


@contextmanager
def reading() -> Iterator[None]:
    """Count a response for as long as it is open."""
    _READERS.inc()
    try:
        yield
    finally:
        _READERS.dec()


def dify_events(counts: Mapping[tuple[str, str], int]) -> None:
    """Add an answer's events, counted by (kind, fate); fate is sent, step, held or dropped."""
    for (event, fate), count in counts.items():
        _EVENTS.labels(event=event, fate=fate).inc(count)


def first_answer(seconds: float) -> None:
    """Record the wait for the first character."""
    _FIRST.observe(seconds)


def usage(tokens: Mapping[str, int], price: float, currency: str) -> None:
    """Add what an answer cost; exact sums live in /system/status, these are for graphs."""
    for kind, count in tokens.items():
        _TOKENS.labels(kind=kind).inc(count)
    if price:
        _COST.labels(currency=currency or "unknown").inc(price)


def exposition() -> bytes:
    """Return every instrument in Prometheus' text format."""
    return generate_latest(REGISTRY)
