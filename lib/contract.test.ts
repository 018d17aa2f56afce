import assert from "node:assert/strict";
import { create, createFileRegistry } from "@bufbuild/protobuf";
import {
  DescriptorProtoSchema,
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  FieldDescriptorProtoSchema,
  FileDescriptorProtoSchema,
  OneofDescriptorProtoSchema,
} from "@bufbuild/protobuf/wkt";
import { Origin } from "../gen/chat/common/v1/options.js";
import { classesOf, clientFrames, linkContract, registry, serverFrames } from "./contract.js";

describe("contract", () => {
  it("knows the path and the class of every frame of a link, by the number of its arm", () => {
    const link = linkContract("chat.parser.v1.Parsers");
    assert.equal(link.path, "/chat.parser.v1.Parsers/Link");
    assert.deepEqual(Object.entries(link.up), [
      ["1", 0],
      ["2", 1],
      ["3", 0],
      ["4", 0],
      ["5", 0],
      ["6", 0],
      ["7", 0],
      ["8", 0],
      ["9", 4],
    ]);
    assert.deepEqual(Object.entries(link.down), [
      ["1", 0],
      ["2", 1],
      ["3", 0],
      ["4", 0],
    ]);
  });

  it("loads every link of the contract with control as arm 1 of class P0", () => {
    const links = [...registry]
      .filter((type) => type.kind === "service")
      .filter((service) => service.methods.some((method) => method.name === "Link"));
    assert.ok(links.length >= 3);
    for (const { typeName } of links) {
      const { up, down } = linkContract(typeName);
      assert.equal(up[1], 0, typeName);
      assert.equal(down[1], 0, typeName);
    }
  });

  it("refuses a service without a link", () => {
    assert.throws(() => linkContract("chat.auth.v1.Auth"), /no link chat\.auth\.v1\.Auth\/Link/);
    assert.throws(() => linkContract("chat.nobody.v1.Nobodies"), /no link/);
  });

  it("knows who causes each client frame and its class", () => {
    const arms = new Map(clientFrames().map((arm) => [arm.name, arm]));
    assert.deepEqual(arms.get("send"), {
      name: "send",
      number: 2,
      priority: 1,
      origin: Origin.USER,
      automatic: 6,
    });
    assert.deepEqual(arms.get("ack"), {
      name: "ack",
      number: 3,
      priority: 0,
      origin: Origin.SYSTEM,
      automatic: 0,
    });
    assert.equal(arms.get("fetch_history")?.priority, 2);
    assert.equal(arms.get("read")?.priority, 3);
  });

  it("knows the class of each server frame", () => {
    const arms = new Map(serverFrames().map((arm) => [arm.name, arm]));
    assert.equal(arms.get("sent")?.priority, 0);
    assert.equal(arms.get("deliver")?.priority, 1);
    assert.equal(arms.get("receipt")?.priority, 3);
  });

  it("refuses a frame whose arm has no priority", () => {
    const file = create(FileDescriptorProtoSchema, {
      name: "t.proto",
      syntax: "proto3",
      package: "t",
      messageType: [
        create(DescriptorProtoSchema, {
          name: "Frame",
          oneofDecl: [create(OneofDescriptorProtoSchema, { name: "kind" })],
          field: [
            create(FieldDescriptorProtoSchema, {
              name: "text",
              number: 1,
              type: FieldDescriptorProto_Type.STRING,
              label: FieldDescriptorProto_Label.OPTIONAL,
              oneofIndex: 0,
            }),
          ],
        }),
      ],
    });
    const frame = createFileRegistry(file, () => undefined).getMessage("t.Frame");
    assert.ok(frame);
    assert.throws(() => classesOf(frame), /t\.Frame\.text has no priority/);
  });
});
