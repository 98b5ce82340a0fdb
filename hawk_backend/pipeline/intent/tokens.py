"""Cut plain text into words, numbers and stops, and note which scanner has claimed each."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from hawk_backend.pipeline.intent.spans import Finding

_TOKEN = re.compile(
    r"(?<![a-z])p ?[&/+] ?l(?![a-z])"  # profit and loss
    r"|(?<![a-z])r/o(?![a-z])"  # roll over
    r"|(?<![a-z])r[- ]?squared(?![a-z])"
    r"|mark(?:ed)?[- ]to[- ]market(?![a-z])"
    r"|[a-z\u00df-\u024f]+(?:'[a-z]+)*"  # a word, "what's"
    r"|\d+(?:[.,']\d+)*(?:e\d{1,2}(?![a-z0-9]))?|(?<![\w.])\.\d+"  # a number
    r"|[\ue000-\ue00f]+"  # what a scanner has claimed
    r"|[\u2e80-\ud7ff\U00020000-\U0003ffff]+"  # CJK
    r"|[$\u00a3\u00a5\u0e3f\u20a0-\u20cf%]"  # currency signs
    r"|&|[,;?!():]+|\.+(?!\w)|\n+|(?<=\s)-+(?=\s)"  # stops
)
_CJK = "\u2e80"
_CLAIMED = frozenset(map(chr, range(0xE000, 0xE010)))
STOPS = frozenset(",;?!():.\n-")
"""First characters of a stop."""


@dataclass(slots=True)
class Tokens:
    """Parallel lists over the text's words; `claimed[i]` is the finding that owns word i.

    `said` are the words, each once: what asks for every word whether another is said asks it.
    """

    low: str
    written: str
    words: list[str] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    claimed: list[Finding | None] = field(default_factory=list)
    said: set[str] = field(default_factory=set)

    def __len__(self) -> int:
        return len(self.words)

    def claim(self, first: int, last: int, name: str, value: object, rule: str) -> Finding:
        """Give words `first` to `last` (excluded) to one finding."""
        finding = Finding(name, value, self.starts[first], self.ends[last - 1], rule)
        for at in range(first, last):
            self.claimed[at] = finding
        return finding

    def word(self, at: int) -> str:
        """Return the word at `at`, "" beyond the ends and where a scanner has claimed it."""
        if 0 <= at < len(self.words) and self.claimed[at] is None:
            return self.words[at]
        return ""

    def touches(self, at: int) -> bool:
        """Whether nothing stands between the words at `at` and `at + 1`."""
        return 0 <= at < len(self.words) - 1 and self.ends[at] == self.starts[at + 1]

    def between(self, at: int) -> str:
        """Return the text between the words at `at` and `at + 1`."""
        if not 0 <= at < len(self.words) - 1:
            return ""
        return self.low[self.ends[at] : self.starts[at + 1]]


class Tokeniser:
    """Cuts text into tokens; CJK text, which has no spaces, by the longest known words."""

    def __init__(self, cjk_words: Iterable[str]) -> None:
        self._cjk = frozenset(cjk_words)
        self._longest = max(map(len, self._cjk), default=1)

    def __call__(self, low: str, written: str, masked: dict[int, Finding]) -> Tokens:
        """Cut `low` into tokens; the spans in `masked` (by start) are already claimed."""
        tokens = Tokens(low, written)
        words, starts, ends, claimed = tokens.words, tokens.starts, tokens.ends, tokens.claimed
        for match in _TOKEN.finditer(low):
            start, end = match.span()
            if low[start] >= _CJK and low[start] not in _CLAIMED:
                self._cut(tokens, start, end)
                continue
            words.append(_joined(match[0]))
            starts.append(start)
            ends.append(end)
            claimed.append(masked.get(start))
        tokens.said.update(words)
        return tokens

    def _cut(self, tokens: Tokens, start: int, end: int) -> None:
        """Cut a run of CJK characters, longest known word first."""
        while start < end:
            for stop in range(min(end, start + self._longest), start, -1):
                if stop == start + 1 or tokens.low[start:stop] in self._cjk:
                    break
            tokens.words.append(tokens.low[start:stop])
            tokens.starts.append(start)
            tokens.ends.append(stop)
            tokens.claimed.append(None)
            start = stop


def _joined(word: str) -> str:
    """Return a word without spaces: "p & l" is "p&l", "mark to market" is "mark-to-market"."""
    if word.startswith("r") and word.endswith("squared"):
        return "r-squared"
    return word.replace(" to ", "-to-").replace(" ", "") if " " in word else word
