import { directId } from "../lib/ids.js";
import type { Mesh } from "./mesh.js";
import { attach, type Device, register, sendText, textOf } from "./people.js";
import type { Codec, RawClient } from "./protocol.js";

/** Two people who have never met, each with one connected device. */
export interface Couple {
  readonly alicesDevice: Device;
  readonly bobsDevice: Device;
  readonly alice: RawClient;
  readonly bob: RawClient;
  readonly conversation: string;
}

/** Alice uses the codec named. */
export async function newCouple(mesh: Mesh, codec: Codec = "proto"): Promise<Couple> {
  const alicesDevice = await register(mesh, "alice");
  const bobsDevice = await register(mesh, "bob");
  const alice = await attach(mesh, alicesDevice, { codec });
  const bob = await attach(mesh, bobsDevice);
  const conversation = directId(alicesDevice.user, bobsDevice.user);
  return { alicesDevice, bobsDevice, alice, bob, conversation };
}

/** Sends `no. <number>` for each number from `first` to `last`, never more than 16 unanswered, until all are stored. */
export async function sendNumbers(
  client: RawClient,
  conversation: string,
  { first, last }: { first: number; last: number },
): Promise<void> {
  for (let from = first; from <= last; from += 16) {
    const through = Math.min(from + 15, last);
    for (let number = from; number <= through; number++) {
      sendText(client, { conversation, number, text: `no. ${number}` });
    }
    for (let number = from; number <= through; number++) await client.expect("sent");
  }
}

/** Every entry delivered to a client: `after<seq text`. */
export function delivered(client: RawClient): string[] {
  return client.received.flatMap((frame) =>
    frame.$case === "deliver"
      ? [`${frame.value.after}<${frame.value.entry?.seq} ${textOf(frame.value.entry)}`]
      : [],
  );
}
