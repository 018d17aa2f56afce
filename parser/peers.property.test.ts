import assert from "node:assert/strict";
import fc from "fast-check";
import type { LinkHandler } from "../lib/link/link.js";
import { WireError } from "../lib/wire/reader.js";
import { messages, mutationsOf } from "./testing/arbitrary.js";
import { feed, type RecordingLink } from "./testing/recording-link.js";
import { TestBench } from "./testing/test-bench.js";

const batches = (name: string) => mutationsOf(messages(name).map(({ bytes }) => bytes));

/** Feeds a batch; true when it broke the link the lawful way. */
function breaks(handler: LinkHandler, link: RecordingLink<unknown>, batch: Buffer): boolean {
  try {
    feed(handler, link, batch);
    return false;
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    return true;
  }
}

describe("any batch from a peer", () => {
  let bench: TestBench;
  beforeEach(() => {
    bench = new TestBench();
  });

  it("of a gateway breaks its link at most, and leaves the session's link whole", () => {
    let whole = 0;
    fc.assert(
      fc.property(batches("chat.parser.v1.GatewayBatch"), (batch) => {
        if (!breaks(bench.fromGateway, bench.gateway, batch)) whole++;
        bench.links[0]?.take();
        bench.gateway.take();
        assert.equal(bench.counters.bugs, 0);
      }),
      { numRuns: 2000 },
    );
    assert.ok(whole > 100);
  });

  it("of a session breaks its link at most, and leaves the gateway's link whole", () => {
    const [handler] = bench.fromSession;
    const [link] = bench.links;
    assert.ok(handler && link);
    let whole = 0;
    fc.assert(
      fc.property(batches("chat.session.v1.EventBatch"), (batch) => {
        if (!breaks(handler, link, batch)) whole++;
        link.take();
        bench.gateway.take();
      }),
      { numRuns: 2000 },
    );
    assert.ok(whole > 100);
  });

  it("of presence breaks its link at most, and leaves the gateway's link whole", () => {
    const [handler] = bench.fromPresence;
    const [link] = bench.presenceLinks;
    assert.ok(handler && link);
    let whole = 0;
    fc.assert(
      fc.property(batches("chat.presence.v1.PresenceBatch"), (batch) => {
        if (!breaks(handler, link, batch)) whole++;
        bench.gateway.take();
      }),
      { numRuns: 2000 },
    );
    assert.ok(whole > 100);
  });
});
