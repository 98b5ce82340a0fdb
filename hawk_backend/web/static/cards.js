// What the run's events tell, card by card.

import { el, facts } from "./dom.js";
import { amount, count, counted, duration, filledSlots, words } from "./format.js";

const chip = (className, text) => el("span", { className: `chip ${className}` }, text);
const small = (text) => el("p", { className: "quiet" }, text);

/**
 * @param {object|null} intent the event hawk_intent
 * @returns {Node[]}
 */
export function intentCard(intent) {
  if (!intent) return [small("How the prompt was read: what it asks for, and of what.")];
  const slots = filledSlots(intent.slots ?? {});
  return [
    el("p", { className: "headline" }, sentence(words(intent.intent)), ...letter(intent)),
    small(`${Math.round(intent.confidence * 100)} % sure, ${intent.scope} scope`),
    ...(slots.length ? [facts(slots)] : []),
    ...listed("Assumed", intent.assumptions ?? []),
    ...listed("Could also be", (intent.alternatives ?? []).map(alternative)),
  ];
}

const sentence = (text) => text.charAt(0).toUpperCase() + text.slice(1);
const letter = (intent) =>
  intent.instruction_type ? [chip("letter", intent.instruction_type)] : [];
const alternative = ({ intent, score }) => `${words(intent)} (${Math.round(score * 100)} %)`;

/** @param {object|null} intent */
export const behaviourChip = (intent) => (intent ? [chip("plain", intent.behaviour)] : []);

/**
 * @param {object[]} tables the events hawk_table
 * @param {object|null} context the event hawk_context, once there is one
 * @returns {Node[]}
 */
export function tableCard(tables, context) {
  if (!tables.length && context) return [small("No table answers this prompt, so none was read.")];
  if (!tables.length) return [small("Which tables were read, and how each read ended.")];
  const heads = ["Table", "State", "Rows", "From", "Time"].map((name) =>
    el("th", { scope: "col" }, name),
  );
  return [
    el(
      "table",
      { className: "tables" },
      el("thead", {}, el("tr", {}, ...heads)),
      el("tbody", {}, ...tables.map(tableRow)),
    ),
  ];
}

function tableRow(table) {
  const name = el("th", { scope: "row" }, ...breakable(table.table));
  if (table.as_of) name.append(el("span", { className: "as-of" }, `as of ${table.as_of}`));
  return el(
    "tr",
    {},
    name,
    el("td", {}, chip(`state ${table.state}`, table.reason ?? table.state)),
    el("td", { className: "number" }, count(table.rows)),
    el("td", { title: age(table) }, table.tier),
    el("td", { className: "number" }, duration(table.ms)),
  );
}

/** A name that may break after each of its underscores. */
const breakable = (name) =>
  name.split(/(?<=_)/).flatMap((part, index) => (index ? [el("wbr"), part] : [part]));

const age = (table) => (table.age_s ? `read ${duration(table.age_s * 1000)} ago` : "");

/** @param {object[]} tables */
export function tableCount(tables) {
  const rows = tables.reduce((sum, table) => sum + table.rows, 0);
  return tables.length ? [`${counted(tables.length, "table")}, ${counted(rows, "row")}`] : [];
}

/**
 * @param {object|null} context the event hawk_context
 * @returns {Node[]}
 */
export function contextCard(context) {
  if (!context) return [small("What the language model was given to answer from.")];
  const metadata = context.analysis_metadata;
  return [
    facts([
      ["records", count(metadata.total_records)],
      ["cache", `${metadata.cache_hits} of ${metadata.tables_requested} (${metadata.cache_hit_rate})`],
      ["prepared in", duration(metadata.extraction_time_ms)],
      ["sha256", el("code", { title: context.sha256 }, context.sha256.slice(0, 16))],
    ]),
    ...listed("Data gaps", context.data_gaps ?? [], "warn"),
    ...listed("Left out", (context.dropped ?? []).map(omission)),
  ];
}

const omission = ({ table, rows, reason }) => `${table}: ${counted(rows, "row")} (${words(reason)})`;

/** @param {object|null} context */
export const contextSize = (context) => (context ? [`${count(context.chars)} characters`] : []);

/**
 * What stands above the answer: a failure, a replacement, tables that changed meanwhile.
 * @param {object|null} failure
 * @param {object|null} replaced the event hawk_replaced
 * @param {object|null} done the event hawk_done
 * @returns {Node[]}
 */
export function notes(failure, replaced, done) {
  const changed = done?.changed ?? [];
  return [
    ...(failure ? [failureNote(failure)] : []),
    ...(replaced ? [note(`The model withdrew its text and put another in its place${because(replaced)}.`)] : []),
    ...(changed.length ? [note(`Changed while the answer was being written: ${changed.join(", ")}.`)] : []),
  ];
}

const because = ({ reason }) => (reason ? ` (${words(reason)})` : "");
const note = (text) => el("p", { className: "note" }, text);

function failureNote({ message, code, status, remedy }) {
  return el(
    "div",
    { className: "note failed", role: "alert" },
    el("strong", {}, message),
    el("p", {}, remedy || "Ask again. If it stays, the parts below tell which of them is at fault."),
    el("code", {}, [status, code].filter(Boolean).join(" ")),
  );
}

/**
 * How the answer came about inside Dify, folded away.
 * @param {{steps: object[], thoughts: object[], files: object[]}} trace
 * @returns {Node[]}
 */
export function traceCard({ steps, thoughts, files }) {
  const lines = [
    ...steps.map(({ title, status }) => `${title}: ${status}`),
    ...thoughts.map(({ tool, thought }) => [tool, thought].filter(Boolean).join(": ")),
    ...files.map(({ type, url }) => `${type}: ${url}`),
  ];
  if (!lines.length) return [];
  const items = lines.map((line) => el("li", {}, line));
  const summary = el("summary", {}, `How Dify worked (${counted(lines.length, "step")})`);
  return [el("details", {}, summary, el("ul", {}, ...items))];
}

/** @param {object|null} usage */
export function usageLine(usage) {
  if (!usage) return [];
  const price = usage.total_price && `${amount(usage.total_price)} ${usage.currency ?? ""}`;
  const tokens = `${count(usage.prompt_tokens ?? 0)} tokens read, ${count(usage.completion_tokens ?? 0)} written`;
  return [[tokens, price].filter(Boolean).join(" · ")];
}

/** @param {string|null} outcome */
export const outcomeChip = (outcome) => (outcome ? [chip(`outcome ${outcome}`, outcome)] : []);

function listed(title, lines, className = "") {
  if (!lines.length) return [];
  const items = lines.map((line) => el("li", {}, line));
  return [el("h3", {}, title), el("ul", { className }, ...items)];
}
