"""The apps of the stand-in: one key an app, as in Dify."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Mode = Literal["chat", "agent-chat", "advanced-chat", "workflow", "completion", "agent"]

CHAT_MODES = frozenset({"chat", "agent-chat", "advanced-chat", "agent"})
"""Modes that POST /chat-messages serves; they have conversations."""


@dataclass(frozen=True, slots=True)
class App:
    """One app: `name` is what scripts match, `key` what the Authorization header must carry."""

    name: str
    mode: Mode
    title: str

    @property
    def key(self) -> str:
        """The app's API key: a placeholder that opens nothing but this stand-in."""
        return f"app-standin-{self.name}"


@dataclass(frozen=True, slots=True)
class Variable:
    """An input that the apps declare; `max_length` counts code points, None has no limit."""

    name: str
    label: str
    type: str = "paragraph"
    max_length: int | None = None


VARIABLES = (
    Variable("user_prompt", "User prompt"),
    Variable("template_category", "Template category", "text-input", 256),
    Variable("optimized_context", "Optimized context"),
    Variable("extracted_params", "Extracted parameters"),
)
"""What every app's form declares; inputs beyond it are dropped without a word, as Dify does."""

APPS = (
    App("chatflow", "advanced-chat", "HAWK treasury analyst"),
    App("chat", "chat", "HAWK chat"),
    App("agent", "agent-chat", "HAWK agent"),
    App("workflow", "workflow", "HAWK workflow"),
    App("completion", "completion", "HAWK completion"),
    App("newagent", "agent", "HAWK agent (beta)"),
    App("allocation", "advanced-chat", "HAWK allocation desk"),
    App("booking", "advanced-chat", "HAWK booking desk"),
    App("analytics", "advanced-chat", "HAWK analytics desk"),
    App("config", "advanced-chat", "HAWK configuration desk"),
)

BY_KEY: Mapping[str, App] = {app.key: app for app in APPS}
BY_NAME: Mapping[str, App] = {app.name: app for app in APPS}

KEYS: Mapping[str, str] = {
    "DIFY_API_KEY": BY_NAME["chatflow"].key,
    "DIFY_API_KEY_ALLOCATION": BY_NAME["allocation"].key,
    "DIFY_API_KEY_BOOKING": BY_NAME["booking"].key,
    "DIFY_API_KEY_ANALYTICS": BY_NAME["analytics"].key,
    "DIFY_API_KEY_CONFIG": BY_NAME["config"].key,
}
"""The gateway's environment names and the keys that fit them here."""
