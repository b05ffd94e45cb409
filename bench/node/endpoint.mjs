// Answers as @connections and Lambda do, after a while, and never for a connection that hangs.
// `node endpoint.mjs PEM POST_MS INVOKE_MS` prints its port, and serves until it is ended.
import { readFileSync } from "node:fs";
import { createServer } from "node:https";

const [path, post, invoke] = process.argv.slice(2);
const pem = readFileSync(path);
const server = createServer({ key: pem, cert: pem });
server.on("request", (request, response) => {
  request.resume();
  if (request.url.includes("hangs")) return;
  const [status, after] = request.url.includes("connections") ? [200, post] : [202, invoke];
  request.on("end", () => setTimeout(() => response.writeHead(status).end(), Number(after)));
});
// Node's own 5 s end a connection under a client that other work on the machine holds up.
server.keepAliveTimeout = 60_000;
server.listen({ port: 0, host: "127.0.0.1", backlog: 1024 }, () => console.log(server.address().port));
