"""Sums over all runs since the start, exact."""

from collections import Counter, deque
from datetime import UTC, datetime
from decimal import Decimal

from hawk_backend.runs.run import Run

_FAULTS_KEPT = 20


class Totals:
    """Outcomes, tokens and prices by currency, Dify's events by fate, and the last faults."""

    def __init__(self) -> None:
        self._outcomes: Counter[str] = Counter()
        self._tokens: Counter[str] = Counter()
        self._cost: dict[str, Decimal] = {}
        self._events: Counter[str] = Counter()
        self._faults: deque[dict[str, object]] = deque(maxlen=_FAULTS_KEPT)

    def add(self, run: Run) -> None:
        """Add a run that has ended."""
        usage = run.relay.usage
        self._outcomes[str(run.outcome)] += 1
        self._tokens.update(usage.tokens)
        if usage.price:
            spent = self._cost.get(usage.currency, Decimal(0))
            self._cost[usage.currency] = spent + usage.price
        for (_, fate), count in run.relay.counts.items():
            self._events[fate] += count
        if fault := run.fault:
            self._faults.append(
                {
                    "at": datetime.now(UTC).isoformat(timespec="seconds"),
                    "request_id": run.request_id,
                    "code": fault.code,
                    "message": fault.message,
                    "remedy": fault.remedy,
                }
            )

    def to_dict(self) -> dict[str, object]:
        """Return the sums, prices as text."""
        return {
            "outcomes": dict(self._outcomes),
            "usage": {
                **self._tokens,
                "cost": {currency: str(spent) for currency, spent in self._cost.items()},
            },
            "dify_events": dict(self._events),
            "last_faults": list(self._faults),
        }
