"""How sure a reading is: a monotone table over its strength and its lead over the next.

The steps stand for the share of right intents among prompts that were labelled before the parser
had read them, per strength and lead; set by hand, falling with the evidence.  What makes them
probabilities is held by tests: the expected calibration error on every corpus.
"""

from bisect import bisect_right

_STRENGTHS = (40, 60, 75, 85)
_LEADS = (5, 15)
_TABLE = (
    (0.55, 0.60, 0.65),
    (0.70, 0.75, 0.80),
    (0.85, 0.90, 0.95),
    (0.91, 0.94, 0.96),
    (0.93, 0.96, 0.975),
)
CLEAR_FROM = 0.5
"""Below this a reading is a guess: the frame is widened."""


def confidence(strength: float, lead: float) -> float:
    """Return the share of prompts, read with such evidence, whose intent was right."""
    return _TABLE[bisect_right(_STRENGTHS, strength)][bisect_right(_LEADS, lead)]
