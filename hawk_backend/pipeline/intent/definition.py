"""Tell a question for the meaning of a word from a question for data."""

from collections.abc import Iterator
from collections.abc import Sequence as Words

from hawk_backend.catalogue.lexicon import Lexicon
from hawk_backend.pipeline.intent.frame import Slots
from hawk_backend.pipeline.intent.scope import has_record_id
from hawk_backend.pipeline.intent.sequence import SYMBOL_STOPS
from hawk_backend.pipeline.intent.wordset import wordset

_POLITE = wordset("hi hello please so ok and can you could hey me") | SYMBOL_STOPS
_MEANING = wordset("mean means stand stands work works")
_LONGEST = 16
_TERM = 3


class Definitions:
    """Recognises definition questions; built once from the lexicon."""

    def __init__(self, lexicon: Lexicon, subjects: frozenset[str]) -> None:
        asks = (tuple(text.split()) for text in lexicon.definition.asks)
        self._asks = sorted(asks, key=len, reverse=True)
        self._blocks = wordset(lexicon.definition.blocks)
        self._many = wordset(lexicon.definition.data)
        self._subjects = subjects

    def asked(self, words: Words[str], slots: Slots) -> bool:
        """Whether the whole prompt asks what a word of the domain means."""
        if len(words) > _LONGEST or _names_data(slots):
            return False
        return any(self._asks_at(words, start) for start in self._starts(words))

    def _starts(self, words: Words[str]) -> Iterator[int]:
        """Yield where a question may begin: at the start, or behind words that name nothing."""
        for start in range(len(words)):
            if start == 0 or words[start - 1] in _POLITE:
                yield start
            if words[start] in self._subjects:
                return

    def _asks_at(self, words: Words[str], start: int) -> bool:
        ask = next((a for a in self._asks if tuple(words[start : start + len(a)]) == a), ())
        rest = [word for word in words[start + len(ask) :] if word not in SYMBOL_STOPS]
        return bool(ask) and self._is_term(ask, rest)

    def _is_term(self, ask: tuple[str, ...], rest: list[str]) -> bool:
        """Whether what is asked about is a term rather than rows."""
        if not self._blocks.isdisjoint(rest) or self._subjects.isdisjoint(rest):
            return False
        if ask[-1] in {"a", "an"} or ask[0] in {"define", "meaning"} or "mean" in ask:
            return True
        if not _MEANING.isdisjoint(rest):
            return True
        return len(rest) <= _TERM and self._many.isdisjoint(rest)


def _names_data(slots: Slots) -> bool:
    named = slots.currency or slots.entity_ids or slots.date or slots.portfolio
    return bool(named) or slots.amount is not None or has_record_id(slots)
