"""Merge a request's fields into the text's: text over client over template over default."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import cache

from hawk_backend.catalogue.lexicon import lexicon
from hawk_backend.pipeline.intent.confidence import confidence
from hawk_backend.pipeline.intent.dates import read_absolute
from hawk_backend.pipeline.intent.frame import INSTRUCTION_TYPE, DateRange, Evidence, Intent, Slots
from hawk_backend.pipeline.intent.ids import scan_ids
from hawk_backend.pipeline.intent.scope import has_record_id, is_narrow, scope_of

EXTENT = "extent"
"""Name of the evidence that a prompt speaks of all, every, each or overall."""
_INTENTS = {letter: intent for intent, letter in INSTRUCTION_TYPE.items()}
_FIELD_STRENGTH = 80
_LEAD = 10
_LONGEST_NAME = 120


@dataclass(slots=True)
class _Merge:
    """Slots, evidence and assumptions while the fields are merged one by one."""

    values: dict[str, object]
    evidence: list[Evidence] = field(default_factory=list)
    assumptions: list[str] = field(default_factory=list)

    def put(self, name: str, field_name: str, value: object) -> None:
        """Take a client's value where the text has none; tell of one that contradicts the text."""
        said = self.values.get(name)
        if said in (None, ()):
            self.values[name] = value
            self.evidence.append(Evidence(name, value, "client", None, f"field {field_name}"))
        elif not _agrees(said, value):
            self.assumptions.append(
                f"the request's {field_name} {_shown(value)} contradicts the text and is dropped"
            )

    def refuse(self, field_name: str, value: object) -> None:
        """Tell of a field that cannot be read."""
        self.assumptions.append(f"the request's {field_name} {value!r} is not known and is dropped")


def resolve(intent: Intent, fields: Mapping[str, object]) -> Intent:
    """Return `intent` with the client's `fields`, by Prompt's names, where the text leaves room.

    A field that contradicts the text, or that cannot be read, is dropped and told in `assumptions`.
    `instruction_type` decides only where the text carries no intent.
    """
    if intent.intent == "out_of_scope":
        return intent
    given = {name: value for name, value in fields.items() if value not in (None, "", ())}
    merge = _Merge({name: getattr(intent.slots, name) for name in Slots.__slots__})
    _currency(intent, given, merge)
    for field_name, slot, read in _FIELDS:
        if field_name in given:
            value = read(given[field_name])
            if value is not None:
                merge.put(slot, field_name, value)
            elif field_name not in _QUIET:
                merge.refuse(field_name, given[field_name])
    _amount_currency(merge)
    return _reframed(_typed(intent, given.get("instruction_type")), merge)


def _currency(intent: Intent, given: Mapping[str, object], merge: _Merge) -> None:
    for field_name in ("currency", "exposure_currency"):
        if field_name not in given:
            continue
        code = str(given[field_name]).strip().upper()
        if code not in _codes():
            merge.refuse(field_name, given[field_name])
        elif code in intent.slots.exclude_currency:
            merge.assumptions.append(
                f"the request's {field_name} {code} contradicts the text and is dropped"
            )
        elif _is_guess(intent, field_name, code):
            merge.assumptions.append("USD is not taken from the request: the prompt is about more")
        else:
            filters = not merge.values["currency"]
            merge.put("currency", field_name, (code,))
            if filters:
                merge.assumptions.append(
                    f"{code} is taken from the request, the text names no currency"
                )


def _is_guess(intent: Intent, field_name: str, code: str) -> bool:
    """Whether USD stands there only because the page found no currency in the prompt."""
    if field_name != "currency" or code != "USD" or intent.slots.currency:
        return False
    return has_record_id(intent.slots) or any(item.name == EXTENT for item in intent.evidence)


def _amount_currency(merge: _Merge) -> None:
    """Give an amount without a currency the only one there is."""
    codes = merge.values["currency"]
    if merge.values["amount"] is None or merge.values["amount_currency"] is not None:
        return
    if isinstance(codes, tuple) and len(codes) == 1:
        merge.values["amount_currency"] = codes[0]


def _typed(intent: Intent, letter: object) -> Intent:
    """Let the instruction type decide where the text carries no intent."""
    wanted = _INTENTS.get(str(letter))
    silent = not intent.evidence or intent.evidence[0].source in {"template", "default"}
    if wanted is None or not silent:
        return intent
    told = Evidence("intent", wanted, "client", None, "field instruction_type")
    return replace(
        intent,
        intent=wanted,
        intents=(wanted,),
        behaviour="proceed",
        confidence=confidence(_FIELD_STRENGTH, _LEAD),
        assumptions=(),
        evidence=(told, *intent.evidence[1:]),
    )


