import uws from "uWebSockets.js";
import type {
  Answer,
  Exchange,
  Request,
  Sockets,
  SocketsHandler,
  SocketsOptions,
  UpgradeExchange,
} from "./sockets.js";

/** Headers anybody asks for; the server's own request object dies with the callback. */
const HEADERS = [
  "authorization",
  "access-control-request-method",
  "content-type",
  "origin",
  "sec-websocket-key",
  "sec-websocket-extensions",
  "sec-websocket-protocol",
  "sec-websocket-version",
  "upgrade",
  "x-forwarded-for",
] as const;

const STATUS: Readonly<Record<number, string>> = {
  200: "200 OK",
  204: "204 No Content",
  400: "400 Bad Request",
  401: "401 Unauthorized",
  403: "403 Forbidden",
  404: "404 Not Found",
  405: "405 Method Not Allowed",
  409: "409 Conflict",
  413: "413 Content Too Large",
  415: "415 Unsupported Media Type",
  426: "426 Upgrade Required",
  429: "429 Too Many Requests",
  500: "500 Internal Server Error",
  503: "503 Service Unavailable",
};

/** The server copies the fields of its user data into its own object, so the seat is wrapped. */
interface UserData<Seat> {
  seat: Seat;
}

/** The only file that knows uWebSockets.js. Compression stays off: no bombs, no memory per socket. */
export function createSockets<Seat>(
  options: SocketsOptions,
  handler: SocketsHandler<Seat>,
): Sockets {
  const app = createApp(options);
  app.ws<UserData<Seat>>("/v1/ws", {
    maxPayloadLength: options.messageBytesMax,
    maxBackpressure: options.bufferBytesMax,
    idleTimeout: Math.round(options.idleMs / 1000),
    sendPingsAutomatically: true,
    compression: uws.DISABLED,
    upgrade: (res, req, context) => handler.upgrade(new Upgrade(res, req, context)),
    open: (ws) => handler.open(ws.getUserData().seat, ws),
    message: (ws, data, isBinary) =>
      handler.message(ws.getUserData().seat, new Uint8Array(data), isBinary),
    drain: (ws) => handler.drained(ws.getUserData().seat),
    close: (ws) => handler.closed((ws as unknown as UserData<Seat>).seat),
  });
  app.any("/*", (res, req) => handler.request(new HttpExchange(res, req)));
  return listenWith(app);
}

function createApp({ certFile, keyFile }: SocketsOptions): uws.TemplatedApp {
  if (certFile === "") return uws.App();
  try {
    return uws.SSLApp({ cert_file_name: certFile, key_file_name: keyFile });
  } catch (cause) {
    // The server does not say which of the two it is, nor why.
    const why = "one cannot be read, is not PEM, or they do not belong together";
    throw new Error(`no TLS with certificate ${certFile} and key ${keyFile}: ${why}`, { cause });
  }
}

/**
 * LIBUS_LISTEN_EXCLUSIVE_PORT, which exists in the types only. Without it two gateways could have one
 * port, and the kernel would deal the clients out to both.
 */
const EXCLUSIVE = 1;

/** The server takes options behind host and port too; its types leave them out. */
type ListenAlone = (
  host: string,
  port: number,
  options: typeof EXCLUSIVE,
  listening: (socket: uws.us_listen_socket | false) => void,
) => void;

function listenWith(app: uws.TemplatedApp): Sockets {
  const listen = app.listen.bind(app) as unknown as ListenAlone;
  let listening: uws.us_listen_socket | undefined;
  return {
    listen: (host, port) =>
      new Promise((resolve, reject) => {
        listen(host, port, EXCLUSIVE, (socket) => {
          if (!socket) {
            reject(
              new Error(`cannot listen on ${host}:${port}: the address is in use or not ours`),
            );
            return;
          }
          listening = socket;
          resolve(uws.us_socket_local_port(socket));
        });
      }),
    stopListening() {
      if (listening) uws.us_listen_socket_close(listening);
      listening = undefined;
    },
    close() {
      listening = undefined;
      app.close();
    },
  };
}

class CopiedRequest implements Request {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly peerAddress: string;
  readonly #headers: readonly string[];

  constructor(res: uws.HttpResponse, req: uws.HttpRequest) {
    this.method = req.getMethod().toUpperCase();
    this.path = req.getUrl();
    this.query = req.getQuery() ?? "";
    this.peerAddress = Buffer.from(res.getRemoteAddressAsText()).toString("latin1");
    this.#headers = HEADERS.map((name) => req.getHeader(name));
  }

  header(name: string): string {
    const index = (HEADERS as readonly string[]).indexOf(name);
    if (index < 0) throw new Error(`header ${name} is not copied`);
    return this.#headers[index] ?? "";
  }
}

class HttpExchange implements Exchange {
  readonly request: Request;
  gone = false;
  protected readonly res: uws.HttpResponse;
  #onAborted: (() => void) | undefined;

  constructor(res: uws.HttpResponse, req: uws.HttpRequest) {
    this.request = new CopiedRequest(res, req);
    this.res = res;
    res.onAborted(() => {
      this.gone = true;
      this.#onAborted?.();
    });
  }

  aborted(run: () => void): void {
    this.#onAborted = run;
  }

  answer({ status, headers, body }: Answer): void {
    if (this.gone) return;
    this.gone = true;
    this.res.cork(() => {
      this.res.writeStatus(STATUS[status] ?? `${status} Status`);
      for (const name in headers) this.res.writeHeader(name, headers[name] as string);
      this.res.end(body);
    });
  }

  body(bytesMax: number, done: (body: Buffer | undefined) => void): void {
    let parts: Buffer[] | undefined = [];
    let bytes = 0;
    this.res.onData((chunk, isLast) => {
      if (parts === undefined) return;
      bytes += chunk.byteLength;
      if (bytes > bytesMax) {
        parts = undefined;
        done(undefined);
        return;
      }
      // The chunk is detached when this returns.
      parts.push(Buffer.from(new Uint8Array(chunk)));
      if (isLast) done(Buffer.concat(parts));
    });
  }
}

class Upgrade<Seat> extends HttpExchange implements UpgradeExchange<Seat> {
  readonly #context: uws.us_socket_context_t;

  constructor(res: uws.HttpResponse, req: uws.HttpRequest, context: uws.us_socket_context_t) {
    super(res, req);
    this.#context = context;
  }

  accept(seat: Seat, protocol: string): void {
    if (this.gone) return;
    this.gone = true;
    const key = this.request.header("sec-websocket-key");
    const extensions = this.request.header("sec-websocket-extensions");
    // Only within the callback that brought the request, where the socket is corked already: upgrading inside a
    // cork of our own lets the server look for "Connection: close" in memory that is no longer a response, and end
    // the socket at random.
    this.res.upgrade<UserData<Seat>>({ seat }, key, protocol, extensions, this.#context);
  }
}
