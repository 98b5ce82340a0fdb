"""The analysis is made of the context alone."""

import re

from hypothesis import given
from hypothesis import strategies as st

from hawk_backend.dev.dify.analysis import analyse, pieces

CONTEXT = """PROMPT ANALYSIS
Intent: utilization

## Capacity
Total available capacity for CNY: 1,347,500.0
CNY headroom is a capacity of 12 percent
- **Threshold status:** WARNING (81.5 %)

=== DATA GAPS ===
- currency_rates have no row for IDR
- none of the hedges is older than 30 days

## Entities
| Entity | Available | State |
|---|---:|---|
| ENTITY0001 | 250,000.0 | ok |
| ENTITY0002 | 100,000.0 | blocked |
| Total | 350,000.0 | |

Prose that says nothing, at some length.
"""

FENCED = """
=== PROMPT ANALYSIS ===
Prompt:
> is a capacity of 777 enough?

--- Capacity by currency (sum of Available)
| Currency | Total capacity | Entities
| CNY | 1,347,500.0 | E7 482,500.0, E8 865,000.0

=== ALERTS ===
| the rule-based total of 1,365,000.0 differs by 17,500.0

=== DATA GAPS ===
| currency_rates could not be read (timeout): nothing may be inferred.
"""


def test_it_repeats_the_question() -> None:
    """The first line says what was asked, on one line."""
    assert analyse("CNY\ncapacity?", CONTEXT).split("\n")[0] == "**Asked:** CNY capacity?"


def test_it_quotes_figures_as_they_stand() -> None:
    """Lines of figures, lists under telling headings and rows keep their own formatting."""
    told = analyse("q", CONTEXT)
    for quote in (
        "- **Total available capacity for CNY:** 1,347,500.0",
        "- CNY headroom is a capacity of 12 percent",
        "- **Threshold status:** WARNING (81.5 %)",
        "- currency_rates have no row for IDR",
        "- none of the hedges is older than 30 days",
        "### Entities\n\n| Entity | Available | State |\n| --- | --- | --- |\n| ENTITY0001 |",
        "| Total | 350,000.0 |",
    ):
        assert quote in told
    assert "Prose" not in told


def test_it_reads_rows_behind_a_fence() -> None:
    """Rows that begin with a bar are rows, one cell is an item, a citation is no figure."""
    told = analyse("q", FENCED)
    assert "### Capacity by currency (sum of Available)\n\n| Currency | Total capacity" in told
    assert "| CNY | 1,347,500.0 | E7 482,500.0, E8 865,000.0" in told
    assert "- the rule-based total of 1,365,000.0 differs by 17,500.0" in told
    assert "- **currency_rates could not be read (timeout):** nothing may be inferred." in told
    assert "777" not in told


def test_without_a_context_it_says_so() -> None:
    """No context, no figures, and no pretence."""
    assert "No context was received" in analyse("q", " \n")


def test_it_is_deterministic() -> None:
    """The same context gives the same answer."""
    assert analyse("q", CONTEXT) == analyse("q", CONTEXT)


LINES = st.lists(
    st.text(st.sampled_from("capacity alert:|-#= 0123456789.,ABé\u2028"), max_size=400), max_size=12
)


@given(st.text(st.sampled_from("ab 123\n"), max_size=500), LINES)
def test_no_figure_is_invented_or_cut(query: str, lines: list[str]) -> None:
    """Every number in the answer stands in the context or in the question, whole."""
    known = set(re.findall(r"\d[\d.,]*", "\n".join([" ".join(query.split()), *lines])))
    told = set(re.findall(r"\d[\d.,]*", analyse(query, "\n".join(lines))))
    assert {number.rstrip(".,") for number in told} <= {number.rstrip(".,") for number in known}


@given(st.text(max_size=3000), st.none() | st.integers(1, 200))
def test_pieces(text: str, count: int | None) -> None:
    """The pieces are the text, and as many as wanted; by default at most sixty."""
    told = pieces(text, count)
    assert all(told)
    if count is None:
        assert ("".join(told), len(told) <= 60) == (text, True)
    else:
        assert len(told) == count
        assert "".join(told).startswith(text)


def test_a_usual_answer_comes_in_twenty_to_sixty_pieces() -> None:
    """Enough to see it stream."""
    assert 20 <= len(pieces(analyse("q", CONTEXT))) <= 60
