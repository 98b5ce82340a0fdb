"""The buffer: what the position records first, what the rules ask for beside it."""

from decimal import Decimal

import pytest

from hawk_backend.desk import Unknown, compute
from hawk_backend.desk.lines import Line
from hawk_backend.rows import Row
from tests.desk.tables import Given, ask, entity, given, golden, known, missing, position, rule

BRANCH = entity("ENTITY0005", "Branch")
EXEMPT = entity("ENTITY0005", "Associate", "Y")


def line(row: Row, *, of: Row = BRANCH, **tables: Given) -> Line:
    """Compute the one line of a position, with some tables given otherwise."""
    changed = {"entity_master": given(of), "position_nav_master": given(row), **tables}
    (capacity,) = compute(ask(), {**golden(), **changed}).capacity
    return capacity.lines[0]


def bare(**cells: object) -> Row:
    """Make a position that records neither amount nor percent unless told."""
    row = position("ENTITY0005", "COI", "100000", "0")
    return {**row, "buffer_amount": None, "buffer_pct": None, **cells}  # type: ignore[dict-item]


def test_the_recorded_amount_comes_first() -> None:
    """The headline takes the position's own buffer, whatever percent and rule say."""
    found = line(position("ENTITY0005", "COI", "100000", "7000"))
    assert known(found.buffer) == Decimal(7_000)


def test_the_recorded_percent_comes_second() -> None:
    """Without an amount the recorded percent of SFX is the buffer."""
    found = line(bare(buffer_pct=Decimal("2.5")))
    assert known(found.buffer) == Decimal(2_500)
    assert known(found.available) == Decimal(97_500)


def test_the_rule_comes_third() -> None:
    """A position that records no buffer takes the rule's, and the two agree."""
    found = line(bare())
    assert (known(found.buffer), known(found.buffer_percent)) == (Decimal(5_000), Decimal(5))
    assert not found.buffers_disagree


def test_a_negative_position_reserves_nothing() -> None:
    """A percentage of a position below zero is no negative buffer."""
    assert known(line(bare(current_position=Decimal(-100))).buffer) == 0


def test_the_lowest_priority_number_wins() -> None:
    """Of several rules that fit, rule_priority decides, not their order."""
    rules = [
        rule("BUF_1", "ENTITY0005", "9", rule_priority=50),
        rule("BUF_2", "ENTITY0005", "3", rule_priority=2),
    ]
    for order in (rules, rules[::-1]):
        found = line(bare(), buffer_configuration=given(*order))
        assert known(found.rule.percent) == Decimal(3)


def test_of_equal_priority_the_rule_for_the_entity_wins() -> None:
    """The entity's own rule before DEFAULT, its currency's before any, then the rule's id."""
    rules = [
        rule("BUF_A", "DEFAULT", "9", rule_priority=1, currency_code="CNY"),
        rule("BUF_D", "ENTITY0005", "3"),
        rule("BUF_C", "ENTITY0005", "2"),
        rule("BUF_B", "ENTITY0005", "8", currency_code="DEFAULT"),
    ]
    for order in (rules, rules[::-1]):
        found = line(bare(), buffer_configuration=given(*order))
        assert known(found.rule.percent) == Decimal(2)


def test_the_default_rule_holds_where_no_other_fits() -> None:
    """DEFAULT rows stand for every entity and currency that no rule names."""
    rules = given(
        rule("BUF_X", "ENTITY0099", "1"),
        rule("BUF_D1", "DEFAULT", "5", car_exemption_flag="N"),
        rule("BUF_D2", "DEFAULT", "0", car_exemption_flag="Y"),
    )
    assert known(line(bare(), buffer_configuration=rules).rule.percent) == Decimal(5)
    exempt = line(bare(), of=EXEMPT, buffer_configuration=rules)
    assert known(exempt.rule.percent) == 0
    assert [str(cell) for cell in exempt.rule.percent.inputs] == [  # type: ignore[union-attr]
        "buffer_configuration[BUF_D2].buffer_percentage"
    ]


def test_rules_not_in_force_do_not_count() -> None:
    """Inactive, expired and future rules are passed over."""
    old, new = ask().today.replace(year=2024), ask().today.replace(year=2026)
    rules = given(
        rule("BUF_1", "ENTITY0005", "1", active_flag="N"),
        rule("BUF_2", "ENTITY0005", "2", expiry_date=old),
        rule("BUF_3", "ENTITY0005", "3", effective_date=new),
        rule("BUF_4", "DEFAULT", "4", effective_date=old, expiry_date=new),
    )
    assert known(line(bare(), buffer_configuration=rules).rule.percent) == Decimal(4)


