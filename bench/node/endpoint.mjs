// Answers as @connections and Lambda do, after a while, and never for a connection that hangs.
// `node endpoint.mjs PEM POST_MS INVOKE_MS [h2]` prints its port, and serves until it is ended:
// over HTTP/1.1, and with h2 over HTTP/2 to those who speak it.
import { readFileSync } from "node:fs";
import { createSecureServer } from "node:http2";

const [path, post, invoke, protocol] = process.argv.slice(2);
const pem = readFileSync(path);
const ALPNProtocols = protocol === "h2" ? ["h2", "http/1.1"] : ["http/1.1"];
const server = createSecureServer({ key: pem, cert: pem, allowHTTP1: true, ALPNProtocols });
server.on("request", (request, response) => {
  request.resume();
  if (request.url.includes("hangs")) return;
  const [status, after] = request.url.includes("connections") ? [200, post] : [202, invoke];
  request.on("end", () => setTimeout(() => response.writeHead(status).end(), Number(after)));
});
server.listen({ port: 0, host: "127.0.0.1", backlog: 1024 }, () => console.log(server.address().port));
