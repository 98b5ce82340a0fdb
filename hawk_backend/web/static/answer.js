// The answer, rendered while it is being written.

import { el } from "./dom.js";
import { blocks, render } from "./markdown.js";

/** Draws a growing text; only the blocks that changed are rendered again. */
export class Answer {
  #root;
  #drawn = [];
  #text = "";
  #ended = false;

  /** @param {HTMLElement} root */
  constructor(root) {
    this.#root = root;
  }

  /**
   * @param {string} text everything so far
   * @param {boolean} ended render all of it once more: a link's address may come last
   */
  draw(text, ended) {
    if (text === this.#text && ended === this.#ended) return;
    const next = blocks(text);
    const same = ended ? 0 : firstDifference(this.#drawn, next);
    while (this.#root.childElementCount > same) this.#root.lastElementChild.remove();
    this.#root.append(...next.slice(same).map(drawnBlock));
    this.#drawn = next.map((block) => block.raw);
    this.#text = text;
    this.#ended = ended;
  }
}

function drawnBlock(block) {
  return el("div", { className: "block" }, render(block));
}

function firstDifference(drawn, next) {
  const index = next.findIndex((block, place) => block.raw !== drawn[place]);
  return index < 0 ? next.length : index;
}
