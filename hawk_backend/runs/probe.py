"""What the apps of Dify are like, and why one of them could not take a context."""

import asyncio
from collections.abc import Mapping

from hawk_backend.errors import DifyError
from hawk_backend.runs.asking import DEFAULT_APP, problems
from hawk_backend.runs.parts import App, Delivery, Dify

_NOTICE = "This is a stand-in for Dify: no language model is asked."


async def probe(dify: Dify, delivery: Delivery, context_limit: int) -> Mapping[str, object]:
    """Look at every app that has a key; raise DifyError if the one for everything else is lost.

    Returns {"apps": {name: {"mode", "title"}}, "stand_in", "problems", "warnings"}: a problem
    keeps the context from an app, a warning is an app that could not be read. What is seen here
    also decides the path of the next question, and whether it is asked at all.
    """
    if DEFAULT_APP not in dify.apps:
        raise DifyError("No key of a Dify app is set.", remedy="set DIFY_API_KEY")
    found = await asyncio.gather(*(_look(dify, name) for name in dify.apps))
    apps = {
        name: app for name, app in zip(dify.apps, found, strict=True) if not isinstance(app, str)
    }
    facts: dict[str, object] = {
        "apps": {name: {"mode": app.mode, "title": app.name} for name, app in apps.items()},
        "stand_in": any(app.stand_in for app in apps.values()),
        "problems": [
            f"{name}: {remedy}"
            for name, app in apps.items()
            for remedy in problems(app.variables, delivery, context_limit)
        ],
        "warnings": [
            *(text for text in found if isinstance(text, str)),
            *(f"{name}: {untold}" for name, app in apps.items() for untold in app.untold),
            *(
                f"{name}: its input form is not known"
                for name, app in apps.items()
                if app.variables is None
            ),
        ],
    }
    return facts | ({"notice": _NOTICE} if facts["stand_in"] else {})


async def _look(dify: Dify, name: str) -> App | str:
    """Return the app, or the warning that it could not be read."""
    try:
        return await dify.look(name)
    except DifyError as exc:
        if name == DEFAULT_APP:
            raise
        return f"{name}: {exc.detail} {exc.remedy}"
