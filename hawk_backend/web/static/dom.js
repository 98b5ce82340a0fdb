// Elements, made in one line.

/**
 * @param {string} tag
 * @param {object} [props] properties of the element, such as className or href
 * @param {...(Node|string)} children
 * @returns {HTMLElement}
 */
export function el(tag, props = {}, ...children) {
  const node = Object.assign(document.createElement(tag), props);
  node.append(...children);
  return node;
}

/** @param {string} id */
export const byId = (id) => document.getElementById(id);

/**
 * Return a function that redraws `root` when what it is given is not what it was given last.
 * @param {HTMLElement} root
 * @param {(...values: any[]) => (Node|string)[]} render
 */
export function region(root, render) {
  let drawn = [];
  return (...values) => {
    if (drawn.length && values.every((value, index) => value === drawn[index])) return;
    drawn = values;
    root.replaceChildren(...render(...values));
  };
}

/**
 * A list of names and what they stand for.
 * @param {[string, Node|string][]} pairs
 */
export function facts(pairs) {
  const items = pairs.map(([name, value]) =>
    el("div", {}, el("dt", {}, name), el("dd", {}, value)),
  );
  return el("dl", { className: "facts" }, ...items);
}
