"""The catalogue's files are checked as a whole before anything starts."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from hawk_backend.catalogue import Catalogue, Need, Volatility
from hawk_backend.catalogue.load import HERE
from hawk_backend.errors import ConfigurationError

Edit = Callable[[str, str, str], Path]

INTENTS = [
    "hedge_inception",
    "hedge_utilization",
    "hedge_rollover",
    "hedge_termination",
    "hedge_amendment",
    "hedge_inquiry",
    "risk_analysis",
    "var_calculation",
    "stress_test",
    "correlation_analysis",
    "compliance_report",
    "regulatory_report",
    "threshold_monitoring",
    "audit_trail",
    "performance_metrics",
    "hedge_effectiveness",
    "pnl_attribution",
    "performance_comparison",
    "position_monitoring",
    "exposure_analysis",
    "hedge_monitoring",
    "portfolio_analysis",
    "mx_bookings",
    "gl_entries_query",
    "system_status",
    "configuration_query",
    "market_analysis",
    "general_query",
    "out_of_scope",
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the shipped catalogue that a test may spoil."""
    for name in ("tables.toml", "intents.toml", "currencies.toml"):
        shutil.copy(HERE / name, tmp_path / name)
    return tmp_path


@pytest.fixture
def edit(folder: Path) -> Edit:
    """Replace text in one of the copied files and return their folder."""

    def replace(file: str, old: str, new: str) -> Path:
        text = (folder / file).read_text("utf-8")
        assert old in text
        (folder / file).write_text(text.replace(old, new, 1), "utf-8")
        return folder

    return replace


def test_the_shipped_catalogue_is_sound() -> None:
    """Every intent of the corpus is declared, and every instruction but Q has a critical table."""
    catalogue = Catalogue.load()

    assert sorted(catalogue.intents) == sorted(INTENTS)
    assert {i.instruction for i in catalogue.intents.values() if i.binding} == set("IURTA")
    assert all(i.critical for i in catalogue.intents.values() if i.binding)
    assert list(catalogue.intents["out_of_scope"].needs()) == []


def test_a_table_knows_its_columns_and_its_total_order() -> None:
    """Flags, class and order are read, and the key closes the order."""
    position = Catalogue.load().tables["position_nav_master"]

    assert position.volatility is Volatility.SLOW
    assert [(term.column, term.descending) for term in position.total_order] == [
        ("as_of_date", True),
        ("nav_id", False),
    ]
    assert {"currency_code", "entity_id", "nav_type", "as_of_date"} <= set(position.indexed)
    assert not position.by_name["created_by"].rendered


def test_known_currencies_are_iso_codes_and_the_offshore_renminbi() -> None:
    """CNH is known beside ISO 4217, a made-up code is not."""
    currencies = Catalogue.load().currencies

    assert {"CNY", "CNH", "USD", "XCG"} <= currencies
    assert "DGE" not in currencies


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        (
            "intents.toml",
            'critical = ["threshold_configuration"]',
            'critical = ["treshold_configuration"]',
            "intents.toml [compliance_report]: treshold_configuration is no table",
        ),
        (
            "intents.toml",
            'critical = ["entity_master", "position_nav_master", "allocation_engine"]',
            "critical = []",
            "intents.toml [hedge_utilization]: an instruction other than Q needs a critical",
        ),
        (
            "intents.toml",
            'wanted = ["system_configuration"',
            'wanted = ["system_configuration", "system_configuration"',
            "intents.toml [system_status]: system_configuration stands twice",
        ),
        (
            "intents.toml",
            "limits = { audit_trail = 500",
            "limits = { gl_coa = 500",
            "intents.toml [audit_trail]: limits: gl_coa is none of its tables",
        ),
        (
            "intents.toml",
            'status = ["deal_bookings"]',
            'status = ["murex_book_config"]',
            "intents.toml [mx_bookings]: filters.status: murex_book_config has no rule",
        ),
        (
            "intents.toml",
            'status = ["deal_bookings"]',
            'staus = ["deal_bookings"]',
            "intents.toml [mx_bookings]: filters.staus is no slot",
        ),
        (
            "intents.toml",
            'status = ["deal_bookings"]',
            'currency = ["deal_bookings"]',
            "intents.toml [mx_bookings]: filters.currency: narrows every table",
        ),
        (
            "intents.toml",
            'status = ["deal_bookings"]',
            'status = ["gl_coa"]',
            "intents.toml [mx_bookings]: filters.status: gl_coa is none of its tables",
        ),
        (
            "intents.toml",
            'hedge_instructions = ["executed", "today"]',
            'hedge_instructions = ["executed", "tody"]',
            "intents.toml [hedge_inception]: shown.tody is no slot",
        ),
        (
            "intents.toml",
            'adds = ["entity_master"',
            'adds = ["entity_masters"',
            "intents.toml [scopes.comprehensive]: entity_masters is no table",
        ),
        ("intents.toml", "family = ", "familly = ", "intents.toml [hedge_inception]: familly"),
        (
            "tables.toml",
            'currency = { columns = ["currency_code"] }',
            'currency = { columns = ["currency"] }',
            "tables.toml [entity_master]: filters.currency: currency is no",
        ),
        (
            "tables.toml",
            'key = ["entity_id"]',
            'key = ["entity"]',
            "tables.toml [entity_master]: entity is no column",
        ),
        (
            "tables.toml",
            'order = ["currency_code"]',
            'order = ["currency_code down"]',
            "tables.toml [entity_master]: order: 'currency_code down'",
        ),
        (
            "tables.toml",
            'via = "entity_master"',
            'via = "entity_mister"',
            "tables.toml [position_nav_master]: filters.entity_type: entity_mister has no rule",
        ),
        (
            "tables.toml",
            'via = "hedge_instructions", match = "instruction_id"',
            'via = "hedge_instructions", match = "result"',
            "filters.order: result is no filter column of hedge_instructions",
        ),
        (
            "tables.toml",
            'event = { columns = ["instruction_id"], via = "hedge_business_events" }\ndeal',
            'event = { columns = ["instruction_id"], via = "hedge_instructions" }\ndeal',
            "tables.toml [hedge_instructions]: filters.event: leads through more than 3 tables",
        ),
        (
            "tables.toml",
            'threshold_configuration = ["entity", "entity_type"]',
            'threshold_configurations = ["entity", "entity_type"]',
            "tables.toml [entity_master]: beside: threshold_configurations is no table",
        ),
        (
            "tables.toml",
            'threshold_configuration = ["entity", "entity_type"]',
            'threshold_configuration = ["nav_type"]',
            "tables.toml [entity_master]: beside.threshold_configuration: nav_type has no rule",
        ),
        (
            "tables.toml",
            'bases = ["hedge_instructions"]',
            'bases = ["hedge_instruction"]',
            "bases: hedge_instruction is no table",
        ),
        (
            "tables.toml",
            'entity_type = "text filter desk"',
            'entity_type = "string filter desk"',
            "tables.toml [entity_master]: columns",
        ),
        (
            "tables.toml",
            'entity_type = "text filter desk"',
            'entity_type = ""',
            'entity_type: write "<type> [flags]"',
        ),
        ("tables.toml", "row_cap", "row_kap", "row_kap"),
        ("tables.toml", 'class = "slow"', 'class = "quick"', "tables.toml [entity_master]: class"),
        ("tables.toml", "[entity_master]", "[entity_master", "tables.toml: "),
        ("currencies.toml", '"AED"', '"aed"', "currencies.toml [codes]: iso"),
        (
            "tables.toml",
            "[entity_master]",
            '[entity_master]\nslice_by = "entity"',
            "tables.toml [entity_master]: slice_by: Input should be 'currency'",
        ),
    ],
)
def test_a_fault_names_file_table_and_key(
    edit: Edit, file: str, old: str, new: str, said: str
) -> None:
    """A catalogue that contradicts itself stops the start and says where."""
    if old == "row_cap":
        edit(file, "core = true", "row_cap = 500\ncore = true")
    folder = edit(file, old, new)

    with pytest.raises(ConfigurationError) as caught:
        Catalogue.load(folder)

    assert said in caught.value.detail