def _reframed(intent: Intent, merge: _Merge) -> Intent:
    """Return the frame with merged slots; an object that a field names needs no asking back."""
    slots = Slots(**merge.values)  # type: ignore[arg-type]  # the values are the fields' own
    open_choice = len(intent.intents) > 1 or intent.intent == "general_query"
    named = is_narrow(slots) and not is_narrow(intent.slots) and not open_choice
    behaviour = "proceed" if named and intent.behaviour == "clarify" else intent.behaviour
    kept = () if behaviour != intent.behaviour else intent.assumptions
    return replace(
        intent,
        slots=slots,
        behaviour=behaviour,
        scope=scope_of(intent.intents, behaviour, slots),
        assumptions=(*kept, *merge.assumptions),
        evidence=(*intent.evidence, *merge.evidence),
    )


def _identifier(slot: str) -> Callable[[object], object]:
    def read(value: object) -> object:
        text = str(value).strip().lower()
        candidates = (text, f"order {text}", f"sub-order {text}", f"entity {text}")
        for candidate in candidates:
            for finding in scan_ids(candidate, _codes()):
                if finding.name == slot:
                    return finding.value
        return None

    return read


def _previous(value: object) -> object:
    return _identifier("order_id")(value)


def _entities(value: object) -> object:
    """Return an id, or a name as it is: what it stands for, entity_master says."""
    name = " ".join(str(value).split())
    found = _identifier("entity_ids")(name) or name
    return (found,) if 0 < len(name) <= _LONGEST_NAME else None


def _term(slot: str) -> Callable[[object], object]:
    def read(value: object) -> object:
        return _terms(slot).get(str(value).strip().lower().replace("_", " "))

    return read


def _amount(value: object) -> Decimal | None:
    try:
        number = value if isinstance(value, Decimal) else Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() and number >= 0 else None


def _portfolio(value: object) -> object:
    code = str(value).strip().upper()
    return code if code in _portfolios() else None


def _date(value: object) -> DateRange | None:
    if isinstance(value, datetime):
        value = value.date()
    if isinstance(value, date):
        return DateRange("day", value, value)
    return read_absolute(str(value).strip().lower())


_FIELDS: tuple[tuple[str, str, Callable[[object], object]], ...] = (
    ("amount", "amount", _amount),
    ("hedge_amount_order", "amount", _amount),
    ("entity_id", "entity_ids", _entities),
    ("entity_scope", "entity_type", _term("entity_type")),
    ("nav_type", "nav_type", _term("nav_type")),
    ("order_id", "order_id", _identifier("order_id")),
    ("previous_order_id", "previous_order_id", _previous),
    ("sub_order_id", "sub_order_id", _identifier("sub_order_id")),
    ("instruction_id", "instruction_id", _identifier("instruction_id")),
    ("hedge_method", "hedge_method", _term("hedge_method")),
    ("hedging_instrument_hint", "instrument", _term("instrument")),
    ("portfolio", "portfolio", _portfolio),
    ("transaction_date", "date", _date),
    ("new_maturity_date", "date", _date),
    ("termination_date", "date", _date),
    ("time_period", "date", _date),
)
_QUIET = frozenset({"instruction_id", "entity_scope"})
"""Fields that clients fill with labels of their own ("agent-conversation", "I7")."""


def _agrees(said: object, value: object) -> bool:
    if isinstance(said, tuple) and isinstance(value, tuple):
        return set(value) <= set(said)
    if isinstance(said, DateRange) and isinstance(value, DateRange):
        return (said.start, said.end) == (value.start, value.end)
    return said == value


def _shown(value: object) -> str:
    if isinstance(value, DateRange):
        return value.start.isoformat()
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _codes() -> frozenset[str]:
    return lexicon().codes


@cache
def _terms(slot: str) -> Mapping[str, str]:
    return dict(_spelled(slot))


def _spelled(slot: str) -> Iterator[tuple[str, str]]:
    for phrase, value in lexicon().term_phrases(slot):
        yield phrase, value
        yield value.lower().replace("_", " "), value


@cache
def _portfolios() -> frozenset[str]:
    return frozenset(str(lexicon().terms["portfolio"]["codes"]).split())
