import assert from "node:assert/strict";
import { CloseCode } from "../gen/chat/client/v1/frames.js";
import { reconnectDelay } from "./backoff.js";
import { afterClose, closeTable, retryAfterMs } from "./close-codes.js";

const codes = Object.values(CloseCode).filter((code): code is CloseCode => Number(code) > 0);

describe("the table of close codes", () => {
  it("has a row for every code of the contract, and no other", () => {
    assert.deepEqual(Object.keys(closeTable).map(Number).sort(), [...codes].sort());
  });

  for (const code of codes) {
    it(`agrees with the range of ${CloseCode[code]} (${code})`, () => {
      const { action } = afterClose(code);
      assert.equal(action === "stop", code >= 4500);
    });
  }

  it("refreshes for an expired token, logs out when revoked, stays away when superseded", () => {
    assert.equal(afterClose(CloseCode.TOKEN_EXPIRED).action, "refresh");
    const revoked = afterClose(CloseCode.REVOKED);
    const superseded = afterClose(CloseCode.SUPERSEDED);
    assert.equal(revoked.action === "stop" && revoked.reason, "logged-out");
    assert.equal(superseded.action === "stop" && superseded.reason, "superseded");
  });

  it("follows the range for codes it does not know", () => {
    assert.equal(afterClose(4321).action, "reconnect");
    assert.equal(afterClose(4777).action, "stop");
    assert.equal(afterClose(1006).action, "reconnect");
    assert.equal(afterClose(1000).action, "reconnect");
  });

  it("reads the delay from the reason, and bounds it", () => {
    assert.equal(retryAfterMs("retry-after-ms=1500"), 1_500);
    assert.equal(retryAfterMs("rate limited; retry-after-ms=20"), 20);
    assert.equal(retryAfterMs("retry-after-ms=999999999"), 300_000);
    for (const reason of ["", "retry-after-ms=", "retry-after-ms=x", "xretry-after-ms=5"]) {
      assert.equal(retryAfterMs(reason), undefined, reason);
    }
  });
});

describe("the back-off between connections", () => {
  it("doubles its range up to 30 s and spreads over all of it", () => {
    assert.deepEqual(
      [0, 1, 2, 3, 10, 1_000].map((attempt) => reconnectDelay(attempt, 1)),
      [500, 1_000, 2_000, 4_000, 30_000, 30_000],
    );
    assert.equal(reconnectDelay(5, 0), 0);
  });
});
