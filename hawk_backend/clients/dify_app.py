"""What an app of Dify is and takes: read from its `/info` and `/parameters`."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

_CHAT = "chat-messages"
_PATHS = {"workflow": "workflows/run", "completion": "completion-messages"}
_STOPS = {"workflow": "workflows/tasks"}
_TEXTUAL = frozenset({"paragraph", "text-input"})


@dataclass(frozen=True, slots=True)
class Variable:
    """One input that the app declares; `limit` is in characters, None for no limit."""

    kind: str
    limit: int | None
    required: bool

    @property
    def takes_text(self) -> bool:
        """Whether any text can be its value."""
        return self.kind in _TEXTUAL


@dataclass(frozen=True, slots=True)
class App:
    """One app as last seen; `variables` is None as long as they are not known.

    `untold` says what it was asked the last time and did not tell.
    """

    mode: str = ""
    name: str = ""
    stand_in: bool = False
    variables: Mapping[str, Variable] | None = field(default=None)
    untold: tuple[str, ...] = ()

    @property
    def path(self) -> str:
        """Where a generation is opened; an unknown mode is taken for a chat."""
        return _PATHS.get(self.mode, _CHAT)

    @property
    def has_query(self) -> bool:
        """Whether the user's words go beside the inputs rather than into them."""
        return self.path == _CHAT

    def stop_path(self, task_id: str) -> str:
        """Where a generation is stopped."""
        return f"{_STOPS.get(self.mode, self.path)}/{quote(task_id, safe='')}/stop"


def read_variables(parameters: Mapping[str, Any]) -> dict[str, Variable] | None:
    """Return the variables of a `/parameters` answer; None if it does not speak of any form."""
    form = parameters.get("user_input_form")
    return None if not isinstance(form, list) else dict(_variables(form))


def _variables(form: list[Any]) -> Iterator[tuple[str, Variable]]:
    for entry in form:
        for kind, spec in entry.items() if isinstance(entry, dict) else ():
            if isinstance(spec, dict) and isinstance(name := spec.get("variable"), str):
                limit = spec.get("max_length")
                yield (
                    name,
                    Variable(
                        kind=str(spec.get("type") or kind),
                        limit=limit if isinstance(limit, int) and limit > 0 else None,
                        required=spec.get("required") is True,
                    ),
                )
