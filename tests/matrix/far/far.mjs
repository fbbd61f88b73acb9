// Listens on the socket that the command line names; each connection has people of its own, who
// are gone when it closes. Reads a request a line, writes an answer a line as each is done:
//   {"id": 1, "person": "p1", "op": "send", "args": {...}, "limit": seconds}
//   {"id": 1, "result": ...} or {"id": 1, "error": "one line", "code": "M_FORBIDDEN"}
// Says "ready" once, and ends when its input does, and the folder of the socket with it.
import "./ground.mjs";
import { rmSync } from "node:fs";
import { createServer } from "node:net";
import { dirname } from "node:path";
import { createInterface } from "node:readline";
import { Person } from "./person.mjs";

async function carryOut(people, { person, op, args }) {
  if (op === "login") {
    const somebody = await Person.login(args);
    people.set(person, somebody);
    return somebody.who();
  }
  const somebody = people.get(person);
  if (!somebody) throw new Error(`nobody is logged in as ${person}`);
  if (!Person.operations.has(op)) throw new Error(`there is no such operation`);
  return (await somebody[op](args)) ?? null;
}

function within(seconds, what, work) {
  let timer;
  const late = new Promise((_, reject) => {
    const error = new Error(`${what} took more than ${seconds} s`);
    timer = setTimeout(() => reject(error), seconds * 1000);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

async function answer(people, request) {
  try {
    const what = JSON.stringify(request.args).slice(0, 300);
    return { id: request.id, result: await within(request.limit, what, carryOut(people, request)) };
  } catch (error) {
    const said = String(error?.message ?? error).replaceAll("\n", " ");
    return { id: request.id, error: `${request.op}: ${said}`, code: error?.errcode ?? null };
  }
}

function serve(connection) {
  const people = new Map();
  connection.on("error", () => {});
  const lines = createInterface({ input: connection });
  lines.on("line", async (line) => {
    connection.write(`${JSON.stringify(await answer(people, JSON.parse(line)))}\n`);
  });
  lines.on("close", () => {
    for (const person of people.values()) person.stop();
  });
}

// What a library does in the background may fail, as when the server is down: that is no end.
process.on("unhandledRejection", (error) => console.warn("in the background:", error));
const socket = process.argv[2];
createServer(serve).listen(socket, () => process.stdout.write("ready\n"));
process.stdin.resume().on("end", () => {
  rmSync(dirname(socket), { recursive: true, force: true });
  process.exit(0);
});
