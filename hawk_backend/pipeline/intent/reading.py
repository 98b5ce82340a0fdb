"""Read the intent from the words, else the template, else the slots; and how to go on."""

from dataclasses import dataclass, replace

from hawk_backend.catalogue.lexicon import Lexicon
from hawk_backend.pipeline.intent.confidence import CLEAR_FROM, confidence
from hawk_backend.pipeline.intent.decide import ACTIONS, Decision
from hawk_backend.pipeline.intent.definition import Definitions
from hawk_backend.pipeline.intent.frame import Behaviour, Slots, Source
from hawk_backend.pipeline.intent.scope import has_record_id, is_narrow
from hawk_backend.pipeline.intent.sequence import Sequence
from hawk_backend.pipeline.intent.wordset import wordset

_WORDLESS = 60
_OWN = 65
_GREETING = 48
_STRONG = 80
_SHORT = 8
_SURE, _LIKELY, _OPEN = 90, 70, 65
_WIDE_LEAD = 20
_PLURALS = wordset("hedges trades forwards deals positions swaps ndfs options orders instructions")
_RECORD_PRONOUNS = wordset("it its that this them")
_CHANGES = ACTIONS - {"hedge_inception"}
_BORROWED = ACTIONS | {
    "hedge_inquiry",
    "general_query",
    "mx_bookings",
    "market_analysis",
    "audit_trail",
}
_NOTHING_ASKED = "nothing is asked for; the overview is taken"
_NO_OBJECT = "no record is named; all that could be meant are taken"
_EITHER = "the prompt asks which of two actions to take; both are looked at"
_UNSURE = "the words are not clear; the readings that come next are looked at too"


@dataclass(frozen=True, slots=True)
class Reading:
    """Intents, the strength of their rule and its lead, where it comes from, and how to go on."""

    intents: tuple[str, ...]
    strength: float
    lead: float
    rule: str
    source: Source = "text"
    behaviour: Behaviour = "proceed"
    assumption: str = ""

    @property
    def confidence(self) -> float:
        """The share of such readings that are right."""
        return confidence(self.strength, self.lead)


