"""The description of the operations, in the version that the carried Swagger UI reads."""

from tests.web.node import evaluate


def rewritten(description: object) -> object:
    """Return the description as /docs draws it."""
    return evaluate("openapi30.js", "names.asVersion30(given)", description)


def test_the_version_is_the_one_that_can_be_drawn() -> None:
    """Everything but the version and the nullable types stays as it is."""
    description = {"openapi": "3.1.0", "info": {"title": "HAWK"}, "paths": {"/health": {}}}
    assert rewritten(description) == description | {"openapi": "3.0.3"}


def test_a_choice_with_null_is_nullable() -> None:
    """One other choice takes the place of the list; a reference or several stay in it."""
    text = {"type": "string", "maxLength": 9}
    reference = {"$ref": "#/components/schemas/Prompt"}
    null = {"type": "null"}
    schemas = {
        "text": {"anyOf": [text, null], "title": "Text"},
        "several": {"anyOf": [text, {"type": "number"}, null]},
        "reference": {"anyOf": [reference, null]},
        "plain": {"anyOf": [text, {"type": "number"}]},
    }
    assert rewritten(schemas) == {
        "text": {**text, "title": "Text", "nullable": True},
        "several": {"anyOf": [text, {"type": "number"}], "nullable": True},
        "reference": {"anyOf": [reference], "nullable": True},
        "plain": schemas["plain"],
        "openapi": "3.0.3",
    }
