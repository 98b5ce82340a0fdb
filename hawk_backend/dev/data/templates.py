"""Prompt templates: 109 active ones in six families, and five that were retired."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from hawk_backend.dev.data.days import Days, at
from hawk_backend.dev.data.row import Row, Rows

_FIELD = re.compile(r"\{(\w+)\}")
_REQUIRED = frozenset({"currency", "order_id", "event_id", "instruction_id"})


def prompt_templates(days: Days) -> Rows:
    """Return the templates of templates.toml, those of one category side by side."""
    document = tomllib.loads((Path(__file__).parent / "templates.toml").read_text())
    return [
        *(row for each in document["category"] for row in _category(each, "active", days)),
        *(row for each in document["retired"] for row in _category(each, "inactive", days)),
    ]


def _category(category: Mapping[str, Any], status: str, days: Days) -> Iterator[Row]:
    for number, subject in enumerate(category["subjects"], start=1):
        name, _, text = subject.partition(": ")
        prompt = category["pattern"].format(subject=(text or name).format_map(_Kept()))
        yield _template(category, number, name, prompt) | {
            "status": status,
            "created_at": at(days.before(200), 9, 0, number),
            "updated_at": at(days.before(30), 9, 0, number),
            "created_by": "hawk_setup",
            "updated_by": "hawk_setup",
        }


def _template(category: Mapping[str, Any], number: int, name: str, prompt: str) -> Row:
    family, kind = category["family"], category["category"]
    return {
        "id": uuid5(NAMESPACE_URL, f"hawk/{family}/{kind}/{name}"),
        "name": name,
        "family_type": family,
        "template_category": kind,
        "description": f"{name} ({kind})",
        "prompt_text": prompt,
        "template_filters": {"family": family, "category": kind},
        "input_fields": [
            {"name": field, "type": "text", "required": field in _REQUIRED}
            for field in dict.fromkeys(_FIELD.findall(prompt))
        ],
        "display_order": number,
        "usage_count": number * 7 % 40,
    }


class _Kept(dict[str, str]):
    """Leaves the fields of a subject as they stand."""

    def __missing__(self, key: str) -> str:
        return f"{{{key}}}"
