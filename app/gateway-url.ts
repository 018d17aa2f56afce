import { get as getHttp } from "node:http";
import { get as getHttps } from "node:https";
import { ConfigError } from "../lib/env.js";

/** Where the gateway is reached from this machine, out of its config. */
export interface GatewayPlace {
  readonly httpHost: string;
  readonly httpPort: number;
  readonly tlsCertFile: string;
}

/** The address to try it under. Throws ConfigError when it is not known before the gateway runs. */
export function gatewayUrl({ httpHost, httpPort, tlsCertFile }: GatewayPlace): string {
  if (httpPort === 0) {
    throw new ConfigError("CHAT_GATEWAY_HTTP_PORT=0: expected a fixed port with --target=mesh");
  }
  const everywhere: Record<string, string> = { "0.0.0.0": "127.0.0.1", "::": "[::1]" };
  const named = httpHost.includes(":") ? `[${httpHost}]` : httpHost;
  return `${tlsCertFile ? "https" : "http"}://${everywhere[httpHost] ?? named}:${httpPort}`;
}

/** Whether the gateway says it is ready. It is this machine's own: its certificate may be anybody's. */
export function isReady(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const answered = (response: { statusCode?: number; resume(): unknown }) => {
      response.resume();
      resolve(response.statusCode === 200);
    };
    const request = url.startsWith("https:")
      ? getHttps(`${url}/readyz`, { rejectUnauthorized: false, agent: false }, answered)
      : getHttp(`${url}/readyz`, { agent: false }, answered);
    request.on("error", () => resolve(false));
  });
}
