import type { GroupChange } from "../gen/chat/client/v1/groups.js";
import type { ConversationRecord } from "./store.js";

/** What a device knows of a group after a change. One that comes late, in the place of a placeholder, takes nothing back. */
export function groupAfter(
  known: ConversationRecord["group"],
  change: GroupChange,
): NonNullable<ConversationRecord["group"]> {
  const { version = 0, name = "" } = known ?? {};
  const isNewer = change.version > version;
  return {
    version: Math.max(version, change.version),
    name: isNewer ? nameIn(change) || name : name || nameIn(change),
  };
}

/** The group's name, in the changes that tell it; else empty. */
function nameIn({ kind }: GroupChange): string {
  return kind !== undefined && "name" in kind.value ? kind.value.name : "";
}
