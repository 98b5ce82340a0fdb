"""A run's events are folded into what the page shows."""

from tests.web.node import evaluate
from tests.web.recorded import ANSWER, REQUEST_ID, RUNS, TABLES, USAGE, Event, preparation

FOLD = """given.reduce(
  (run, event, index) => names.apply(run, event, 100 + 10 * (index + 1)),
  names.begin(100),
)"""


def folded(events: list[Event], select: str) -> object:
    """Return what `select` finds in the run; each event comes 10 ms after the one before."""
    return evaluate("run.js", f"(({select}))({FOLD})", events)


STATES = "(run) => run.stages.map((stage) => stage.state)"
TIMES = "(run) => run.stages.map((stage) => stage.ms)"


def test_nothing_was_asked_yet() -> None:
    """Before the first prompt every stage waits and nothing runs."""
    code = "[names.idle().stages.map((stage) => stage.state), names.isRunning(names.idle())]"
    assert evaluate("run.js", code, None) == [["waiting"] * 6, False]


def test_a_stage_begins_when_the_one_before_has_ended() -> None:
    """After each event exactly one stage runs, until the run has ended."""
    events = preparation()
    expected = ["prompt", "intent", "plan", "fetch"]
    for index, name in enumerate(expected):
        select = "(run) => run.stages.find((stage) => stage.state === 'running').name"
        assert folded(events[:index], select) == name
    assert folded(events[: 3 + len(TABLES)], STATES) == ["done"] * 4 + ["running", "waiting"]
    assert folded(events, STATES) == ["done"] * 5 + ["running"]
    assert folded(RUNS["golden"], STATES) == ["done"] * 6


def test_a_stage_takes_from_its_beginning_to_its_end() -> None:
    """Times are measured as the events come, and the gateway's own replace them at the end."""
    count = len(TABLES)
    assert folded(preparation(), TIMES) == [10, 10, 10, 10 * count, 10, None]
    assert folded(RUNS["golden"], TIMES) == [10, 0.3, 0.1, 79.2, 3.4, 905.0]


def test_the_answer_is_every_piece_of_it() -> None:
    """Text, usage, outcome and the time of the first text stand in the run."""
    select = "(run) => [run.answer, run.usage, run.outcome, run.requestId, run.firstTextMs]"
    first_text = 10 * (len(preparation()) + 2)
    expected = [ANSWER, USAGE, "completed", REQUEST_ID, first_text]
    assert folded(RUNS["golden"], select) == expected


def test_the_queue_is_left_when_the_answer_begins() -> None:
    """The place in the queue is shown while there is one."""
    events = preparation()
    piece: Event = {"event": "agent_message", "answer": "a"}
    assert folded(events, "(run) => run.queue") == 2
    assert folded([*events, piece], "(run) => run.queue") is None


def test_a_plan_without_tables_fetches_nothing() -> None:
    """An out-of-domain prompt goes from its plan straight to its context."""
    events = [*preparation()[:2], {"event": "hawk_plan", "tables": []}]
    assert folded(events, STATES) == ["done"] * 4 + ["running", "waiting"]


def test_an_error_fails_the_stage_that_ran() -> None:
    """The partial text stays, the failure and its stage are marked."""
    select = "(run) => [run.stages[5].state, run.outcome, run.failure.code, names.hasEnded(run)]"
    assert folded(RUNS["failing"], select) == ["failed", "failed", "upstream-timeout", True]


def test_a_stream_that_breaks_off_fails() -> None:
    """Without a terminal event the run fails where it stood; its events are counted."""
    select = (
        "(run) => [names.fail(run, { code: 'connection-lost' }, 500).stages[5].state, run.events]"
    )
    events = preparation()
    assert folded(events, select) == ["failed", len(events)]


def test_a_thought_is_told_once() -> None:
    """The same thought, sent again, replaces what was known of it."""
    thoughts: list[Event] = [
        {"event": "agent_thought", "id": "a", "thought": "look"},
        {"event": "agent_thought", "id": "b", "thought": "sum"},
        {"event": "agent_thought", "id": "a", "thought": "look up"},
    ]
    select = "(run) => run.trace.thoughts.map((thought) => thought.thought)"
    assert folded(thoughts, select) == ["look up", "sum"]


def test_an_event_of_the_future_is_counted_and_ignored() -> None:
    """What the page does not know changes nothing but the count."""
    select = "(run) => [run.events, run.answer, run.outcome]"
    assert folded([{"event": "hawk_new"}], select) == [1, "", None]