@pytest.mark.parametrize(
    ("framework", "of", "percent"),
    [
        ("Fully Hedge", BRANCH, 5),
        ("Fully Hedge", EXEMPT, 5),
        ("Hedge in Excess of Optimal CAR", BRANCH, 5),
        ("Hedge in Excess of Optimal CAR", EXEMPT, 0),
    ],
)
def test_a_rule_without_percent_goes_by_its_framework(
    framework: str, of: Row, percent: int
) -> None:
    """Fully Hedge asks for 5 %, Excess of CAR for 0 % of an exempt entity, else for 5 %."""
    row = rule("BUF_1", "ENTITY0005", "0", hedging_framework=framework, buffer_percentage=None)
    found = line(bare(), of=of, buffer_configuration=given(row))
    assert known(found.rule.percent) == percent


def test_the_framework_holds_where_there_is_no_rule() -> None:
    """hedging_framework is asked after buffer_configuration."""
    framework = {
        "framework_id": "FWK_1",
        "framework_type": "FX Fully Hedge",
        "currency_code": "CNY",
        "entity_id": None,
        "buffer_percentage": Decimal("4.5"),
        "active_flag": "Y",
    }
    found = line(bare(), buffer_configuration=given(), hedging_framework=given(framework))
    assert known(found.rule.percent) == Decimal("4.5")


def test_five_percent_hold_where_nobody_speaks() -> None:
    """Rules and frameworks read completely and silent: the standard of 5 %."""
    found = line(bare(), buffer_configuration=given(), hedging_framework=given())
    assert known(found.rule.percent) == Decimal(5)


def test_rules_that_were_not_read_are_a_gap_not_a_guess() -> None:
    """Without rules the headline still stands on the recorded amount; the rule side is unknown."""
    found = line(position("ENTITY0005", "COI", "100000", "5000"), buffer_configuration=missing())
    assert known(found.available) == Decimal(95_000)
    assert found.rule.available == Unknown(("buffer_configuration: missing (timeout)",))
    assert line(bare(), buffer_configuration=missing()).available == found.rule.available


def test_an_entity_that_is_not_at_hand_leaves_its_rule_unknown() -> None:
    """Whether an unknown entity is exempt is not guessed."""
    found = line(bare(), of=entity("ENTITY0099", "Branch"))
    assert found.rule.percent == Unknown(("entity_master[ENTITY0005].car_exemption_flag",))


def test_the_subsidiary_s_conflict_is_an_alert_with_both_figures() -> None:
    """Position and rule disagree for ENTITY0007: entity, both sources, both capacities."""
    (alert,) = compute(ask(), golden()).alerts
    assert alert.code == "BUFFER_CONFLICT"
    named = ("ENTITY0007", "Subsidiary", "BUF_CNY_003", "position_nav_master")
    for part in (*named, "1,347,500.0", "1,365,000.0", "17,500.0"):
        assert part in alert.text


def test_a_difference_below_the_currency_s_precision_is_none() -> None:
    """5 % of 100,000.33 is 5,000.0165, recorded as 5,000.02: the same money."""
    row = position("ENTITY0005", "COI", "100000.33", "5000.02")
    found = line(row, buffer_configuration=given(rule("BUF_1", "ENTITY0005", "5")))
    assert not found.buffers_disagree
    assert found.rule.available == found.available
    other = position("ENTITY0005", "COI", "100000.33", "5000.03")
    assert line(
        other, buffer_configuration=given(rule("BUF_1", "ENTITY0005", "5"))
    ).buffers_disagree


def test_the_framework_of_the_currency_comes_before_one_of_all() -> None:
    """As with rules, the more specific row wins, whatever its id."""
    every: Row = {"framework_id": "F1", "currency_code": None, "buffer_percentage": Decimal(1)}
    own: Row = {"framework_id": "F2", "currency_code": "CNY", "buffer_percentage": Decimal(2)}
    found = line(bare(), buffer_configuration=given(), hedging_framework=given(every, own))
    assert known(found.rule.percent) == Decimal(2)


def test_buffers_that_agree_raise_no_alert() -> None:
    """The other three entities are not mentioned."""
    text = " ".join(map(str, compute(ask(), golden()).alerts))
    assert not any(name in text for name in ("ENTITY0005", "ENTITY0006", "ENTITY0008"))
