"""Conversations and their messages, in memory."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

CONVERSATIONS_KEPT = 200
TITLE_WORDS = 6


@dataclass(slots=True)
class Message:
    """One question and its answer, which stays empty until its stream was read to the end."""

    id: str
    conversation_id: str
    query: str
    inputs: Mapping[str, object]
    created_at: int
    answer: str = ""
    status: str = "normal"
    error: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return it as GET /messages does."""
        return {
            "id": self.id,
            "conversation_id": self.conversation_id,
            "parent_message_id": None,
            "inputs": dict(self.inputs),
            "query": self.query,
            "answer": self.answer,
            "message_files": [],
            "feedback": None,
            "retriever_resources": [],
            "created_at": self.created_at,
            "agent_thoughts": [],
            "status": self.status,
            "error": self.error,
        }


@dataclass(slots=True)
class Conversation:
    """A conversation belongs to one app and one user."""

    app: str
    user: str
    inputs: Mapping[str, object]
    name: str = "New conversation"
    id: str = field(default_factory=lambda: str(uuid4()))
    created_at: int = field(default_factory=lambda: int(time.time()))
    messages: list[Message] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Return it as GET /conversations does."""
        return {
            "id": self.id,
            "name": self.name,
            "inputs": dict(self.inputs),
            "status": "normal",
            "introduction": "",
            "created_at": self.created_at,
            "updated_at": self.created_at,
        }

    def title(self) -> str:
        """Return a name made of the first question."""
        words = self.messages[0].query.split() if self.messages else []
        return " ".join(words[:TITLE_WORDS]) or self.name


class Store:
    """All conversations; the oldest make room."""

    def __init__(self) -> None:
        self._conversations: dict[str, Conversation] = {}

    def add(self, conversation: Conversation) -> None:
        """Keep a new conversation."""
        if len(self._conversations) >= CONVERSATIONS_KEPT:
            del self._conversations[next(iter(self._conversations))]
        self._conversations[conversation.id] = conversation

    def find(self, app: str, user: str, conversation_id: str) -> Conversation | None:
        """Return the conversation if it is this user's in this app."""
        found = self._conversations.get(conversation_id)
        return found if found and (found.app, found.user) == (app, user) else None

    def of(self, app: str, user: str) -> list[Conversation]:
        """Return a user's conversations, the newest first."""
        mine = (c for c in self._conversations.values() if (c.app, c.user) == (app, user))
        return list(reversed(list(mine)))

    def remove(self, conversation: Conversation) -> None:
        """Forget one."""
        self._conversations.pop(conversation.id, None)
