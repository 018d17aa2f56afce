import assert from "node:assert/strict";
import type { DescMessage } from "@bufbuild/protobuf";
import { clientFrames, messageOf } from "../lib/contract.js";
import { PING, QUESTION, rules, SEND, WATCH } from "./rules.js";

const frame = messageOf("chat.client.v1.ClientFrame");
const arms = new Map(frame.fields.map((field) => [field.number, field]));
const armMessage = (number: number) => {
  const field = arms.get(number);
  assert.equal(field?.fieldKind, "message");
  return (field as { message: DescMessage }).message;
};
const numberOf = (message: DescMessage, name: string) =>
  message.fields.find((field) => field.name === name)?.number ?? 0;

describe("the rules of client frames", () => {
  for (const arm of clientFrames()) {
    it(`have a row for ${arm.name}`, () => {
      assert.ok(rules[arm.number], `give ${arm.name} a row in parser/rules.ts`);
    });
  }

  it("have no row without an arm", () => {
    assert.deepEqual(
      Object.keys(rules)
        .map(Number)
        .filter((number) => !arms.has(number)),
      [],
    );
  });

  it("know where the conversation of each frame stands", () => {
    for (const [number, rule] of Object.entries(rules)) {
      const message = armMessage(Number(number));
      assert.equal(rule.conversation, numberOf(message, "conversation"), message.name);
      assert.equal(rule.goesTo === "owner", rule.conversation > 0, message.name);
    }
  });

  it("answer each question that has a request, reject a Send, and nothing else", () => {
    for (const [number, rule] of Object.entries(rules)) {
      const message = armMessage(Number(number));
      const request = numberOf(message, "request");
      assert.equal(rule.onFault === "fail", request > 0, message.name);
      assert.equal(rule.onFault === "reject", message.name === "Send", message.name);
      if (request > 0) assert.equal(request, QUESTION.request);
    }
  });

  it("name fields by the numbers of the contract", () => {
    const send = messageOf("chat.client.v1.Send");
    assert.equal(SEND.clientMessageId, numberOf(send, "client_message_id"));
    assert.equal(SEND.number, numberOf(send, "number"));
    assert.equal(SEND.content, numberOf(send, "content"));
    assert.equal(PING.nonce, numberOf(messageOf("chat.client.v1.Ping"), "nonce"));
    assert.equal(WATCH.user, numberOf(messageOf("chat.client.v1.Watch"), "user"));
  });
});
