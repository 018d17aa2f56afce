import { type AudienceRule, Visibility } from "../gen/chat/auth/v1/privacy.js";
import type { Audience, Shown } from "./audience.js";

/** From whom one user hides what. */
interface Rule {
  readonly version: number;
  readonly visibility: Readonly<Record<Shown, Visibility>>;
  readonly contacts: ReadonlySet<string>;
  readonly blocked: ReadonlySet<string>;
}

type Known = Map<string, Rule>;

/**
 * Who may see what of whom, as auth tells it: all who hide something first, then what changes. As long as not all of it was heard nothing is
 * shown of anybody; when auth is gone, what was heard last counts. Nobody sees of others what he hides from them.
 */
export class Rules implements Audience {
  #known: Known | undefined;
  /** What is being told anew. */
  #coming: Known = new Map();
  #complete = false;
  #changed = new Set<string>();

  /** Auth begins to tell all of it. */
  begin(): void {
    this.#coming = new Map();
    this.#complete = false;
  }

  take(rules: readonly AudienceRule[], complete: boolean): void {
    for (const rule of rules) {
      const before = this.#versionOf(rule.user);
      // What changes is true at once, also while the rest is still to come.
      for (const known of new Set([this.#coming, this.#known])) if (known) put(known, rule);
      if (this.#versionOf(rule.user) !== before) this.#changed.add(rule.user);
    }
    if (!complete || this.#complete) return;
    this.#complete = true;
    // Whoever is not told of any more hides nothing any more.
    for (const user of this.#known?.keys() ?? []) {
      if (!this.#coming.has(user)) this.#changed.add(user);
    }
    this.#known = this.#coming;
  }

  #versionOf(user: string): number | undefined {
    return this.#known?.get(user)?.version;
  }

  changed(): ReadonlySet<string> {
    const changed = this.#changed;
    if (changed.size > 0) this.#changed = new Set();
    return changed;
  }

  /** Users who hide something from somebody. */
  get size(): number {
    return this.#known?.size ?? 0;
  }

  maySee(viewer: string, user: string, what: Shown): boolean {
    const known = this.#known;
    if (known === undefined) return false;
    if (known.size === 0 || viewer === user) return true;
    return shows(known.get(user), viewer, what) && shows(known.get(viewer), user, what);
  }
}

function put(known: Known, from: AudienceRule): void {
  const { user, version, lastSeen, online, contacts, blocked } = from;
  if (version < (known.get(user)?.version ?? 0)) return;
  const hides =
    lastSeen !== Visibility.EVERYONE || online !== Visibility.EVERYONE || blocked.length > 0;
  if (!hides) {
    known.delete(user);
    return;
  }
  const visibility = { lastSeen, online };
  known.set(user, {
    version,
    visibility,
    contacts: new Set(contacts),
    blocked: new Set(blocked),
  });
}

function shows(rule: Rule | undefined, to: string, what: Shown): boolean {
  if (rule === undefined) return true;
  if (rule.blocked.has(to)) return false;
  const visibility = rule.visibility[what];
  if (visibility === Visibility.CONTACTS) return rule.contacts.has(to);
  return visibility === Visibility.EVERYONE;
}
