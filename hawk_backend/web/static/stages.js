// The track of the six stages.

import { el } from "./dom.js";
import { count, counted, duration } from "./format.js";

const SPOKEN = { waiting: "not begun", running: "running", done: "done", failed: "failed" };

/**
 * @param {ReturnType<typeof import("./run.js").begin>} run
 * @param {number} now
 * @returns {HTMLElement[]}
 */
export function stageItems(run, now) {
  return run.stages.map((stage) =>
    el(
      "li",
      { className: `stage ${stage.state}` },
      el("span", { className: "name" }, stage.name),
      el("span", { className: "unseen" }, SPOKEN[stage.state]),
      el("span", { className: "time" }, time(stage, now)),
      el("span", { className: "detail" }, DETAIL[stage.name](run) || ""),
    ),
  );
}

/** What to say of a run to those who do not see the track. */
export function spoken(run) {
  if (run.failure) return `Failed: ${run.failure.message}`;
  if (run.outcome) return `Answer ${run.outcome}.`;
  const current = run.stages.find((stage) => stage.state === "running");
  return current ? `Stage ${current.name}` : "";
}

function time(stage, now) {
  if (stage.state === "waiting") return "";
  return duration(stage.ms ?? now - stage.since);
}

const DETAIL = {
  prompt: (run) => run.requestId?.slice(0, 8),
  intent: (run) => run.intent && `${Math.round(run.intent.confidence * 100)} % sure`,
  plan: (run) => run.intent && run.stages[2].state === "done" && counted(run.planned.length, "table"),
  fetch: (run) => run.planned.length > 0 && `${run.tables.length} of ${run.planned.length}`,
  context: (run) => run.context && `${count(run.context.chars)} characters`,
  relay: (run) => {
    if (run.queue !== null) return `place ${count(run.queue)} in the queue`;
    if (run.firstTextMs !== null) return `first text after ${duration(run.firstTextMs)}`;
    return run.stages[5].state === "running" && "waiting for Dify";
  },
};
