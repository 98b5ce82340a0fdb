"""What the apps of Dify are like, and why one of them could not take a context."""

from collections.abc import Mapping

from hawk_backend.errors import DifyError
from hawk_backend.runs.asking import DEFAULT_APP, problems
from hawk_backend.runs.parts import Delivery, Dify


async def probe(dify: Dify, delivery: Delivery, context_limit: int) -> Mapping[str, object]:
    """Look at every app that has a key; raise DifyError if the one for everything else is lost.

    Returns {"apps": {name: {"mode", "title"}}, "warnings": [sentence, …]}. What is seen here also
    decides the path of the next question, and whether it is asked at all.
    """
    if DEFAULT_APP not in dify.apps:
        raise DifyError("No key of a Dify app is set.", remedy="set DIFY_API_KEY")
    apps: dict[str, object] = {}
    warnings = []
    for name in dify.apps:
        try:
            app = await dify.look(name)
        except DifyError as exc:
            if name == DEFAULT_APP:
                raise
            warnings.append(f"{name}: {exc.detail} {exc.remedy}")
            continue
        apps[name] = {"mode": app.mode, "title": app.name}
        wrong = problems(app.variables, delivery, context_limit)
        warnings += [f"{name}: {remedy}" for remedy in wrong]
    return {"apps": apps, "warnings": warnings}