class Reader:
    """Turns a decision and the slots into a reading; built once from the lexicon."""

    def __init__(self, lexicon: Lexicon, subjects: frozenset[str]) -> None:
        self._categories = lexicon.categories
        self._domain = wordset(lexicon.words["domain"])
        self._pronouns = wordset(lexicon.request.pronouns)
        self._quantifiers = wordset(lexicon.request.quantifiers)
        self._definitions = Definitions(lexicon, subjects)

    def read(
        self,
        decision: Decision | None,
        slots: Slots,
        sequence: Sequence,
        category: str | None,
        *,
        refuses: bool,
        injected: bool,
    ) -> Reading:
        """Return the reading; a template's category decides only where the words do not."""
        foreign = decision is not None and decision.intents[0] == "out_of_scope"
        if not foreign and self._definitions.asked(sequence.words, slots):
            return Reading(("general_query",), _SURE, _WIDE_LEAD, "a question for a meaning")
        prior = self._categories.get((category or "").strip().lower())
        weak = decision is None or decision.strength < _WORDLESS
        greets = decision is not None and decision.intents[0] == "general_query"
        ours = _has_slots(slots) or not (greets or self._is_strange(sequence))
        if prior and weak and ours:
            return Reading((prior,), _LIKELY, _WIDE_LEAD, "template category", "template")
        if decision is None or (greets and decision.strength < _GREETING and _has_slots(slots)):
            return self._wordless(slots, sequence, refuses=refuses, injected=injected)
        return self._worded(decision, slots, sequence)

    def _wordless(
        self, slots: Slots, sequence: Sequence, *, refuses: bool, injected: bool
    ) -> Reading:
        """Read a prompt whose words carry no intent: bare ids, bare slots, nothing of ours."""
        if slots.deal_id and not refuses:
            return Reading(("mx_bookings",), _SURE, _WIDE_LEAD, "a bare deal id")
        if has_record_id(slots) and not refuses:
            return Reading(("hedge_inquiry",), _SURE, _WIDE_LEAD, "a bare record id")
        silent = not any(word[0].isalpha() for word in sequence.words)
        open_ended = _has_slots(slots) or refuses
        if not open_ended and (injected or silent or self._is_strange(sequence)):
            return _foreign("nothing of the domain")
        rule = "slots without an intent" if open_ended else "too vague"
        return Reading(
            ("general_query",), _OPEN, _WIDE_LEAD, rule, "default", "clarify", _NOTHING_ASKED
        )

    def _worded(self, decision: Decision, slots: Slots, sequence: Sequence) -> Reading:
        primary, strength = decision.intents[0], decision.strength
        others = {name: score for name, score in decision.scores.items() if name != primary}
        following = max(others, key=lambda name: others[name], default="")
        lead = max(0.0, strength - others.get(following, 0))
        if primary == "general_query":
            return Reading((primary,), strength, lead, decision.rule)
        if primary == "out_of_scope":
            if is_narrow(slots) and others.get(following, 0) >= _OWN:
                return Reading(
                    (following,), others[following], 0, "slots of ours beside a foreign word"
                )
            return Reading(("out_of_scope",), strength, lead, decision.rule, behaviour="abstain")
        if self._is_borrowed(decision, slots, sequence):
            return _foreign("a verb of ours with an object of another world")
        reading = Reading(decision.intents, strength, lead, decision.rule)
        return self._answerable(reading, decision, slots, sequence)

    def _answerable(
        self, reading: Reading, decision: Decision, slots: Slots, sequence: Sequence
    ) -> Reading:
        """Widen where a choice is left open, an object is missing, or the reading is a guess."""
        doubt = ""
        if decision.either:
            doubt = _EITHER
        elif self._lacks_object(reading.intents[0], slots, sequence):
            doubt = _NO_OBJECT
        elif reading.confidence < CLEAR_FROM:
            doubt = _UNSURE
        if not doubt:
            return reading
        return Reading(
            reading.intents, reading.strength, reading.lead, reading.rule, "text", "clarify", doubt
        )

    def _is_strange(self, sequence: Sequence) -> bool:
        """Whether words of no domain of ours stand in the prompt, and none of ours."""
        return bool(sequence.unknown) and self._domain.isdisjoint(sequence.words)

    def _is_borrowed(self, decision: Decision, slots: Slots, sequence: Sequence) -> bool:
        """Whether a verb of ours has an object of another world: "cancel my subscription"."""
        weak = decision.strength < _STRONG and decision.intents[0] in _BORROWED
        return weak and not _has_slots(slots) and self._is_strange(sequence)

    def _lacks_object(self, intent: str, slots: Slots, sequence: Sequence) -> bool:
        """Whether an action, or a question about one record, names no object but a pronoun.

        What an amendment sets ("change it to COI") names no object.
        """
        words = frozenset(sequence.words)
        if intent == "hedge_amendment" and not words.isdisjoint(_RECORD_PRONOUNS):
            slots = replace(slots, nav_type=None, hedge_method=None, instrument=None)
        if is_narrow(slots) or slots.exclude_currency:
            return False
        if slots.amount is not None:
            return intent in _CHANGES and not words.isdisjoint(_RECORD_PRONOUNS)
        if intent in ACTIONS:
            described = slots.date is not None and not words.isdisjoint(_PLURALS)
            pronoun = not words.isdisjoint(self._pronouns)
            return words.isdisjoint(self._quantifiers) and (pronoun or not described)
        pointed = not words.isdisjoint(_RECORD_PRONOUNS)
        if intent == "hedge_inquiry":
            return pointed and words.isdisjoint(_PLURALS | {"all"})
        return intent == "hedge_utilization" and pointed and len(words) < _SHORT


def _has_slots(slots: Slots) -> bool:
    return (
        is_narrow(slots) or slots.amount is not None or bool(slots.exclude_currency or slots.date)
    )


def _foreign(rule: str) -> Reading:
    return Reading(("out_of_scope",), _STRONG, _WIDE_LEAD, rule, "default", "abstain")
