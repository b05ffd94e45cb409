// Answers each request after a while, over HTTP/2 to those who speak it and HTTP/1.1 to the others.
// `node endpoint.mjs PEM MILLISECONDS` prints its port, and serves until it is ended.
import { readFileSync } from "node:fs";
import { createSecureServer } from "node:http2";

const [path, milliseconds] = process.argv.slice(2);
const pem = readFileSync(path);
const server = createSecureServer({ key: pem, cert: pem, allowHTTP1: true });
server.on("request", (request, response) => {
  request.resume();
  request.on("end", () => setTimeout(() => response.writeHead(200).end(), Number(milliseconds)));
});
server.listen({ port: 0, host: "127.0.0.1", backlog: 1024 }, () => console.log(server.address().port));
