"""Divide a prompt into clauses: requests, conditions, refusals, remarks."""

from collections.abc import Sequence as Words
from dataclasses import dataclass, field

from hawk_backend.catalogue.lexicon import Lexicon
from hawk_backend.pipeline.intent.evidence import Hit, strongest
from hawk_backend.pipeline.intent.sequence import SYMBOL_STOPS, Sequence

_CONDITION_INSIDE = frozenset(
    {"before", "because", "once", "unless", "until", "while", "although", "after", "when", "if"}
)
_ASKED_WHEN = frozenset({"was", "were", "did", "is", "are", "do", "does", "will", "has", "<date>"})
_NEGATION_REACH = 5
_FALL = 48


_ACTIONS = frozenset({"hedge_inception", "hedge_rollover", "hedge_termination", "hedge_amendment"})
_OBJECTS = frozenset(
    {
        "position_monitoring",
        "exposure_analysis",
        "hedge_monitoring",
        "hedge_inquiry",
        "portfolio_analysis",
    }
)
_GOVERNED = 70
_CERTAIN = 110
_VERIFYING = frozenset({"check", "verify", "confirm", "see", "tell", "show", "make"})
_LOOSE = frozenset({",", ".", "-", ";", ":", "so", "\n"})
_STATING = frozenset(
    {
        "is",
        "are",
        "was",
        "has",
        "have",
        "expires",
        "matures",
        "expire",
        "mature",
        "needs",
        "looks",
        "fell",
        "went",
        "rose",
        "expiring",
        "maturing",
        "longer",
        "comes",
        "come",
        "approved",
        "said",
    }
)


@dataclass(slots=True)
class Clause:
    """Words `first` to `last` (excluded) between two dividers, and what was found in them."""

    first: int
    last: int
    divider: str
    hits: list[Hit] = field(default_factory=list)
    condition: bool = False
    remark: bool = False

    def scores(self) -> dict[str, float]:
        """Each intent's score in this clause."""
        return dict(strongest(self.hits))


