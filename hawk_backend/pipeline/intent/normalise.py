"""Normalise a prompt once: NFKC, no zero-width characters, no markup, and its lower case."""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import unescape

_FAR = 1 << 62
_SWELLS = 4
"""Characters that one may become: some ligatures stand for whole sentences."""
_PIECE = re.compile(
    r"<script[^<>]{0,100}>[^<]{0,2000}"
    r"|</?(?!system|developer|assistant|admin|instructions)[A-Za-z][^<>]{0,200}>"
    r"|<!--[^<>]{0,200}-->"
    r"|&(?:[a-zA-Z]{2,8}|#\d{1,6});"
    r"|(?<=[\w ])[-=]>(?=[\w ])"
    r"|[*`~#|]+"
    r"|[ \t\f\v]{2,}|\t"
    r"| ?[^\x00-\x7f]+ ?"
)
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\ufe00-\ufe0f\ufeff\ue000-\uf8ff\U000e0000-\U000e0fff]+"
)
_PICTURES = re.compile("[\u2190-\u22ff\u2300-\u2bff\u3030\u303d\u20e3\U0001f000-\U0001faff]")
_SPACES = re.compile(" {2,}")
_PLAIN = str.maketrans(
    {
        "\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"', "\u2010": "-", "\u2011": "-",
        "\u2012": "-", "\u2013": "-", "\u2014": "-", "\u2015": "-", "\u2212": "-", "\u2028": "\n",
        "\u2029": "\n", "\u3002": ".", "\u3001": ",", "\u0130": "I", "\u300c": '"', "\u300d": '"',
        "\u2192": " to ",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Text:
    """A prompt made plain: as written, in lower case, and the way back to the prompt's characters.

    `low` is as long as `written`; `marks` are the places at which the offsets into the prompt jump.
    """

    written: str
    low: str
    marks: tuple[tuple[int, int], ...] = ((0, 0),)

    def origin(self, start: int, end: int) -> tuple[int, int]:
        """Return the span of the prompt that became `start` to `end`."""
        first = self._back(start)
        return first, max(first + 1, self._back(end - 1) + 1)

    def _back(self, place: int) -> int:
        """Return where the character at `place` came from."""
        at = bisect_right(self.marks, (place, _FAR)) - 1
        here, there = self.marks[at]
        following = self.marks[at + 1][1] if at + 1 < len(self.marks) else _FAR
        return min(there + place - here, max(there, following - 1))


def normalise(prompt: str, spans: Iterable[tuple[int, int]]) -> Text:
    """Make the `spans` of `prompt` plain and join them by line breaks; its own line breaks stay."""
    pieces: list[str] = []
    marks: list[tuple[int, int]] = []
    length = 0
    for start, end in spans:
        if pieces:
            pieces.append("\n")
            length += 1
        for new, origin in _pieces(prompt, start, end):
            pieces.append(new)
            marks.append((length, origin))
            length += len(new)
    written = "".join(pieces)
    marks.append((length, len(prompt)))
    return Text(written, lower(written), ((0, 0), *marks))


def _pieces(prompt: str, start: int, end: int) -> Iterator[tuple[str, int]]:
    """Yield stretches of plain text, each with the place where it began."""
    done = start
    for match in _PIECE.finditer(prompt, start, end):
        new = _plain(match[0])
        if new == match[0]:
            continue
        if match.start() > done:
            yield prompt[done : match.start()], done
        yield new, match.start()
        done = match.end()
    if done < end:
        yield prompt[done:end], done


def _plain(piece: str) -> str:
    first = piece[0]
    if first == "<":
        return " "
    if first == "&":
        return " " if piece == "&nbsp;" else unescape(piece).replace("\xa0", " ")
    if piece.isascii():
        return " to " if piece[-1] == ">" else " "
    visible = _INVISIBLE.sub("", piece)
    plain = unicodedata.normalize("NFKC", visible).translate(_PLAIN)
    return _SPACES.sub(" ", _PICTURES.sub(" ", plain[: _SWELLS * len(piece)]))


def lower(text: str) -> str:
    """Return `text` in lower case, character by character: as long as before."""
    return text.replace("\u0130", "I").lower()  # the one letter that two stand for in lower case
