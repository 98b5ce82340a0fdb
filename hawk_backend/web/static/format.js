// Numbers, times and slots as people read them.

const whole = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

/** @param {number} value */
export const count = (value) => whole.format(value);

/**
 * A duration: "0.4 ms", "41 ms", "2.31 s".
 * @param {number} ms
 */
export function duration(ms) {
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(2)} s`;
}

/**
 * A count with its noun: "1 table", "8 tables".
 * @param {number} number
 * @param {string} noun
 */
export const counted = (number, noun) => `${count(number)} ${noun}${number === 1 ? "" : "s"}`;

/**
 * An amount that keeps every digit it came with: "1347500.00" is "1,347,500.00".
 * @param {string|number} value
 */
export function amount(value) {
  const [units, rest] = String(value).split(".");
  const grouped = units.replace(/\B(?=(\d{3})+$)/g, ",");
  return rest === undefined ? grouped : `${grouped}.${rest}`;
}

/**
 * A name of the code as words: "hedge_utilization" is "hedge utilization".
 * @param {string} name
 */
export const words = (name) => name.replaceAll("_", " ");

const AMOUNTS = new Set(["amount", "amounts"]);
const INSIDE = new Set(["dates", "amounts"]); // their first value stands in date and amount

/**
 * The slots that hold something, as name and text.
 * @param {Record<string, unknown>} slots
 * @returns {[string, string][]}
 */
export function filledSlots(slots) {
  return Object.entries(slots)
    .filter(([name, value]) => !isBlank(value) && !(INSIDE.has(name) && value.length === 1))
    .map(([name, value]) => [words(name), [value].flat().map((one) => slotText(name, one)).join(", ")]);
}

const isBlank = (value) => value === null || value === "" || (Array.isArray(value) && !value.length);

function slotText(name, value) {
  if (typeof value === "object") return slotObject(name, value);
  return AMOUNTS.has(name) ? amount(value) : String(value);
}

function slotObject(name, value) {
  if ("start" in value) return value.start === value.end ? value.start : `${value.start} to ${value.end}`;
  return Object.values(value).map((part) => slotText(name, part)).join(" ");
}
