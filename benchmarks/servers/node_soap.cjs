// node's `soap` server with our WSDL: no state, no accounts. usage: node node_soap.cjs WSDL PORT
const fs = require('node:fs');
const http = require('node:http');
const soap = require('soap');

const [wsdl, port] = process.argv.slice(2);
let next = 100000001;
const service = {
  webservice: {
    webservicePort: {
      enviar_mensaje: () => ({ return: `100|${next++}` }),
      estatus_mensaje: () => ({ return: '3' }),
    },
  },
};
const server = http.createServer((request, response) => response.writeHead(404).end());
server.listen(Number(port), '127.0.0.1', () =>
  soap.listen(server, '/webservice.php', service, fs.readFileSync(wsdl, 'utf8')));
