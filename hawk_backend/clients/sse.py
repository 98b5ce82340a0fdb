"""Server-sent events: bytes → frames, incrementally; the result never depends on the chunking.

Only LF, CR LF and CR end a line (never U+2028 or U+0085, as `str.splitlines` would have it).
"""

from typing import NamedTuple

FRAME_LIMIT = 4 * 1024 * 1024
"""Bytes that one frame may have: a chatflow's echo of a node holds the longest prompt and context
twice, and an older Dify writes every character that is not ASCII as an escape of 6 or 12."""

_BOM = b"\xef\xbb\xbf"
_END = b"\n\n"
_DATA = b"data: "


class Frame(NamedTuple):
    """One event: its name ("" where none was given) and its data lines joined by LF.

    A named event without data is a frame too: Dify's ping has none.
    """

    event: str
    data: bytes


class FrameParser:
    """Takes a body in any pieces and gives back its frames; holds one unfinished frame at most.

    After a frame over `limit` bytes `overflowed` is set and nothing more is parsed.
    """

    def __init__(self, limit: int = FRAME_LIMIT) -> None:
        self.overflowed = False
        self._limit = limit
        self._rest = bytearray()
        self._started = False
        self._after_cr = False

    def feed(self, chunk: bytes) -> list[Frame]:
        """Return the frames that `chunk` completes, in order."""
        text = self._lines(chunk)
        if not self._started:
            text = self._without_bom(text)
        if self.overflowed or not text:
            return []
        frames = self._read(self._split(text))
        if len(self._rest) > self._limit + 1:  # one more: half of the blank line may be here
            self.overflowed = True
        return frames

    def finish(self) -> list[Frame]:
        """Return what is left at the end of the body, whose last blank line may be missing."""
        rest = bytes(self._rest).removesuffix(b"\n")
        self._rest.clear()
        return [] if self.overflowed else self._read([rest])

    def _lines(self, chunk: bytes) -> bytes:
        """Return `chunk` with LF as its only line end; CR is no part of any UTF-8 sequence."""
        if self._after_cr and chunk:
            chunk = chunk.removeprefix(b"\n")
            self._after_cr = False
        if b"\r" not in chunk:
            return chunk
        self._after_cr = chunk.endswith(b"\r")
        return chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")

    def _without_bom(self, text: bytes) -> bytes:
        head = bytes(self._rest) + text
        if len(head) < len(_BOM) and _BOM.startswith(head):
            self._rest[:] = head
            return b""
        self._started = True
        self._rest.clear()
        return head.removeprefix(_BOM)

    def _split(self, text: bytes) -> list[bytes]:
        """Return the frames that are complete with `text`; keep the rest."""
        if self._rest:
            seam = self._rest.endswith(b"\n") and text.startswith(b"\n")
            if not seam and _END not in text:
                self._rest += text
                return []
            text = bytes(self._rest) + text
        frames = text.split(_END)
        self._rest[:] = frames.pop()
        return frames

    def _read(self, parts: list[bytes]) -> list[Frame]:
        frames = []
        for part in parts:
            if len(part) > self._limit:
                self.overflowed = True
                break
            if part.startswith(_DATA) and b"\n" not in part:
                frames.append(Frame("", part[6:]))
            elif frame := _frame(part):
                frames.append(frame)
        return frames


def _frame(part: bytes) -> Frame | None:
    """Return a frame of any shape: comments, a name, several data lines, no space after a colon."""
    event, data = b"", []
    for line in part.split(b"\n"):
        name, _, value = line.partition(b":")
        if name == b"data":
            data.append(value.removeprefix(b" "))
        elif name == b"event":
            event = value.removeprefix(b" ")
    if not event and not data:
        return None
    return Frame(event.decode("utf-8", "replace"), b"\n".join(data))
