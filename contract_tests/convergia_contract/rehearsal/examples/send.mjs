// Send one SMS through Convergia's web service, with the `soap` package (npm install soap).
//
//   node send.mjs NUMBER TEXT [REFERENCE]
//
// CONVERGIA_WSDL_URL, CONVERGIA_USERNAME and CONVERGIA_PASSWORD come from the environment.
// Exit codes: 0 accepted, 1 not sent, 3 outcome unknown (do not send it again by yourself).
import soap from "soap";

const PASSING = ["109", "110", "200", "305", "306"];
const [, , number, text, reference = ""] = process.argv;

function finish(exitCode, line) {
  (exitCode === 0 ? process.stdout : process.stderr).write(`${line}\n`);
  process.exit(exitCode);
}

if (!number || !text) finish(2, "usage: node send.mjs NUMBER TEXT [REFERENCE]");
// NuSOAP reads texts as ISO-8859-1: anything else would arrive as a question mark.
if (/[^\u0000-\u00ff]/u.test(text)) {
  finish(1, "not sent: the gateway cannot take a character of this text");
}

let client;
try {
  client = await soap.createClientAsync(process.env.CONVERGIA_WSDL_URL);
} catch {
  finish(1, "not sent: the WSDL cannot be read; try again later");
}

let reply;
try {
  const [result] = await client.enviar_mensajeAsync(
    {
      username: process.env.CONVERGIA_USERNAME,
      password: process.env.CONVERGIA_PASSWORD,
      number,
      message: text,
      extra: reference,
    },
    { timeout: 10000 },
  );
  reply = result?.return?.$value ?? result?.return ?? "";
} catch {
  // The request may have arrived. Nothing here may send it again. The error itself holds the
  // request, password included: do not print it.
  finish(3, "outcome unknown: no reply that can be read; look in the portal");
}

// "100|MESSAGE-ID" when it was accepted, else a code of the guide.
const parts = /^\s*(\d{3})(?:\|(\S+))?\s*$/.exec(String(reply));
if (!parts) finish(3, "outcome unknown: the reply has no code; look in the portal");
if (parts[1] === "100") finish(0, `accepted: ${parts[2] ?? ""}`);
finish(1, `not sent: code ${parts[1]}${PASSING.includes(parts[1]) ? "; try again later" : ""}`);
