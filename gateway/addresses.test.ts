import assert from "node:assert/strict";
import { addressKey, clientAddress } from "./addresses.js";
import { FakeExchange } from "./testing/exchange.js";

const from = (forwarded: string) =>
  new FakeExchange({ headers: { "x-forwarded-for": forwarded }, peerAddress: "10.0.0.1" }).request;

describe("a client's address", () => {
  it("is the peer's, whatever the client claims", () => {
    assert.equal(clientAddress(from("203.0.113.1"), false), "10.0.0.1");
  });

  it("is what a trusted proxy appended, not what the client put before it", () => {
    assert.equal(clientAddress(from("1.1.1.1, 203.0.113.1"), true), "203.0.113.1");
  });

  it("is the peer's when the proxy says nothing sensible", () => {
    assert.equal(clientAddress(from(""), true), "10.0.0.1");
    assert.equal(clientAddress(from("203.0.113.1, <script>"), true), "10.0.0.1");
  });

  it("counts for rate limits as a whole in IPv4 and as a /64 network in IPv6", () => {
    assert.equal(addressKey("203.0.113.1"), "203.0.113.1");
    const long = addressKey("2001:0db8:0000:0001:aaaa:0000:0000:0001");
    assert.equal(long, addressKey("2001:db8:0:1::2"));
    assert.notEqual(long, addressKey("2001:db8:0:2::2"));
    assert.notEqual(addressKey("::ffff:1.2.3.4"), addressKey("::ffff:1.2.3.5"));
    assert.equal(addressKey(""), "");
  });
});
