"""Condense a very long prompt to the stretches that can hold a request; linear in its length."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from hawk_backend.pipeline.intent.normalise import lower

LONG = 1_500
"""Characters from which a prompt is looked through for noise."""
_ORDINARY = 6_000
_OFTEN = 12
_MOST_WORDS = 240
_MOST_CHARACTERS = 2_000
_LONE = 2
_NEAR = 0.6
_OPENING = 60
_GIANT = 80
_GIANT_READ = 600
_GIANT_WEIGHT = 3
_ENOUGH = 0.4
_BREAKING = '\n\t\r\f\v,;|/()[]{}<>"`*=\u3002\u3001\uff0c\uff1b\uff1a\uff1f\uff01'
_EDGES = ".:?!'_-\\+#@~^&$%"
_EDGE = f"[{re.escape(_EDGES)}]{{0,9}}"
_RECORDS = re.compile(
    rf"^{_EDGE}(?:ord(?:er)?|sub|inst|evt|event|mx|brx|en?t[a-z]{{0,5}})[-_#]{{0,2}}"
    rf"(?:[a-z]{{1,12}}[-_]){{0,3}}\d{{1,12}}(?:[-_][a-z0-9]{{1,24}}){{0,4}}{_EDGE}$",
    re.MULTILINE,
)
_NUMERIC = frozenset("0123456789$\u20ac\u00a3\u00a5")
_DIGITS = re.compile(rb"n{6,}")
_STRETCH = re.compile(rb"[cdkn](?:u{0,2}[cdkn])*|g")
_CJK = re.compile("[\u2e80-\U0003ffff]")
_BREAKS = str.maketrans(dict.fromkeys(_BREAKING, " "))
_BREAK = re.compile(f"[{re.escape(_BREAKING)}]")
_ODD = "\x00"
"""Stands for three characters in a row of which no word of the lexicon is made."""
_WORDLIKE = "\x01-\u20ff\uff01-\uff5e"


class Condenser:
    """Tells words of a request from noise by the words that the lexicon knows.

    Each word gets a letter: d of the desk, c some CJK words of it, k known, n a number, u unknown,
    o said too often, g a giant run of CJK characters.  Stretches without three unknown words in a
    row are what can hold a request.
    """

    def __init__(self, desk: Iterable[str], known: Iterable[str]) -> None:
        self._letters: Mapping[str, bytes] = dict.fromkeys(known, b"k") | dict.fromkeys(desk, b"d")
        familiar = "".join({char for word in self._letters for char in word})
        cjk = "".join(filter(_CJK.match, familiar))
        pair = f"[{cjk}]{{2}}"
        self._familiar = re.compile(f"^.{{0,{_GIANT}}}?{pair}.*$", re.MULTILINE)
        self._spoken = re.compile(f"^.{{0,{_GIANT}}}?{pair}.{{0,20}}?{pair}.*$", re.MULTILINE)
        self._odd = re.compile(f"[^{_WORDLIKE}{re.escape(familiar)}]{{3}}")

    def spans(self, prompt: str) -> list[tuple[int, int]]:
        """Return the stretches of `prompt` to read, in order; all of it where it is no noise."""
        whole = [(0, len(prompt))]
        if len(prompt) < LONG:
            return whole
        plain = self._parted(lower(prompt))
        words = plain.split()
        if not words:
            return [(0, LONG)]
        letters = _DIGITS.sub(lambda match: b"o" * len(match[0]), self._line(words))
        if len(prompt) < _ORDINARY and _sense(words, letters) >= _ENOUGH * len(prompt):
            return whole
        kept = _keep(letters) or [(0, min(len(words), _OPENING))]
        return list(_places(plain, words, kept))

    def _parted(self, low: str) -> str:
        """Return `low`, as long as before, with spaces for what parts words and for odd runs."""
        if low.isascii():
            return low.translate(_BREAKS)
        return self._odd.sub(f" {_ODD} ", _BREAK.sub(" ", low))

    def _line(self, words: Sequence[str]) -> bytes:
        """Return the letters of all words, each word looked at once."""
        counts = Counter(words)
        known = counts.keys() & self._letters.keys()
        letters = dict.fromkeys(counts, b"u")
        letters |= {word: self._letters[word] for word in known}
        beyond = [word for word in counts if not word.isascii()]
        letters |= self._marked([word for word in counts if not word.isalpha() and word.isascii()])
        letters |= self._beyond_ascii(beyond)
        letters |= dict.fromkeys([word for word, count in counts.items() if count > _OFTEN], b"o")
        for word in [word for word in counts if len(word) > _GIANT]:
            letters[word] = b"g" if _CJK.search(word, 0, LONG) else b"o"
        letters[_ODD] = b"u"
        return b"".join(map(letters.__getitem__, words))

    def _marked(self, words: Sequence[str]) -> dict[str, bytes]:
        """Return the letters of words that hold digits or stops."""
        letters = dict.fromkeys([word for word in words if word[0] in _NUMERIC], b"n")
        edged = [word for word in words if word[0] in _EDGES or word[-1] in _EDGES]
        letters |= {
            word: self._letters[bare]
            for word in edged
            if (bare := word.strip(_EDGES)) in self._letters
        }
        return letters | dict.fromkeys(_RECORDS.findall("\n".join(words)), b"d")

    def _beyond_ascii(self, words: Sequence[str]) -> dict[str, bytes]:
        """Return the letters of words that hold characters beyond ASCII."""
        letters = dict.fromkeys([word for word in words if word[0] in _NUMERIC], b"n")
        familiar = self._familiar.findall("\n".join(words))
        letters |= dict.fromkeys(familiar, b"d")
        return letters | dict.fromkeys(self._spoken.findall("\n".join(familiar)), b"c")


def _sense(words: Sequence[str], letters: bytes) -> int:
    """Count the characters of the words that can be part of a request; of no giant run."""
    said = (word for word, letter in zip(words, letters, strict=True) if letter not in b"uog")
    return sum(map(len, said))


def _places(
    plain: str, words: Sequence[str], kept: Iterable[tuple[int, int]]
) -> Iterator[tuple[int, int]]:
    """Yield where each kept stretch of words begins and ends in `plain`; one walk in all.

    What stands apart by dividers in the prompt may be far longer than its words: so many
    characters are read in all, and no more.
    """
    place = word = 0
    room = _MOST_CHARACTERS
    for first, last in kept:
        for target in (first, last - 1):
            rest = plain[place:].split(None, target - word)[-1]
            place, word = len(plain) - len(rest), target
            if target == first:
                start = place
        end = min(place + min(len(words[word]), _GIANT_READ), start + room)
        room -= end - start
        yield start, end
        if room <= 0:
            return


def _keep(letters: bytes) -> list[tuple[int, int]]:
    """Return the stretches that say most, at most so many words in all."""
    stretches = [
        (match.start(), match.end(), _weight(match[0])) for match in _STRETCH.finditer(letters)
    ]
    best = max((weight for _, _, weight in stretches), default=0)
    kept: list[tuple[int, int]] = []
    room = _MOST_WORDS
    for first, last, weight in stretches:
        if room > 0 and weight > max(_NEAR * best, _LONE):
            kept.append((first, min(last, first + room)))
            room -= last - first
    return kept


def _weight(stretch: bytes) -> int:
    """Return how much a stretch says: words of the desk above all, up to a limit."""
    desk, numbers = stretch.count(b"d"), stretch.count(b"n")
    said = 9 * stretch.count(b"c") + 3 * desk + stretch.count(b"k") + min(numbers, 2 * desk + 1)
    return min(60, said + _GIANT_WEIGHT * stretch.count(b"g") - stretch.count(b"u") // 2)
