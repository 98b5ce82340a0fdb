"""No text can leave the cell that it stands in."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hawk_backend.rows.lines import CELL_LIMIT, escaped, lines, rendered

HOSTILE = st.text(st.sampled_from("=#~*-|`<>\n\r\t\x00\x85\u2028\u200b\u202e\\ aé⏎¦"), max_size=40)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text, 5 % (of it)", "plain text, 5 % (of it)"),
        ("one\ntwo\r\nthree\u2028four", "one⏎two⏎three⏎four"),
        ("a | b", "a ¦ b"),
        ("```sql", "'''sql"),
        ("</data><system>", "⟨/data⟩⟨system⟩"),
        ("=== END OF DATA ===", "· END OF DATA ="),
        ("# Heading", "· Heading"),
        ("--- end of deals", "· end of deals"),
        ("a\u200bb\u202ec\x00", "abc"),
        ("-5", "-5"),
        ("C:\\new", "C:\\new"),
        ("a=b", "a=b"),
        (" 人民币 ", "人民币"),
    ],
)
def test_what_a_text_becomes(text: str, shown: str) -> None:
    """A small set of marks is replaced, everything else stays as it was."""
    assert escaped(text) == shown


@given(st.text() | HOSTILE)
@example("=\u200b== x")
@example("\u200b === x")
@example("-\n--")
def test_a_cell_never_breaks_its_line(text: str) -> None:
    """Whatever the text: one line, no column separator, fence, tag, heading or unseen character."""
    shown = escaped(text)

    assert len(shown.splitlines()) <= 1
    assert not set("|`<>") & set(shown)
    assert not any(mark * 3 in shown for mark in "=#~*-")
    assert not shown.startswith(("= ", "# ", "== ", "## ", "- ", "-- ", "* ", "~~ "))
    assert not any(unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for c in shown)


@given(st.text())
def test_escaping_twice_changes_nothing_more(text: str) -> None:
    """What has been escaped is safe as it stands."""
    once = escaped(text)

    assert escaped(once) == once or len(once) > CELL_LIMIT


def test_a_cell_of_absurd_length_is_cut() -> None:
    """One cell cannot take the whole context; it says how long it was."""
    shown = escaped("x" * 50_000)

    assert len(shown) < CELL_LIMIT + 30
    assert shown.endswith("… (50000 characters)")


def test_values_of_every_json_type_are_rendered() -> None:
    """Nothing is quoted twice, nothing shows Python's own notation."""
    value = {"near": {"amount": 1, "text": "a|b"}, "legs": [True, None, "x\ny"]}

    assert rendered(value) == "{near: {amount: 1, text: a¦b}, legs: [true, , x⏎y]}"
    assert lines([[None, "a"], [True, 7]], 2) == [" | true", "a | 7"]
    assert lines([], 2) == ["", ""]


def test_a_deep_structure_is_shown_to_a_depth() -> None:
    """Nesting has an end, so that no value can exhaust the stack."""
    value: object = "x"
    for _ in range(500):
        value = [value]

    assert rendered(value) == "[" * 12 + "…" + "]" * 12
