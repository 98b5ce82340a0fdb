"""The control endpoints: what comes is scripted, what came is told."""

import json
from typing import Any, TypeVar

from pydantic import ValidationError

from hawk_backend.dev.dify.script import Capacity, Part, Probe, Script
from hawk_backend.dev.dify.standin import StandIn
from hawk_backend.dev.dify.wire import Request, Response

PartT = TypeVar("PartT", bound=Part)


class Control:
    """Handles /control/…; no key is asked for, as it listens on loopback for tests."""

    def __init__(self, standin: StandIn) -> None:
        self._standin = standin

    def __call__(self, request: Request) -> Response:
        """Answer a control request; 422 says what is wrong with a script."""
        try:
            return _json(self._answer(request.method, request.path, request.body))
        except (ValidationError, ValueError) as exc:
            return _json({"detail": str(exc)}, 422)
        except KeyError:
            return _json({"detail": f"no control {request.method} {request.path}"}, 404)

    def _answer(self, method: str, path: str, body: bytes) -> Any:  # noqa: ANN401  (any JSON)
        handler = {
            ("POST", "/control/script"): self._script,
            ("POST", "/control/capacity"): self._capacity,
            ("POST", "/control/parameters"): self._probe,
            ("POST", "/control/reset"): self._reset,
            ("GET", "/control/stats"): self._stats,
        }[method, path]
        return handler(body)

    def _script(self, body: bytes) -> dict[str, object]:
        self._standin.scripts += _parts(Script, body)
        return {"waiting": len(self._standin.scripts)}

    def _capacity(self, body: bytes) -> dict[str, object]:
        self._standin.capacity = _parts(Capacity, body)[-1]
        return self._standin.capacity.model_dump()

    def _probe(self, body: bytes) -> dict[str, object]:
        self._standin.probe = _parts(Probe, body)[-1]
        return self._standin.probe.model_dump()

    def _reset(self, _: bytes) -> dict[str, object]:
        self._standin.reset()
        return {"result": "success"}

    def _stats(self, _: bytes) -> dict[str, object]:
        """Connections that only spoke to the control endpoints do not count."""
        now = {
            "open_connections": len(self._standin.connections),
            "in_flight": self._standin.in_flight,
            "scripts_waiting": len(self._standin.scripts),
        }
        return self._standin.ledger.as_dict() | now


def _parts(kind: type[PartT], body: bytes) -> list[PartT]:
    """Return one part or a list of them; json.loads keeps the lone surrogates of escapes."""
    values = json.loads(body)
    values = values if isinstance(values, list) else [values]
    if not values:
        raise ValueError("nothing was scripted")
    return [kind.model_validate(value) for value in values]


def _json(body: object, status: int = 200) -> Response:
    return Response(status, json.dumps(body).encode())
