import type { RawClient } from "./protocol.js";

let requests = 0;

/** What `viewer` may know of a user now. */
export async function lookAt(viewer: RawClient, user: string) {
  for (;;) {
    const request = ++requests;
    viewer.send("watch", { request, user });
    const frame = await viewer.firstOf(5_000, ({ $case, value }) => {
      return ($case === "presence" || $case === "failed") && value.request === request;
    });
    if (frame?.$case === "presence") return frame.value;
  }
}
