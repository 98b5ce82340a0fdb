// The two ends of scripts/bench/relay, outside Python so that neither is what is measured.
//
//   upstream            serves a chat's stream; the request's query says how: "events=9 rate=0 …"
//   load <order>        opens streams as the JSON order says, writes what it saw as one line of JSON
import http from "node:http";
import { readFileSync } from "node:fs";

const now = () => Math.round((performance.timeOrigin + performance.now()) * 1000);
const ID = "3f2e0a51-0000-4000-8000-00000000000";
const COMMON = `"conversation_id":"${ID}a","message_id":"${ID}b","created_at":1795258673,"task_id":"${ID}c"`;
const event = (text) =>
  `data: {"event":"message",${COMMON},"id":"${ID}b","answer":"${text}","from_variable_selector":["llm","text"]}\n\n`;
const END = `data: {"event":"message_end",${COMMON},"id":"${ID}b","metadata":{"usage":{"total_tokens":9,"total_price":"0.1","currency":"USD"}}}\n\n`;

function upstream() {
  const server = http.createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8");
    request.on("data", (chunk) => (body += chunk));
    request.on("end", () => {
      if (!request.url.endsWith("/chat-messages")) return response.end("{}");
      const order = Object.fromEntries([...JSON.parse(body).query.matchAll(/(\w+)=(\d+)/g)].map((m) => [m[1], +m[2]]));
      setTimeout(() => stream(response, order), order.wait ?? 0);
    });
  });
  server.listen(0, "127.0.0.1", () => console.log(server.address().port));
}

function stream(response, { events, rate = 0 }) {
  response.writeHead(200, { "Content-Type": "text/event-stream; charset=utf-8" });
  response.socket.setNoDelay(true);
  let sent = 0;
  const begun = performance.now();
  const one = () => response.write(event(`t${now()} w${String(sent++).padStart(6, "0")} `));
  const step = () => {
    const due = rate ? Math.min(events, Math.floor(((performance.now() - begun) * rate) / 1000) + 1) : sent + 1;
    while (sent < due) one();
    if (sent >= events) return response.end(END);
    if (rate) setTimeout(step, Math.max(1, begun + (sent * 1000) / rate - performance.now())); // each in its own time
    else if (response.writableNeedDrain) response.once("drain", step);
    else setImmediate(step); // a send of its own for each event, as Dify's server does
  };
  step();
}

function load(order) {
  const { targets, streams, query, rounds = 1, spread = 0 } = order;
  const agent = new http.Agent({ keepAlive: false, maxSockets: Infinity });
  const seen = { first_us: [], events: 0, whole: 0, broken: 0, errors: [] };
  const open = (target) =>
    new Promise((done) => {
      const body = JSON.stringify({ user_prompt: query, query, inputs: {}, user: "u", response_mode: "streaming" });
      const request = http.request(target, { method: "POST", agent, headers: { "Content-Type": "application/json" } });
      let first = true, rest = "", events = 0, whole = false;
      request.on("error", () => { seen.broken++; done(); });
      request.on("response", (response) => {
        response.setEncoding("latin1");
        response.on("data", (text) => {
          const at = now();
          const frames = (rest + text).split("\n\n");
          rest = frames.pop();
          for (const frame of frames) {
            const place = frame.indexOf('"answer":"t');
            if (place >= 0) {
              if (first) seen.first_us.push(at - parseInt(frame.slice(place + 11)));
              first = false;
              events++;
            } else if (frame.includes('"message_end"')) whole = true;
            else if (frame.includes('"event":"error"')) seen.errors.push(frame);
          }
        });
        response.on("close", () => { seen.events += events; seen.whole += whole; done(); });
      });
      request.end(body);
    });
  (async () => {
    for (let round = 0; round < rounds; round++) {
      await Promise.all(Array.from({ length: streams }, async (_, i) => {
        if (spread) await new Promise((go) => setTimeout(go, (i * spread) / streams));
        await open(targets[i % targets.length]);
      }));
    }
    console.log(JSON.stringify(seen));
  })();
}

if (process.argv[2] === "upstream") upstream();
else load(JSON.parse(readFileSync(0, "utf8")));
