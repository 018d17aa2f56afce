import type { GroupChange, GroupEvent } from "../../client/node.js";
import type { Recorder } from "./recorder.js";

/** Notes who was a member of a group from when to when; `changes` are all of its changes, in their order. */
export function noteMembers(
  recorder: Recorder,
  conversation: string,
  changes: readonly GroupEvent[],
): void {
  const since = new Map<string, number>();
  const end = (user: string, through: number) => {
    const from = since.get(user) ?? 0;
    recorder.note({ type: "member", conversation, user, from, through });
    since.delete(user);
  };
  for (const { seq, sender, change } of changes) {
    for (const user of comers(sender, change)) since.set(user, seq);
    if (change.kind?.$case === "removed")
      for (const user of change.kind.value.users) end(user, seq);
  }
  for (const user of [...since.keys()]) end(user, 0);
}

function comers(sender: string, { kind }: GroupChange): string[] {
  if (kind?.$case === "created") return [sender, ...kind.value.members];
  return kind?.$case === "added" ? kind.value.users : [];
}
