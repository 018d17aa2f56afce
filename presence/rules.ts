import { type AudienceRule, Visibility } from "../gen/chat/auth/v1/privacy.js";
import type { Audience, Shown } from "./audience.js";
import type { Events } from "./events.js";
import { holds, ID_LETTERS, type IdList, packIds } from "./id-list.js";

/** From whom one user hides what. */
interface Rule {
  readonly version: number;
  /** Which telling of all rules it was heard in. */
  readonly telling: number;
  readonly lastSeen: Visibility;
  readonly online: Visibility;
  readonly contacts: IdList;
  readonly blocked: IdList;
}

export interface RulesDeps {
  readonly events: Pick<Events, "ruleCut" | "ruleLost">;
  /** What all rules may take; half of it the users whom they name. */
  readonly bytesMax: number;
}

/** Memory of a rule that names nobody, its place in the map and the id included; measured, and rounded up. */
const RULE_BYTES = 256;

/**
 * Who may see what of whom, as auth tells it: all who hide something first, then what changes. As long as not all of it was heard nothing is
 * shown of anybody; when auth is gone, what was heard last counts. Nobody sees of others what he hides from them. What there is no room for
 * hides more, not less.
 */
export class Rules implements Audience {
  readonly #deps: RulesDeps;
  readonly #rules = new Map<string, Rule>();
  #telling = 0;
  /** All of the present telling was heard. */
  #complete = false;
  /** A rule of the present telling could not be kept. */
  #lost = false;
  /** All of one telling was heard and kept. */
  #isKnown = false;
  /** Letters of all ids that rules name. */
  #named = 0;
  #changed = new Set<string>();

  constructor(deps: RulesDeps) {
    this.#deps = deps;
  }

  /** Auth begins to tell all of it. */
  begin(): void {
    this.#telling++;
    this.#complete = false;
    this.#lost = false;
  }

  take(rules: readonly AudienceRule[], complete: boolean): void {
    for (const rule of rules) {
      const before = this.#rules.get(rule.user);
      // Auth that was set back to an earlier state tells lower versions, in another telling.
      if (before?.telling === this.#telling && rule.version < before.version) continue;
      // What changes is true at once, also while the rest is still to come.
      this.#put(rule);
      if (!isSame(before, this.#rules.get(rule.user))) this.#note(rule.user);
    }
    if (!complete || this.#complete) return;
    this.#complete = true;
    // Whoever is not told of any more hides nothing any more.
    for (const [user, { telling }] of this.#rules) {
      if (telling === this.#telling) continue;
      this.#remove(user);
      this.#note(user);
    }
    this.#isKnown = !this.#lost;
  }

  changed(): ReadonlySet<string> {
    const changed = this.#changed;
    if (changed.size > 0) this.#changed = new Set();
    return changed;
  }

  /** Users who hide something from somebody. */
  get size(): number {
    return this.#rules.size;
  }

  /** Memory that rules are counted with. */
  get bytes(): number {
    return this.#rules.size * RULE_BYTES + this.#named;
  }

  maySee(viewer: string, user: string, what: Shown): boolean {
    if (!this.#isKnown) return false;
    if (viewer === user || this.#rules.size === 0) return true;
    return this.#shows(user, viewer, what) && this.#shows(viewer, user, what);
  }

  #shows(user: string, to: string, what: Shown): boolean {
    const rule = this.#rules.get(user);
    if (rule === undefined) return true;
    if (holds(rule.blocked, to)) return false;
    if (rule[what] === Visibility.CONTACTS) return holds(rule.contacts, to);
    return rule[what] === Visibility.EVERYONE;
  }

  #put(from: AudienceRule): void {
    const { user, version, lastSeen, online, contacts, blocked } = from;
    this.#remove(user);
    const { EVERYONE, NOBODY } = Visibility;
    if (lastSeen === EVERYONE && online === EVERYONE && blocked.length === 0) return;
    const { bytesMax, events } = this.#deps;
    const bytes = (contacts.length + blocked.length) * ID_LETTERS;
    if (!this.#fits(bytes)) this.#forgetEarlier();
    if (this.bytes + RULE_BYTES > bytesMax) {
      // It is not known any more who hides: nobody is shown, until auth tells all of it again and there is room.
      this.#lost = true;
      this.#isKnown = false;
      events.ruleLost();
      return;
    }
    const telling = this.#telling;
    if (!this.#fits(bytes)) {
      events.ruleCut();
      const seen = { lastSeen: NOBODY, online: NOBODY };
      this.#rules.set(user, { version, telling, ...seen, contacts: "", blocked: "" });
      return;
    }
    this.#named += bytes;
    const named = { contacts: packIds(contacts), blocked: packIds(blocked) };
    this.#rules.set(user, { version, telling, lastSeen, online, ...named });
  }

  #fits(named: number): boolean {
    const { bytesMax } = this.#deps;
    return this.#named + named <= bytesMax / 2 && this.bytes + RULE_BYTES + named <= bytesMax;
  }

  /** What an earlier telling said is not to take the room of this one; until all of this one was heard nobody is shown. */
  #forgetEarlier(): void {
    if (this.#complete) return;
    for (const [user, { telling }] of this.#rules)
      if (telling !== this.#telling) this.#remove(user);
    this.#isKnown = false;
  }

  #remove(user: string): void {
    const rule = this.#rules.get(user);
    if (rule === undefined) return;
    this.#named -= rule.contacts.length + rule.blocked.length;
    this.#rules.delete(user);
  }

  /** Before anybody is shown, nobody has to be told that he is not. */
  #note(user: string): void {
    if (this.#isKnown) this.#changed.add(user);
  }
}

function isSame(a: Rule | undefined, b: Rule | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  const seen = a.lastSeen === b.lastSeen && a.online === b.online;
  return seen && a.contacts === b.contacts && a.blocked === b.blocked;
}
