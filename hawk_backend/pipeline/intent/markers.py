"""Phrases that refuse, take out or correct: looked up by their first word, the longest first."""

from collections.abc import Iterable, Mapping, Sequence

Markers = Mapping[str, Sequence[tuple[str, ...]]]


def markers(texts: Iterable[str]) -> Markers:
    """Return phrases by their first word, longest first."""
    table: dict[str, list[tuple[str, ...]]] = {}
    for marker in sorted((tuple(text.split()) for text in texts), key=len, reverse=True):
        table.setdefault(marker[0], []).append(marker)
    return table


def marker_at(table: Markers, words: Sequence[str], at: int) -> tuple[str, ...]:
    """Return the longest phrase that begins at word `at`, () for none."""
    for marker in table.get(words[at], ()):
        if tuple(words[at : at + len(marker)]) == marker:
            return marker
    return ()
