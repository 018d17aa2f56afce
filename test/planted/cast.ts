import { directId } from "../../lib/ids.js";
import type { FileRecorder } from "../history/recorder.js";
import type { Mesh, Service } from "../mesh.js";
import type { Crew } from "./crew.js";
import type { Patience } from "./patience.js";
import { type Entrance, Player } from "./player.js";
import { Thread } from "./thread.js";

/** The people of a scene: Alice; Bob with a phone and a tablet; and Eve, who is a friend of nobody. */
export class Cast {
  readonly players: Player[] = [];
  /** Those of them who make a group. */
  crew: Crew | undefined;
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

  /** The chat of Alice and Bob, on all of their devices. */
  chat(alice: Player, phone: Player): Thread {
    const users = [alice.user, phone.user] as const;
    const devices = this.players.filter(({ user }) => users.includes(user));
    return new Thread(directId(...users), [alice, phone], devices, this.patience);
  }

  /** A last word each, and all is well. */
  rest(alice: Player, phone: Player): Promise<void> {
    return this.chat(alice, phone).rest();
  }

  /** Everything that can be had is fetched, by everybody who is there. */
  async fetch(): Promise<void> {
    const [alice, phone] = ["alice", "phone"].map((name) => this.#player(name));
    const chats = alice && phone ? [this.chat(alice, phone)] : [];
    const crews = this.crew ? [this.crew.of(...this.crew.players)] : [];
    await Promise.allSettled([...chats, ...crews].map((thread) => thread.fetch()));
  }

  #player(name: string): Player | undefined {
    return this.players.find((player) => player.name === name && player.isThere);
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
