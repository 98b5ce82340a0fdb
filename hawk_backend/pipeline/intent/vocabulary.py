"""Bring words to the form of the phrases: spelling, plurals, other languages, slips."""

import re
from collections.abc import Iterable, Iterator, Mapping

from hawk_backend.catalogue.lexicon import Lexicon

_DOUBLED = re.compile(r"(.)\1")
_SHORTEST_PLURAL = 3
_NO_PLURAL = frozenset(
    {"new", "the", "this", "has", "was", "mar", "pas", "mean", "thank", "many", "one"}
)
_SHORTEST_SLIP = 4
_SHORT_SLIP = 5
_MIDDLE = 7
_LONG = 8
_VOWELS = frozenset("aeiouy")
_KEYS = {
    key: (row, place)
    for row, keys in enumerate(("qwertyuiop", "asdfghjkl", "zxcvbnm"))
    for place, key in enumerate(keys)
}
_LONGEST_SLIP = 20


class Vocabulary:
    """Every word that the lexicon knows, and the word that each stands for in the phrases."""

    def __init__(self, lexicon: Lexicon, literals: Iterable[str], names: Iterable[str]) -> None:
        self._known: dict[str, tuple[str, ...]] = {word: (word,) for word in literals}
        for words in (*lexicon.words.values(), *vars(lexicon.request).values()):
            for word in words.split():
                self._known.setdefault(word, (word,))
        marks = (
            *lexicon.exclusion.before,
            *lexicon.negation.before,
            *lexicon.correction["markers"],
        )
        for word in (*names, *(word for mark in marks for word in mark.split())):
            self._known.setdefault(word, (word,))
        for table in (lexicon.latin, lexicon.spelling, lexicon.contractions):
            for target, sources in table.items():
                for source in sources.split():
                    self._known[source] = tuple(target.split())
        for source, target in lexicon.translations.items():
            self._known[source] = tuple(target.split())
        plain = lexicon.words["plain"].split()
        self._slips = _slip_table(
            word for word in (*literals, *names, *plain) if word.isalpha() and word.isascii()
        )

    def read(self, word: str) -> tuple[tuple[str, ...], bool]:
        """Return the words that `word` stands for, and whether it is known or a slip."""
        known = self._known.get(word)
        if known is not None:
            return known, True
        end = len(word)
        while word.endswith("'s", 0, end):
            end -= 2
        return self.read(word[:end]) if end < len(word) else self._read_slip(word)

    def _read_slip(self, word: str) -> tuple[tuple[str, ...], bool]:
        nearest = self._nearest(word) if _SHORTEST_SLIP <= len(word) <= _LONGEST_SLIP else None
        return (self._known[nearest], True) if nearest else ((word,), False)

    @property
    def words(self) -> Iterable[str]:
        """Every known word."""
        return self._known.keys()

    def _nearest(self, word: str) -> str | None:
        """Return the known word one slip away (two in a long word), the most alike first."""
        if not word.isalpha():
            return None
        found: set[str] = set()
        for key in _keys(word):
            found.update(self._slips.get(key, ()))
        allowed = 2 if len(word) >= _LONG else 1
        ranked = sorted(
            (distance, _replaces(word, other), other)
            for other in found
            if other[0] == word[0] and (distance := slips(word, other)) <= allowed
            if len(word) > _SHORT_SLIP or _plausible(word, other)
            if len(word) > _MIDDLE or not _replaces(word, other) or _mistyped(word, other)
        )
        return ranked[0][2] if ranked else None


def plurals(word: str) -> Iterator[str]:
    """Yield the forms in -s that a noun or a verb may take."""
    if (
        len(word) < _SHORTEST_PLURAL
        or not word.isalpha()
        or word in _NO_PLURAL
        or word.endswith("s")
    ):
        return
    yield f"{word}s"
    if word.endswith("y"):
        yield f"{word[:-1]}ies"
    elif word.endswith(("ch", "sh", "x", "z")):
        yield f"{word}es"


def slips(one: str, two: str) -> int:
    """Count insertions, omissions, replacements and swaps of neighbours between two short words."""
    before: list[int] = []
    row = list(range(len(two) + 1))
    for i, char in enumerate(one, 1):
        above, row = row, [i]
        for j, other in enumerate(two, 1):
            cost = min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (char != other))
            if i > 1 and j > 1 and char == two[j - 2] and other == one[i - 2]:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        before = above
    return row[-1]


def _replaces(word: str, other: str) -> bool:
    """Whether a letter was replaced: fingers swap, drop and double letters more often."""
    return len(word) == len(other) and sorted(word) != sorted(other)


def _beside(one: str, two: str) -> bool:
    """Whether two letters lie beside each other on a keyboard."""
    (row, place), (other, further) = _KEYS.get(one, (9, 9)), _KEYS.get(two, (-9, -9))
    return abs(row - other) <= 1 and abs(place - further) <= 1


def _mistyped(word: str, other: str) -> bool:
    """Whether the letter that was replaced lies beside the right one, or is a vowel for one."""
    pairs = [(a, b) for a, b in zip(word, other, strict=True) if a != b]
    return all(_beside(a, b) or {a, b} <= _VOWELS for a, b in pairs)


def _plausible(word: str, other: str) -> bool:
    """Whether a short word is a slip: letters swapped, one left out, or one too many."""
    swapped = sorted(word) == sorted(other)
    return swapped or len(other) == len(word) + 1 or len(other) == _SHORTEST_SLIP < len(word)


def _slip_table(words: Iterable[str]) -> Mapping[str, tuple[str, ...]]:
    """Return the words by themselves and by what is left of them without one letter.

    In tuples: lists by the ten thousand would cost every full garbage collection its walk.
    """
    table: dict[str, list[str]] = {}
    for word in set(words):
        if _SHORTEST_SLIP <= len(word) <= _LONGEST_SLIP:
            for key in _keys(word):
                table.setdefault(key, []).append(word)
    return {key: tuple(found) for key, found in table.items()}


def _keys(word: str) -> set[str]:
    """Return a word and its form without doubled letters, each also without one letter."""
    single = _DOUBLED.sub(r"\1", word)
    return {word, single, *_without_one(word), *_without_one(single)}


def _without_one(word: str) -> list[str]:
    return [word[:at] + word[at + 1 :] for at in range(len(word))]
