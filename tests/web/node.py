"""The page's modules that need no browser, run in Node."""

import json
import subprocess

from hawk_backend.dev import npm
from hawk_backend.web import STATIC

_CALL = """
import { readFileSync } from "node:fs";
const { module, code, given } = JSON.parse(readFileSync(0, "utf8"));
const names = await import(module);
const run = new Function("names", "given", `"use strict"; return (${code})`);
process.stdout.write(JSON.stringify(await run(names, given)));
"""


def evaluate(module: str, code: str, given: object) -> object:
    """Return what the expression `code` makes of `given`; `names` are the module's exports."""
    node, _ = npm.programs()
    order = {"module": (STATIC / module).as_uri(), "code": code, "given": given}
    done = subprocess.run(
        [node, "--input-type=module", "--eval", _CALL],
        input=json.dumps(order),
        capture_output=True,
        text=True,
        check=True,
    )
    answer: object = json.loads(done.stdout)
    return answer
