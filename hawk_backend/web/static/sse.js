// Server-sent events out of bytes that arrive in pieces of any size.

/** Takes text as it comes and returns the data of every event that is complete. */
export class EventReader {
  #line = "";
  #data = [];
  #afterReturn = false;

  /**
   * @param {string} text
   * @returns {string[]}
   */
  push(text) {
    if (!text) return [];
    const lines = (this.#line + this.#continued(text)).split(/\r\n|\r|\n/);
    this.#line = lines.pop();
    return lines.flatMap((line) => this.#take(line));
  }

  /** Drop the line feed whose carriage return ended the piece before. */
  #continued(text) {
    const rest = this.#afterReturn && text.startsWith("\n") ? text.slice(1) : text;
    this.#afterReturn = text.endsWith("\r");
    return rest;
  }

  #take(line) {
    if (line === "") return this.#dispatch();
    const [, name, value] = /^([^:]*):? ?(.*)$/s.exec(line);
    if (name === "data") this.#data.push(value);
    return [];
  }

  #dispatch() {
    const data = this.#data;
    this.#data = [];
    return data.length ? [data.join("\n")] : [];
  }
}

/**
 * The data of each event of a response, as it arrives. A heartbeat has none and is not told.
 * @param {ReadableStream<Uint8Array>} body
 * @returns {AsyncGenerator<string>}
 */
export async function* readEvents(body) {
  const reader = new EventReader();
  const decoder = new TextDecoder();
  const bytes = body.getReader();
  try {
    for (let read = await bytes.read(); !read.done; read = await bytes.read()) {
      yield* reader.push(decoder.decode(read.value, { stream: true }));
    }
  } finally {
    await bytes.cancel();
  }
}
