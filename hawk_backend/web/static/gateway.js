// The operations of the gateway that the page uses.

import { readEvents } from "./sse.js";

/** A refusal, as the gateway words it (problem+json). */
export class Problem extends Error {
  /** @param {{status: number, code?: string, detail: string, remedy?: string}} facts */
  constructor({ status, code = "refused", detail, remedy = "" }) {
    super(detail);
    Object.assign(this, { status, code, remedy });
  }
}

/**
 * Send a prompt; the events follow one by one, heartbeats left out.
 * @param {object} body the fields of process-prompt
 * @param {{fresh: boolean, signal: AbortSignal}} options
 */
export async function* ask(body, { fresh, signal }) {
  const headers = fresh ? { "X-Hawk-Fresh": "1" } : {};
  const response = await post("/hawk-agent/process-prompt", body, { headers, signal });
  yield* eventsOf(response);
}

/**
 * Go on reading a run after its n-th event.
 * @param {string} requestId
 * @param {number} after
 * @param {AbortSignal} signal
 */
export async function* resume(requestId, after, signal) {
  const path = `/hawk-agent/runs/${encodeURIComponent(requestId)}/events?after=${after}`;
  yield* eventsOf(await checked(await fetch(path, { signal })));
}

/** @param {string} requestId */
export const stop = (requestId) => post(`/hawk-agent/stop/${encodeURIComponent(requestId)}`, {});

/**
 * How the prompt is read and the context that it would get now; Dify is not asked.
 * @param {object} body
 */
export async function contextOf(body) {
  return (await post("/hawk-agent/explain?context=true", body)).json();
}

/**
 * @param {"/health"|"/cache/stats"} path
 */
export async function look(path) {
  const response = await fetch(path, { signal: AbortSignal.timeout(3000) });
  return (await checked(response)).json();
}

async function post(path, body, { headers = {}, signal } = {}) {
  const response = await fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json", ...headers },
    body: JSON.stringify(body),
    signal,
  });
  return checked(response);
}

async function* eventsOf(response) {
  for await (const data of readEvents(response.body)) yield JSON.parse(data);
}

async function checked(response) {
  if (response.ok) return response;
  const { type = "", detail, remedy } = await response.json().catch(() => ({}));
  throw new Problem({
    status: response.status,
    code: type.split(":").pop() || "refused",
    detail: detail ?? `The gateway answered ${response.status}.`,
    remedy,
  });
}
