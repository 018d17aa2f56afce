import { runAdmin } from "../../../app/admin-program.js";
import { type Cast, pause } from "../cast.js";
import type { Player } from "../player.js";
import type { Script } from "./script.js";

/** Bob has one device, and that cannot take every message in. */
export const poisonScenes = {
  /** The last message is one of those, at first. */
  poison: {
    async play(cast) {
      const [alice, phone] = await brokenPhone(cast);
      await alice.talk(phone.user, 4);
      const { conversation } = cast.chat(alice, phone);
      const delivered = () => alice.client.position(conversation)?.delivered ?? 0;
      await cast.patience.until(() => delivered() === 4);
      await alice.talk(phone.user, 2);
      await cast.rest(alice, phone);
    },
  },
  /** The placeholder is lost, and with it the connection. */
  unheld: {
    async play(cast) {
      const [alice, phone] = await brokenPhone(cast);
      phone.deafAtRefusal = 3;
      await alice.talk(phone.user, 6);
      await cast.patience.until(() => phone.faults.deaf);
      await pause(500);
      await phone.reconnect();
      await cast.rest(alice, phone);
    },
  },
  /** The device is mended, and an operator sends it again what was parked for it. */
  replay: {
    async play(cast) {
      const [alice, phone] = await brokenPhone(cast);
      await alice.talk(phone.user, 6);
      const chat = cast.chat(alice, phone);
      await chat.rest();
      phone.broken = false;
      await replay(cast, phone, chat.conversation, 4);
      await chat.rest();
    },
  },
} as const satisfies Record<string, Script>;

async function brokenPhone(cast: Cast): Promise<[Player, Player]> {
  const alice = await cast.enter("alice", { account: "alice", path: "register" });
  const phone = await cast.enter("phone", { account: "bob", path: "register" });
  phone.broken = true;
  return [alice, phone];
}

/** An operator is told that the device shows the message now. */
async function replay(
  { mesh, recorder }: Cast,
  { name: device, client }: Player,
  conversation: string,
  seq: number,
): Promise<void> {
  const admin = ["--address", mesh.admin, "--json"];
  const lines: string[] = [];
  await runAdmin([...admin, "replay", conversation, `${seq}`, client.account.device], (line) =>
    lines.push(line),
  );
  const { outcome } = JSON.parse(lines.at(-1) ?? "{}");
  if (outcome === "replaced") recorder.note({ type: "replayed", device, conversation, seq });
}
