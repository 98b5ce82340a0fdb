// Markdown from a language model, made harmless.

import DOMPurify from "/vendor/dompurify.js";
import { Marked } from "/vendor/marked.js";

const LINE_BREAK = /^<br\s*\/?>$/i;

const marked = new Marked({
  gfm: true,
  renderer: {
    // Markup of the answer's own is shown as the text that it is; an image becomes a link to it.
    html: ({ text }) => (LINE_BREAK.test(text.trim()) ? "<br>" : escaped(text)),
    image: ({ href, text }) => `<a href="${escaped(href)}">${escaped(text || href)}</a>`,
  },
});

const HARMLESS = {
  ALLOWED_TAGS: [
    ..."h1 h2 h3 h4 h5 h6 p br hr blockquote ul ol li pre code em strong del a".split(" "),
    ..."table thead tbody tr th td".split(" "),
  ],
  ALLOWED_ATTR: ["href", "title", "align", "start"],
  ALLOWED_URI_REGEXP: /^(?:https?|mailto):/i,
  ADD_URI_SAFE_ATTR: ["align", "start"], // else held against the line above
  ALLOW_DATA_ATTR: false,
  ALLOW_ARIA_ATTR: false,
  RETURN_DOM_FRAGMENT: true,
};

/**
 * The top-level blocks of a text: paragraphs, tables, lists …
 * @param {string} text
 * @returns {{raw: string}[]}
 */
export const blocks = (text) => marked.lexer(text).filter((token) => token.type !== "space");

/**
 * One block as nodes that run nothing and load nothing.
 * @param {{raw: string}} block
 * @returns {DocumentFragment}
 */
export function render(block) {
  const fragment = DOMPurify.sanitize(marked.parser([block]), HARMLESS);
  for (const link of fragment.querySelectorAll("a")) {
    Object.assign(link, { target: "_blank", rel: "noopener noreferrer" });
  }
  return fragment;
}

const ENTITIES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

function escaped(text) {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character]);
}
