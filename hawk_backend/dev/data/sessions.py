"""What the browser keeps of its users: sessions, their errors, conversations."""

from datetime import UTC, datetime, timedelta

from hawk_backend.dev.data.days import Days, at
from hawk_backend.dev.data.row import Row, Rows

USERS, SESSIONS, CONVERSATIONS = 30, 60, 12
CATEGORIES = ("Utilisation", "Inception", "Rollover", "Termination", "monitoring", "general")
STATES = {7: "failed", 13: "cancelled", 14: "pending"}
"""State of every fifteenth session, by its place among them; the others are completed."""


def hawk_agent_sessions(days: Days) -> Rows:
    """Return sixty sessions of thirty users, the newest of the anchor's morning."""
    return [_session(number, days) for number in range(1, SESSIONS + 1)]


def hawk_agent_errors(days: Days) -> Rows:
    """Return what went wrong in each failed session."""
    failed = [row for row in hawk_agent_sessions(days) if row["agent_status"] == "failed"]
    return [
        {
            "id": number,
            "session_id": session["id"],
            "error_type": "upstream_timeout",
            "error_message": "no answer within the deadline",
            "retry_count": number % 3,
            "created_at": session["agent_end_time"],
        }
        for number, session in enumerate(failed, start=1)
    ]


def hawk_agent_conversations(days: Days) -> Rows:
    """Return a dozen short conversations, every fourth put away."""
    return [_conversation(number, days) for number in range(1, CONVERSATIONS + 1)]


def _started(number: int, days: Days) -> datetime:
    return at(days.back((SESSIONS - number) // 6), 8, number % 50, number)


def _user(number: int) -> str:
    return f"desk-{number % USERS + 1:02}"


def _session(number: int, days: Days) -> Row:
    started = _started(number, days)
    state = STATES.get(number % 15, "completed")
    finished = state in {"completed", "failed"}
    spent = 1200 + number * 53 % 900
    return {
        "id": number,
        "msg_uid": f"MSG_{round(started.replace(tzinfo=UTC).timestamp() * 1000)}_{number}",
        "instruction_id": f"I{number}",
        "user_id": _user(number),
        "session_type": "agent" if number % 4 == 0 else "template",
        "agent_status": state,
        "agent_start_time": started,
        "agent_end_time": started + timedelta(seconds=9) if finished else None,
        "created_at": started,
        "updated_at": started,
        "template_category": CATEGORIES[number % len(CATEGORIES)],
        "template_index": number % 8,
        "input_tokens": spent if state == "completed" else None,
        "output_tokens": 400 if state == "completed" else None,
        "total_tokens": spent + 400 if state == "completed" else None,
        "execution_time_ms": 9_000 if finished else None,
        "metadata": {"client": "web"},
        "agent_response": _response(spent) if state == "completed" else None,
        "error_details": {"code": "upstream_timeout"} if state == "failed" else None,
    }


def _response(spent: int) -> Row:
    return {
        "text": "The capacity covers the request.",
        "usage": {"prompt_tokens": spent, "completion_tokens": 400, "total_tokens": spent + 400},
        "backend_type": "unified",
    }


def _conversation(number: int, days: Days) -> Row:
    started = at(days.back(number), 9, number, number)
    messages = [("user", "Check my capacity"), ("assistant", "The capacity covers the request.")]
    return {
        "id": number,
        "conversation_id": f"conversation-{number:03}",
        "user_id": _user(number),
        "title": f"Capacity, part {number}",
        "messages": [
            {"role": role, "content": content, "timestamp": started.isoformat()}
            for role, content in messages
        ],
        "message_count": len(messages),
        "status": "archived" if number % 4 == 0 else "active",
        "created_at": started,
        "updated_at": started,
    }
