import assert from "node:assert/strict";
import { type Account, type ClientStore, newConversation, type StoreWrite } from "./store.js";

export const CONVERSATION = "dm_aaaaaaaaaaaaaaaa_bbbbbbbbbbbbbbbb";

export const account: Account = {
  server: "http://127.0.0.1:1",
  name: "alice",
  user: "us_aaaaaaaaaaaaaaaa",
  device: "dv_aaaaaaaaaaaaaaaa",
  accessToken: "access",
  accessExpiresUnixMs: 1,
  refreshToken: "refresh",
  refreshExpiresUnixMs: 2,
};

export function message(seq: number, conversation = CONVERSATION): StoreWrite {
  const rest = { sender: account.user, clientMessageId: `m${seq}`, atUnixMs: seq, text: `t${seq}` };
  return { kind: "message", message: { conversation, seq, ...rest } };
}

export function waiting(order: number, number: number, text = "x"): StoreWrite {
  const item = { conversation: CONVERSATION, order, number, text };
  return { kind: "outbox-put", item: { ...item, clientMessageId: `o${order}`, queuedAtUnixMs: 1 } };
}

/** What every ClientStore keeps; `reopen` gives the same store as a later process finds it. */
export function describeStore(name: string, open: () => Promise<{ reopen: Reopen }>): void {
  describe(`the guarantees of a client store: ${name}`, () => {
    let reopen: Reopen;
    let store: ClientStore;
    beforeEach(async () => {
      ({ reopen } = await open());
      store = await reopen();
    });
    afterEach(() => store.close());

    it("starts empty", async () => {
      const state = await store.load();
      assert.deepEqual(state.account, undefined);
      assert.deepEqual(state.device, { connect: 0, based: false });
      assert.deepEqual([state.conversations, state.outbox, state.names.size], [[], [], 0]);
    });

    it("gives back what was written, also to the next process", async () => {
      const record = { ...newConversation(CONVERSATION), last: 9, ahead: [{ seq: 12, after: 11 }] };
      await store.write([
        { kind: "account", account },
        { kind: "connect", connect: 7 },
        { kind: "based" },
        { kind: "conversation", record },
        { kind: "name", user: account.user, name: "alice" },
        waiting(1, 3),
      ]);
      await store.close();
      store = await reopen();
      const state = await store.load();
      assert.deepEqual(state.account, account);
      assert.deepEqual(state.device, { connect: 7, based: true });
      assert.deepEqual(state.conversations, [record]);
      assert.deepEqual(state.names, new Map([[account.user, "alice"]]));
      assert.equal(state.outbox[0]?.number, 3);
    });

    it("applies the writes of one batch in order", async () => {
      const remove = { kind: "outbox-remove", conversation: CONVERSATION, order: 1 } as const;
      await store.write([waiting(1, 0, "old"), remove, waiting(1, 0, "new"), waiting(2, 0)]);
      await store.write([waiting(2, 5), remove]);
      const { outbox } = await store.load();
      assert.deepEqual(
        outbox.map((item) => [item.order, item.number]),
        [[2, 5]],
      );
    });

    it("keeps the outbox in order, beyond nine messages", async () => {
      await store.write(Array.from({ length: 12 }, (_, i) => waiting(12 - i, 0)));
      const { outbox } = await store.load();
      assert.deepEqual(
        outbox.map((item) => item.order),
        Array.from({ length: 12 }, (_, i) => i + 1),
      );
    });

    it("pages through the messages of one conversation, oldest first", async () => {
      const other = "dm_aaaaaaaaaaaaaaaa_cccccccccccccccc";
      await store.write([1, 2, 9, 10, 11].map((seq) => message(seq)));
      await store.write([message(5, other)]);
      const seqs = async (before: number, limit: number) =>
        (await store.messages(CONVERSATION, before, limit)).map((one) => one.seq);
      assert.deepEqual(await seqs(0, 3), [9, 10, 11]);
      assert.deepEqual(await seqs(9, 3), [1, 2]);
      assert.deepEqual(await seqs(1, 3), []);
    });

    it("forgets everything on clear, and keeps what follows it in the batch", async () => {
      await store.write([message(1), waiting(1, 1), { kind: "connect", connect: 4 }]);
      await store.write([{ kind: "clear" }, { kind: "account", account }]);
      const state = await store.load();
      assert.deepEqual(state.account, account);
      assert.deepEqual([state.device.connect, state.outbox], [0, []]);
      assert.deepEqual(await store.messages(CONVERSATION, 0, 10), []);
    });
  });
}

type Reopen = () => Promise<ClientStore>;
