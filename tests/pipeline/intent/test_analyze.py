"""Many prompts are read in order, from texts and records alike."""

from hawk_backend.pipeline.intent import IntentParser, analyze


def test_texts_and_records_become_frames(parser: IntentParser) -> None:
    """A record keeps its id and its template category decides where its words do not."""
    (first,) = analyze(parser, ["unwind ORD-1"])
    record = {"id": 7, "user_prompt": "SEK 2M", "template_category": "rollover"}
    (second,) = analyze(parser, [record])
    assert (first["prompt"], first["intent"]) == ("unwind ORD-1", "hedge_termination")
    assert (second["id"], second["intent"]) == (7, "hedge_rollover")


def test_prompts_are_read_as_they_are_asked_for(parser: IntentParser) -> None:
    """A frame is made when it is wanted, so that a list of any length fits."""
    endless = iter(lambda: "show positions", None)
    assert next(analyze(parser, endless))["intent"] == "position_monitoring"
