import uWS from "uWebSockets.js";
import { Relay } from "./relay.js";

/** `node uws-relay.js`: prints its port, then serves until it is killed. `?user=…&conversation=…` says who connects. */
interface Client {
  user: string;
  conversation: string;
  push: (data: Buffer) => void;
}

const relay = new Relay();

uWS
  .App()
  .ws<Client>("/*", {
    upgrade: (res, req, context) => {
      const client = {
        user: req.getQuery("user") ?? "",
        conversation: req.getQuery("conversation") ?? "",
        push: () => {},
      };
      res.upgrade(
        client,
        req.getHeader("sec-websocket-key"),
        req.getHeader("sec-websocket-protocol"),
        req.getHeader("sec-websocket-extensions"),
        context,
      );
    },
    open: (ws) => {
      const client = ws.getUserData();
      client.push = (data) => void ws.send(data, true);
      relay.join(client.user, client.conversation, client.push);
    },
    message: (ws, data) => {
      const client = ws.getUserData();
      relay.message(client.user, client.push, Buffer.from(data));
    },
    close: (ws) => relay.leave(ws.getUserData().conversation),
  })
  .listen("127.0.0.1", 0, (socket) => {
    if (!socket) throw new Error("no port");
    process.stdout.write(`${uWS.us_socket_local_port(socket)}\n`);
  });
