import assert from "node:assert/strict";
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export interface Run {
  code: number | null;
  out: string;
  err: string;
}

const PROGRAM = fileURLToPath(new URL("../main.js", import.meta.url));

/** Runs the real command line against a server, with profiles in a directory of its own. */
export class Commands {
  protected constructor(
    private readonly url: string,
    private readonly home: string,
  ) {}

  static async at(url: string): Promise<Commands> {
    return new Commands(url, await Commands.newHome());
  }

  protected static newHome(): Promise<string> {
    return mkdtemp(join(tmpdir(), "chatmesh-"));
  }

  spawn(profile: string, ...args: string[]): ChildProcessWithoutNullStreams {
    const env = {
      PATH: process.env.PATH,
      NO_COLOR: "1",
      XDG_DATA_HOME: this.home,
      CHATMESH_SERVER: this.url,
      CHATMESH_PROFILE: profile,
      CHATMESH_PASSWORD: "a-long-password",
    };
    return spawn(process.execPath, [PROGRAM, ...args], { env });
  }

  run(profile: string, ...args: string[]): Promise<Run> {
    return this.runWith("", profile, ...args);
  }

  /** What a command prints that has to work. */
  async done(profile: string, ...args: string[]): Promise<string> {
    const { code, out, err } = await this.run(profile, ...args);
    assert.deepEqual([code, err], [0, ""], args.join(" "));
    return out;
  }

  /** What a command says that has to end with this code and print nothing else. */
  async fails(expected: number, profile: string, ...args: string[]): Promise<string> {
    const { code, out, err } = await this.run(profile, ...args);
    assert.deepEqual([code, out], [expected, ""], args.join(" "));
    return err;
  }

  /** With that on standard input. */
  async runWith(input: string, profile: string, ...args: string[]): Promise<Run> {
    const child = this.spawn(profile, ...args);
    child.stdin.end(input);
    const [out, err] = [collect(child.stdout), collect(child.stderr)];
    const [code] = (await once(child, "close")) as [number | null];
    return { code, out: await out, err: await err };
  }

  async stop(): Promise<void> {
    await rm(this.home, { recursive: true, force: true });
  }
}

async function collect(stream: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
