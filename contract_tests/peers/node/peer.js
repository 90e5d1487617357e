// Node's `soap`, given only the WSDL's URL.
// usage: node peer.js WSDL_URL
import soap from "soap";

const account = { username: "demo", password: "demo" };
const message = { number: "525512345678", message: "Hola ñandú, adiós", extra: "ref-1" };

const client = await soap.createClientAsync(process.argv[2]);

const [sent] = await client.enviar_mensajeAsync({ ...account, ...message });
const accepted = sent.return.$value;
const messageid = accepted.split("|")[1];

const [queried] = await client.estatus_mensajeAsync({ ...account, messageid });
const [refused] = await client.enviar_mensajeAsync({ ...account, ...message, password: "wrong" });

console.log(
  JSON.stringify({
    accepted,
    status: queried.return.$value,
    refused: refused.return.$value,
  }),
);
