import type { Connection } from "./connection.js";

/**
 * The live connections: the truth about who is connected. Ids are 1, 2, 3… in the order of acceptance and are never
 * used again, so walking them in the order of insertion is walking them in ascending order.
 */
export class Connections {
  readonly #byId = new Map<number, Connection>();
  readonly #byUser = new Map<string, Set<Connection>>();
  /** The highest id given so far. */
  issued = 0;

  get size(): number {
    return this.#byId.size;
  }

  get(id: number): Connection | undefined {
    return this.#byId.get(id);
  }

  /** In ascending order of id; connections added while walking come at the end. */
  values(): MapIterator<Connection> {
    return this.#byId.values();
  }

  ofUser(user: string): ReadonlySet<Connection> {
    return this.#byUser.get(user) ?? NONE;
  }

  /** Adds a connection whose id is the next one. */
  add(connection: Connection): void {
    if (connection.id !== this.issued + 1) throw new Error("connection ids are issued in order");
    this.issued = connection.id;
    this.#byId.set(connection.id, connection);
    const { user } = connection.ticket;
    const own = this.#byUser.get(user);
    if (own) own.add(connection);
    else this.#byUser.set(user, new Set([connection]));
  }

  remove(connection: Connection): void {
    this.#byId.delete(connection.id);
    const { user } = connection.ticket;
    const own = this.#byUser.get(user);
    own?.delete(connection);
    if (own?.size === 0) this.#byUser.delete(user);
  }
}

const NONE: ReadonlySet<Connection> = new Set();