@pytest.mark.parametrize("table", ["gl_coa", "market_data", "currency_rates", "deal_bookings"])
def test_slices_by_currency_need_a_column_that_holds_it(edit: Edit, table: str) -> None:
    """No rule, no columns, a pair with its proxies, another table's rows: each is refused."""
    folder = edit("tables.toml", f"[{table}]", f'[{table}]\nslice_by = "currency"')

    with pytest.raises(ConfigurationError) as caught:
        Catalogue.load(folder)

    assert caught.value.detail.startswith(f"tables.toml [{table}]: slice_by: each rule of filters")
    assert "raise row_cap" in caught.value.detail


def test_slices_by_currency_hold_whole_snapshots(edit: Edit) -> None:
    """A currency's rows must tell by themselves which of them are the newest."""
    edit("tables.toml", "[car_master]", '[car_master]\nslice_by = "currency"')
    folder = edit(
        "tables.toml", "[position_nav_master]", '[position_nav_master]\nslice_by = "currency"'
    )
    assert Catalogue.load(folder).sliced == {"car_master", "position_nav_master"}

    edit("tables.toml", 'latest_by = ["entity_id", "currency_code"]', 'latest_by = ["entity_id"]')
    with pytest.raises(ConfigurationError) as caught:
        Catalogue.load(folder)
    assert caught.value.detail == (
        "tables.toml [car_master]: slice_by: latest_by of filters.snapshot must name "
        "currency_code, too"
    )


def test_a_missing_file_is_named(folder: Path) -> None:
    """A catalogue without one of its files does not start."""
    (folder / "intents.toml").unlink()

    with pytest.raises(ConfigurationError, match=r"intents\.toml"):
        Catalogue.load(folder)


def test_a_table_and_an_intent_are_added_by_data_alone(folder: Path) -> None:
    """Two edits of the files make a new table answer a new intent."""
    with (folder / "tables.toml").open("a", encoding="utf-8") as tables:
        tables.write("""
[netting_sets]
title = "Netting sets"
class = "slow"
key = ["set_id"]
order = ["currency_code"]
ttl_s = 600
priority = 40
core = false
[netting_sets.columns]
set_id = "text filter"
currency_code = "text filter"
net_amount = "amount"
[netting_sets.filters]
currency = { columns = ["currency_code"] }
""")
    with (folder / "intents.toml").open("a", encoding="utf-8") as intents:
        intents.write("""
[netting_query]
family = "operations"
critical = ["netting_sets"]
""")

    catalogue = Catalogue.load(folder)

    assert list(catalogue.intents["netting_query"].needs()) == [("netting_sets", Need.CRITICAL)]
    assert catalogue.tables["netting_sets"].filters["currency"][0].columns == ("currency_code",)
