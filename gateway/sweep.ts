import { CloseCode } from "../gen/chat/client/v1/frames.js";
import type { Clock, Timer } from "../lib/clock.js";
import { accessToken } from "../lib/token.js";
import type { Connections } from "./connections.js";
import type { EndConnection } from "./inbound.js";
import type { Outbound } from "./outbound.js";

const SWEEP_MS = 1000;

interface Deps {
  readonly connections: Connections;
  readonly outbound: Outbound;
  readonly clock: Clock;
  readonly end: EndConnection;
}

/** Ends connections whose time is over: one coarse timer for all, none per connection. */
export function startSweep({ connections, outbound, clock, end }: Deps): Timer {
  return clock.every(SWEEP_MS, () => {
    const nowMs = clock.nowMs();
    const expiredMs = clock.wallMs() - accessToken.toleranceMs;
    for (const connection of connections.values()) {
      if (connection.ticket.expiresMs <= expiredMs) {
        end(connection, CloseCode.TOKEN_EXPIRED, "the access token has expired");
      } else if (connection.endsMs <= nowMs) {
        end(connection, CloseCode.LIFETIME, "maximum life reached");
      } else if (outbound.isStuck(connection, nowMs)) {
        end(connection, CloseCode.SLOW_CONSUMER, "nothing was read for too long");
      }
    }
  });
}
