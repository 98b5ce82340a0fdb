"""Read the desk's terms: NAV type, hedge method, instrument, entity type, portfolio, status."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from hawk_backend.catalogue.lexicon import Lexicon
from hawk_backend.pipeline.intent.spans import MARK, Finding
from hawk_backend.pipeline.intent.tokens import Tokens
from hawk_backend.pipeline.intent.wordset import wordset

SLOTS = ("entity_type", "nav_type", "hedge_method", "instrument", "status")
_GROUPING = wordset("by per")
_RE_BEFORE = wordset("coi type to")
_RE_BEHIND = wordset(
    "nav hedge hedges position positions reserve reserves type book coi relationship exposure "
    "portfolio"
)
_NO_OPTION = wordset("do are have available for here exist is there i we")
_NO_SWAP = wordset("points point pts pt method")
_SWAPPED = wordset("the it this that my our from entity coi re")
_OUTSTANDING = wordset("notional amount balance amounts principal exposure")
_DONE_BEFORE = wordset("we i you they well be")
_DONE_BEHIND = wordset("on with deal")
_LIVING = wordset("positions hedges trades deals forwards ndfs swaps options contracts")
_OPEN = wordset("open live")
_KINDS = wordset("coi re fx hedge ndf forward swap option")
_NEAR = 4
_ASKED_BY = wordset("who when user")
_VERBAL = wordset("Approved Rejected Booked Executed Posted Cancelled Validated")


class Place(NamedTuple):
    """Words `at` to `end` (excluded) among `words`."""

    words: list[str]
    at: int
    end: int

    @property
    def word(self) -> str:
        """The first word."""
        return self.words[self.at]

    @property
    def before(self) -> str:
        """The word before, "" at the start."""
        return self.words[self.at - 1] if self.at else ""

    @property
    def behind(self) -> str:
        """The word behind, "" at the end."""
        return self.words[self.end] if self.end < len(self.words) else ""


class TermScanner:
    """Finds terms in tokens without claiming them: evidence may use the same words."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._phrases: dict[str, list[tuple[tuple[str, ...], str, str]]] = {}
        for slot in SLOTS:
            for phrase, value in lexicon.term_phrases(slot):
                first, *rest = phrase.split()
                self._phrases.setdefault(first, []).append((tuple(rest), slot, value))
        for candidates in self._phrases.values():
            candidates.sort(key=lambda item: -len(item[0]))
        codes = str(lexicon.terms["portfolio"]["codes"]).lower().split()
        self._portfolio = re.compile(rf"(?<![a-z0-9_])(?:{'|'.join(codes)})(?![a-z0-9_])")
        self._no_forward_after = wordset(lexicon.instrument_context["after"])
        self._no_forward_before = wordset(lexicon.instrument_context["before"])

    def scan(self, tokens: Tokens, words: list[str]) -> Iterator[Finding]:
        """Yield terms left to right; `words` are the tokens' words after spelling."""
        until = dict.fromkeys(SLOTS, 0)
        for at, word in enumerate(words):
            if tokens.claimed[at] is not None:
                continue
            if word == "re" and _is_nav(tokens, Place(words, at, at + 1)):
                yield Finding("nav_type", "RE", tokens.starts[at], tokens.ends[at], "nav_type: RE")
            end = _living(tokens, words, at) if word in _OPEN and at >= until["status"] else 0
            if end and _is_status("Active", Place(words, at, end)):
                yield Finding(
                    "status", "Active", tokens.starts[at], tokens.ends[at], "status: term"
                )
            for rest, slot, value in self._phrases.get(word, ()):
                end = at + 1 + len(rest)
                if at < until[slot] or tuple(words[at + 1 : end]) != rest:
                    continue
                until[slot] = end
                if self._fits(slot, value, Place(words, at, end)):
                    yield Finding(
                        slot, value, tokens.starts[at], tokens.ends[end - 1], f"{slot}: term"
                    )

    def portfolios(self, low: str) -> Iterator[Finding]:
        """Yield portfolio codes, some of which hold an underscore."""
        for match in self._portfolio.finditer(low):
            yield Finding("portfolio", match[0].upper(), *match.span(), "portfolio code")

    def _fits(self, slot: str, value: str, place: Place) -> bool:
        if slot == "entity_type":
            return not _is_grouping(place)
        if slot == "instrument":
            return self._is_instrument(place)
        if slot == "hedge_method":
            method = "method" in {place.behind, place.words[place.end - 1]}
            return (
                value != "Swap Pt" or method or not place.words[place.end - 1].startswith("point")
            )
        return slot != "status" or _is_status(value, place)

    def _is_instrument(self, place: Place) -> bool:
        """Whether "forward", "swap" or "option" names an instrument here."""
        last = place.words[place.end - 1]
        if last.startswith("option"):
            return place.behind not in _NO_OPTION and place.before not in {"what", "other", "my"}
        if last.startswith("forward"):
            after, behind = place.before, place.behind
            if after[:1] == MARK:
                return False
            return after not in self._no_forward_after and behind not in self._no_forward_before
        exchanges = place.at == 0 and place.behind in _SWAPPED
        return place.word != "swap" or not (exchanges or place.behind in _NO_SWAP)


def _is_grouping(place: Place) -> bool:
    """Whether a type of entity only groups: "by branch", "by entity and branch"."""
    listed = place.before == "and" and place.at > 1 and place.words[place.at - 2] in _GROUPING
    return place.before in _GROUPING or listed


def _is_nav(tokens: Tokens, place: Place) -> bool:
    """Read RE in capitals or beside a word of NAV types; not "Re:", not "re-paper"."""
    end = tokens.ends[place.at]
    if tokens.low[end : end + 1] in {":", "-"} or place.behind in {"reserve", "reserves", "paper"}:
        return False
    written = tokens.written[tokens.starts[place.at] : end]
    coordinated = place.before in {"and", "or"} and place.words[place.at - 2] == "coi"
    return (
        written == "RE" or place.behind in _RE_BEHIND or place.before in _RE_BEFORE or coordinated
    )


def _living(tokens: Tokens, words: list[str], at: int) -> int:
    """Return the word behind what is open: "open EUR positions", "live COI hedges"; 0 for none."""
    for ahead in range(at + 1, min(at + _NEAR, len(words))):
        if words[ahead] in _LIVING:
            return ahead + 1
        if tokens.claimed[ahead] is None and words[ahead] not in _KINDS:
            return 0
    return 0


def _is_status(value: str, place: Place) -> bool:
    """Whether a word of state tells a state here, and is no verb of the question or the order."""
    word, behind = place.word, place.behind
    if word == "outstanding":
        return behind not in _OUTSTANDING
    if word == "done":
        asked_how = "how" in place.words[: place.at]
        return not asked_how and place.before not in _DONE_BEFORE and behind not in _DONE_BEHIND
    if word == "open":
        asks = place.words[-1] == "?" or "which" in place.words
        asks = asks or place.words[place.end - 1] in _LIVING
        return place.before != "net" and (place.at > 0 or asks)
    if value not in _VERBAL:
        return True
    earlier = place.words[: place.at]
    agent = place.before in {"i", "you"} or (place.before == "we" and value != "Booked")
    return not agent and behind != "by" and _ASKED_BY.isdisjoint(earlier)
