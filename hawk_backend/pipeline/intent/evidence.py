"""Weigh evidence: which phrases of the lexicon a prompt holds, and what each speaks for."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
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
_ENDS = SYMBOL_STOPS | wordset("then afterwards but because not never no without")
"""What no gap reaches over."""
_MEANT = {"<date>": {"<date>", "<tenor>"}}
"""What a symbol in a phrase stands for beside itself."""
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
    """All phrases, indexed by their first word and by the next one, behind a gap or not."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._classes = {name: frozenset(words.split()) for name, words in lexicon.classes.items()}
        self.literals: set[str] = set()
        alone: dict[str, list[Phrase]] = {}
        pairs: dict[str, dict[str, list[Phrase]]] = {}
        gapped: dict[str, dict[str, list[Phrase]]] = {}
        for intent, strength, text in lexicon.phrases():
            parts = text.split()
            starts = parts[0] == "^"
            first, *rest = (self._element(part) for part in parts[starts:])
            command = strength in _COMMANDS
            weight = lexicon.strength[strength]
            phrase = Phrase(tuple(rest), intent, weight, command, text, starts)
            if not rest:
                _list(alone, first, phrase)
                continue
            index = gapped if rest[0] is GAP else pairs
            for word in first:
                _list(index.setdefault(word, {}), rest[rest[0] is GAP], phrase)
        self._alone = alone
        self._pairs = _shared(pairs)
        self._gapped = _shared(gapped)

    def find(self, words: Sequence[str], starts: Sequence[bool]) -> list[Hit]:
        """Return every phrase in `words`, by first word; `starts` tells where a clause begins."""
        return [
            Hit(at, end, phrase.intent, phrase.strength, phrase.command, phrase.text)
            for at, word in enumerate(words)
            for phrase, end in self._beginning(word, words, at + 1)
            if starts[at] or not phrase.starts
        ]

    def _beginning(self, word: str, words: Sequence[str], at: int) -> Iterator[tuple[Phrase, int]]:
        """Yield the phrases that begin with `word`, in front of `at`, and where each ends."""
        for phrase in self._alone.get(word, ()):
            yield phrase, at
        pairs = self._pairs.get(word)
        if pairs and at < len(words):
            yield from _matches(pairs.get(words[at], ()), 1, words, at + 1)
            named = _named(words, at)
            if named != at:
                others = (p for p in pairs.get(words[named], ()) if words[at] not in p.rest[0])
                yield from _matches(others, 1, words, named + 1)
        gapped = self._gapped.get(word)
        if gapped:
            yield from self._behind_gap(gapped, words, at)

    def _behind_gap(
        self, gapped: Mapping[str, Sequence[Phrase]], words: Sequence[str], at: int
    ) -> Iterator[tuple[Phrase, int]]:
        """Yield the phrases that go on within reach of `at`, each where it first does."""
        found: set[int] = set()
        for ahead in range(at, min(at + _REACH, len(words))):
            for phrase, end in _matches(gapped.get(words[ahead], ()), 2, words, ahead + 1):
                if id(phrase) not in found:
                    found.add(id(phrase))
                    yield phrase, end
            if words[ahead] in _ENDS:
                return

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
                exact |= _MEANT.get(choice, {choice})
        words = frozenset(exact | many)
        self.literals |= {word for word in words if not word.startswith("<")}
        return words


def _list(index: dict[str, list[Phrase]], words: Iterable[str], phrase: Phrase) -> None:
    for word in words:
        index.setdefault(word, []).append(phrase)


def _shared(
    index: Mapping[str, Mapping[str, list[Phrase]]],
) -> Mapping[str, Mapping[str, tuple[Phrase, ...]]]:
    """Keep equal lists of phrases once: each container costs every full garbage collection."""
    kept: dict[tuple[int, ...], tuple[Phrase, ...]] = {}
    return {
        first: {
            second: kept.setdefault(tuple(map(id, phrases)), tuple(phrases))
            for second, phrases in phrases_by_second.items()
        }
        for first, phrases_by_second in index.items()
    }


def _matches(
    phrases: Iterable[Phrase], k: int, words: Sequence[str], at: int
) -> Iterator[tuple[Phrase, int]]:
    """Yield the phrases whose `rest[k:]` matches at `at`, and where each ends."""
    for phrase in phrases:
        end = _match(phrase.rest, k, words, at)
        if end:
            yield phrase, end


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
