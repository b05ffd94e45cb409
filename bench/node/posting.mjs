// Tells N connections as most do on Node: the SDK, and Promise.all over everybody.
// `node posting.mjs PORT COUNT ROUNDS TOKEN DATA` prints the wall and CPU time of each round,
// of the first one too, which opens the connections.
import {
  ApiGatewayManagementApiClient,
  PostToConnectionCommand,
} from "@aws-sdk/client-apigatewaymanagementapi";

const [port, count, rounds, token, data] = process.argv.slice(2);
const client = new ApiGatewayManagementApiClient({
  region: "eu-central-1",
  endpoint: `https://localhost:${port}/ws`,
  credentials: { accessKeyId: "KEY", secretAccessKey: "secret", sessionToken: token },
  maxAttempts: 1,
});
const ids = Array.from({ length: Number(count) }, (_, n) => `JC1dgf${String(n).padStart(5, "0")}MCK-g=`);
const tell = () =>
  Promise.all(ids.map((id) => client.send(new PostToConnectionCommand({ ConnectionId: id, Data: data }))));

const seen = [];
for (let round = 0; round <= Number(rounds); round += 1) {
  const wall = process.hrtime.bigint();
  const cpu = process.cpuUsage();
  await tell();
  const { user, system } = process.cpuUsage(cpu);
  seen.push([Number(process.hrtime.bigint() - wall) / 1e6, (user + system) / ids.length]);
}
console.log(JSON.stringify(seen));
