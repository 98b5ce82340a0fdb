"""Decide what is asked for: the first requested action, the others in order, how sure that is."""

from collections.abc import Mapping, Sequence as Words
from dataclasses import dataclass

from hawk_backend.catalogue.lexicon import Lexicon
from hawk_backend.pipeline.intent.clauses import Clause
from hawk_backend.pipeline.intent.evidence import Hit
from hawk_backend.pipeline.intent.sequence import Sequence

ACTIONS = frozenset({"hedge_inception", "hedge_rollover", "hedge_termination", "hedge_amendment"})
_REQUEST = 60
_CLEAR = 60
_OWN = 65
_JOINED = frozenset({",", ":", "-", "(", ""})
_ORDERS = 75


@dataclass(frozen=True, slots=True)
class Decision:
    """The intents in order, every reading's score, and the strongest rule behind the first."""

    intents: tuple[str, ...]
    scores: Mapping[str, float]
    rule: str
    strength: float
    span: tuple[int, int] | None
    either: bool = False
    negated: tuple[str, ...] = ()


class Decider:
    """Weighs clauses against each other; built once from the lexicon."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._sequence = frozenset(lexicon.request.sequence.split()) | {
            "and",
            "&",
            ";",
            ".",
            "?",
            "\n",
            "!",
            "so",
            "but",
        }

    def decide(
        self, clauses: Words[Clause], refused: Words[Hit], sequence: Sequence, corrected: int
    ) -> Decision | None:
        """Return the decision, or None where no clause says anything."""
        negated = {hit.intent for hit in refused if hit.command or hit.strength > 28}
        tops = self._tops(clauses, negated, corrected)
        if not tops:
            return None
        strong = [top for top in tops if top[1] >= _REQUEST] or [max(tops, key=lambda top: top[1])]
        merged = self._merge(strong, sequence)
        primary, score, clause = merged[0]
        intents = tuple(dict.fromkeys(intent for intent, _, _ in merged))
        scores: dict[str, float] = {}
        for _, _, other in tops:
            for intent, value in other.scores().items():
                scores[intent] = max(scores.get(intent, 0), value)
        either = self._either(merged, sequence)
        hit = max((h for h in clause.hits if h.intent == primary), key=lambda h: h.strength)
        if either:
            intents = intents[:2]
        return Decision(
            intents,
            scores,
            hit.phrase,
            score,
            (hit.first, hit.last),
            either,
            tuple(sorted(negated - set(intents))),
        )

    def _tops(
        self, clauses: Words[Clause], negated: set[str], corrected: int
    ) -> list[tuple[str, float, Clause]]:
        """Return each speaking clause's best reading; conditions and remarks count only when alone."""
        readings = [(c, top) for c in clauses if c.hits and (top := _top(c, negated))]
        real = [(c, top) for c, top in readings if not c.condition and not c.remark]
        chosen = real or readings
        later = [(c, top) for c, top in chosen if c.first >= corrected and top[1] >= _ORDERS]
        if corrected and later and any(c.first < corrected for c, _ in chosen):
            if later[0][1][0] in ACTIONS | {"hedge_utilization", "hedge_inquiry"}:
                chosen = [(c, top) for c, top in chosen if c.first >= corrected]
        return [(intent, score, clause) for clause, (intent, score) in chosen]

    def _merge(
        self, tops: Words[tuple[str, float, Clause]], sequence: Sequence
    ) -> list[tuple[str, float, Clause]]:
        """Fold clauses that only go on about the same request into the one before."""
        merged = [tops[0]]
        for intent, score, clause in tops[1:]:
            last_intent, last_score, last = merged[-1]
            independent = self._independent(clause, sequence, intent, score)
            if intent == last_intent:
                continue
            if independent:
                merged.append((intent, score, clause))
            elif score >= last_score + 8 and not _commands(last, last_intent):
                merged[-1] = (intent, score, clause)
        return merged

    def _independent(self, clause: Clause, sequence: Sequence, intent: str, score: float) -> bool:
        """Whether a later clause asks for something of its own."""
        command = any(
            h.command
            and h.intent == intent
            and h.strength >= _ORDERS
            and h.first <= clause.first + 2
            for h in clause.hits
        )
        if clause.divider in _JOINED:
            return command and clause.divider != "("
        if clause.divider == "or":
            return command
        return clause.divider in self._sequence and (command or score >= _OWN)

    @staticmethod
    def _either(merged: Words[tuple[str, float, Clause]], sequence: Sequence) -> bool:
        """Whether the prompt asks which of two actions to take."""
        pairs = zip(merged, merged[1:], strict=False)
        return any(two[2].divider == "or" and {one[0], two[0]} <= ACTIONS for one, two in pairs)


def _commands(clause: Clause, intent: str) -> bool:
    return any(
        hit.command and hit.intent == intent and hit.strength >= _ORDERS for hit in clause.hits
    )


def _top(clause: Clause, negated: set[str]) -> tuple[str, float] | None:
    """Return the clause's best intent: the highest score, the earlier one where two are level."""
    scores = {intent: score for intent, score in clause.scores().items() if intent not in negated}
    if not scores:
        return None
    first = {}
    for hit in reversed(clause.hits):
        first[hit.intent] = hit.first
    best = max(scores, key=lambda intent: (scores[intent], -first[intent]))
    return best, scores[best]
