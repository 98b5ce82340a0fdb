"""Analyze: read many prompts, one after the other."""

from collections.abc import Iterable, Iterator, Mapping

import orjson

from hawk_backend.errors import InvalidRequest
from hawk_backend.pipeline.intent.parser import IntentParser


def read_records(lines: Iterable[str]) -> Iterator[str | Mapping[str, object]]:
    """Yield each line as a prompt: a JSON object, a JSON text, or the line itself.

    Raises InvalidRequest with the line's number where a line begins like JSON and is none.
    """
    for number, line in enumerate(lines, 1):
        if not line.lstrip().startswith(("{", '"')):
            yield line
            continue
        try:
            yield orjson.loads(line)
        except orjson.JSONDecodeError as exc:
            raise InvalidRequest(
                f"Line {number} begins like JSON and is none: {exc}.",
                remedy="send one JSON object a line, or plain text",
            ) from None


def analyze(
    parser: IntentParser, prompts: Iterable[str | Mapping[str, object]]
) -> Iterator[dict[str, object]]:
    """Yield each prompt's frame in JSON's own types, the prompt first; nothing is kept.

    A prompt is a text, or a record with `user_prompt` or `prompt` and, where it has one,
    `template_category`; a record's `id` stands in its frame.
    """
    for item in prompts:
        record = {"prompt": item} if isinstance(item, str) else item
        prompt = str(record.get("user_prompt") or record.get("prompt") or "")
        category = record.get("template_category")
        told = {"id": record["id"]} if "id" in record else {}
        frame = parser.parse(prompt, str(category) if category else None).to_dict()
        yield {**told, "prompt": prompt, **frame}
