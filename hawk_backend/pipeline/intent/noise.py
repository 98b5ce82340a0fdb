"""Condense a very long prompt to the stretches that can hold a request; linear in its length."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate

LONG = 1_500
"""Characters from which a prompt is looked through for noise."""
_ORDINARY = 6_000
_OFTEN = 12
_MOST_WORDS = 300
_LONE = 2
_OPENING = 60
_GIANT = 80
_ENOUGH = 0.5
_BREAKS = str.maketrans(dict.fromkeys('\n\t\r\f\v,;|/()[]{}<>"`*=', " "))
_EDGES = ".:?!'_-\\+#@~^&$%"
_RECORD = re.compile(r"[a-z]{2,8}[-_]?\d{1,12}")
_DIGITS = re.compile(rb"n{6,}")
_STRETCH = re.compile(rb"[dkn](?:u{0,2}[dkn])*")
_CJK = re.compile("[\u2e80-\U0003ffff]")


class Condenser:
    """Tells words of a request from noise by the words that the lexicon knows.

    Each word gets a letter: d of the desk, k known, n a number, u unknown, o said too often.
    Stretches without three unknown words in a row are what can hold a request.
    """

    def __init__(self, desk: Iterable[str], known: Iterable[str]) -> None:
        self._letters: Mapping[str, bytes] = dict.fromkeys(known, b"k") | dict.fromkeys(desk, b"d")

    def spans(self, prompt: str) -> list[tuple[int, int]]:
        """Return the stretches of `prompt` to read, in order; all of it where it is no noise."""
        whole = [(0, len(prompt))]
        if len(prompt) < LONG:
            return whole
        words, starts = _cut(prompt)
        letters = _DIGITS.sub(lambda match: b"o" * len(match[0]), self._line(words))
        sense = len(letters) - letters.count(b"u") - letters.count(b"o")
        if len(prompt) < _ORDINARY and sense >= _ENOUGH * len(letters):
            return whole
        kept = _keep(letters)
        if not kept:
            kept = [(0, min(len(words), _OPENING))]
        return [
            (starts[first], starts[last - 1] + min(len(words[last - 1]), LONG))
            for first, last in kept
            if last > first
        ]

    def _line(self, words: Sequence[str]) -> bytes:
        """Return the letters of all words, each word looked at once."""
        counts = Counter(words)
        letters = {
            word: self._letter(word) if count <= _OFTEN else b"o" for word, count in counts.items()
        }
        return b"".join(map(letters.__getitem__, words))

    def _letter(self, word: str) -> bytes:
        if len(word) > _GIANT:
            return b"k" if _CJK.search(word, 0, LONG) else b"o"
        plain = word.strip(_EDGES).lower()
        letter = self._letters.get(plain)
        if letter:
            return letter
        if plain[:1].isdigit():
            return b"n"
        return b"d" if _RECORD.match(plain) or _CJK.search(plain) else b"u"


def _cut(prompt: str) -> tuple[list[str], list[int]]:
    """Return the words of `prompt`, and where each begins."""
    pieces = prompt.translate(_BREAKS).split(" ")
    places = accumulate((len(piece) + 1 for piece in pieces), initial=0)
    pairs = [(piece, place) for piece, place in zip(pieces, places, strict=False) if piece]
    return [piece for piece, _ in pairs], [place for _, place in pairs]


def _keep(letters: bytes) -> list[tuple[int, int]]:
    """Return the stretches that say most, at most so many words in all."""
    stretches = [
        (match.start(), match.end(), _weight(match[0])) for match in _STRETCH.finditer(letters)
    ]
    best = max((weight for _, _, weight in stretches), default=0)
    kept: list[tuple[int, int]] = []
    room = _MOST_WORDS
    for first, last, weight in stretches:
        if room > 0 and weight > max(best / 2, _LONE):
            kept.append((first, min(last, first + room)))
            room -= last - first
    return kept


def _weight(stretch: bytes) -> int:
    """Return how much a stretch says: words of the desk above all, up to a limit."""
    return min(60, 3 * stretch.count(b"d") + stretch.count(b"k") + stretch.count(b"n"))
