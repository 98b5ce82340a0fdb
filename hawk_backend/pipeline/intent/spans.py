"""The span mask: what one scanner has claimed is blank to the next."""

from collections.abc import Iterable
from typing import NamedTuple


class Finding(NamedTuple):
    """A slot's value and the span of plain text that says it."""

    name: str
    value: object
    start: int
    end: int
    rule: str


MARK = "\ue000"
"""What stands in place of a claimed character."""


def blank(text: str, findings: Iterable[Finding], mark: str = MARK) -> str:
    """Return `text`, as long as before, with every finding's span blanked."""
    pieces: list[str] = []
    done = 0
    for finding in findings:
        pieces += (text[done : finding.start], mark * (finding.end - finding.start))
        done = finding.end
    return "".join((*pieces, text[done:]))
