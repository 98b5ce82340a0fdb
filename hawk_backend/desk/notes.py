"""What the desk has to say beside its figures."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Alert:
    """What a decision must not overlook: a stable `code` and a sentence."""

    code: str
    text: str

    def __str__(self) -> str:
        return f"{self.code}: {self.text}"


@dataclass(frozen=True, slots=True)
class Gap:
    """Data that is not there, and what to do about it."""

    text: str
    recommendation: str

    def __str__(self) -> str:
        return f"{self.text} Recommendation: {self.recommendation}"
