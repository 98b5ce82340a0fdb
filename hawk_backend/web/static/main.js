// The page: a prompt goes out, its run comes back event by event and is drawn.

import { Answer } from "./answer.js";
import * as cards from "./cards.js";
import { byId, el, region } from "./dom.js";
import { contextOf } from "./gateway.js";
import { Reader } from "./reader.js";
import { hasEnded, idle, isRunning } from "./run.js";
import { SAMPLES } from "./samples.js";
import { watchService } from "./service.js";
import { spoken, stageItems } from "./stages.js";

const TICK_MS = 100;

const answer = new Answer(byId("answer"));
const draw = {
  note: region(byId("note"), cards.notes),
  outcome: region(byId("outcome"), cards.outcomeChip),
  trace: region(byId("trace"), cards.traceCard),
  usage: region(byId("usage"), cards.usageLine),
  intent: region(byId("intent"), cards.intentCard),
  behaviour: region(byId("behaviour"), cards.behaviourChip),
  tables: region(byId("tables"), cards.tableCard),
  tableCount: region(byId("tables-count"), cards.tableCount),
  context: region(byId("context"), contextWithText),
  contextSize: region(byId("context-size"), cards.contextSize),
  announcer: region(byId("announcer"), (text) => [text]),
};

let run = idle();
let reader = null;
let frame = 0;

function send() {
  const text = byId("prompt").value.trim();
  if (!text || isRunning(run)) return;
  reader = new Reader({ user_prompt: text, msg_uid: newUid() }, change);
  reader.read({ fresh: byId("fresh").checked });
}

/** `MSG_<ms>_<n>`: a run is joined, not asked twice, under the same id. */
const newUid = () => `MSG_${Date.now()}_${Math.floor(Math.random() * 1e6)}`;

function change(next) {
  run = next;
  redrawSoon();
}

/** However many events a moment brings, they are drawn once. */
function redrawSoon() {
  frame ||= requestAnimationFrame(redraw);
}

function redraw() {
  frame = 0;
  drawStages();
  draw.note(run.failure, run.replaced, run.done);
  draw.outcome(run.outcome);
  draw.trace(run.trace);
  draw.usage(run.usage);
  draw.intent(run.intent);
  draw.behaviour(run.intent);
  draw.tables(run.tables, run.context);
  draw.tableCount(run.tables);
  draw.context(run.context);
  draw.contextSize(run.context);
  draw.announcer(spoken(run));
  byId("answer").ariaBusy = String(isRunning(run));
  answer.draw(run.answer, hasEnded(run));
  byId("stop").hidden = !isRunning(run);
  byId("send").hidden = isRunning(run);
}

function drawStages() {
  byId("stages").replaceChildren(...stageItems(run, performance.now()));
}

function contextWithText(context) {
  const nodes = cards.contextCard(context);
  if (!context) return nodes;
  const button = el("button", { type: "button", className: "plain" }, "Show the text");
  button.addEventListener("click", () => showText(button, context, reader.body));
  return [...nodes, button];
}

/** The gateway keeps no contexts: it builds the text anew, and we say whether it is the same. */
async function showText(button, context, body) {
  button.disabled = true;
  try {
    const made = await contextOf(body);
    const isSame = made.context_sha256 === context.sha256;
    const title = isSame ? "The text that was sent" : "The text as it would be now";
    const text = el("pre", { className: "text", tabIndex: 0 }, made.context);
    button.replaceWith(el("h3", {}, title), text);
  } catch (error) {
    button.replaceWith(el("p", { className: "quiet" }, error.message));
  }
}

function listSamples() {
  const groups = SAMPLES.map(({ family, prompts }) =>
    el(
      "div",
      { className: "family", role: "group", ariaLabel: family },
      el("span", {}, family),
      el("p", {}, ...prompts.map(sampleButton)),
    ),
  );
  const [first, ...others] = groups;
  const more = el("details", {}, el("summary", {}, "More to ask"), ...others);
  byId("samples").replaceChildren(first, more);
}

function sampleButton(prompt) {
  const button = el("button", { type: "button", className: "sample" }, prompt);
  button.addEventListener("click", () => {
    byId("prompt").value = prompt;
    byId("prompt").focus();
  });
  return button;
}

byId("ask").addEventListener("submit", (event) => {
  event.preventDefault();
  send();
});
byId("prompt").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) byId("ask").requestSubmit();
});
byId("stop").addEventListener("click", () => reader.stop());
setInterval(() => isRunning(run) && drawStages(), TICK_MS);
listSamples();
redraw();
watchService();
