"""Tell a tenor ("3m forward") from money ("3m EUR forward")."""

from itertools import pairwise

from hawk_backend.pipeline.intent import datewords as words
from hawk_backend.pipeline.intent.tokens import Tokens

_CODE = 3
_TENOR_BACK = 5


def is_tenor(tokens: Tokens, at: int, end: int, number: int) -> bool:
    """Whether "3m" is a tenor rather than money."""
    if number not in words.TENOR_SIZES:
        return False
    quoted = _is_quoted(tokens) or _is_outright(tokens, end)
    return quoted or _is_second(tokens, at) or _is_forward(tokens, at, end)


def _is_outright(tokens: Tokens, end: int) -> bool:
    """Whether a pair's forward is asked for, and none dealt: "3m EURUSD forward"."""
    pair = tokens.word(end)
    asked = len(pair) == 2 * _CODE and tokens.word(end + 1) in words.TENOR_BESIDE
    return asked and words.DEALING.isdisjoint(tokens.words)


def _is_forward(tokens: Tokens, at: int, end: int) -> bool:
    """Whether a forward, a roll or points stand beside "3m", and its currency not behind."""
    behind = tokens.word(end)
    if behind in words.TENOR_BESIDE:
        return behind not in words.ROLLING or not is_code(tokens.word(at - 1))
    if is_code(behind) or behind in words.HELD:
        return False
    for back in range(at - 1, max(-1, at - 1 - _TENOR_BACK), -1):
        word = tokens.word(back)
        if word in words.TENOR_BESIDE:
            return word not in words.AGAIN or not words.ROLLING.isdisjoint(tokens.words)
        if word not in words.TENOR_LINK and not is_code(word):
            return False
    return False


def _is_quoted(tokens: Tokens) -> bool:
    """Whether the prompt speaks of a market in tenors: "1m USDJPY vol", "points EURUSD 3m"."""
    said = tokens.words
    return not words.QUOTED.isdisjoint(said) and words.ROLLING.isdisjoint(said)


def _is_second(tokens: Tokens, at: int) -> bool:
    """Whether a tenor follows an amount or a roll: "hedge 5m EUR for 3m", "roll SEK by 3m"."""
    said, behind = tokens.words, tokens.word(at + 2)
    if is_code(behind) or behind in words.HELD:
        return False
    rolls = "up" not in said and not words.ROLLING.isdisjoint(said)
    pairs = pairwise(said[:at])
    sums = any(one[0].isdecimal() and two in words.MONEY_UNITS for one, two in pairs)
    before = tokens.word(at - 1)
    return (rolls and (sums or before in {"for", "by"})) or (sums and before == "for")


def is_code(word: str) -> bool:
    """Whether a word of three letters can be a currency's code."""
    link = word in words.TENOR_LINK or word in words.TENOR_BESIDE
    return len(word) == _CODE and word.isalpha() and not link and word not in words.NO_CODE
