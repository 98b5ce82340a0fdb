"""Which buffer the rules ask for, beside the one that the position records."""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

from hawk_backend.desk.ask import Tables
from hawk_backend.desk.cells import flag, in_force, text, whole
from hawk_backend.desk.figure import ZERO, Address, Figure, Known, Unknown, stored
from hawk_backend.rows import Row

STANDARD = Decimal(5)
"""Percent where neither a buffer rule nor a framework speaks (domain.md 3.3)."""

RULES, _FRAMEWORK = "buffer_configuration", "hedging_framework"
_ANY = frozenset({"", "ALL", "DEFAULT"})
_LAST = 1_000_000


class BufferRules:
    """The buffer rules in force on a day, found by entity."""

    def __init__(self, tables: Tables, when: date) -> None:
        self._rules = _by_entity(tables.rows(RULES), when)
        self._frameworks = _by_entity(tables.rows(_FRAMEWORK), when)
        self._no_rules = tables.lack(RULES)
        self._no_frameworks = tables.lack(_FRAMEWORK)

    def percent(self, entity_id: str, currency: str, entity: Row | None) -> Figure:
        """Return the buffer in percent by precedence (domain.md 3.3).

        buffer_configuration, the lowest rule_priority (then the more specific entity, then the
        rule's id) → hedging_framework → 5.  Fully Hedge asks for 5, Excess of Optimal CAR for 0
        of an exempt entity and for 5 of another.  Not rounded.
        """
        if self._no_rules:
            return Unknown((self._no_rules,))
        if entity is None:
            return Unknown((str(Address("entity_master", entity_id, "car_exemption_flag")),))
        rules = [rule for rule in _about(self._rules, entity_id) if _fits(rule, currency, entity)]
        if rules:
            return _of_rule(min(rules, key=_precedence), entity)
        return self._by_framework(entity_id, currency, entity)

    def _by_framework(self, entity_id: str, currency: str, entity: Row) -> Figure:
        if self._no_frameworks:
            return Unknown((self._no_frameworks,))
        found = [
            row
            for row in _about(self._frameworks, entity_id)
            if _in(row, "currency_code", currency)
        ]
        if not found:
            return Known(STANDARD, "%", "standard buffer: no rule and no framework on record")
        row = min(found, key=_specificity)
        address = Address(_FRAMEWORK, text(row, "framework_id"), "buffer_percentage")
        return _percent(row, address, text(row, "framework_type"), entity)


def _by_entity(rows: Iterable[Row], when: date) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        if in_force(row, when):
            entity_id = text(row, "entity_id")
            found.setdefault("" if entity_id in _ANY else entity_id, []).append(row)
    return found


def _about(rows: dict[str, list[Row]], entity_id: str) -> Sequence[Row]:
    return [*rows.get(entity_id, ()), *rows.get("", ())]


def _in(row: Row, column: str, value: str) -> bool:
    cell = text(row, column)
    return cell in _ANY or cell == value


def _fits(rule: Row, currency: str, entity: Row) -> bool:
    return (
        _in(rule, "currency_code", currency)
        and _in(rule, "entity_type", text(entity, "entity_type"))
        and _in(rule, "car_exemption_flag", text(entity, "car_exemption_flag"))
    )


def _precedence(rule: Row) -> tuple[int, bool, bool, str]:
    priority = whole(rule, "rule_priority")
    return (
        _LAST if priority is None else priority,
        text(rule, "entity_id") in _ANY,
        text(rule, "currency_code") in _ANY,
        text(rule, "buffer_rule_id"),
    )


def _specificity(framework: Row) -> tuple[bool, bool, str]:
    return (
        text(framework, "entity_id") in _ANY,
        text(framework, "currency_code") in _ANY,
        text(framework, "framework_id"),
    )


def _of_rule(rule: Row, entity: Row) -> Figure:
    address = Address(RULES, text(rule, "buffer_rule_id"), "buffer_percentage")
    return _percent(rule, address, text(rule, "hedging_framework"), entity)


def _percent(row: Row, address: Address, framework: str, entity: Row) -> Figure:
    recorded = stored(row, address, "%")
    if isinstance(recorded, Known):
        return recorded
    if "excess" in framework.lower():
        exempt = flag(entity, "car_exemption_flag", null=False)
        return Known(ZERO if exempt else STANDARD, "%", f"framework: {framework}", (address,))
    if "fully" in framework.lower():
        return Known(STANDARD, "%", f"framework: {framework}", (address,))
    return recorded
