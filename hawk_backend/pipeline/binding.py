"""Binding: what a prompt wants, in the words of the data that has arrived.  Pure."""

from collections.abc import Iterable, Mapping

from hawk_backend.pipeline.entities import resolve
from hawk_backend.pipeline.filters import Filters
from hawk_backend.pipeline.matching import Bound
from hawk_backend.pipeline.plan import CURRENCIES, ENTITIES, QueryPlan
from hawk_backend.rows import Slice


def bind(plan: QueryPlan, slices: Mapping[str, Slice], absent: frozenset[str]) -> Bound:
    """Resolve entities, find proxies, and let named records tell their currency.

    A slot whose table is not there is uncertain: entities then stand for themselves.
    """
    asked = plan.wanted
    values = dict(asked.values)
    uncertain = set()
    if "entity" in values:
        if entities := slices.get(ENTITIES):
            values["entity"] = resolve(values["entity"], entities).ids
        else:
            uncertain.add("entity")
    bound = Bound(asked, values, frozenset(), frozenset(uncertain), absent)
    if told := _told(bound, plan, slices):
        values["currency"] = told
    proxies = _proxies(values.get("currency", frozenset()), slices.get(CURRENCIES))
    return Bound(asked, values, proxies, frozenset(uncertain), absent)


def _told(bound: Bound, plan: QueryPlan, slices: Mapping[str, Slice]) -> frozenset[str]:
    """Return the currencies of the records that the prompt names, where it asks for none."""
    filters = Filters(bound, lambda table, _slot: slices.get(table))
    return frozenset(
        str(cell)
        for name, slots in plan.told_by.items()
        if (table := slices.get(name)) and (column := table.table.tells) in table.columns
        for i in filters.passing(table, (slots,)).positions
        if (cell := table.rows[i][str(column)])
    )


def _proxies(currencies: Iterable[str], configuration: Slice | None) -> frozenset[str]:
    if configuration is None or "proxy_currency" not in configuration.columns:
        return frozenset()
    rows = configuration.rows
    found = {
        rows[i]["proxy_currency"]
        for code in currencies
        for i in configuration.index["currency_code"].get(code, ())
    }
    return frozenset(str(cell) for cell in found if cell)
