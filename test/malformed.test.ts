import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import fc from "fast-check";
import { ClientFrame, CloseCode } from "../gen/chat/client/v1/frames.js";
import { FailReason } from "../gen/chat/client/v1/history.js";
import { RejectReason } from "../gen/chat/client/v1/messages.js";
import { directId, newId } from "../lib/ids.js";
import { limits } from "../lib/limits.js";
import { type Couple, newCouple, sendNumbers } from "./couple.js";
import { call, type Device, type Failure, register, sendText } from "./people.js";
import { type Codec, RawClient } from "./protocol.js";
import { onTopology } from "./topologies.js";
import { within } from "./until.js";

const RUNS = 60;

onTopology("processes", "malformed input", (scope) => {
  let couple: Couple;
  let mallory: Device;
  let before: unknown;

  beforeEach(async () => {
    couple ??= await newStory();
    mallory ??= await register(scope.mesh, "mallory");
    before ??= await view(couple);
  });

  // Whatever was sent: every process is up, and the conversation of the others is what it was.
  afterEach(async () => {
    assert.deepEqual(await view(couple), before);
  });

  for (const codec of ["proto", "json"] as const) {
    it(`random ${codec} messages close the connection or are answered`, async () => {
      const message =
        codec === "proto" ? fc.uint8Array({ maxLength: 300 }) : fc.string({ maxLength: 300 });
      await fc.assert(
        fc.asyncProperty(message, (data) => survives(codec, data)),
        { numRuns: RUNS },
      );
    });
  }

  it("truncated and altered frames close the connection or are answered", async () => {
    const whole = ClientFrame.encode(sampleSend(couple.conversation)).finish();
    const flaw = fc.record({
      length: fc.integer({ min: 0, max: whole.length }),
      at: fc.nat({ max: whole.length - 1 }),
      byte: fc.nat({ max: 255 }),
    });
    await fc.assert(
      fc.asyncProperty(flaw, async ({ length, at, byte }) => {
        const bytes = Buffer.from(whole);
        bytes[at] = byte;
        await survives("proto", bytes.subarray(0, length));
      }),
      { numRuns: RUNS },
    );
  });

  it("JSON of the wrong shape or type closes the connection", async () => {
    const wrong = [
      "",
      "null",
      "[]",
      "7",
      "{}",
      '{"ping":7}',
      '{"ping":{"nonce":"x"}}',
      '{"ping":{"nonce":-1}}',
      '{"ping":{"nonce":1.5}}',
      '{"ping":{"nonce":"18446744073709551616"}}',
      '{"ping":{},"ack":{}}',
      '{"ping":{"unknown":1}}',
      '{"send":{"conversation":7}}',
      '{"send":{"content":{"text":"not a message"}}}',
      '{"ack":{"seq":[]}}',
      '{"pullReceipts":{"conversations":"x"}}',
      `${"[".repeat(20_000)}`,
      '{"ping":{"nonce":"1"}} trailing',
    ];
    for (const data of wrong) {
      const code = await closedBy("json", data);
      assert.equal(code, CloseCode.INVALID_FRAME, data.slice(0, 60));
    }
  });

  it("a frame without a known arm, or of the other codec, closes the connection", async () => {
    for (const data of [Buffer.alloc(0), Buffer.from([0xfa, 0x07, 0x00]), "text"]) {
      assert.equal(await closedBy("proto", data), CloseCode.INVALID_FRAME);
    }
    assert.equal(await closedBy("json", Buffer.from("{}")), CloseCode.INVALID_FRAME);
  });

  it("an oversized frame closes the connection", async () => {
    const big = Buffer.alloc(limits.frameBytesMax + 1);
    assert.equal(await closedBy("proto", big), CloseCode.FRAME_TOO_LARGE);
    assert.equal(await closedBy("json", big.toString("latin1")), CloseCode.FRAME_TOO_LARGE);
  });

  it("every command with any values, in another's conversation, changes nothing there", async () => {
    await fc.assert(
      fc.asyncProperty(
        anyCommand(() => couple.conversation),
        (frame) => survives("proto", ClientFrame.encode(ClientFrame.fromPartial(frame)).finish()),
      ),
      { numRuns: RUNS * 2 },
    );
  });

  it("a send to a conversation of others, or to nobody, is rejected without using a number", async () => {
    const client = await connect("proto");
    const nobody = directId(mallory.user, newId("us"));
    for (const conversation of [couple.conversation, nobody, "dm_x", "gr_0", ""]) {
      const id = sendText(client, { conversation, number: 1, text: "let me in" });
      const rejected = await client.expect("rejected");
      assert.deepEqual([rejected.clientMessageId, rejected.free], [id, true]);
      const { INVALID, NOT_FOUND } = RejectReason;
      assert.ok([INVALID, NOT_FOUND].includes(rejected.reason), RejectReason[rejected.reason]);
    }
    await client.close();
  });

  it("questions about a conversation of others are answered as if it did not exist", async () => {
    const client = await connect("proto");
    const { conversation } = couple;
    client.send("fetchHistory", { request: 1, conversation, before: 0, limit: 0 });
    client.send("getMessageInfo", { request: 2, conversation, seq: 1 });
    for (const request of [1, 2]) {
      const failed = await client.expect("failed", (f) => f.request === request);
      assert.equal(failed.reason, FailReason.NOT_FOUND);
    }
    await client.close();
  });

  it("a sender forged in unknown fields is not believed", async () => {
    const { alice, alicesDevice, bob, conversation } = await newCouple(scope.mesh);
    const forged = Buffer.concat([
      ClientFrame.encode(sampleSend(conversation)).finish(),
      Buffer.from([0xa2, 0x06, 19]),
      Buffer.from(mallory.user),
    ]);
    alice.sendBytes(forged);
    const entry = (await bob.expect("deliver")).entry;
    assert.equal(entry?.sender, alicesDevice.user);
  });

  it("acknowledgements and reads beyond the head move nothing", async () => {
    const { alice, bob, conversation } = await newCouple(scope.mesh);
    await sendNumbers(alice, conversation, { first: 1, last: 2 });
    await bob.expect("deliver", ({ entry }) => entry?.seq === 2);
    bob.send("ack", { conversation, seq: 3 });
    bob.send("ack", { conversation, seq: Number.MAX_SAFE_INTEGER });
    bob.send("read", { conversation, seq: 1_000_000, automatic: false });
    bob.send("ack", { conversation, seq: 1 });
    const receipt = await alice.expect("receipt");
    assert.deepEqual([receipt.delivered, receipt.read], [1, 0]);
    await sendNumbers(alice, conversation, { first: 3, last: 3 });
    await bob.expect("deliver", ({ entry }) => entry?.seq === 3);
  });

  it("any body posted to the public RPCs is answered with a reason", async () => {
    const path = fc.constantFrom("register", "login", "refresh", "devices", "revoke", "lookup");
    const body = fc.oneof(fc.string(), fc.json(), fc.constant("{}"), fc.constant('{"name":[]}'));
    await fc.assert(
      fc.asyncProperty(path, body, async (to, text) => {
        const answer = await fetch(`${scope.mesh.url}/v1/auth/${to}`, {
          method: "POST",
          body: text,
        });
        const failure = (await answer.json()) as Failure;
        assert.ok(answer.status >= 400 && answer.status < 500, `${to} ${text}: ${answer.status}`);
        assert.match(failure.reason, /^[A-Z_]+$/);
      }),
      { numRuns: RUNS },
    );
    const lookup = await call<Failure>(scope.mesh, "auth/lookup", { name: "x".repeat(100_000) });
    assert.ok(lookup.status >= 400 && lookup.status < 500);
  });

  /** The connection still answers afterwards, or was closed with a code of the contract. */
  async function survives(codec: Codec, data: Uint8Array | string): Promise<void> {
    const client = await connect(codec);
    client.sendBytes(data);
    const nonce = 424_242;
    client.send("ping", { nonce });
    const answered = client.expect("pong", (pong) => pong.nonce === nonce).then(() => undefined);
    const closed = await within("an answer", Promise.race([answered, client.closed]));
    if (closed) assert.ok(closed.code in CloseCode, `${closed.code} ${closed.reason}`);
    client.cut();
    answered.catch(() => {});
  }

  async function closedBy(codec: Codec, data: Uint8Array | string): Promise<number> {
    const client = await connect(codec);
    client.sendBytes(data);
    return (await within("the connection to be closed", client.closed)).code;
  }

  function connect(codec: Codec): Promise<RawClient> {
    return RawClient.connect(scope.mesh, { accessToken: mallory.accessToken, codec });
  }

  async function newStory(): Promise<Couple> {
    const couple = await newCouple(scope.mesh);
    await sendNumbers(couple.alice, couple.conversation, { first: 1, last: 3 });
    couple.bob.send("read", { conversation: couple.conversation, seq: 2, automatic: false });
    await couple.alice.expect("receipt", ({ read }) => read === 2);
    return couple;
  }

  /** What Alice sees of her conversation: its entries and its ticks. */
  async function view({ alice, conversation }: Couple): Promise<unknown> {
    alice.send("fetchHistory", { request: 1, conversation, before: 0, limit: 100 });
    alice.send("pullReceipts", { conversations: [conversation] });
    return [await alice.expect("history"), await alice.expect("receipt")];
  }
});

