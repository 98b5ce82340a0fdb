"""A look at Dify's apps: whether they are there, and whether they would take the context."""

import asyncio
from collections.abc import Mapping

from hawk_backend.errors import ConfigurationError, DifyError
from hawk_backend.runs.asking import problems
from hawk_backend.runs.parts import App, Delivery, Dify


async def look_at(dify: Dify, delivery: Delivery, chars: int) -> Mapping[str, object]:
    """Return each app's mode and what is wrong with it; raises DifyError where none answers.

    `problems` says with its remedy what would keep a context of `chars` characters from an app.
    An app whose input form cannot be read is a warning: it may well take the context.
    """
    if not dify.apps:
        raise ConfigurationError("no key of a Dify app is set", remedy="set DIFY_API_KEY")
    names = list(dify.apps)
    found = await asyncio.gather(*(dify.look(name) for name in names), return_exceptions=True)
    faults = [fault for fault in found if isinstance(fault, BaseException)]
    apps: dict[str, App] = {
        name: app
        for name, app in zip(names, found, strict=True)
        if not isinstance(app, BaseException)
    }
    if faults and not apps:
        raise faults[0]
    return {
        "stand_in": any(app.stand_in for app in apps.values()),
        "apps": {name: app.mode for name, app in apps.items()},
        "problems": [
            f"app {name}: {problem}"
            for name, app in apps.items()
            for problem in problems(app.variables, delivery, chars)
        ],
        "warnings": [str(fault) for fault in faults if isinstance(fault, DifyError)]
        + [f"app {name}: its form is unknown" for name, app in apps.items() if not app.variables],
    }
