// A prompt in flight: its events, folded into what there is to show. Pure.

export const STAGES = ["prompt", "intent", "plan", "fetch", "context", "relay"];

/**
 * @typedef {{name: string, state: "waiting"|"running"|"done"|"failed", since: number|null, ms: number|null}} Stage
 * @typedef {{code: string, message: string, status?: number, remedy?: string, outcome?: string}} Failure
 */

/** What there is to show before anything was asked. */
export const idle = () => ({ ...begin(null), stages: STAGES.map((name) => waiting(name)) });

/**
 * A run that was just sent.
 * @param {number|null} at milliseconds of the page's clock
 */
export function begin(at) {
  const [first, ...others] = STAGES.map((name) => waiting(name));
  return {
    startedAt: at,
    events: 0,
    requestId: null,
    /** @type {Stage[]} */
    stages: [{ ...first, state: "running", since: at }, ...others],
    intent: null,
    planned: [],
    tables: [],
    context: null,
    queue: null,
    answer: "",
    firstTextMs: null,
    trace: { steps: [], thoughts: [], files: [] },
    replaced: null,
    done: null,
    outcome: null,
    usage: null,
    /** @type {Failure|null} */
    failure: null,
  };
}

const waiting = (name) => ({ name, state: "waiting", since: null, ms: null });

/**
 * The run with one more event in it; the old one is left as it was.
 * @param {ReturnType<typeof begin>} run
 * @param {{event: string}} event
 * @param {number} at
 */
export function apply(run, event, at) {
  const change = EVENTS[event.event] ?? (() => ({}));
  return { ...run, events: run.events + 1, ...change(run, event, at) };
}

/**
 * The run after its stream ended without a terminal event, or was never opened.
 * @param {ReturnType<typeof begin>} run
 * @param {Failure} failure
 * @param {number} at
 */
export const fail = (run, failure, at) => ({ ...run, ...failed(run, failure, at) });

/** @param {ReturnType<typeof begin>} run */
export const hasEnded = (run) => run.outcome !== null;

/** @param {ReturnType<typeof begin>} run */
export const isRunning = (run) => run.startedAt !== null && !hasEnded(run);

const EVENTS = {
  hawk_started: (run, event, at) => ({
    requestId: event.request_id,
    stages: advanced(run.stages, "prompt", at),
  }),
  hawk_intent: (run, event, at) => ({ intent: event, stages: advanced(run.stages, "intent", at) }),
  hawk_plan: (run, event, at) => ({
    planned: event.tables,
    stages: advanced(run.stages, event.tables.length ? "plan" : "fetch", at),
  }),
  hawk_table: (run, event, at) => ({
    tables: [...run.tables, event],
    stages: run.tables.length + 1 < run.planned.length ? run.stages : advanced(run.stages, "fetch", at),
  }),
  hawk_context: (run, event, at) => ({
    context: event,
    stages: advanced(run.stages, "context", at),
  }),
  hawk_queue: (run, event) => ({ queue: event.position || null }),
  hawk_step: (run, event) => traced(run, { steps: [...run.trace.steps, event] }),
  agent_thought: (run, event) => traced(run, { thoughts: upserted(run.trace.thoughts, event) }),
  message_file: (run, event) => traced(run, { files: [...run.trace.files, event] }),
  agent_message: (run, event, at) => ({
    answer: run.answer + event.answer,
    queue: null,
    firstTextMs: run.firstTextMs ?? at - run.startedAt,
  }),
  hawk_replaced: (run, event) => ({ replaced: event }),
  hawk_done: (run, event) => ({
    done: event,
    queue: null,
    stages: run.stages.map((stage) => ({ ...stage, ms: event.timings_ms?.[stage.name] ?? stage.ms })),
  }),
  message_end: (run, event, at) => ({
    outcome: event.metadata?.outcome ?? run.done?.outcome ?? "completed",
    usage: event.metadata?.usage ?? run.done?.usage ?? null,
    stages: advanced(run.stages, "relay", at),
  }),
  error: (run, event, at) => failed(run, event, at),
};

function failed(run, failure, at) {
  const broken = (stage) => ({ ...stage, state: "failed", ms: stage.ms ?? at - stage.since });
  return {
    failure,
    queue: null,
    outcome: run.done?.outcome ?? failure.outcome ?? "failed",
    usage: run.done?.usage ?? null,
    stages: run.stages.map((stage) => (stage.state === "running" ? broken(stage) : stage)),
  };
}

/** End every stage up to `name` and begin the next one. */
function advanced(stages, name, at) {
  const last = STAGES.indexOf(name);
  return stages.map((stage, index) => {
    if (index <= last && stage.state !== "done") {
      const ms = stage.state === "running" ? at - stage.since : 0;
      return { ...stage, state: "done", ms: stage.ms ?? ms };
    }
    const isNext = index === last + 1 && stage.state === "waiting";
    return isNext ? { ...stage, state: "running", since: at } : stage;
  });
}

const traced = (run, news) => ({ trace: { ...run.trace, ...news } });

function upserted(thoughts, thought) {
  const known = thoughts.some((other) => other.id === thought.id);
  return known
    ? thoughts.map((other) => (other.id === thought.id ? thought : other))
    : [...thoughts, thought];
}
