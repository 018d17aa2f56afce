import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";
import { ClientFrame, CloseCode, ServerFrame } from "../../gen/chat/client/v1/frames.js";
import type { ServerFrameKind } from "../codec.js";
import type { FrameKind } from "../effects.js";
import { FakeAuth, type FakeDevice } from "./fake-auth.js";
import { MeshModel } from "./mesh-model.js";

interface Line {
  socket: WebSocket;
  device: FakeDevice;
  connect: number;
  json: boolean;
}

/** The model of the server behind real sockets: HTTP for auth, one WebSocket per connection. */
export class FakeServer {
  readonly lines = new Set<Line>();
  readonly received: { device: string; frame: FrameKind }[] = [];
  readonly auth = new FakeAuth(
    ({ user, device }) => this.mesh.addDevice(user, device),
    (device) => this.closeAll(CloseCode.REVOKED, "", device),
  );
  readonly mesh: MeshModel = new MeshModel("", (user) =>
    [...this.auth.users.values()].some((one) => one.user === user),
  );
  /** False: questions, pings and all else find no answer. */
  answers = true;
  /** Sends are answered with nothing while this is set; the message is lost. */
  losesSends = false;
  /** Upgrades are refused with this HTTP status. */
  refuseWith: number | undefined;
  private readonly http: Server;
  private readonly wss: WebSocketServer;
  private changed = () => {};

  private constructor() {
    this.http = createServer((request, response) => {
      void readBody(request).then((body) => {
        const path = (request.url ?? "").replace("/v1/auth/", "");
        const answer = this.auth.call(path, JSON.parse(body || "{}"), bearerOf(request));
        response.writeHead(answer.status, { "content-type": "application/json" });
        response.end(JSON.stringify(answer.body));
      });
    });
    this.wss = new WebSocketServer({
      noServer: true,
      handleProtocols: (protocols) =>
        [...protocols].find((one) => one.startsWith("chat.v1.")) ?? false,
    });
    this.http.on("upgrade", (request, socket, head) => {
      const device = this.auth.byAccessToken(bearerOf(request));
      const status = this.refuseWith ?? (device === undefined ? 401 : undefined);
      if (device === undefined || status !== undefined) {
        socket.end(`HTTP/1.1 ${status} Refused\r\ncontent-length: 0\r\n\r\n`);
        return;
      }
      this.wss.handleUpgrade(request, socket, head, (ws) => this.accept(ws, request, device));
    });
  }

  static async start(): Promise<FakeServer> {
    const server = new FakeServer();
    await new Promise<void>((resolve) => server.http.listen(0, "127.0.0.1", resolve));
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.http.address() as AddressInfo).port}`;
  }

  /** Resolves when the condition holds; looked at after every frame and connection. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      await new Promise<void>((resolve) => {
        const { changed } = this;
        this.changed = () => {
          changed();
          resolve();
        };
      });
      this.changed = () => {};
    }
  }

  push(frame: ServerFrameKind): void {
    for (const line of this.lines) write(line, frame);
  }

  closeAll(code: number, reason = "", device?: string): void {
    for (const line of this.lines) {
      if (device === undefined || line.device.device === device) line.socket.close(code, reason);
    }
  }

  frames<K extends FrameKind["$case"]>($case: K): Extract<FrameKind, { $case: K }>["value"][] {
    return this.received.flatMap(({ frame }) =>
      frame.$case === $case ? [frame.value] : [],
    ) as never;
  }

  async stop(): Promise<void> {
    for (const line of this.lines) line.socket.terminate();
    this.http.closeAllConnections();
    await new Promise((resolve) => this.http.close(resolve));
  }

  private accept(socket: WebSocket, request: IncomingMessage, device: FakeDevice): void {
    const connect = Number(new URL(request.url ?? "", "http://x").searchParams.get("connect"));
    const line = { socket, device, connect, json: socket.protocol === "chat.v1.json" };
    for (const older of this.lines) {
      if (older.device.device !== device.device) continue;
      if (older.connect < connect) older.socket.close(CloseCode.SUPERSEDED);
      else return socket.close(CloseCode.SUPERSEDED);
    }
    this.lines.add(line);
    this.mesh.connect(device.device, (frame) => write(line, frame));
    socket.on("message", (data, isBinary) => this.take(line, data as Buffer, isBinary));
    socket.on("close", () => {
      this.lines.delete(line);
      const others = [...this.lines].some((one) => one.device.device === device.device);
      if (!others && this.auth.devices.has(device.device)) this.mesh.disconnect(device.device);
      this.changed();
    });
    this.changed();
  }

  private take(line: Line, data: Buffer, isBinary: boolean): void {
    const { kind } = isBinary
      ? ClientFrame.decode(data)
      : ClientFrame.fromJSON(JSON.parse(data.toString()));
    if (kind === undefined) return line.socket.close(CloseCode.INVALID_FRAME);
    const { device } = line.device;
    this.received.push({ device, frame: kind });
    const lost = this.losesSends && kind.$case === "send";
    if (this.answers && !lost) this.mesh.receive(device, kind);
    this.changed();
  }
}

function write(line: Line, kind: ServerFrameKind): void {
  const frame = line.json
    ? JSON.stringify(ServerFrame.toJSON({ kind }))
    : ServerFrame.encode({ kind }).finish();
  line.socket.send(frame);
}

function bearerOf(request: IncomingMessage): string {
  const header = request.headers.authorization;
  if (header !== undefined) return header.replace(/^Bearer /, "");
  const protocols = (request.headers["sec-websocket-protocol"] ?? "").split(/,\s*/);
  return protocols.find((one) => one.startsWith("bearer."))?.slice("bearer.".length) ?? "";
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
