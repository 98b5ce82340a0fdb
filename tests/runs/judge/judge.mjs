// Reads {"bodies": [[chunk in base64, …], …]} from stdin and writes what a browser's client library
// makes of each: [[{event, data}, …], …].
import { readFileSync } from "node:fs";
import { createParser } from "eventsource-parser";

const { bodies } = JSON.parse(readFileSync(0, "utf8"));
const judged = bodies.map((chunks) => {
  const events = [];
  const decoder = new TextDecoder();
  const parser = createParser({
    onEvent: ({ event = "", data }) => events.push({ event, data }),
    onError: (error) => { throw error; },
    onComment: (comment) => { throw new Error(`a comment: ${comment}`); },
  });
  for (const chunk of chunks) {
    parser.feed(decoder.decode(Buffer.from(chunk, "base64"), { stream: true }));
  }
  return events;
});
process.stdout.write(JSON.stringify(judged));
