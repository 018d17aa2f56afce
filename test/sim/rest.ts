import type { Device } from "./device.js";
import type { History } from "./history.js";

/** What is not everywhere yet; undefined when every message is on every device and every outbox is empty. */
export function isDelivered(all: readonly Device[], history: History): string | undefined {
  const devices = all.filter(({ revokedMs }) => revokedMs === undefined);
  for (const device of devices) {
    if (!device.client) return `${device.name} is not up`;
    for (const conversation of history.conversationsOf(device)) {
      const waiting = device.client.outbox(conversation).length;
      if (waiting > 0) return `${device.name} has ${waiting} unsent in ${conversation}`;
    }
  }
  // An outbox is empty a moment before the app hears of the outcomes.
  for (const { text, device, kept, rejected, conversation } of history.sendings) {
    if (!kept || rejected || device.revokedMs !== undefined) continue;
    const log = history.logOf(conversation);
    if (!log?.entries.some((entry) => entry.text === text)) return `${device.name} waits to hear`;
  }
  for (const { name, revokedMs, loggedOut } of all) {
    if (revokedMs !== undefined && !loggedOut) return `${name} is revoked and still there`;
  }
  for (const device of devices) {
    if (!history.firstCaughtUpMs.has(device)) return `${device.name} never caught up`;
    for (const conversation of history.conversationsOf(device)) {
      const last = device.client?.position(conversation)?.last ?? 0;
      const log = history.logOf(conversation);
      const head = log?.lastVisible(device.user) ?? 0;
      // A new device begins at a base, which may lie among what its user does not see.
      const seen = last > head ? (log?.lastVisible(device.user, last) ?? 0) : last;
      if (seen !== head) return `${device.name} has ${last} of ${head} in ${conversation}`;
    }
  }
  return undefined;
}

/** What no tick says yet; undefined when everything is read and every author knows it. */
export function isTicked(devices: readonly Device[], history: History): string | undefined {
  for (const device of devices) {
    if (device.revokedMs !== undefined) continue;
    for (const conversation of history.conversationsOf(device)) {
      const position = device.client?.position(conversation);
      const group = history.groups.of(conversation);
      // Who left hears of no more ticks, and for who is alone in it nobody counts.
      const ticks = !group || (group.isIn(device.user) && group.hasOthers(device.user));
      if (!position || !ticks) continue;
      const { newestForeign, delivered, peerRead, ownRead } = position;
      const direct = history.directs.of(conversation);
      const due = Math.min(position.newestOwn, direct?.lastTicked(device.user) ?? Infinity);
      if (delivered < due || peerRead < due || ownRead < newestForeign) {
        const has = `✓✓ ${delivered}, read ${peerRead}, own read ${ownRead}`;
        return `${device.name} in ${conversation}: ${has} of ${due} and ${newestForeign}`;
      }
    }
  }
  return undefined;
}
