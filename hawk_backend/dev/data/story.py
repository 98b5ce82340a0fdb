"""All rows for an anchor date, parents before those that refer to them."""

from collections.abc import Callable
from datetime import date

from hawk_backend.dev.data import (
    allocations,
    booking_models,
    bookings,
    currencies,
    entities,
    events,
    instructions,
    ledger,
    monitoring,
    positions,
    rules,
    sessions,
    templates,
)
from hawk_backend.dev.data.days import Days
from hawk_backend.dev.data.row import Rows

TABLES: tuple[Callable[[Days], Rows], ...] = (
    currencies.currency_configuration,
    currencies.proxy_configuration,
    currencies.currency_rates,
    entities.entity_master,
    entities.hawk_entity_grants,
    positions.position_nav_master,
    positions.overlay_configuration,
    positions.car_master,
    rules.threshold_configuration,
    rules.buffer_configuration,
    rules.hedging_framework,
    rules.waterfall_logic_configuration,
    booking_models.instruction_event_config,
    booking_models.hedge_instruments,
    booking_models.murex_book_config,
    instructions.hedge_instructions,
    events.hedge_business_events,
    allocations.allocation_engine,
    bookings.deal_bookings,
    ledger.gl_coa,
    ledger.gl_periods,
    ledger.gl_rules,
    ledger.gl_entries,
    ledger.gl_entries_detail,
    ledger.gl_journal_lines,
    monitoring.hedge_effectiveness,
    monitoring.usd_pb_deposit,
    monitoring.risk_monitoring,
    monitoring.system_configuration,
    monitoring.audit_trail,
    templates.prompt_templates,
    sessions.hawk_agent_sessions,
    sessions.hawk_agent_errors,
    sessions.hawk_agent_conversations,
)
"""One function a table, of the table's name."""


def rows(anchor: date) -> dict[str, Rows]:
    """Return every table's rows; a column that a row does not name is NULL in the database."""
    days = Days(anchor)
    return {table.__name__: table(days) for table in TABLES}
