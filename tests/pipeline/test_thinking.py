"""A model's notes to itself are not its answer."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hawk_backend.pipeline.thinking import Thinking


def shown(*pieces: str, whole: bool = True) -> str:
    """Return what an answer in these pieces shows."""
    thinking = Thinking()
    return "".join(map(thinking.visible, pieces)) + thinking.finish(whole=whole)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("<think>hm</think>yes", "yes"),
        ("a\n  <think>hm</think>\nyes", "a\n  \nyes"),
        ("<think>a</think><think>b</think>c", "c"),
        ("<think>a < b, <b>, </thin</think>c", "c"),
        ("put it in a <think> tag</think>", "put it in a <think> tag</think>"),
        ("1 < 2 <thi", "1 < 2 <thi"),
        ("<thi", "<thi"),
        ("<think>never closed", "<think>never closed"),
        ("a<", "a<"),
        ("\n<thinking>x", "\n<thinking>x"),
    ],
)
def test_thinking_is_taken_out_wherever_the_pieces_end(text: str, left: str) -> None:
    """A block that begins a line is dropped; every other text stays as it is."""
    assert shown(text) == left
    assert shown(*text) == left


def test_open_thinking_of_a_broken_answer_stays_hidden() -> None:
    """What was cut while the model thought is no answer; a beginning of a mark is."""
    assert shown("<think>secret", whole=False) == ""
    assert shown("a\n<thi", whole=False) == "a\n<thi"


@given(st.text(st.sampled_from("<think/> \na")), st.lists(st.integers(0, 60)))
def test_the_result_never_depends_on_the_pieces(text: str, cuts: list[int]) -> None:
    """One piece, any pieces and single characters show the same."""
    marks = [0, *sorted(cut for cut in cuts if cut < len(text)), len(text)]
    pieces = [text[start:end] for start, end in itertools.pairwise(marks)]

    assert shown(*pieces) == shown(text) == shown(*text)
