// The usual Node chat, as a yardstick: every message goes to everybody, nothing is kept.
import { createRequire } from "node:module";

const require = createRequire(new URL("../web/package.json", import.meta.url));
const { WebSocketServer } = require("ws");
const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false });

let seq = 0;
server.on("connection", (socket) => {
  socket.on("message", (data) => {
    const command = JSON.parse(data.toString());
    if (command.action !== "sendMessage") return;
    seq += 1;
    const timestamp = new Date().toISOString();
    const text = JSON.stringify({
      type: "message",
      timestamp,
      username: "guest-0",
      message: command.message,
      messageId: "01KAPDNBVR0000018YD2MCSKZW",
      room: "general",
      seq,
      userId: "guest-0",
    });
    for (const other of server.clients) if (other !== socket) other.send(text);
    socket.send(JSON.stringify({ type: "ack", nonce: command.nonce, seq, timestamp }));
  });
});
server.on("listening", () => console.log(server.address().port));
