"""Weigh evidence: which phrases of the lexicon a prompt holds, and what each speaks for."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import NamedTuple

from hawk_backend.catalogue.lexicon import Lexicon
from hawk_backend.pipeline.intent.sequence import SYMBOL_STOPS
from hawk_backend.pipeline.intent.vocabulary import plurals
from hawk_backend.pipeline.intent.wordset import wordset

CERTAIN = 120
"""The highest score."""
_HINT = 28
_COMMANDS = frozenset({"command", "order"})
GAP = frozenset({"*"})
_REACH = 6
_ENDS = SYMBOL_STOPS | {"then", "afterwards", "but", "because"}
"""What no gap reaches over."""
_ARTICLES = wordset("the our my your their a")


class Phrase(NamedTuple):
    """A phrase of the lexicon: the elements behind its first word, and what it says."""

    rest: tuple[frozenset[str], ...]
    intent: str
    strength: int
    command: bool
    text: str
    starts: bool


class Hit(NamedTuple):
    """A phrase found at words `first` to `last` (excluded)."""

    first: int
    last: int
    intent: str
    strength: int
    command: bool
    phrase: str

    @property
    def refusable(self) -> bool:
        """Whether refusing it says something about its intent."""
        return self.command or self.strength > _HINT


class PhraseBook:
    """All phrases, indexed by their first word and, where no gap follows, their second."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._classes = {name: frozenset(words.split()) for name, words in lexicon.classes.items()}
        self.literals: set[str] = set()
        self._alone: dict[str, list[Phrase]] = {}
        self._pairs: dict[str, dict[str, list[Phrase]]] = {}
        self._gapped: dict[str, list[Phrase]] = {}
        for intent, strength, text in lexicon.phrases():
            self._add(intent, lexicon.strength[strength], strength in _COMMANDS, text)

    def find(self, words: Sequence[str], starts: Sequence[bool]) -> list[Hit]:
        """Return every phrase in `words`, by first word; `starts` tells where a clause begins."""
        hits: list[Hit] = []
        for at, word in enumerate(words):
            for phrase in self._candidates(word, words, at + 1):
                if phrase.starts and not starts[at]:
                    continue
                end = _match(phrase.rest, 0, words, at + 1)
                if end:
                    hits.append(
                        Hit(at, end, phrase.intent, phrase.strength, phrase.command, phrase.text)
                    )
        return hits

    def _candidates(self, word: str, words: Sequence[str], at: int) -> Iterator[Phrase]:
        """Yield the phrases that begin with `word` and may go on with the word at `at`."""
        yield from self._alone.get(word, ())
        pairs = self._pairs.get(word)
        if pairs and at < len(words):
            yield from pairs.get(words[at], ())
            named = _named(words, at)
            if named != at:
                yield from (p for p in pairs.get(words[named], ()) if words[at] not in p.rest[0])
        yield from self._gapped.get(word, ())

    def _add(self, intent: str, strength: int, command: bool, text: str) -> None:  # noqa: FBT001 - private
        parts = text.split()
        starts = parts[0] == "^"
        elements = [self._element(part) for part in parts[starts:]]
        phrase = Phrase(tuple(elements[1:]), intent, strength, command, text, starts)
        for first in elements[0]:
            if not phrase.rest:
                self._alone.setdefault(first, []).append(phrase)
            elif phrase.rest[0] is GAP:
                self._gapped.setdefault(first, []).append(phrase)
        if phrase.rest and phrase.rest[0] is not GAP:
            for first, second in product(elements[0], phrase.rest[0]):
                self._pairs.setdefault(first, {}).setdefault(second, []).append(phrase)

    def _element(self, part: str) -> frozenset[str]:
        if part == "*":
            return GAP
        exact: set[str] = set()
        many: set[str] = set()
        for choice in part.split("|"):
            if choice.endswith("!"):
                exact.add(choice[:-1])
                continue
            for word in (
                self._classes.get(choice[1:-1], ()) if choice.startswith("<") else (choice,)
            ):
                exact.add(word)
                many.update(plurals(word))
            if choice.startswith("<") and choice[1:-1] not in self._classes:
                exact.add(choice)
        words = frozenset(exact | many)
        self.literals |= {word for word in words if not word.startswith("<")}
        return words


def _match(rest: Sequence[frozenset[str]], k: int, words: Sequence[str], at: int) -> int:
    """Return the word behind the match of `rest[k:]` at `at`; 0 for none."""
    while k < len(rest):
        if rest[k] is GAP:
            for ahead in range(at, min(at + _REACH, len(words))):
                end = _match(rest, k + 1, words, ahead)
                if end:
                    return end
                if words[ahead] in _ENDS:
                    return 0
            return 0
        if at >= len(words):
            return 0
        if words[at] not in rest[k]:
            at = _named(words, at)
            if words[at] not in rest[k]:
                return 0
        at += 1
        k += 1
    return at


def _named(words: Sequence[str], at: int) -> int:
    """Pass over an article in front of what a scanner found: "the baht" is said like "THB"."""
    named = at + 1 < len(words) and words[at + 1][0] == "<" and words[at] in _ARTICLES
    return at + 1 if named else at


def strongest(hits: Sequence[Hit]) -> Mapping[str, float]:
    """Return each intent's score: its strongest phrase, a little more for every other."""
    best: dict[str, float] = {}
    extra: dict[str, float] = {}
    for hit in hits:
        best[hit.intent] = max(best.get(hit.intent, 0), hit.strength)
        extra[hit.intent] = (
            extra.get(hit.intent, 0) + hit.strength / 50 + (hit.last - hit.first) / 4
        )
    return {intent: score + min(9, extra[intent]) for intent, score in best.items()}
