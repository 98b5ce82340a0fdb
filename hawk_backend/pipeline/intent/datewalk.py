"""Where a date is read from: the tokens, today, and the forms that words open."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import pairwise

from hawk_backend.pipeline.intent import datewords as words
from hawk_backend.pipeline.intent.calendar import CENTURY
from hawk_backend.pipeline.intent.frame import DateRange
from hawk_backend.pipeline.intent.tokens import Tokens

Reading = tuple[DateRange, int]
"""A date, and the token behind its last."""
_FIRST_YEAR, _LAST_YEAR = 1990, 2079
_YEAR_DIGITS = 4
_SHORT = 2
_PAST_REACH = 12
_SHORT_VERB = 4


@dataclass(frozen=True)
class DateWalk:
    """The tokens and the reference date; places are token numbers."""

    tokens: Tokens
    today: date

    @cached_property
    def first_sum(self) -> int:
        """The first unit of money: "5 m", "five million"; the prompt's end for none."""
        pairs = enumerate(pairwise(("", *self.tokens.words)))
        return next((at for at, pair in pairs if _ends_sum(*pair)), len(self.tokens))

    @cached_property
    def first_large(self) -> int:
        """The first number that is longer than a year's: "150,000"; the prompt's end for none."""
        large = (at for at, word in enumerate(self.tokens.words) if _is_large(word))
        return next(large, len(self.tokens))

    def word(self, at: int) -> str:
        """Return the free word at `at` without a genitive's ending, "" where there is none."""
        return self.tokens.word(at).removesuffix("'s")

    def number(self, at: int) -> int | None:
        """Return the small whole number at `at`, in digits or in words."""
        word = self.word(at)
        if word.isdecimal() and len(word) <= _YEAR_DIGITS:
            return int(word)
        return words.COUNT.get(word)

    def year(self, at: int) -> int | None:
        """Return the year written at `at` in four digits."""
        return self.year_told(at) if self.tokens.claimed[at : at + 1] == [None] else None

    def year_told(self, at: int) -> int | None:
        """Return the year of four digits at `at`, also where it is claimed already."""
        word = self.tokens.words[at].removesuffix("'s")
        year = int(word) if len(word) == _YEAR_DIGITS and word.isdecimal() else 0
        return year if _FIRST_YEAR <= year <= _LAST_YEAR else None

    def short_year(self, at: int) -> int | None:
        """Return the year written at `at` in two digits, right behind its quarter or month."""
        word = self.word(at)
        beside = self.tokens.between(at - 1) in {"", "-"}
        return CENTURY + int(word) if beside and word.isdecimal() and len(word) == _SHORT else None

    def is_past(self, at: int) -> bool:
        """Whether the words before `at` speak of the past."""
        return any(map(_is_past, self.tokens.words[max(0, at - _PAST_REACH) : at]))

    def read(self, at: int) -> Reading | None:
        """Return the date that begins at `at`, if one does."""
        word = self.word(at)
        form = _FORMS.get(word) or (_FORMS["0"] if word[:1].isdecimal() else None)
        return form(self, at) if form else None


Form = Callable[[DateWalk, int], Reading | None]
_FORMS: dict[str, Form] = {}


def form(openers: Iterable[str]) -> Callable[[Form], Form]:
    """Register a form under the words that open it; "0" stands for any number."""

    def register(read: Form) -> Form:
        _FORMS.update(dict.fromkeys(openers, read))
        return read

    return register


def _ends_sum(before: str, word: str) -> bool:
    return word in words.MONEY_UNITS and (before[:1].isdecimal() or len(word) > _SHORT)


def _is_large(word: str) -> bool:
    return word[0].isdecimal() and sum(map(str.isdecimal, word)) > _YEAR_DIGITS


def _is_past(word: str) -> bool:
    ends = len(word) > _SHORT_VERB and word.endswith("ed") and word not in words.NO_PAST
    return ends or word in words.PAST
