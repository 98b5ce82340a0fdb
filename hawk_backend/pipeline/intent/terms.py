"""Read the desk's terms: NAV type, hedge method, instrument, entity type, portfolio, status."""

from collections.abc import Iterator, Mapping

from hawk_backend.catalogue.lexicon import Lexicon
from hawk_backend.pipeline.intent.spans import Finding
from hawk_backend.pipeline.intent.tokens import Tokens
from hawk_backend.pipeline.intent.vocabulary import Vocabulary

_SLOTS = ("entity_type", "nav_type", "hedge_method", "instrument", "status")
_GROUPING = frozenset({"by", "per"})
_RE_BESIDE = frozenset(
    {
        "nav",
        "hedge",
        "hedges",
        "position",
        "positions",
        "reserve",
        "reserves",
        "type",
        "book",
        "or",
        "and",
        "coi",
        "relationship",
        "exposure",
        "portfolio",
    }
)
_NO_OPTION = frozenset(
    {"do", "are", "have", "available", "for", "here", "exist", "is", "there", "i", "we"}
)
_OUTSTANDING = frozenset({"notional", "amount", "balance", "amounts", "principal", "exposure"})
_STATUS_FREE = frozenset({"by", "who", "when"})
_DONE_BEFORE = frozenset({"we", "i", "you", "they", "well", "be", "get"})
_RUN = frozenset({"warning", "critical"})


class TermScanner:
    """Finds terms in tokens without claiming them: evidence may use the same words."""

    def __init__(self, lexicon: Lexicon, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._phrases: dict[str, list[tuple[tuple[str, ...], str, str]]] = {}
        for slot in _SLOTS:
            for phrase, value in lexicon.term_phrases(slot):
                first, *rest = phrase.split()
                self._phrases.setdefault(first, []).append((tuple(rest), slot, value))
        for candidates in self._phrases.values():
            candidates.sort(key=lambda item: -len(item[0]))
        self._portfolios = frozenset(str(lexicon.terms["portfolio"]["codes"]).lower().split())
        self._after = frozenset(lexicon.instrument_context["after"].split())
        self._before = frozenset(lexicon.instrument_context["before"].split())

    def scan(self, tokens: Tokens, words: list[str]) -> Iterator[Finding]:
        """Yield terms left to right; `words` are the tokens' words after spelling."""
        until = dict.fromkeys(_SLOTS, 0)
        for at, word in enumerate(words):
            if tokens.claimed[at] is not None:
                continue
            if word == "re" and (found := self._re(tokens, words, at)):
                yield found
            for rest, slot, value in self._phrases.get(word, ()):
                end = at + 1 + len(rest)
                if at < until[slot] or tuple(words[at + 1 : end]) != rest:
                    continue
                if _fits(self, slot, value, tokens, words, at, end):
                    yield Finding(
                        slot, value, tokens.starts[at], tokens.ends[end - 1], f"{slot}: term"
                    )
                until[slot] = end

    def portfolio(self, tokens: Tokens, low: str) -> Iterator[Finding]:
        """Yield portfolio codes, which may hold an underscore."""
        for code in self._portfolios:
            start = low.find(code)
            if (
                start >= 0
                and not low[start - 1 : start].isalnum()
                and not low[start + len(code) : start + len(code) + 1].isalnum()
            ):
                yield Finding("portfolio", code.upper(), start, start + len(code), "portfolio code")

    def _re(self, tokens: Tokens, words: list[str], at: int) -> Finding | None:
        """Read RE in capitals, or beside a word that belongs to NAV types; "Re:" and "re-paper" are not."""
        written = tokens.written[tokens.starts[at] : tokens.ends[at]]
        behind = words[at + 1] if at + 1 < len(words) else ""
        if tokens.low[tokens.ends[at] : tokens.ends[at] + 1] in {
            ":",
            "-",
        } and not behind.startswith("re"):
            return None
        if behind in {"reserve", "reserves", "paper", "book"} and behind not in {"book"}:
            return None
        before = words[at - 1] if at else ""
        known = (
            written == "RE"
            or behind in _RE_BESIDE - {"or", "and"}
            or before in {"coi", "type", "to"}
            or (before in {"and", "or"} and at > 1 and words[at - 2] == "coi")
        )
        if not known:
            return None
        return Finding("nav_type", "RE", tokens.starts[at], tokens.ends[at], "nav_type: RE")

    def is_instrument(self, tokens: Tokens, words: list[str], at: int, end: int) -> bool:
        """Whether "forward", "swap" or "option" names an instrument here."""
        before = words[at - 1] if at else ""
        behind = words[end] if end < len(words) else ""
        if words[end - 1].startswith("option"):
            return behind not in _NO_OPTION and before not in {"what", "other", "my"}
        if words[end - 1].startswith("forward"):
            return before not in self._after and behind not in self._before
        if words[at] == "swap":
            return behind not in {"points", "point", "pts", "pt", "method"} and not (
                behind in {"the", "it", "coi", "re", "from"} and before in {"", "please", "to"}
            )
        return True


def _fits(
    scanner: TermScanner, slot: str, value: str, tokens: Tokens, words: list[str], at: int, end: int
) -> bool:
    before = words[at - 1] if at else ""
    behind = words[end] if end < len(words) else ""
    if slot == "entity_type":
        return before not in _GROUPING and not (
            before == "and" and at > 1 and words[at - 2] in _GROUPING
        )
    if slot == "instrument":
        return scanner.is_instrument(tokens, words, at, end)
    if slot == "hedge_method":
        return (
            value != "Swap Pt"
            or words[at + 1] in {"pt", "pts"}
            or behind == "method"
            or (words[end - 1] == "method")
        )
    if slot == "status":
        return _is_status(value, words, at, before, behind)
    return True


def _is_status(value: str, words: list[str], at: int, before: str, behind: str) -> bool:
    word = words[at]
    if word == "open" and before == "net":
        return False
    if word == "outstanding" and behind in _OUTSTANDING:
        return False
    if word == "done" and (before in _DONE_BEFORE or behind in {"on", "with", "deal"}):
        return False
    if (
        word in {"open", "live", "active"}
        and at == 0
        and behind
        and behind != word
        and word == "open"
    ):
        return words[-1] == "?" or "which" in words
    if word == "fails" or word == "failing":
        return behind not in {"to"}
    if value in {
        "Approved",
        "Rejected",
        "Booked",
        "Executed",
        "Posted",
        "Cancelled",
        "Validated",
        "Drafts",
    } or word in {"drafted"}:
        return (
            "who" not in words[:at]
            and behind != "by"
            and before not in {"i", "you"}
            and not (before == "we" and value != "Booked")
            and "when" not in words[:at]
        )
    return True
