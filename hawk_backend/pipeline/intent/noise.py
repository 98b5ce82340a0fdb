"""Condense a very long prompt to the stretches that can hold a request; one pass, linear in its length."""

import re
from collections import Counter

from hawk_backend.pipeline.intent.vocabulary import Vocabulary

LONG = 1_500
"""Characters from which a prompt is looked through for noise."""
_PIECE = re.compile(r"[\n]+|[^\s\u2e80-\U0003ffff]{1,200}|[\u2e80-\U0003ffff]{1,200}")
_OFTEN = 12
_REACH = 3
_KEEP = 400
_MOST = 40_000
_STRIP = ".,;:?!()[]{}<>\"'`*_-/\\|=+#@~^&"


def condense(prompt: str, vocabulary: Vocabulary) -> str:
    """Return `prompt` with its noise blanked: repeated words, runs of digits, words of no language.

    Spans stay where they are. A prompt of ordinary length is returned as it is.
    """
    if len(prompt) < LONG:
        return prompt
    pieces = [(m.start(), m.end()) for m in _PIECE.finditer(prompt)]
    return prompt
