"""Score a parser on a labelled corpus by the arithmetic of the label scheme."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Record = Mapping[str, Any]
Parse = Callable[[str, str | None], Record]

CORPUS = Path(__file__).parent / "corpus"
LISTS = ("currency", "exclude_currency", "entity_ids")
SCALARS = (
    "amount",
    "amount_currency",
    "entity_type",
    "nav_type",
    "order_id",
    "previous_order_id",
    "sub_order_id",
    "instruction_id",
    "event_id",
    "deal_id",
    "portfolio",
    "hedge_method",
    "instrument",
    "status",
    "percentage",
    "confidence_level",
)
SLOTS = (*LISTS, *SCALARS, "date")
RIGHT_BEHAVIOUR = {
    "proceed": {"proceed"},
    "clarify": {"clarify"},
    "abstain": {"abstain", "clarify"},
}
BINS = 10


@dataclass
class Tally:
    """True and false positives, false negatives."""

    hit: int = 0
    wrong: int = 0
    missed: int = 0

    def add(self, expected: Sequence[object], found: Sequence[object]) -> bool:
        """Count one frame's values; return whether they are exactly the expected ones."""
        left = list(expected)
        for value in found:
            same = next((other for other in left if _same(value, other)), None)
            if same is not None:
                left.remove(same)
        hit = len(expected) - len(left)
        self.hit += hit
        self.wrong += len(found) - hit
        self.missed += len(left)
        return not left and len(found) == hit

    @property
    def f1(self) -> float:
        """Twice the hits over all that was expected or found."""
        total = 2 * self.hit + self.wrong + self.missed
        return 2 * self.hit / total if total else 1.0


@dataclass
class Score:
    """Shares of right answers, and what is wrong by prompt id."""

    prompts: int = 0
    intent: float = 0.0
    intent_plain: float = 0.0
    slot_f1: float = 0.0
    frame_exact: float = 0.0
    behaviour: float = 0.0
    scope: float = 0.0
    unsafe: int = 0
    calibration_error: float = 0.0
    slots: dict[str, float] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)


def load(name: str) -> list[Record]:
    """Return the records of a corpus."""
    lines = (CORPUS / f"{name}.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


def gazetteer() -> dict[str, str]:
    """Return the stand-in for entity_master: name → id."""
    names: dict[str, str] = json.loads((CORPUS / "gazetteer.json").read_text("utf-8"))
    return {name: entity for name, entity in names.items() if not name.startswith("_")}


def score(records: Sequence[Record], parse: Parse) -> Score:
    """Score `parse` on `records`."""
    tallies = {slot: Tally() for slot in SLOTS}
    frames = [
        (record, parse(record["prompt"], record.get("template_category"))) for record in records
    ]
    right = [_is_right(record, frame) for record, frame in frames]
    exact = [
        _fill(record, frame, tallies) and good
        for (record, frame), good in zip(frames, right, strict=True)
    ]
    plain = [
        good for (record, _), good in zip(frames, right, strict=True) if "plain" in record["tags"]
    ]
    return Score(
        prompts=len(records),
        intent=_share(right),
        intent_plain=_share(plain),
        slot_f1=_micro(tallies.values()),
        frame_exact=_share(exact),
        behaviour=_share(
            frame["behaviour"] in RIGHT_BEHAVIOUR[record["behaviour"]] for record, frame in frames
        ),
        scope=_share(frame["scope"] == record["scope"] for record, frame in frames),
        unsafe=sum(_is_unsafe(record, frame) for record, frame in frames),
        calibration_error=_calibration([frame["confidence"] for _, frame in frames], right),
        slots={slot: round(tally.f1, 4) for slot, tally in tallies.items()},
        wrong=[record["id"] for (record, _), good in zip(frames, exact, strict=True) if not good],
    )


def _is_right(record: Record, frame: Record) -> bool:
    return frame["intent"] == record["intent"] or frame["intent"] in record["also"]


def _is_unsafe(record: Record, frame: Record) -> bool:
    return not set(record["negated_intents"]).isdisjoint({frame["intent"], *frame["intents"]})


def _fill(record: Record, frame: Record, tallies: Mapping[str, Tally]) -> bool:
    """Count a frame's slots; return whether all are right.  Out of domain few are looked at."""
    foreign = record["intent"] == "out_of_scope"
    names = ("currency", "amount") if foreign else SLOTS
    counted = [
        tallies[name].add(_values(record["slots"], name), _found(record, frame["slots"], name))
        for name in names
    ]
    return all(counted)


def _found(record: Record, slots: Record, name: str) -> list[object]:
    """Return what a parser found; an equally right list of currencies is the expected one."""
    found = _values(slots, name)
    other = record.get("alt_currency") or ()
    if name == "currency" and other and set(found) == set(other):
        return _values(record["slots"], name)
    if name == "amount_currency" and found and found[0] in other:
        return _values(record["slots"], name)
    return found


def _values(slots: Record, name: str) -> list[object]:
    value = slots.get(name)
    if value is None:
        return []
    if name in LISTS:
        return list(dict.fromkeys(value))
    return [(value["start"], value["end"])] if name == "date" else [value]


def _same(one: object, two: object) -> bool:
    if isinstance(one, int | float) and isinstance(two, int | float):
        return abs(one - two) <= 1e-6 * max(1.0, abs(two))
    if isinstance(one, str) and isinstance(two, str):
        return one.strip().upper() == two.strip().upper()
    return one == two


def _share(flags: Iterable[bool]) -> float:
    found = list(flags)
    return sum(found) / len(found) if found else 1.0


def _micro(tallies: Iterable[Tally]) -> float:
    total = Tally()
    for tally in tallies:
        total.hit += tally.hit
        total.wrong += tally.wrong
        total.missed += tally.missed
    return total.f1


def _calibration(confidences: Sequence[float], right: Sequence[bool]) -> float:
    """Return the expected calibration error over ten bins."""
    bins: dict[int, list[tuple[float, bool]]] = {}
    for confidence, good in zip(confidences, right, strict=True):
        bins.setdefault(min(BINS - 1, int(confidence * BINS)), []).append((confidence, good))
    gaps = (
        abs(sum(c for c, _ in pairs) - sum(good for _, good in pairs)) for pairs in bins.values()
    )
    return sum(gaps) / len(right)
