import type { ChatClient } from "../client/node.js";
import { within } from "./deadline.js";

/** Connects, or says why not within the time. */
export async function connect(client: ChatClient, seconds = 10): Promise<void> {
  let why = "it does not answer";
  const off = client.on("connection", (event) => {
    if (event.state === "waiting") why = event.why;
  });
  const { server } = client.account;
  const advice = "Check --server and whether it runs.";
  try {
    await within(seconds, client.connect(), () => {
      return `No connection to ${server} within ${seconds} s: ${why}. ${advice}`;
    });
  } finally {
    off();
  }
}
