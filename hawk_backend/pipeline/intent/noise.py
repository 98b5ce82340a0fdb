"""Condense a very long prompt to the stretches that can hold a request; linear in its length."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from hawk_backend.pipeline.intent.normalise import lower

LONG = 1_500
"""Characters from which a prompt is looked through for noise."""
_ORDINARY = 6_000
_OFTEN = 12
_MOST_WORDS = 300
_LONE = 2
_OPENING = 60
_GIANT = 80
_GIANT_READ = 600
_ENOUGH = 0.5
_BREAKING = '\n\t\r\f\v,;|/()[]{}<>"`*='
_BREAKS = str.maketrans(dict.fromkeys(_BREAKING, " "))
_BREAK = re.compile(f"[{re.escape(_BREAKING)}]")
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
        plain = lower(_apart(prompt))
        words = plain.split()
        if not words:
            return [(0, LONG)]
        letters = _DIGITS.sub(lambda match: b"o" * len(match[0]), self._line(words))
        sense = len(letters) - letters.count(b"u") - letters.count(b"o")
        if len(prompt) < _ORDINARY and sense >= _ENOUGH * len(letters):
            return whole
        kept = _keep(letters) or [(0, min(len(words), _OPENING))]
        return list(_places(plain, words, kept))

    def _line(self, words: Sequence[str]) -> bytes:
        """Return the letters of all words, each word looked at once."""
        counts = Counter(words)
        letters = {
            word: self._letter(word) if count <= _OFTEN else b"o" for word, count in counts.items()
        }
        return b"".join(map(letters.__getitem__, words))

    def _letter(self, word: str) -> bytes:
        letter = self._letters.get(word)
        if letter:
            return letter
        if word.isascii() and word.isalpha() and len(word) <= _GIANT:
            return b"u"
        if len(word) > _GIANT:
            return b"k" if _CJK.search(word, 0, LONG) else b"o"
        return self._marked(word.strip(_EDGES))

    def _marked(self, word: str) -> bytes:
        """Return the letter of a word that holds digits, stops or characters beyond ASCII."""
        letter = self._letters.get(word)
        if letter:
            return letter
        if word[:1].isdecimal():
            return b"n"
        record = _RECORD.match(word) or (not word.isascii() and _CJK.search(word))
        return b"d" if record else b"u"


def _apart(prompt: str) -> str:
    """Return `prompt` with spaces for what parts words, in the way that is fast for it."""
    return prompt.translate(_BREAKS) if prompt.isascii() else _BREAK.sub(" ", prompt)


def _places(
    plain: str, words: Sequence[str], kept: Iterable[tuple[int, int]]
) -> Iterator[tuple[int, int]]:
    """Yield where each kept stretch of words begins and ends in `plain`; one walk in all."""
    place = word = 0
    for first, last in kept:
        for target in (first, last - 1):
            rest = plain[place:].split(None, target - word)[-1]
            place, word = len(plain) - len(rest), target
            if target == first:
                start = place
        yield start, place + min(len(words[word]), _GIANT_READ)


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
