import assert from "node:assert/strict";
import { ParserBatch } from "../../gen/chat/parser/v1/parser.js";
import { linkContract } from "../contract.js";
import { FakeClock } from "../fake-clock.js";
import { FakeStream } from "../link/fake-stream.js";
import { LinkMeters } from "../link/meter.js";
import { Recorder } from "../link/recorder.js";
import { silentLogger } from "../log.js";
import { RedialingDialer } from "./dialer.js";

const contract = linkContract("chat.parser.v1.Parsers");
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

function rig(random = () => 1) {
  const clock = new FakeClock();
  const dials: { readonly atMs: number; readonly stream: FakeStream }[] = [];
  const handler = new Recorder();
  const meters = new LinkMeters();
  const dialer = new RedialingDialer({
    address: "host:1",
    contract,
    handler,
    connect: () => {
      const stream = new FakeStream();
      dials.push({ atMs: clock.nowMs(), stream });
      return stream;
    },
    self: { instance: "gateway-1", boot: "gw_1" },
    clock,
    log: silentLogger,
    meters,
    random,
  });
  const last = () => dials.at(-1)?.stream as FakeStream;
  /** Loses the stream dialled last and lets a time pass. */
  const lose = async (thenMs: number) => {
    last().sink.closed("lost");
    await turn();
    clock.advance(thenMs);
  };
  return { clock, dials, handler, meters, dialer, last, lose };
}

function hello(): Buffer {
  const value = { instance: "parser-1", boot: "bt_1", credits: [] };
  const control = { kind: { $case: "hello" as const, value } };
  const frames = [{ kind: { $case: "control" as const, value: control } }];
  return Buffer.from(ParserBatch.encode({ frames }).finish());
}

describe("dialler", () => {
  it("waits longer after each failure, from 50 ms to 2 s", async () => {
    const gaps: number[] = [];
    const { clock, dials, last } = rig();
    for (let i = 0; i < 8; i++) {
      const before = clock.nowMs();
      last().sink.closed("lost");
      await turn();
      while (dials.length === i + 1) clock.advance(1);
      gaps.push(clock.nowMs() - before);
    }
    assert.deepEqual(gaps, [50, 100, 200, 400, 800, 1600, 2000, 2000]);
  });

  it("waits a random part of that, at least half", async () => {
    const { clock, dials, lose } = rig(() => 0);
    await lose(24);
    assert.equal(dials.length, 1);
    clock.advance(1);
    assert.equal(dials.length, 2);
  });

  it("starts anew after a link that was stable, and not after one that broke at once", async () => {
    const { clock, dials, last, lose } = rig();
    for (let i = 0; i < 5; i++) await lose(2_000);
    last().sink.message(hello());
    await lose(1_500);
    assert.equal(dials.length, 6);
    clock.advance(500);
    assert.equal(dials.length, 7);
    last().sink.message(hello());
    clock.advance(2_000);
    await lose(50);
    assert.equal(dials.length, 8);
  });

  it("has a link only while it is up", async () => {
    const { dialer, last, handler, lose } = rig();
    assert.equal(dialer.link, undefined);
    last().sink.message(hello());
    assert.equal(dialer.link, handler.link);
    await lose(0);
    assert.equal(dialer.link, undefined);
  });

  it("is quiet for good once closed, in whatever state it was", async () => {
    const up = rig();
    up.last().sink.message(hello());
    up.dialer.close();
    await turn();
    assert.deepEqual(up.handler.downs, ["the dialler closes"]);
    assert.equal(up.last().ended?.how, "done");
    const waiting = rig();
    await waiting.lose(0);
    waiting.dialer.close();
    for (const { clock, dials } of [up, waiting]) {
      clock.advance(60_000);
      assert.equal(dials.length, 1);
      assert.equal(clock.pending, 0);
    }
    assert.deepEqual([...up.meters.live], []);
  });
});
