import { limits } from "./limits.js";

/** A change of a group that was made. */
interface Made {
  readonly user: string;
  readonly requestId: string;
  readonly fingerprint: number;
}

/** Who asks for a change, under which key, and which version of the group he has seen. */
export interface Asked extends Made {
  readonly seenVersion: number;
}

/**
 * What the last changes of a group say of a request: the change it was made as; `conflict` when its key was used for another one;
 * `stale` when it may have been made before all that is remembered; undefined when it was not made. The owner of the group decides
 * by it, and the group service foretells it.
 */
export function recall<T extends Made>(
  { version, changes }: { readonly version: number; readonly changes: readonly T[] },
  { user, requestId, fingerprint, seenVersion }: Asked,
): T | "conflict" | "stale" | undefined {
  for (const made of changes) {
    if (made.requestId !== requestId || made.user !== user) continue;
    return made.fingerprint === fingerprint ? made : "conflict";
  }
  return version - seenVersion > limits.groupChangesKept ? "stale" : undefined;
}
