"""Choose the amount that is asked for, and find the currency that it is in."""

from collections.abc import Sequence as Words
from typing import NamedTuple

from hawk_backend.pipeline.intent.currency import Named
from hawk_backend.pipeline.intent.frame import Money
from hawk_backend.pipeline.intent.money import Sum
from hawk_backend.pipeline.intent.scan import Scanned
from hawk_backend.pipeline.intent.spans import Finding
from hawk_backend.pipeline.intent.tokens import Tokens
from hawk_backend.pipeline.intent.wordset import wordset

_BETWEEN = wordset("of worth in us the -")
_TOWARDS = wordset("to into")


class Amount(NamedTuple):
    """Money, the finding that says it and that finding's first token."""

    at: int
    finding: Finding
    money: Money


def read_amounts(scanned: Scanned) -> list[Amount]:
    """Return every amount of the prompt in order, each in its currency."""
    lone = _lone(scanned)
    places: dict[int, Named] = {}
    for named in scanned.currencies:
        places[named.last - 1] = named
        places[named.first] = named
    amounts: list[Amount] = []
    for at, finding in enumerate(scanned.tokens.claimed):
        new = not amounts or finding is not amounts[-1].finding
        if finding is not None and isinstance(finding.value, Sum) and new:
            currency = (
                finding.value.currency or _beside(scanned.tokens, at, finding, places) or lone
            )
            amounts.append(Amount(at, finding, Money(finding.value.value, currency)))
    return amounts


def asked(amounts: Words[Amount], scanned: Scanned, *, amends: bool) -> Amount | None:
    """Return the amount asked for: after a correction the later one, of a change the new one."""
    taken = scanned.taken
    wanted = [amount for amount in amounts if amount.at not in taken.words]
    wanted = [amount for amount in wanted if amount.at > taken.corrected] or wanted
    if not wanted:
        return None
    tokens = scanned.tokens
    changes = amends or any(tokens.word(amount.at - 1) == "from" for amount in wanted)
    new = (amount for amount in wanted[1:] if changes and _towards(tokens, amount.at))
    return next(new, wanted[0])


def _towards(tokens: Tokens, at: int) -> bool:
    """Whether an amount stands behind "to", its currency's sign or code between them aside."""
    finding = tokens.claimed[at - 1]
    if finding is not None and finding.name == "currency":
        at -= 1
    return tokens.word(at - 1) in _TOWARDS


def _beside(tokens: Tokens, at: int, finding: Finding, places: dict[int, Named]) -> str | None:
    """Return the currency right behind an amount, right before it, or behind "worth of"."""
    behind = at + 1
    while behind < len(tokens) and tokens.claimed[behind] is finding:
        behind += 1
    further = behind
    while tokens.word(further) in _BETWEEN:
        further += 1
    for place in (behind, at - 1, further):
        named = places.get(place)
        if named is not None and (place >= at or named.last == at):
            return named.codes[0]
    return None


def _lone(scanned: Scanned) -> str | None:
    """Return the currency of an amount that stands by itself: the prompt's first."""
    taken = scanned.taken
    kept = [named for named in scanned.currencies if named.first not in taken.currencies]
    kept = [named for named in kept if named.first > taken.corrected] or kept
    return kept[0].codes[0] if kept else None
