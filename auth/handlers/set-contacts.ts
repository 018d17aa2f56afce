import type {
  AddContactsRequest,
  AddContactsResponse,
  ListContactsRequest,
  ListContactsResponse,
  RemoveContactsRequest,
  RemoveContactsResponse,
} from "../../gen/chat/auth/v1/privacy.js";
import { limits } from "../../lib/limits.js";
import { invalid, userId } from "../fields.js";
import { changePrivacy, wishOf } from "../privacy.js";
import type { PrivacyDeps } from "../privacy-service.js";
import { named } from "./list-blocks.js";

type Deps = Pick<PrivacyDeps, "store" | "accounts" | "limits" | "clock" | "audiences">;

/** Adds those who exist and are none yet, or nobody when there is no room for all of them. */
export function addContacts(deps: Deps) {
  const { store, accounts, clock } = deps;
  return async (request: AddContactsRequest): Promise<AddContactsResponse> => {
    const { user, requestId } = request;
    const asked = readContacts(request.contacts);
    if (asked.includes(user)) throw invalid("contacts must be others");
    const wish = wishOf(user, requestId, `add ${asked.join()}`);
    await deps.limits.privacyPerCaller.take(user);
    const found = await Promise.all(asked.map((one) => accounts.findAccount({ user: one })));
    const made = await changePrivacy(deps, wish, async ({ counts }) => {
      const atMs = clock.wallMs();
      const peers = [];
      for (const account of found) {
        if (account === undefined) continue;
        const known = await store.findPeer("contacts", user, account.user);
        if (known === undefined) peers.push({ user: account.user, atMs });
      }
      const contacts = counts.contacts + peers.length;
      if (contacts > limits.contactsMax) return undefined;
      return {
        privacy: { counts: { ...counts, contacts } },
        changes: { add: { list: "contacts", peers } },
      };
    });
    if (made === "refused") {
      return { outcome: { $case: "full", value: { max: limits.contactsMax } } };
    }
    return { outcome: { $case: "done", value: {} } };
  };
}

export function removeContacts(deps: Deps) {
  const { store } = deps;
  return async (request: RemoveContactsRequest): Promise<RemoveContactsResponse> => {
    const { user, requestId } = request;
    const asked = readContacts(request.contacts);
    const wish = wishOf(user, requestId, `remove ${asked.join()}`);
    await deps.limits.privacyPerCaller.take(user);
    await changePrivacy(deps, wish, async ({ counts }) => {
      const known = await Promise.all(asked.map((one) => store.findPeer("contacts", user, one)));
      const peers = known.flatMap((peer) => (peer === undefined ? [] : [peer.user]));
      const contacts = counts.contacts - peers.length;
      return {
        privacy: { counts: { ...counts, contacts } },
        changes: { remove: { list: "contacts", peers } },
      };
    });
    return {};
  };
}

export function listContacts({ store, accounts }: Pick<PrivacyDeps, "store" | "accounts">) {
  return async (request: ListContactsRequest): Promise<ListContactsResponse> => {
    const peers = await store.listPeers("contacts", userId(request.user, "user"));
    return { contacts: await named(accounts, peers) };
  };
}

const AT_A_TIME = 100;

function readContacts(users: readonly string[]): readonly string[] {
  if (users.length < 1 || users.length > AT_A_TIME) {
    throw invalid(`contacts must have 1 to ${AT_A_TIME} users`);
  }
  for (const user of users) userId(user, "contacts");
  return [...new Set(users)];
}
