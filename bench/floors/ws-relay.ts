import type { AddressInfo } from "node:net";
import { WebSocketServer } from "ws";
import { Relay } from "./relay.js";

/** The same relay on the `ws` package: `node ws-relay.js` prints its port, then serves until it is killed. */
const relay = new Relay();
const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false });

server.on("connection", (socket, request) => {
  const query = new URL(request.url ?? "/", "ws://relay").searchParams;
  const user = query.get("user") ?? "";
  const conversation = query.get("conversation") ?? "";
  const push = (data: Buffer) => socket.send(data);
  relay.join(user, conversation, push);
  socket.on("message", (data) => relay.message(user, push, data as Buffer));
  socket.on("close", () => relay.leave(conversation));
});

server.on("listening", () => {
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`);
});
