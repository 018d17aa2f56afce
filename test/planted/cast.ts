import { directId } from "../../lib/ids.js";
import type { FileRecorder } from "../history/recorder.js";
import type { Mesh, Service } from "../mesh.js";
import type { Patience } from "./patience.js";
import { type Entrance, Player } from "./player.js";

/** The people of a scene: Alice; Bob with a phone and a tablet; and Eve, who is a friend of nobody. */
export class Cast {
  readonly players: Player[] = [];
  /** A process is being started: that takes as long as it takes. */
  #isStarting = false;

  constructor(
    readonly mesh: Mesh,
    readonly recorder: FileRecorder,
    readonly patience: Patience,
  ) {
    patience.isEarly = () => this.#isStarting || this.players.some(({ isOnItsWay }) => isOnItsWay);
  }

  async enter(name: string, entrance: Omit<Entrance, "server">): Promise<Player> {
    const player = new Player(name, this, { server: this.mesh.url, ...entrance });
    this.players.push(player);
    await player.come();
    return player;
  }

  async friends(): Promise<[Player, Player, Player]> {
    await this.enter("eve", { account: "eve", path: "register" });
    const subprotocol = "chat.v1.json";
    const alice = await this.enter("alice", { account: "alice", path: "register", subprotocol });
    const phone = await this.enter("phone", { account: "bob", path: "register" });
    const tablet = await this.enter("tablet", { account: "bob", path: "login" });
    return [alice, phone, tablet];
  }

  /** Kills the process that runs this service (with `all`: everything) and starts it again after a while. */
  async kill(service: Service = "session", pauseMs = 0): Promise<void> {
    this.recorder.note({ type: "fault", what: `kill -9 ${service}` });
    await this.mesh.kill(service);
    await pause(pauseMs);
    this.#isStarting = true;
    await this.mesh.start(service);
    this.#isStarting = false;
    this.recorder.note({ type: "fault", what: `${service} is back` });
  }

  /** Another owner takes all shards over, and is not heard of again. */
  usurp(): void {
    this.recorder.note({ type: "fault", what: "another owner" });
    process.kill(this.mesh.pid("session") as number, "SIGUSR2");
  }

  /** A last word each; everybody has it, has read it, and knows that the others have. */
  async rest(alice: Player, phone: Player): Promise<void> {
    await this.lastWords(alice, phone);
    await this.read(alice, phone);
    await this.ticks(alice, phone);
  }

  async lastWords(alice: Player, phone: Player): Promise<void> {
    await alice.talk(phone.user, 1);
    await phone.talk(alice.user, 1);
    const { conversation, last, friends } = this.#chat(alice, phone);
    await this.patience.until(() => friends.every((player) => player.last(conversation) === last));
  }

  async read(alice: Player, phone: Player): Promise<void> {
    const { conversation, last } = this.#chat(alice, phone);
    await Promise.all([alice, phone].map(({ client }) => client.markRead(conversation, last)));
  }

  async ticks(alice: Player, phone: Player): Promise<void> {
    const { conversation, last, friends } = this.#chat(alice, phone);
    await this.patience.until(() =>
      friends.every(({ client }) => {
        const position = client.position(conversation);
        return position?.ownRead === last && position.peerRead >= position.newestOwn;
      }),
    );
  }

  /** Every friend who is there fetches the whole conversation, as far as it can be had. */
  async fetch(): Promise<void> {
    const [alice, phone] = ["alice", "phone"].map((name) => this.#player(name));
    if (alice === undefined || phone === undefined) return;
    const { conversation, friends } = this.#chat(alice, phone);
    for (const { client } of friends) {
      let before = 0;
      do {
        before = (await client.history(conversation, before, 50)).before;
      } while (before !== 0);
    }
  }

  #player(name: string): Player | undefined {
    return this.players.find((player) => player.name === name && player.isThere);
  }

  #chat(alice: Player, phone: Player) {
    const conversation = directId(alice.user, phone.user);
    const heads = [alice, phone].map(({ client }) => client.position(conversation)?.newestOwn ?? 0);
    const friends = this.players.filter(({ user }) => user === alice.user || user === phone.user);
    return { conversation, last: Math.max(...heads), friends };
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