class ClauseReader:
    """Divides and reads clauses; built once from the lexicon."""

    def __init__(self, lexicon: Lexicon) -> None:
        request = lexicon.request
        self._coordinators = frozenset(request.coordinators.split()) | {"but", "so"}
        self._conditions = frozenset(request.conditions.split())
        self._fine = frozenset(request.fine.split())
        self._fillers = frozenset(request.fillers.split())
        self._questions = frozenset(request.questions.split())
        self._articles = frozenset(request.articles.split())
        self._negators = sorted(
            (tuple(text.split()) for text in lexicon.negation.before), key=len, reverse=True
        )
        self._negator_firsts = frozenset(negator[0] for negator in self._negators)
        self._negation_ends = (
            frozenset(lexicon.negation.ends.split()) | SYMBOL_STOPS | {"and", "then", "so"}
        )
        self._asking = frozenset(lexicon.negation.questions.split())

    def divide(self, sequence: Sequence, hits: Words[Hit]) -> list[Clause]:
        """Return the clauses in order; no divider lies inside a phrase."""
        words = sequence.words
        inside = bytearray(len(words) + 1)
        for hit in hits:
            for at in range(hit.first, hit.last):
                inside[at] = inside[at] or (at != hit.first and at != hit.last - 1)
        clauses: list[Clause] = []
        first, divider = 0, ""
        for at, word in enumerate(words):
            stop = word in SYMBOL_STOPS
            if inside[at] or not (
                stop
                or word in self._coordinators
                or (
                    word in _CONDITION_INSIDE
                    and at > first
                    and not (word == "when" and words[at - 1] in {"who", "and"})
                    and not (
                        word == "if"
                        and words[at - 1]
                        in {
                            "check",
                            "see",
                            "know",
                            "tell",
                            "what",
                            "confirm",
                            "me",
                            "wondering",
                            "determine",
                            "verify",
                        }
                    )
                )
            ):
                continue
            clauses.append(Clause(first, at, divider))
            keep = word in _CONDITION_INSIDE and not stop and word not in self._coordinators
            first, divider = (at, word) if keep else (at + 1, word)
        clauses.append(Clause(first, len(words), divider))
        return self._filled([c for c in clauses if c.last > c.first], sequence, hits)

    def _filled(self, clauses: list[Clause], sequence: Sequence, hits: Words[Hit]) -> list[Clause]:
        at = 0
        for hit in hits:
            while (
                at + 1 < len(clauses)
                and hit.first >= clauses[at].last
                and hit.first >= clauses[at + 1].first
            ):
                at += 1
            if clauses:
                clauses[at].hits.append(self._weighed(hit, sequence.words))
        for place, clause in enumerate(clauses):
            clause.hits = _governed(clause.hits)
            clause.condition = self._is_condition(clause, sequence.words, place, clauses)
            clause.remark = self._is_remark(clause, sequence.words, place, clauses)
            clause.remark = clause.remark or self._is_background(
                clause, sequence.words, place, clauses
            )
        return clauses

    def _weighed(self, hit: Hit, words: Words[str]) -> Hit:
        """Let a command behind an article ("the roll") say no more than a noun."""
        at = hit.first - 1
        while at > 0 and words[at].startswith("<"):
            at -= 1
        before = words[at] if at >= 0 else ""
        if (
            hit.command
            and before in self._articles
            and words[hit.first] not in {"new", "<currency>", "another"}
        ):
            return hit._replace(strength=_FALL, command=False)
        return hit

    def _is_condition(
        self, clause: Clause, words: Words[str], place: int, clauses: Words[Clause]
    ) -> bool:
        at = clause.first
        while at < clause.last and words[at] in self._fillers - {"now"}:
            at += 1
        word = words[at] if at < clause.last else ""
        behind = words[at + 1] if at + 1 < clause.last else ""
        if word not in self._conditions or any(
            hit.intent == "stress_test" and hit.strength > _FALL for hit in clause.hits
        ):
            return False
        if word == "when" and behind in _ASKED_WHEN and place == 0:
            return False
        if word == "now" and behind != "that":
            return False
        if word == "if" and (behind in {"i", "we"} and place == 0 and len(clauses) == 1):
            return False
        return word != "as" or behind not in {"of", "a"}

    def _is_remark(
        self, clause: Clause, words: Words[str], place: int, clauses: Words[Clause]
    ) -> bool:
        """Whether a clause only says that something is fine: "limits are fine, so …"."""
        said = words[clause.first : clause.last]
        ends = words[clause.last] if clause.last < len(words) else ""
        return (
            bool(clause.hits)
            and place + 1 < len(clauses)
            and ends != "?"
            and said[-1] in self._fine
            and said[0] not in self._questions
            and said[0] not in _VERIFYING
            and any(word in {"is", "are", "look", "looks", "was", "were", "all"} for word in said)
            and any(other.hits for other in clauses[place + 1 :])
        )

    def _is_background(
        self, clause: Clause, words: Words[str], place: int, clauses: Words[Clause]
    ) -> bool:
        """Whether a clause only tells of the object that a later clause gives an order about."""
        if not clause.hits or place + 1 >= len(clauses) or clauses[place + 1].divider not in _LOOSE:
            return False
        said = words[clause.first : clause.last]
        orders = any(
            h.command and h.intent in _ACTIONS and h.first <= c.first + 3
            for c in clauses[place + 1 :]
            for h in c.hits
        )
        states = said[0] not in self._questions | _VERIFYING and not _STATING.isdisjoint(said)
        return orders and states and not any(h.command for h in clause.hits)

    def refuse(self, clauses: Words[Clause], sequence: Sequence) -> list[Hit]:
        """Take the refused hits out of the clauses and return them."""
        words = sequence.words
        refused: list[Hit] = []
        spans = list(self._negations(words))
        if not spans:
            return refused
        for clause in clauses:
            kept: list[Hit] = []
            for hit in clause.hits:
                if any(start <= hit.first and hit.last <= end for start, _, _, end in spans):
                    continue
                (refused if self._is_refused(hit, spans, words) else kept).append(hit)
            clause.hits = kept
        return refused

    def _negations(self, words: Words[str]) -> list[tuple[int, int, bool, int]]:
        """Return first word, word behind the reach, and whether nouns are refused too."""
        spans = []
        at = 0
        while at < len(words):
            negator = self._negator(words, at) if words[at] in self._negator_firsts else ()
            if not negator:
                at += 1
                continue
            opens = (
                at == 0
                or words[at - 1] in SYMBOL_STOPS
                or words[at - 1] in self._coordinators | self._fillers | {"but"}
            )
            end = at + len(negator)
            reach = end
            while (
                reach < len(words)
                and reach < end + _NEGATION_REACH
                and words[reach] not in self._negation_ends
            ):
                reach += 1
            word = words[at]
            asked = word in {"not", "no"} and any(
                q in self._asking for q in words[max(0, at - 6) : at]
            )
            if not (asked and word == "not"):
                nouns = word not in {"not", "can"} or opens
                spans.append((at, reach, nouns, end))
            at = end
        return spans

    def _negator(self, words: Words[str], at: int) -> tuple[str, ...]:
        if words[at : at + 2] == ["no", "longer"]:
            return ()
        for negator in self._negators:
            if tuple(words[at : at + len(negator)]) == negator:
                return negator
        return ()

    @staticmethod
    def _is_refused(hit: Hit, spans: Words[tuple[int, int, bool, int]], words: Words[str]) -> bool:
        for start, end, nouns, _ in spans:
            if start < hit.first < end:
                return (
                    hit.command
                    or nouns
                    or (hit.intent.startswith("hedge_") and hit.strength <= _FALL)
                )
            if (
                hit.first < start < hit.last - 1
                and words[start] in {"not", "no", "never"}
                and hit.command
            ):
                return False
        return False


def _governed(hits: list[Hit]) -> list[Hit]:
    """Let a command govern the nouns behind it: "close the position" asks for no positions."""
    order = next((hit for hit in hits if hit.command and hit.intent in _ACTIONS), None)
    if order is None:
        return hits
    return [
        hit._replace(strength=min(hit.strength, _GOVERNED))
        if hit.first > order.first and hit.intent in _OBJECTS and hit.strength < _CERTAIN
        else hit
        for hit in hits
    ]
