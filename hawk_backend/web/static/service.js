// The parts behind the gateway and its cache, looked at every few seconds while the page is seen.

import { byId, el, facts } from "./dom.js";
import { count, duration } from "./format.js";
import { look } from "./gateway.js";

const EVERY_MS = 5000;
const NAMES = { supabase: "Supabase", redis: "Redis", feed: "Version feed", dify: "Dify" };

/** Keep the header and the panel true; returns at once. */
export async function watchService() {
  if (!document.hidden) await refresh();
  setTimeout(watchService, EVERY_MS);
}

async function refresh() {
  try {
    draw(...(await Promise.all([look("/health"), look("/cache/stats")])));
  } catch {
    byId("parts").replaceChildren(part("gateway", "disconnected", {}));
    byId("service").replaceChildren(facts([["Gateway", "does not answer"]]));
  }
}

function draw(health, stats) {
  const parts = Object.entries(health.details ?? {});
  const state = (name) => health.components[name];
  byId("parts").replaceChildren(...parts.map(([name, facts]) => part(name, state(name), facts)));
  byId("replica").replaceChildren(`${health.version} on ${health.replica}`);
  byId("service").replaceChildren(facts(cacheFacts(stats)), facts(parts.map(partFact)));
  drawStandIn(health.details?.dify?.stand_in);
}

function drawStandIn(isStandIn) {
  const banner = byId("stand-in");
  banner.hidden = !isStandIn;
  banner.textContent = isStandIn
    ? "Dify is a stand-in for development: no language model is asked, the answers are made from the context by rule."
    : "";
}

function part(name, state, { stand_in: standIn = false, detail = "" }) {
  const label = NAMES[name] ?? name;
  return el(
    "li",
    { className: `part ${state}`, title: detail },
    standIn ? `${label} (stand-in)` : label,
    el("span", { className: "unseen" }, ` ${state}`),
  );
}

const partFact = ([name, { detail }]) => [NAMES[name] ?? name, detail];

function cacheFacts(stats) {
  return [
    ["look-ups from the cache", `${stats.cache_hit_rate} of ${count(stats.cache_hits + stats.cache_misses)}`],
    ["prompts", count(stats.total_requests)],
    ["prepared in", `${duration(stats.avg_extraction_time_ms)} on average`],
    ["kept in", stats.cache_type],
  ];
}
