"""Read amounts of money: digits in every notation, words, units from k to yard, 万 and crore."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import NamedTuple

from hawk_backend.catalogue.lexicon import Lexicon
from hawk_backend.pipeline.intent.tokens import Tokens

_GROUPED = re.compile(r"\d{1,3}(?:[,.']\d{3})+")
_INDIAN = re.compile(r"\d{1,2}(?:,\d{2})+,\d{3}")
_LONGEST = 24
_FEW = 100
_PLAIN_FROM = 1000
_YEARS = range(1900, 2100)
_FRACTIONS = {
    "half": Decimal("0.5"),
    "quarter": Decimal("0.25"),
    "third": Decimal("0.333333333333"),
}


class Sum(NamedTuple):
    """An amount as read: its value, whether a unit or an adjacent currency makes it money for sure."""

    value: Decimal
    power: int
    currency: str | None


class MoneyScanner:
    """Finds amounts in tokens; built once from the lexicon."""

    def __init__(self, lexicon: Lexicon) -> None:
        words = lexicon.money
        self._units: Mapping[str, int] = {**words.units, **words.cjk}
        self._counted = frozenset(words.counted.split())
        self._counting = frozenset(words.counting.split())
        self._numbers = {word: number for number, word in enumerate(words.numbers.split())}
        self._numbers |= {word: 10 * n for n, word in enumerate(words.tens.split(), 2)}
        self._codes = {code.lower(): code for code in lexicon.codes}
        self._metres = frozenset({"metres", "meters", "away"})
        self.names: frozenset[str] = frozenset(
            word for names in lexicon.currencies.names.values() for word in names
        ) | frozenset(self._codes)

    def scan(self, tokens: Tokens) -> None:
        """Claim every amount, left to right."""
        at, last = 0, len(tokens)
        while at < last:
            if tokens.claimed[at] is not None:
                at += 1
                continue
            at = (
                self._digits(tokens, at)
                if tokens.words[at][0] in "0123456789."
                else self._spelled(tokens, at)
            )

    def _digits(self, tokens: Tokens, at: int) -> int:
        text = tokens.words[at]
        if not text[-1].isdigit() or len(text) > _LONGEST:
            return at + 1
        joined, end = self._spaced(tokens, at)
        power, after, glued = self._unit(tokens, end)
        value = read_number(joined, with_unit=power is not None)
        if value is None:
            return end
        beside = glued or self._beside(tokens, at, after)
        if power is None and not self._is_money(tokens, at, end, value, beside, joined):
            return end
        tokens.claim(at, after, "money", Sum(value.scaleb(power or 0), power or 0, glued), "amount")
        return after

    def _spaced(self, tokens: Tokens, at: int) -> tuple[str, int]:
        """Join "12 500 000", whose groups are parted by single spaces."""
        end = at + 1
        text = tokens.words[at]
        if len(text) <= 3 and text.isdigit():  # noqa: PLR2004 - a group of thousands
            while (
                len(tokens.word(end)) == 3
                and tokens.word(end).isdigit()
                and tokens.between(end - 1) == " "
                and end < at + 6
            ):  # noqa: PLR2004
                text += tokens.words[end]
                end += 1
        return text, end

    def _unit(self, tokens: Tokens, at: int) -> tuple[int | None, int, str | None]:
        """Return the power of the unit at `at`, the word behind it, and a currency glued to it."""
        word = tokens.word(at)
        if not word or tokens.between(at - 1) not in {"", " ", "-"}:
            return None, at, None
        touching = tokens.touches(at - 1)
        power = self._units.get(word)
        if power is not None:
            if word == "m" and (
                tokens.word(at + 1) in self._metres
                or (tokens.touches(at) and tokens.word(at + 1).isdigit())
            ):
                return None, at, None
            second = self._units.get(tokens.word(at + 1))
            if second is not None and word in {"hundred", "thousand"}:
                return power + second, at + 2, None
            return power, at + 1, None
        if touching and len(word) > 3 and word[-3:] in self._codes and word[:-3] in self._units:  # noqa: PLR2004 - "5musd"
            return self._units[word[:-3]], at + 1, self._codes[word[-3:]]
        return None, at, None

    def _beside(self, tokens: Tokens, at: int, after: int) -> str | None:
        """Return the word of money that stands right before or behind."""
        for place in (after, at - 1):
            word = tokens.word(place)
            if word and (word in self.names or word in "$€£¥₩₹฿₺₱₫₽₪"):
                return word
        return None

    def _is_money(
        self, tokens: Tokens, at: int, end: int, value: Decimal, beside: str | None, text: str
    ) -> bool:
        """Whether a number without a unit is an amount rather than a count, a year or a rank."""
        before, behind = tokens.word(at - 1), tokens.word(end)
        if (
            (behind in self._counted and value < _PLAIN_FROM)
            or before in self._counting
            or tokens.touches(at - 1)
            and before.isalpha()
            and before not in self.names
        ):
            return False
        if tokens.touches(end - 1) and behind.isalpha() and behind not in self.names:
            return False
        whole = value == value.to_integral_value()
        if beside:
            follows = tokens.word(end + 1)
            return not (
                value < _FEW and whole and follows in self._counted and tokens.word(end) == beside
            )
        if (
            value < _PLAIN_FROM
            or not whole
            and "," not in text
            and "." in text
            and value < _PLAIN_FROM
        ):
            return value in (Decimal(0),) and before in {"to", "zero"}
        return len(text) > 4 or int(value) not in _YEARS  # noqa: PLR2004 - a year has four digits

    def _spelled(self, tokens: Tokens, at: int) -> int:
        """Read "half a million", "two and a half yards", "a quarter of a million", "to zero"."""
        word = tokens.words[at]
        if word in {"zero", "nil"} and tokens.word(at - 1) == "to":
            tokens.claim(at, at + 1, "money", Sum(Decimal(0), 0, None), "to zero")
            return at + 1
        number, end = self._number_words(tokens, at)
        if number is None:
            return at + 1
        power, after, _ = self._unit(tokens, end)
        unit_word = tokens.word(end)
        if power is not None and (len(unit_word) > 2 or unit_word in {"mm", "bn"}):  # noqa: PLR2004
            tokens.claim(
                at, after, "money", Sum(number.scaleb(power), power, None), "amount in words"
            )
            return after
        beside = tokens.word(end)
        if (
            word != "a"
            and word not in {"half", "quarter"}
            and beside in {"quid", "bucks", "dollars", "euros", "pounds"}
        ):
            tokens.claim(at, end, "money", Sum(number, 0, None), "amount in words")
            return end
        return max(end, at + 1) if word not in {"a", "an"} else at + 1

    def _number_words(self, tokens: Tokens, at: int) -> tuple[Decimal | None, int]:
        word, behind = tokens.words[at], tokens.word(at + 1)
        if word in _FRACTIONS and behind in {"a", "of"}:
            end = at + 2 + (behind == "of" and tokens.word(at + 2) == "a")
            return _FRACTIONS[word], end
        if word in {"a", "an"}:
            if behind in _FRACTIONS:
                return self._number_words(tokens, at + 1)
            if behind == "couple" and tokens.word(at + 2) == "of":
                return Decimal(2), at + 3
            if behind in {"hundred"}:
                return Decimal(100), at + 2
            return Decimal(1), at + 1
        if word == "three" and behind == "quarters" and tokens.word(at + 2) == "of":
            return Decimal("0.75"), at + 3 + (tokens.word(at + 3) == "a")
        if word not in self._numbers:
            return None, at
        return self._counted_words(tokens, at)

    def _counted_words(self, tokens: Tokens, at: int) -> tuple[Decimal, int]:
        total = Decimal(self._numbers[tokens.words[at]])
        end = at + 1
        if total >= 20 and self._numbers.get(tokens.word(end), 99) < 10:  # noqa: PLR2004 - "twenty five"
            total += self._numbers[tokens.word(end)]
            end += 1
        if tokens.word(end) == "hundred":
            total, end = total * 100, end + 1
            if tokens.word(end) == "and":
                end += 1
            if tokens.word(end) in self._numbers:
                rest, end = self._counted_words(tokens, end)
                total += rest
        if tokens.word(end) == "point" and tokens.word(end + 1) in self._numbers:
            total += Decimal(self._numbers[tokens.word(end + 1)]) / 10
            end += 2
        if [tokens.word(end + k) for k in range(3)] == ["and", "a", "half"]:
            total += Decimal("0.5")
            end += 3
        return total, end


def read_number(text: str, *, with_unit: bool) -> Decimal | None:
    """Read digits with any separators; `with_unit` makes "1.250" one and a quarter, else 1250."""
    mantissa, _, exponent = text.partition("e")
    if exponent:
        value = read_number(mantissa, with_unit=True)
        return value.scaleb(int(exponent)) if value is not None and int(exponent) <= 15 else None  # noqa: PLR2004 - beyond any amount
    text = text.replace("'", "")
    commas, dots = text.count(","), text.count(".")
    if commas and dots:
        decimal = max(text.rfind(","), text.rfind("."))
        plain = text[:decimal].replace(",", "").replace(".", "") + "." + text[decimal + 1 :]
    elif commas + dots > 1:
        plain = text.replace(",", "").replace(".", "")
    elif commas:
        grouped = len(text) - text.index(",") == 4 and not text.startswith("0")  # noqa: PLR2004 - ",ddd"
        plain = text.replace(",", "" if grouped else ".")
    elif dots and not with_unit and len(text) - text.index(".") == 4 and text[0] not in "0.":  # noqa: PLR2004
        plain = text.replace(".", "")
    else:
        plain = text
    return Decimal(plain) if plain.replace(".", "", 1).isdigit() else None
