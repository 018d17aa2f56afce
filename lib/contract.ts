import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import {
  createFileRegistry,
  type DescExtension,
  type DescField,
  type DescMessage,
  type DescMethod,
  type FileRegistry,
  fromBinary,
  getOption,
  toBinary,
} from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { Origin } from "../gen/chat/common/v1/options.js";
import type { LinkContract, PriorityClass } from "./link/link.js";

/** What the contract says about one arm of a frame's oneof. */
export interface FrameArm {
  /** Name of the arm as in the contract, e.g. `fetch_history`. */
  readonly name: string;
  readonly number: number;
  readonly priority: PriorityClass;
}

/** An arm of ClientFrame: also who causes it. */
export interface ClientFrameArm extends FrameArm {
  readonly origin: Origin.USER | Origin.SYSTEM;
  /** Number of the arm's field that says that the user did not cause this one, 0 when it has none. */
  readonly automatic: number;
}

const files = fromBinary(FileDescriptorSetSchema, readFileSync(findImage()));

/** Every message, enum and option of the contract, for canonical JSON. */
export const registry: FileRegistry = createFileRegistry(files);

/** Each file of the contract as an encoded FileDescriptorProto, for reflection. */
export function contractFiles(): Buffer[] {
  return files.file.map((file) => Buffer.from(toBinary(FileDescriptorProtoSchema, file)));
}

/**
 * The two directions of a service's `Link` RPC, e.g. of `chat.parser.v1.Parsers`. Throws when there
 * is no such link or when one of its frames has no priority.
 */
export function linkContract(service: string): LinkContract {
  const method = registry.getService(service)?.methods.find((m) => m.name === "Link");
  if (method?.methodKind !== "bidi_streaming") {
    throw new Error(`the contract has no link ${service}/Link`);
  }
  return Object.freeze({
    path: `/${service}/Link`,
    up: classesOf(frameOf(method.input)),
    down: classesOf(frameOf(method.output)),
  });
}

/**
 * The arms of ClientFrame in ascending order of number. Throws when an origin or a priority is
 * missing.
 */
export function clientFrames(): readonly ClientFrameArm[] {
  return armsOf(messageOf("chat.client.v1.ClientFrame")).map((field) => {
    const origin = optionOf(field, "origin");
    if (origin !== Origin.USER && origin !== Origin.SYSTEM) {
      throw new Error(`${field.parent.typeName}.${field.name} has no origin`);
    }
    const automatic = field.message?.fields.find(({ name }) => name === "automatic");
    return Object.freeze({ ...armOf(field), origin, automatic: automatic?.number ?? 0 });
  });
}

/** Whether a user causes the calls of this RPC, and not his client by itself. */
export function isCausedByUser(method: DescMethod): boolean {
  const option = registry.getExtension("chat.common.v1.caused_by");
  return option !== undefined && Number(getOption(method, option)) === Origin.USER;
}

/** The arms of ServerFrame in ascending order of number. Throws when a priority is missing. */
export function serverFrames(): readonly FrameArm[] {
  return armsOf(messageOf("chat.client.v1.ServerFrame")).map(armOf);
}

/**
 * A table from arm number to class; numbers that are no arm are holes. Throws when a priority is
 * missing.
 */
export function classesOf(frame: DescMessage): readonly PriorityClass[] {
  const classes: PriorityClass[] = [];
  for (const field of armsOf(frame)) classes[field.number] = armOf(field).priority;
  return Object.freeze(classes);
}

/** Throws when the message is not in the contract. */
export function messageOf(name: string): DescMessage {
  const message = registry.getMessage(name);
  if (!message) throw new Error(`the contract has no message ${name}`);
  return message;
}

function armOf(field: DescField): FrameArm {
  const priority = optionOf(field, "priority");
  if (priority < 1 || priority > 5) {
    throw new Error(`${field.parent.typeName}.${field.name} has no priority`);
  }
  return Object.freeze({
    name: field.name,
    number: field.number,
    priority: (priority - 1) as PriorityClass,
  });
}

function armsOf(frame: DescMessage): DescField[] {
  const kind = frame.oneofs.find((oneof) => oneof.name === "kind");
  if (!kind) throw new Error(`${frame.typeName} has no oneof "kind"`);
  return [...kind.fields].sort((a, b) => a.number - b.number);
}

function frameOf(batch: DescMessage): DescMessage {
  const frames = batch.fields.find((field) => field.number === 1);
  if (frames?.fieldKind !== "list" || !frames.message) {
    throw new Error(`${batch.typeName} has no repeated frames = 1`);
  }
  return frames.message;
}

function optionOf(field: DescField, name: "origin" | "priority"): number {
  const option = registry.getExtension(`chat.common.v1.${name}`) as DescExtension | undefined;
  return option ? Number(getOption(field, option)) : 0;
}

/** The image is beside the sources: seen from lib/ and from dist/lib/. */
function findImage(): string {
  for (const path of ["../gen/contract.binpb", "../../gen/contract.binpb"]) {
    const file = fileURLToPath(new URL(path, import.meta.url));
    if (existsSync(file)) return file;
  }
  throw new Error("gen/contract.binpb is missing: run `make gen`");
}
