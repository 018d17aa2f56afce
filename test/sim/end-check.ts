import type { Device } from "./device.js";
import type { History, Sending, Shown } from "./history.js";

/** Every conversation as the server reads it, in order. */
export type FinalLogs = Map<string, readonly Shown[]>;

/** Compares what the server has in the end with what was sent and what each device showed. */
export function checkEnd(history: History, logs: FinalLogs): void {
  for (const [conversation, log] of logs) checkLog(history, conversation, log);
  checkSendings(history, logs);
}

function checkLog(history: History, conversation: string, log: readonly Shown[]): void {
  log.forEach((entry, index) => {
    if (entry.seq === index + 1) return;
    history.wrong("I4 gap", `${conversation} has ${entry.seq} at place ${index + 1}`);
  });
}

/** I6, I10: each message once, those of a device in the order they were sent. */
function checkSendings(history: History, logs: FinalLogs): void {
  const places = new Map<string, number[]>();
  for (const [conversation, log] of logs) {
    for (const { text, seq } of log) {
      const key = `${conversation} ${text}`;
      places.set(key, [...(places.get(key) ?? []), seq]);
    }
  }
  const last = new Map<string, { sending: Sending; seq: number }>();
  for (const sending of history.sendings) {
    const { conversation, text, device, kept, rejected } = sending;
    const [seq, again] = places.get(`${conversation} ${text}`) ?? [];
    const what = `${text.trim().split(" ")[0]} of ${device.name} in ${conversation}`;
    if (again !== undefined) history.wrong("I10 once", `${what} is there as ${seq} and ${again}`);
    if (seq === undefined) {
      // A device that was logged out keeps what it could not send any more.
      if (kept && !rejected && device.revokedMs === undefined)
        history.wrong("I1 lost", `${what} is nowhere`);
      continue;
    }
    if (rejected) history.wrong("I13 outcome", `${what} is there, and was refused`);
    const key = `${device.name} ${conversation}`;
    const before = last.get(key);
    if (before && before.seq > seq) history.wrong("I6 FIFO", `${what} overtook at ${seq}`);
    last.set(key, { sending, seq });
  }
}

/** I1: once nothing disturbs, what is acknowledged is shown on connected devices within this. */
const SHOWN_WITHIN_MS = 15_000;

export function checkDelays(history: History, restMs: number): void {
  for (const [device, views] of history.views) {
    for (const [conversation, { messages }] of views) {
      for (const { seq, atMs, onlineMs, clientMessageId } of messages.values()) {
        const acknowledgedMs = history.acknowledgedMs.get(clientMessageId) ?? atMs;
        const delayMs = atMs - Math.max(restMs, onlineMs, acknowledgedMs);
        if (delayMs <= SHOWN_WITHIN_MS) continue;
        const what = `${device.name}: ${conversation} ${seq}`;
        history.wrong("I1 late", `${what} after ${Math.round(delayMs)} ms`);
      }
    }
  }
}

/** A revoked device is shown nothing once its gateway can have heard of it. */
const CLOSED_WITHIN_MS = 15_000;

export function checkRevoked(device: Device, history: History, restMs: number): void {
  if (device.revokedMs === undefined) return;
  const deadlineMs = Math.max(device.revokedMs, restMs) + CLOSED_WITHIN_MS;
  for (const conversation of history.conversationsOf(device)) {
    for (const { seq, atMs } of history.view(device, conversation).messages.values()) {
      if (atMs <= deadlineMs) continue;
      const what = `${device.name}: ${conversation} ${seq}`;
      history.wrong("I9 revoked", `${what} was shown ${Math.round(atMs - deadlineMs)} ms too late`);
    }
  }
}
