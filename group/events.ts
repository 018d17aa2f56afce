import { metrics } from "@opentelemetry/api";
import type { Logger } from "../lib/log.js";

/** What happened, for operators: counters, and no line per change. */
export interface GroupEvents {
  changed(): void;
  refused(rpc: string, reason: string): void;
}

export function createGroupEvents(log: Logger): GroupEvents {
  const meter = metrics.getMeter("chatmesh.group");
  const changed = meter.createCounter("group.changed");
  const refused = meter.createCounter("group.refused");
  return {
    changed() {
      changed.add(1);
    },
    refused(rpc, reason) {
      refused.add(1, { rpc, reason });
      log.debug({ rpc, reason }, "refused");
    },
  };
}