function sampleSend(conversation: string): ClientFrame {
  const content = { kind: { $case: "text" as const, value: { text: "sample" } } };
  const clientMessageId = randomUUID();
  const value = { conversation, clientMessageId, number: 1, content, acked: 0, automatic: false };
  return { kind: { $case: "send", value } };
}

/** Any command with any values: ids right and wrong, numbers from 0 to the largest. */
function anyCommand(foreign: () => string) {
  const conversation = fc.oneof(
    fc.constant(null).map(foreign),
    fc.string({ maxLength: 80 }),
    fc.constantFrom("", "dm_", "gr_0123456789abcdef"),
  );
  const number = fc.oneof(fc.nat({ max: 5 }), fc.maxSafeNat());
  const values = {
    ping: fc.record({ nonce: number }),
    send: fc.record({
      conversation,
      clientMessageId: fc.oneof(fc.uuid(), fc.string({ maxLength: 50 })),
      number,
      content: fc.option(
        fc.record({
          kind: fc.record({
            $case: fc.constant("text"),
            value: fc.record({ text: fc.string({ maxLength: 50 }) }),
          }),
        }),
        { nil: undefined },
      ),
      acked: number,
    }),
    ack: fc.record({ conversation, seq: number }),
    read: fc.record({ conversation, seq: number }),
    resync: fc.record({ conversation, last: number }),
    resume: fc.record({ token: number }),
    ackBases: fc.constant({}),
    pullReceipts: fc.record({ conversations: fc.array(conversation, { maxLength: 120 }) }),
    fetchHistory: fc.record({
      request: number,
      conversation,
      before: number,
      limit: fc.nat({ max: 200 }),
    }),
    listConversations: fc.record({
      request: number,
      after: fc.string(),
      limit: fc.nat({ max: 900 }),
    }),
    getMessageInfo: fc.record({ request: number, conversation, seq: number }),
    getLastNumber: fc.record({ request: number, conversation }),
  };
  return fc.oneof(
    ...Object.entries(values).map(([$case, value]) =>
      (value as fc.Arbitrary<unknown>).map((v) => ({ kind: { $case, value: v } }) as ClientFrame),
    ),
  );
}
