"""Record ids, entity ids and numeric dates: fixed forms, found before any number is read."""

import re
from collections.abc import Iterator
from datetime import date

from hawk_backend.pipeline.intent.datewords import MONTH
from hawk_backend.pipeline.intent.spans import Finding

_TAIL = r"[a-z]{0,12}\d[a-z0-9]{0,24}(?:[-_][a-z0-9]{1,24}){0,6}"
_FORM = re.compile(
    r"(?<![a-z0-9_])(?:"
    r"(?P<prev>(?:previous|prev|prior)[ ._:-]{0,2}(?:hedge )?)?"
    r"(?:"
    r"(?P<order_word>orders?|ord)(?: ?(?:no\.?|nr\.?|number|id|#))?"
    rf"(?P<order_gap>[\s_#:.-]{{0,3}}(?:ord[-_ ]?)?)(?P<order>{_TAIL})"
    r"|(?P<sub_word>sub[-_ ]?orders?|sub)[\s_#:-]{0,2}(?:sub[-_ ]?)?(?P<sub>\d{1,12})"
    r"|(?:instructions?(?: id)?[\s_#:-]{1,2})?"
    r"(?P<inst>inst[-_][a-z0-9]{1,24}(?:[-_][a-z0-9]{1,24}){0,6}|inst\d{1,12}"
    r"|(?<=instruction )\d{1,12})"
    rf"|(?P<event>evt[-_]?{_TAIL}|event[-_]{_TAIL})"
    r"|(?P<deal>mx[-_]?\d{3,12}|brx[-_]?\d{1,12}|mx \d{5,12})"
    r"|(?P<entity_word>ent(?:it[a-z]{1,5}|[a-z]{1,3}y)?|en[a-z]{2,5}y|etn?ity|实体|實體)"
    r"[\s_#:-]{0,2}(?:id )?(?P<entity>\d{1,6})"
    r"|(?P<iso>\d{4}[-/.]\d{1,2}[-/.]\d{1,2})"
    r"|(?P<dmy>\d{1,2}[-/.]\d{1,2}[-/.](?:\d{4}|\d{2}))"
    r"|(?P<settle>t ?\+ ?\d{1,2})"
    rf"|(?<!-)(?P<code>(?:[a-z]{{1,12}}[-_]){{1,4}}{_TAIL}"
    rf"|(?:msg|trc|alloc|pnm|thr|buf|glpkg|hawk)[-_]?{_TAIL})"
    r"))(?![a-z0-9])"
)
_ENTITY = frozenset("entity")
_UNITS = re.compile(r"\d+(?:k|m|mm|bn|b|mio|mil|mn|y|w|d)$")


def scan_ids(low: str, codes: frozenset[str]) -> Iterator[Finding]:
    """Yield what stands in a fixed form, left to right; `low` is plain text in lower case."""
    for match in _FORM.finditer(low):
        kind = match.lastgroup or ""
        finding = _READ[kind](match, codes) if kind in _READ else None
        if finding is not None:
            yield finding


def _order(match: re.Match[str], _codes: frozenset[str]) -> Finding | None:
    rest = match["order"]
    loose = match["order_gap"].strip() == "" and not match["order_gap"].endswith("_")
    if loose and (_UNITS.match(rest) or not rest[0].isdigit()):
        return None
    name = "previous_order_id" if match["prev"] else "order_id"
    return _finding(match, name, "ORD-" + rest.upper().replace("_", "-"), "order id")


def _sub(match: re.Match[str], _codes: frozenset[str]) -> Finding:
    return _finding(match, "sub_order_id", "SUB-" + match["sub"], "sub-order id")


def _instruction(match: re.Match[str], _codes: frozenset[str]) -> Finding:
    code = match["inst"].upper().replace("-", "_")
    value = f"INST_{code}" if code.isdigit() else code
    return _finding(match, "instruction_id", value, "instruction id")


def _event(match: re.Match[str], _codes: frozenset[str]) -> Finding:
    return _finding(match, "event_id", match["event"].upper(), "event id")


def _deal(match: re.Match[str], _codes: frozenset[str]) -> Finding:
    return _finding(match, "deal_id", re.sub("[-_ ]", "", match["deal"]).upper(), "deal id")


def _entity(match: re.Match[str], _codes: frozenset[str]) -> Finding | None:
    if not _spells_entity(match["entity_word"]):
        return None
    return _finding(match, "entity_ids", "ENTITY" + match["entity"], "entity id")


def _code(match: re.Match[str], codes: frozenset[str]) -> Finding | None:
    """Read any other record's code as a code, so that its digits are no money."""
    first, *rest = re.split("[-_]", match["code"])
    if rest and (first.upper() in codes or first in MONTH):
        return None
    return _finding(match, "code", match["code"].upper(), "code")


def _iso(match: re.Match[str], _codes: frozenset[str]) -> Finding | None:
    year, month, day = (int(part) for part in re.split("[-/.]", match["iso"]))
    return _day(match, year, month, day)


def _dmy(match: re.Match[str], _codes: frozenset[str]) -> Finding | None:
    day, month, year = (int(part) for part in re.split("[-/.]", match["dmy"]))
    return _day(match, year + 2000 if year < 100 else year, month, day)  # noqa: PLR2004 - two digits


def _day(match: re.Match[str], year: int, month: int, day: int) -> Finding | None:
    try:
        value = date(year, month, day)
    except ValueError:
        return None
    return _finding(match, "day", value, "numeric date")


def _settle(match: re.Match[str], _codes: frozenset[str]) -> Finding:
    return _finding(match, "settle", int(match["settle"].strip("t +")), "T+n")


_READ = {
    "order": _order,
    "sub": _sub,
    "inst": _instruction,
    "event": _event,
    "deal": _deal,
    "entity": _entity,
    "iso": _iso,
    "dmy": _dmy,
    "settle": _settle,
    "code": _code,
}


def _finding(match: re.Match[str], name: str, value: object, rule: str) -> Finding:
    return Finding(name, value, match.start(), match.end(), rule)


def _spells_entity(word: str) -> bool:
    """Whether `word` is "ent", or "entity" but for a slip: one letter more or less."""
    if word in {"ent", "entity", "entities", "实体", "實體"}:
        return True
    shared = set(word) & _ENTITY
    return len(shared) >= len(_ENTITY) - 1 and abs(len(word) - len("entity")) <= 1
