"""What the apps of Dify are like, and why one of them could not take a context."""

from collections.abc import Mapping

from hawk_backend.errors import DifyError
from hawk_backend.runs.asking import DEFAULT_APP, problems
from hawk_backend.runs.parts import Delivery, Dify

_NOTICE = "This is a stand-in for Dify: no language model is asked."


async def probe(dify: Dify, delivery: Delivery, context_limit: int) -> Mapping[str, object]:
    """Look at every app that has a key; raise DifyError if the one for everything else is lost.

    Returns {"apps": {name: {"mode", "title"}}, "stand_in", "problems", "warnings"}: a problem
    keeps the context from an app, a warning is an app that could not be read. What is seen here
    also decides the path of the next question, and whether it is asked at all.
    """
    if DEFAULT_APP not in dify.apps:
        raise DifyError("No key of a Dify app is set.", remedy="set DIFY_API_KEY")
    apps: dict[str, object] = {}
    wrong: list[str] = []
    warnings: list[str] = []
    stand_in = False
    for name in dify.apps:
        try:
            app = await dify.look(name)
        except DifyError as exc:
            if name == DEFAULT_APP:
                raise
            warnings.append(f"{name}: {exc.detail} {exc.remedy}")
            continue
        apps[name] = {"mode": app.mode, "title": app.name}
        stand_in = stand_in or app.stand_in
        wrong += [
            f"{name}: {remedy}" for remedy in problems(app.variables, delivery, context_limit)
        ]
        if app.variables is None:
            warnings.append(f"{name}: its input form could not be read")
    facts = {"apps": apps, "stand_in": stand_in, "problems": wrong, "warnings": warnings}
    return facts | ({"notice": _NOTICE} if stand_in else {})
