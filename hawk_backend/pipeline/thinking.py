"""`<think>…</think>` in an answer: a model's notes to itself, which are not the answer."""

import re

_OPEN, _CLOSE = "<think>", "</think>"
_HERE = re.compile(r"[ \t]*(<think>)")
_LATER = re.compile(r"\n[ \t]*(<think>)")


class Thinking:
    """Takes an answer in pieces and gives back what is no thinking, wherever the pieces end.

    Thinking begins with its mark at the start of a line; a mark that is never closed in an
    answer that is whole was a quotation, and `finish` gives it back. Linear in hostile text.
    """

    def __init__(self) -> None:
        self._tail = ""  # what may be the beginning of a mark
        self._notes: list[str] | None = None  # the thinking so far, its mark included
        self._fresh = True  # nothing but blanks in this line so far

    def visible(self, text: str) -> str:
        """Return what can be shown of the text so far and was not yet."""
        if self._notes is None and not self._tail and "<" not in text:
            return self._shown(text)
        text = self._tail + text
        self._tail = ""
        shown: list[str] = []
        position = 0
        while position < len(text):
            inside = self._notes is not None
            position = self._inside(text, position) if inside else self._walk(text, position, shown)
        return "".join(shown)

    def finish(self, *, whole: bool) -> str:
        """Return what was held back in vain; open thinking of a broken answer stays hidden."""
        rest = self._tail
        if self._notes is not None:
            rest = "".join(self._notes) + rest if whole else ""
        self._tail, self._notes = "", None
        return rest

    def _walk(self, text: str, position: int, shown: list[str]) -> int:
        mark = (_HERE.match(text, position) if self._fresh else None) or _LATER.search(
            text, position
        )
        if mark:
            shown.append(self._shown(text[position : mark.start(1)]))
            self._notes = [_OPEN]
            return mark.end()
        end = self._beginning_of(_OPEN, text, position)
        shown.append(self._shown(text[position:end]))
        if self._fresh:
            self._tail = text[end:]
        else:
            shown.append(text[end:])
        return len(text)

    def _inside(self, text: str, position: int) -> int:
        end = text.find(_CLOSE, position)
        if end >= 0:
            self._notes = None
            return end + len(_CLOSE)
        end = self._beginning_of(_CLOSE, text, position)
        if self._notes is not None:
            self._notes.append(text[position:end])
        self._tail = text[end:]
        return len(text)

    @staticmethod
    def _beginning_of(mark: str, text: str, position: int) -> int:
        """Return where at the end of `text` the mark may have begun; its length if nowhere."""
        start = text.rfind("<", max(position, len(text) - len(mark) + 1))
        return start if start >= 0 and mark.startswith(text[start:]) else len(text)

    def _shown(self, text: str) -> str:
        _, line_end, line = text.rpartition("\n")
        self._fresh = not line.strip(" \t") and (self._fresh or bool(line_end))
        return text
