"""Words are brought to the form that the phrases know."""

import pytest

from hawk_backend.catalogue.lexicon import Lexicon
from hawk_backend.pipeline.intent.vocabulary import Vocabulary

VOCABULARY = Vocabulary(Lexicon.load(), literals=["capacity"], names=[])


@pytest.mark.parametrize("endings", [0, 1, 2, 3_000])
def test_a_genitive_is_its_word(endings: int) -> None:
    """However often "'s" stands behind a word, it is the same word."""
    assert VOCABULARY.read("capacity" + "'s" * endings) == (("capacity",), True)


def test_a_slip_is_the_word_that_was_meant() -> None:
    """Two letters swapped are found, in front of "'s" too; any other word stays as it is."""
    assert VOCABULARY.read("capcaity's") == (("capacity",), True)
    assert VOCABULARY.read("zebra's") == (("zebra",), False)
