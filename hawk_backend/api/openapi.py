"""What /docs says of operations whose body we read ourselves."""

from typing import Any

from hawk_backend.models import Prompt

PROMPT_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": Prompt.model_json_schema(),
                "example": {"user_prompt": "Check if I can hedge 150K CNY today"},
            }
        },
    }
}

INVALIDATE_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "table": {"type": "string"},
                        "tables": {"type": "array", "items": {"type": "string"}},
                    },
                },
                "example": {"table": "position_nav_master"},
            }
        },
    }
}
