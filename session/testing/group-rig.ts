import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import type { ProposeChangeRequest } from "../../gen/chat/session/v1/session.js";
import { changed } from "./changed-store.js";
import { type FakeDevice, Rig, type RigOptions } from "./rig.js";

export const GROUP = "gr_aaaaaaaaaaaaaaaa";
const USERS = ["a", "b", "c", "d"].map((letter) => `us_${letter.repeat(16)}`);
export const [ANN, BOB, CAT, DAN] = USERS as [string, string, string, string];

export function proposal(change: Partial<ProposeChangeRequest>): ProposeChangeRequest {
  const expectedVersion = change.expectedVersion ?? 1;
  const kind = { $case: "renamed" as const, value: { name: "x" } };
  return {
    conversation: GROUP,
    user: ANN,
    requestId: randomUUID(),
    fingerprint: 1,
    seenVersion: expectedVersion,
    expectedVersion,
    change: { version: expectedVersion + 1, kind },
    add: [],
    remove: [],
    restricted: false,
    senders: [],
    state: Buffer.from("state"),
    ...change,
  };
}

/** A store whose commits fail while `fails` says so. */
export function failing() {
  const wrap = changed((store) => ({
    commit: async (lease, records) => {
      if (state.fails) throw new Error("not written");
      return store.commit(lease, records);
    },
  }));
  const state = { fails: false, wrap };
  return state;
}

export const creation = (members: string[]) => proposal({ expectedVersion: 0, add: members });

/** A group of Ann, Bob and Cat, each with one device that has its first entry. */
export async function startGroup(options: RigOptions = {}) {
  const rig = await Rig.start(options);
  const devices = [ANN, BOB, CAT].map((user) => rig.device(user).attach());
  const { changes } = rig.service;
  const made = await changes.propose(creation([ANN, BOB, CAT]));
  assert.deepEqual(made.outcome, { $case: "appended", value: { version: 1, seq: 1 } });
  await rig.settle();
  for (const device of devices) device.ack(GROUP, 1);
  await rig.settle();
  const [ann, bob, cat] = devices as [FakeDevice, FakeDevice, FakeDevice];
  return { rig, changes, ann, bob, cat };
}
