"""Sets of words, written as one line of text."""


def wordset(text: str) -> frozenset[str]:
    """Return the words of `text`."""
    return frozenset(text.split())
