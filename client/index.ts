/** The SDK for browsers; Node programs import node.ts, which adds a socket and a store. */
export { type GroupChange, GroupRole } from "../gen/chat/client/v1/groups.js";
export type { MemberReceipt } from "../gen/chat/client/v1/receipts.js";
export type { Credentials, DeviceInfo } from "./auth-api.js";
export { ChatClient } from "./client.js";
export { type Clock, defaultClock, defaultRandom, type Random, type Timer } from "./clock.js";
export type { Subprotocol } from "./codec.js";
export {
  type ChangeKey,
  ChatError,
  type ChatErrorReason,
  InviteOnlyError,
  UnansweredError,
} from "./errors.js";
export type * from "./events.js";
export type { Groups, NewGroup } from "./groups.js";
export type {
  Audience,
  GroupChanged,
  GroupInfo,
  GroupItem,
  GroupMember,
  GroupPreview,
  GroupSettings,
  Role,
} from "./groups-api.js";
export { directId, isDirectId, isGroupId, isUserId, peerOf } from "./ids.js";
export { MemoryStore } from "./memory-store.js";
export type { ClientOptions, ConversationItem } from "./options.js";
export type { LocalMessage, Outcome } from "./outcomes.js";
export type { Doing, Presence } from "./presence.js";
export type { Privacy } from "./privacy.js";
export type { ListedUser, PrivacySettings, Visibility } from "./privacy-api.js";
export type { HistoryPage } from "./queries.js";
export type { Socket, SocketEnd, SocketFactory, SocketHandlers, SocketRequest } from "./socket.js";
export type * from "./store.js";
