// A small client over the HTTP API, right or with one mistake.
// usage: node peer.mjs MISTAKE NUMBER TEXT
const [, , mistake, number, text] = process.argv;
const query = new URLSearchParams({
  username: process.env.CONVERGIA_USERNAME,
  password: process.env.CONVERGIA_PASSWORD,
  number,
  message: text,
});
const limit = mistake === "has no timeout" ? {} : { signal: AbortSignal.timeout(2000) };

function finish(exitCode, line) {
  (exitCode === 0 ? process.stdout : process.stderr).write(`${line}\n`);
  process.exit(exitCode);
}

let response, body;
try {
  response = await fetch(`${process.env.CONVERGIA_BASE_URL}/?${query}`, limit);
  body = (await response.text()).replace("\uFEFF", "").trim();
} catch {
  finish(3, "outcome unknown");
}
if (mistake === "takes any reply for success" && response.ok && /^\d/.test(body)) {
  finish(0, "accepted");
}
const parts = /^(\d{3})(\|\S+)?$/.exec(body);
if (response.status !== 200 || !parts) finish(3, "outcome unknown");
if (parts[1] === "100") finish(0, "accepted");
finish(1, `code ${parts[1]}; try again later`);
