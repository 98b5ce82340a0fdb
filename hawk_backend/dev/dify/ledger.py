"""What the stand-in has seen and done, for tests to read."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from hawk_backend.dev.dify.wire import Request

SECRET_HEADERS = frozenset({"authorization", "cookie", "x-api-key"})
REQUESTS_KEPT = 1000


@dataclass(slots=True)
class Ledger:
    """Counters of runs, streams and requests.

    Runs: started = running + finished + stopped + failed + paused + killed.
    Streams of runs: delivered to the end (of these drained: the run had been stopped), abandoned by
    the client, cut by a script.
    """

    started: int = 0
    finished: int = 0
    stopped: int = 0
    failed: int = 0
    paused: int = 0
    killed: int = 0
    delivered: int = 0
    drained: int = 0
    abandoned: int = 0
    cut: int = 0
    refused: int = 0
    stop_requests: int = 0
    naming_delays: int = 0
    requests: deque[Mapping[str, Any]] = field(default_factory=lambda: deque(maxlen=REQUESTS_KEPT))

    @property
    def running(self) -> int:
        """Runs that have not ended."""
        ended = self.finished + self.stopped + self.failed + self.paused + self.killed
        return self.started - ended

    def ended(self, outcome: str) -> None:
        """Count the end of a run by its outcome."""
        name = outcome if outcome in {"finished", "stopped", "failed", "paused"} else "killed"
        setattr(self, name, getattr(self, name) + 1)

    def saw(self, request: Request, app: str, payload: Mapping[str, Any]) -> None:
        """Remember a request to an app: of its inputs only length and digest, no secret header."""
        headers = {k: v for k, v in request.headers.items() if k not in SECRET_HEADERS}
        inputs = payload.get("inputs")
        known = {k: v for k, v in payload.items() if k != "inputs"}
        shapes = {k: _shape(v) for k, v in inputs.items()} if isinstance(inputs, dict) else {}
        seen = {"app": app, "path": request.path, "headers": headers, "inputs": shapes}
        self.requests.append(seen | {"payload": known})

    def as_dict(self) -> dict[str, Any]:
        """Return everything as GET /control/stats sends it."""
        names = (name for name in self.__slots__ if name != "requests")
        counters = {name: getattr(self, name) for name in names}
        return counters | {"running": self.running, "requests": list(self.requests)}


def _shape(value: object) -> dict[str, object]:
    text = str(value)
    digest = sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return {"chars": len(text), "sha256": digest}
