"""The parser that the tests read prompts with: the corpora's reference date and gazetteer."""

from collections.abc import Callable
from datetime import date

import pytest

from hawk_backend.pipeline.intent import Intent, IntentParser
from tests.pipeline.intent.score import gazetteer

REFERENCE = date(2025, 9, 17)


@pytest.fixture(scope="session")
def parser() -> IntentParser:
    """A parser on the corpora's "today", a Wednesday."""
    return IntentParser(REFERENCE, gazetteer())


@pytest.fixture(scope="session")
def read(parser: IntentParser) -> Callable[[str], Intent]:
    """Parse a prompt without a template category."""

    def parse(prompt: str) -> Intent:
        return parser.parse(prompt)

    return parse
