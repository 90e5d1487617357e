// Node's `soap` calls operations other than send and status, by the WSDL alone.
// usage: node operations.js WSDL_URL
import soap from "soap";

const client = await soap.createClientAsync(process.argv[2]);
const [balance] = await client.ConsultaSaldoAsync({ username: "demo", password: "demo" });
let refused = "";
try {
  await client.ConsultaSaldoAsync({ username: "demo", password: "otra" });
} catch (error) {
  const fault = error.root.Envelope.Body.Fault.faultstring;
  refused = fault.$value ?? fault;
}
const valor = { folio: 7, cliente: "Peña & Cía", urgente: true, fecha: "2026-01-31", importe: "10.50" };
const [order] = await client.eco_pedidoAsync({ valor });
const fields = Object.fromEntries(
  Object.entries(order.return)
    .filter(([name]) => name !== "attributes")
    .map(([name, value]) => [name, value.$value ?? value]),
);
console.log(JSON.stringify({ balance: balance.return.$value, refused, ...fields }));
