import assert from "node:assert/strict";
import { FakeXmppServer } from "./xmpp-fake.js";
import { XmppPair } from "./xmpp-pair.js";
import { attribute, StanzaScanner } from "./xmpp-scan.js";

describe("a pair of XMPP users", () => {
  let server: FakeXmppServer;
  let pair: XmppPair;

  beforeEach(async () => {
    server = await FakeXmppServer.start();
    pair = new XmppPair([server.user("a"), server.user("b")], "some text");
    await pair.connect();
  });

  afterEach(async () => {
    pair.close();
    await server.stop();
  });

  /** Sends messages until so many were read, some of them at once. */
  function exchange(messages: number): Promise<number[]> {
    const latencies: number[] = [];
    return new Promise((resolve) => {
      pair.onRead = (latencyMs) => {
        latencies.push(latencyMs);
        if (pair.counts.sends < messages) pair.send(performance.now());
        if (latencies.length === messages) resolve(latencies);
      };
      for (let i = 0; i < 4; i++) pair.send(performance.now());
    });
  }

  it("sees every message sent, delivered and read once, and how long each took", async () => {
    const latencies = await exchange(3000);
    assert.ok(latencies.every((ms) => ms >= 0 && ms < 20_000));
    const { framesIn, ...counts } = pair.counts;
    assert.deepEqual(counts, { sends: 3000, sent: 3000, delivered: 3000, read: 3000, faults: 0 });
    // Per message: an ack, the message and two answers, and three requests of the server for an ack.
    assert.ok(framesIn >= 7 * 3000, String(framesIn));
  });

  it("acknowledges what the server sent, when it is asked", async () => {
    await exchange(20);
    while ((server.acked.get("b") ?? 0) < 21) await new Promise((resolve) => setImmediate(resolve));
    // The answer to B's own presence is the first stanza that counts.
    assert.equal(server.acked.get("b"), 21);
  });

  it("finds a message that comes twice", async () => {
    server.route = (to, stanza) => (to === "b@localhost" ? [stanza, stanza] : [stanza]);
    await exchange(4);
    assert.equal(pair.counts.faults, 4);
  });

  it("finds messages and answers that come in the wrong order", async () => {
    let held = "";
    server.route = (to, stanza) => {
      const isFirst = to === "b@localhost" && held === "";
      if (isFirst) held = stanza;
      return isFirst ? [] : to === "b@localhost" ? [stanza, held] : [stanza];
    };
    pair.send(performance.now());
    pair.send(performance.now());
    while (pair.counts.read < 1) await new Promise((resolve) => setImmediate(resolve));
    assert.ok(pair.counts.faults > 0);
  });

  it("says when a connection breaks, and nothing when it ends itself", async () => {
    const broken = new Promise<string>((resolve) => {
      pair.onBroken = resolve;
    });
    server.drop();
    assert.match(await broken, /closed|reset/i);
    const other = new XmppPair([server.user("c"), server.user("d")], "some text");
    await other.connect();
    other.onBroken = assert.fail;
    other.close();
  });

  it("says what the server answered when a login is refused", async () => {
    const wrong = { ...server.user("a"), password: "wrong" };
    const refused = new XmppPair([wrong, server.user("b")], "some text");
    await assert.rejects(refused.connect(), /not-authorized/);
  });
});

describe("the scanner of XMPP streams", () => {
  const stream =
    "<?xml version='1.0'?><stream:stream id='1'><stream:features><x/><y>PLAIN</y></stream:features>" +
    "<message id='1'><body>a &lt; b</body><request/></message>\n<r xmlns='urn:xmpp:sm:3'/></stream:stream>";
  const elements = [
    "<stream:stream id='1'>",
    "<stream:features><x/><y>PLAIN</y></stream:features>",
    "<message id='1'><body>a &lt; b</body><request/></message>",
    "<r xmlns='urn:xmpp:sm:3'/>",
    "</stream:stream>",
  ];

  it("finds the same elements wherever the stream is cut", () => {
    for (let size = 1; size <= stream.length; size++) {
      const found: string[] = [];
      const scanner = new StanzaScanner((text, start, end) => found.push(text.slice(start, end)));
      for (let i = 0; i < stream.length; i += size) scanner.push(stream.slice(i, i + size));
      assert.deepEqual(found, elements, `in pieces of ${size}`);
    }
  });

  it("reads attributes of one tag only", () => {
    const xml = `<message from="b@x" id='7'><received id='8'/></message>`;
    assert.equal(attribute(xml, 0, "from"), "b@x");
    assert.equal(attribute(xml, 0, "id"), "7");
    assert.equal(attribute(xml, xml.indexOf("<received"), "id"), "8");
    assert.equal(attribute("<message><received id='8'/></message>", 0, "id"), "");
  });
});
