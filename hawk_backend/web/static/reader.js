// One prompt on its way: its events are read to the end, over broken connections too.

import { Problem, ask, resume, stop } from "./gateway.js";
import { apply, begin, fail, hasEnded } from "./run.js";

const ATTEMPTS = 3;
const PAUSE_MS = 1000;
const CUT = {
  outcome: "truncated",
  code: "connection-lost",
  message: "The connection to the gateway ended before the answer did.",
  remedy: "Ask again: the gateway answers anew, from what it has already read.",
};
const UNREACHED = {
  code: "unreachable",
  message: "The gateway cannot be reached.",
  remedy: "See that it runs and that this machine reaches it, then ask again.",
};
const STOPPED = {
  outcome: "stopped",
  code: "stopped",
  message: "Stopped before the gateway had taken the prompt.",
  remedy: "Ask again whenever you like.",
};

export class Reader {
  #onChange;
  #connection = new AbortController();

  /**
   * @param {object} body the fields of process-prompt
   * @param {(run: object) => void} onChange told every new state of the run
   */
  constructor(body, onChange) {
    this.body = body;
    this.run = begin(performance.now());
    this.#onChange = onChange;
  }

  /**
   * Send the prompt and read until the run has ended.
   * @param {{fresh: boolean}} options whether every table is to be read from the source
   */
  async read({ fresh }) {
    const { signal } = this.#connection;
    this.#change(this.run);
    let lost = await this.#take(ask(this.body, { fresh, signal }));
    for (let attempt = 0; this.#mayResume(lost) && attempt < ATTEMPTS; attempt += 1) {
      await new Promise((done) => setTimeout(done, PAUSE_MS));
      lost = await this.#take(resume(this.run.requestId, this.run.events, signal));
    }
    if (lost) this.#change(fail(this.run, this.#failure(lost), performance.now()));
  }

  /** Ask the gateway to stop; how the run ends is told by its own stream. */
  async stop() {
    if (!this.run.requestId) return this.#connection.abort();
    try {
      await stop(this.run.requestId);
    } catch {
      this.#connection.abort(); // the gateway does not know the run: at least stop listening
    }
  }

  /** Take events until the run has ended; return why the stream broke off, else nothing. */
  async #take(events) {
    try {
      for await (const event of events) {
        this.#change(apply(this.run, event, performance.now()));
        if (hasEnded(this.run)) return null;
      }
      return new Error("no terminal event");
    } catch (error) {
      return error;
    }
  }

  #mayResume(lost) {
    const isBroken = lost && !(lost instanceof Problem) && !this.#connection.signal.aborted;
    return isBroken && this.run.requestId !== null;
  }

  #failure(lost) {
    if (this.#connection.signal.aborted) return STOPPED;
    if (!(lost instanceof Problem)) return this.run.requestId === null ? UNREACHED : CUT;
    return { code: lost.code, status: lost.status, message: lost.message, remedy: lost.remedy };
  }

  #change(run) {
    this.run = run;
    this.#onChange(run);
  }
}
