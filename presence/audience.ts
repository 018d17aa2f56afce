/** What of a user can be shown or hidden. */
export type Shown = "online" | "lastSeen";

/** Who may see what of whom: settings of users, kept elsewhere. Asked with every answer and every push, so it answers at once. */
export interface Audience {
  maySee(viewer: string, user: string, what: Shown): boolean;
  /** Users whose settings are others than when this was last asked. */
  changed(): ReadonlySet<string>;
}

const NOBODY: ReadonlySet<string> = new Set();

export const everyone: Audience = { maySee: () => true, changed: () => NOBODY };
