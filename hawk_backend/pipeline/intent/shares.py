"""Read shares: percentages, halves and thirds, odds such as one in twenty, the 80-125 band."""

from decimal import Decimal

from hawk_backend.pipeline.intent.numerals import SUMS
from hawk_backend.pipeline.intent.tokens import Tokens

_PERCENT = {"%", "percent", "pct", "percentage", "prozent", "pc"}
_BASIS = {"bps", "bp", "pips", "pip"}
_ODDS = {"ten": 10, "twenty": 20, "hundred": 100, "forty": 40, "fifty": 50, "thousand": 1000}
_BANDS = {("80", "125"), ("0.8", "1.25"), ("80", "120")}
_WORD_SHARES = {
    "half": Decimal(50),
    "halve": Decimal(50),
    "halves": Decimal(50),
    "halving": Decimal(50),
    "third": Decimal("33.33"),
    "quarter": Decimal(25),
    "fifth": Decimal(20),
    "tenth": Decimal(10),
    "thirds": Decimal("33.33"),
    "quarters": Decimal(25),
}
_COUNTS = {"a": 1, "one": 1, "two": 2, "three": 3}
_SMALL = {
    "five": 5, "ten": 10, "fifteen": 15, "twenty": 20, "thirty": 30, "fifty": 50, "ninety": 90,
    "two": 2, "three": 3, "four": 4, "one": 1, "eight": 8, "twelve": 12, "hundred": 100, "six": 6,
    "seven": 7, "nine": 9, "forty": 40, "sixty": 60, "seventy": 70, "eighty": 80,
}  # fmt: skip
_TENS = frozenset(("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"))
_DAYS = frozenset(("day", "days", "week", "month", "year"))
_EXACT = {("third", 2): Decimal("66.67"), ("thirds", 2): Decimal("66.67")}
_NO_SHARE = {"year", "yearly", "day", "did", "was", "is"}
_OF_YEAR = {"which", "what", "first", "second", "last", "this", "next", "and"}


def scan_shares(tokens: Tokens) -> None:
    """Claim every share; a percentage's sign is dropped."""
    for at, word in enumerate(tokens.words):
        if tokens.claimed[at] is not None:
            continue
        if word[0].isdigit() or word[0] == ".":
            _digits(tokens, at)
        elif word in _WORD_SHARES:
            _spoken(tokens, at)
        elif word in _SMALL and tokens.word(at + 1) in _PERCENT:
            tokens.claim(at, at + 2, "percentage", Decimal(_SMALL[word]), "percent in words")
        elif word in _TENS and tokens.word(at + 1) in _SMALL and tokens.word(at + 2) in _PERCENT:
            share = Decimal(_SMALL[word] + _SMALL[tokens.word(at + 1)])
            tokens.claim(at, at + 3, "percentage", share, "percent in words")
        elif word in {"one", "once"}:
            _one_in(tokens, at)


def decimal_of(text: str) -> Decimal | None:
    """Read a plain number of at most 15 digits, with a comma or a dot before its decimals."""
    if len(text) > 15 or "e" in text or "'" in text:  # noqa: PLR2004 - a share is short
        return None
    whole, _, rest = text.replace(",", ".").partition(".")
    return None if "." in rest else Decimal(f"{whole or '0'}.{rest or '0'}").normalize()


def _digits(tokens: Tokens, at: int) -> None:
    word = tokens.words[at]
    if (word, tokens.word(at + 1)) in _BANDS:
        tokens.claim(at, at + 2, "band", None, "the 80-125 band")
        return
    if word == "1" and _one_in(tokens, at):
        return
    value = decimal_of(word)
    if value is None:
        return
    behind = tokens.word(at + 1)
    if behind in _PERCENT or (behind == "per" and tokens.word(at + 2) == "cent"):
        end = at + 2 + (behind == "per")
        tokens.claim(at, end, "percentage", value, "percent")
        if tokens.word(end) in _PERCENT:
            tokens.claimed[end] = tokens.claimed[at]
    elif behind in _BASIS:
        tokens.claim(at, at + 2, "points", None, "points")


def _one_in(tokens: Tokens, at: int) -> bool:
    """Read "one in twenty" and "one day in twenty"; return whether it is one of them."""
    at += tokens.word(at + 1) in _DAYS
    told = tokens.word(at + 1) in {"in", "out"}
    if told:
        _odds(tokens, at)
    return told


def _odds(tokens: Tokens, at: int) -> None:
    """Read "one in twenty" as the level that such a day stands for."""
    after = at + 2 + (tokens.word(at + 2) in {"a", "every", "of"})
    word = tokens.words[after] if after < len(tokens) else ""
    number = int(word) if word.isdigit() and len(word) < 5 else _ODDS.get(word, 0)  # noqa: PLR2004
    if number > 1:
        after += tokens.word(after + 1) in {"day", "days"}
        level = (100 - Decimal(100) / number).quantize(Decimal("0.01")).normalize()
        tokens.claim(at, after + 1, "odds", level, "one in N")


def _spoken(tokens: Tokens, at: int) -> None:
    """Read "half", "a third", "two thirds"; not a date's quarter, not "half a million"."""
    word = tokens.words[at]
    if word.startswith("halv"):
        tokens.claim(at, at + 1, "percentage", Decimal(50), "halve")
    elif word == "half":
        if not _is_other_half(tokens, at):
            tokens.claim(at, at + 1, "percentage", Decimal(50), "share in words")
    else:
        _part(tokens, at, word)


def _is_other_half(tokens: Tokens, at: int) -> bool:
    """Whether "half" belongs to a year, a day or a number: "first half", "two and a half"."""
    before, behind = tokens.word(at - 1), tokens.word(at + 1)
    number = behind == "a" and tokens.word(at + 2) not in {"hedge", "position"}
    counted = before == "a" and tokens.word(at - 2) == "and"
    number = number or behind in SUMS
    return number or counted or before in _OF_YEAR or behind in _NO_SHARE


def _part(tokens: Tokens, at: int, word: str) -> None:
    """Read "a third of", "by a quarter", "two thirds"."""
    count, behind = _COUNTS.get(tokens.word(at - 1)), tokens.word(at + 1)
    ends = behind == "of" or word.endswith("s") or _last(tokens, at)
    amount = behind == "of" and tokens.word(at + 2) in {"a", "million"}
    if count is not None and ends and not amount:
        value = _EXACT.get((word, count), _WORD_SHARES[word] * count)
        tokens.claim(at - 1, at + 1, "percentage", value, "share in words")


def _last(tokens: Tokens, at: int) -> bool:
    """Whether a share ends its clause: "by a third"."""
    return tokens.word(at - 2) == "by" or tokens.word(at + 1) in {"", ",", ".", "off"}
