import type { Device } from "./device.js";
import type { History } from "./history.js";

/** What is not everywhere yet; undefined when every message is on every device and every outbox is empty. */
export function isDelivered(all: readonly Device[], history: History): string | undefined {
  const heads = new Map<string, number>();
  const devices = all.filter(({ revokedMs }) => revokedMs === undefined);
  for (const device of devices) {
    if (!device.client) return `${device.name} is not up`;
    for (const conversation of history.conversationsOf(device)) {
      const waiting = device.client.outbox(conversation).length;
      if (waiting > 0) return `${device.name} has ${waiting} unsent in ${conversation}`;
      if (history.groups.of(conversation)) continue;
      const last = device.client.position(conversation)?.last ?? 0;
      heads.set(conversation, Math.max(heads.get(conversation) ?? 0, last));
    }
  }
  for (const { name, revokedMs, loggedOut } of all) {
    if (revokedMs !== undefined && !loggedOut) return `${name} is revoked and still there`;
  }
  for (const device of devices) {
    if (!history.firstCaughtUpMs.has(device)) return `${device.name} never caught up`;
    for (const conversation of history.conversationsOf(device)) {
      const last = device.client?.position(conversation)?.last ?? 0;
      const visible = history.groups.of(conversation)?.lastVisible(device.user);
      const head = visible ?? heads.get(conversation) ?? 0;
      if (last !== head) return `${device.name} has ${last} of ${head} in ${conversation}`;
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
      const { newestOwn, newestForeign, delivered, peerRead, ownRead } = position;
      if (delivered < newestOwn || peerRead < newestOwn || ownRead < newestForeign) {
        const has = `✓✓ ${delivered}, read ${peerRead}, own read ${ownRead}`;
        return `${device.name} in ${conversation}: ${has} of ${newestOwn} and ${newestForeign}`;
      }
    }
  }
  return undefined;
}
