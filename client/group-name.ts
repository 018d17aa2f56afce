import type { GroupChange } from "../gen/chat/client/v1/groups.js";

/** The group's name, in the changes that tell it; else empty. */
export function nameIn({ kind }: GroupChange): string {
  return kind !== undefined && "name" in kind.value ? kind.value.name : "";
}
