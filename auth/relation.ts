import type { Privacy, PrivacyStore, Seen } from "./privacy-store.js";

/** What somebody is to a user. */
export interface Relation {
  /** Of the user. */
  readonly privacy: Privacy;
  /** Whether a setting of the user is for the other one. */
  allows(setting: Seen): boolean;
}

/** Always the same reads: how long it takes says nothing of what is found. A user who does not exist has said nothing. */
export async function relationOf(
  store: Pick<PrivacyStore, "findPrivacy" | "findPeer">,
  user: string,
  other: string,
): Promise<Relation> {
  const [privacy, blocked, contact] = await Promise.all([
    store.findPrivacy(user),
    store.findPeer("blocks", user, other),
    store.findPeer("contacts", user, other),
  ]);
  const allows = (setting: Seen) => {
    if (user === other) return true;
    if (blocked !== undefined) return false;
    return setting === "everyone" || (setting === "contacts" && contact !== undefined);
  };
  return { privacy, allows };
}
