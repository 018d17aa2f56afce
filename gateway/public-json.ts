import {
  type DescMethod,
  fromBinary,
  fromJson,
  type JsonValue,
  toBinary,
  toJson,
} from "@bufbuild/protobuf";
import { AuthService } from "../gen/chat/auth/v1/auth.js";
import { PrivaciesService } from "../gen/chat/auth/v1/privacy.js";
import { GroupsService } from "../gen/chat/group/v1/group.js";
import { isCausedByUser, registry } from "../lib/contract.js";
import type { Definition } from "../lib/rpc/network.js";

/** One RPC that is open to clients. */
export interface PublicRpc {
  readonly rpc: string;
  /** What the gateway itself writes into a request: whatever the body says there is overwritten. */
  readonly own?: "address" | "user" | "caller";
  /** What a call takes of its user's rate; 1 when not given. */
  readonly weight?: number;
}

/** The RPCs of a service that are open to clients, under `POST /v1/<name>/<path>`. */
export interface PublicService {
  readonly name: string;
  readonly contract: string;
  readonly definition: Definition;
  readonly rpcs: Readonly<Record<string, PublicRpc>>;
  readonly bodyBytesMax: number;
}

export const publicAuth = {
  name: "auth",
  contract: "chat.auth.v1.Auth",
  definition: AuthService,
  rpcs: {
    register: { rpc: "register", own: "address" },
    login: { rpc: "login", own: "address" },
    refresh: { rpc: "refresh" },
    devices: { rpc: "listDevices", own: "user" },
    revoke: { rpc: "revokeDevice", own: "user" },
    lookup: { rpc: "lookUpUser", own: "caller" },
  },
  bodyBytesMax: 16 * 1024,
} as const satisfies PublicService;

export const publicGroups = {
  name: "groups",
  contract: "chat.group.v1.Groups",
  definition: GroupsService,
  rpcs: {
    // A synced write at two services, and an entry for every member.
    change: { rpc: "changeGroup", own: "user", weight: 10 },
    get: { rpc: "getGroup", own: "user" },
    list: { rpc: "listGroups", own: "user" },
    preview: { rpc: "previewGroup", own: "user" },
  },
  // A group may be created with as many members as it can have.
  bodyBytesMax: 64 * 1024,
} as const satisfies PublicService;

const privacies = {
  contract: "chat.auth.v1.Privacies",
  definition: PrivaciesService,
  bodyBytesMax: 16 * 1024,
} as const;

export const publicBlocks = {
  ...privacies,
  name: "blocks",
  rpcs: {
    add: { rpc: "blockUser", own: "user" },
    remove: { rpc: "unblockUser", own: "user" },
    list: { rpc: "listBlocks", own: "user" },
  },
} as const satisfies PublicService;

export const publicContacts = {
  ...privacies,
  name: "contacts",
  rpcs: {
    add: { rpc: "addContacts", own: "user" },
    remove: { rpc: "removeContacts", own: "user" },
    list: { rpc: "listContacts", own: "user" },
  },
} as const satisfies PublicService;

export const publicPrivacy = {
  ...privacies,
  name: "privacy",
  rpcs: {
    get: { rpc: "getPrivacy", own: "user" },
    set: { rpc: "setPrivacy", own: "user" },
  },
} as const satisfies PublicService;

export const publicAbout = {
  ...privacies,
  name: "about",
  rpcs: {
    get: { rpc: "getAbout", own: "caller" },
    set: { rpc: "setAbout", own: "user" },
  },
} as const satisfies PublicService;

/** Reads the canonical JSON of a request, strictly: an unknown field, a wrong type or broken JSON throws. */
export function readRequest(
  service: PublicService,
  path: string,
  body: Buffer,
): Record<string, unknown> {
  const { input } = schemaOf(service, path);
  const json = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body)) as JsonValue;
  const bytes = toBinary(input, fromJson(input, json, { registry }));
  return { ...methodOf(service, path).requestDeserialize(Buffer.from(bytes)) };
}

/** Gives the canonical JSON of a response. */
export function writeResponse(service: PublicService, path: string, response: unknown): JsonValue {
  const { output } = schemaOf(service, path);
  const bytes = methodOf(service, path).responseSerialize(response);
  return toJson(output, fromBinary(output, bytes), { registry });
}

/** Whether a call of this path is something that the user did. */
export function isUsersOwn(service: PublicService, path: string): boolean {
  return isCausedByUser(schemaOf(service, path));
}

function methodOf({ definition, rpcs }: PublicService, path: string) {
  return definition[rpcs[path]?.rpc ?? ""] as Definition[string];
}

function schemaOf({ contract, rpcs }: PublicService, path: string): DescMethod {
  const rpc = rpcs[path]?.rpc ?? "";
  const method = registry.getService(contract)?.method[rpc];
  if (!method) throw new Error(`the contract has no ${contract}/${rpc}`);
  return method;
}
