import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Random } from "../../sim/random.js";
import type { Act } from "./trace.js";

const SECTOR = 512;

interface Write {
  readonly at: number;
  readonly bytes: Buffer;
}

class File {
  readonly writes: Write[] = [];
  /** So many of the writes are on the disk for sure. */
  synced = 0;
  length = 0;
}

/** A change of names; they reach the disk in their order, as a journalling file system writes them. */
type Change = (names: Map<string, File>) => void;

/**
 * What a disk may hold after the power was cut: everything that was synced, and of what was not any sectors. A file that
 * is synced has its name, too, and all changes of names before; of later ones only the first few may be there.
 */
export class Disk {
  readonly #fds = new Map<number, { file: File; at: number }>();
  readonly #changes: Change[] = [];
  #changesSynced = 0;
  readonly #now = new Map<string, File>();
  /** What the process had said. */
  said = "";

  take(act: Act): void {
    switch (act.act) {
      case "say":
        this.said += act.text;
        return;
      case "create":
      case "open":
      case "truncate":
        return this.#open(act.name, act.fd, act.act === "truncate");
      case "write":
        return this.#write(act.fd, act.bytes, act.at);
      case "sync":
        return this.#sync(act.fd);
      case "close":
        this.#fds.delete(act.fd);
        return;
      case "rename":
        return this.#change((names) => {
          const file = names.get(act.from);
          if (file) names.set(act.to, file);
          names.delete(act.from);
        });
      case "unlink":
        this.#change((names) => void names.delete(act.name));
    }
  }

  /** Writes one disk of those there might be into a new directory. */
  async write(directory: string, random: Random): Promise<void> {
    await mkdir(directory);
    const loose = this.#changes.length - this.#changesSynced;
    const names = new Map<string, File>();
    const kept = this.#changesSynced + random.below(loose + 1);
    for (const change of this.#changes.slice(0, kept)) change(names);
    for (const [name, file] of names) {
      if (name !== ".") await writeFile(join(directory, name), contentOf(file, random));
    }
  }

  #open(name: string, fd: number, truncates: boolean): void {
    let file = this.#now.get(name);
    if (file === undefined || truncates) {
      file = new File();
      const made = file;
      this.#change((names) => names.set(name, made));
    }
    this.#fds.set(fd, { file, at: 0 });
  }

  #write(fd: number, bytes: Buffer, at?: number): void {
    const open = this.#fds.get(fd);
    if (open === undefined) return;
    const place = at ?? open.at;
    open.file.writes.push({ at: place, bytes });
    open.file.length = Math.max(open.file.length, place + bytes.length);
    if (at === undefined) open.at += bytes.length;
  }

  #sync(fd: number): void {
    const file = this.#fds.get(fd)?.file;
    if (file === undefined) return;
    file.synced = file.writes.length;
    this.#changesSynced = this.#changes.length;
  }

  #change(change: Change): void {
    change(this.#now);
    this.#changes.push(change);
  }
}

/** All that was synced, and some sectors of what was not; the file ends somewhere behind the last of them. */
function contentOf({ writes, synced }: File, random: Random): Buffer {
  const sure = writes.slice(0, synced);
  const loose = writes.slice(synced).flatMap((write) => sectorsOf(write));
  // Often a beginning is there and nothing else, sometimes anything.
  const fate = random.below(3);
  const until = random.below(loose.length + 1);
  const some = loose.filter((_, i) =>
    fate === 0 ? i < until : random.chance(fate === 1 ? 0.5 : 0),
  );
  const all = [...sure, ...some];
  const content = Buffer.alloc(Math.max(0, ...all.map(({ at, bytes }) => at + bytes.length)));
  for (const { at, bytes } of all) bytes.copy(content, at);
  return content;
}

function sectorsOf({ at, bytes }: Write): Write[] {
  const sectors: Write[] = [];
  for (let from = 0; from < bytes.length; ) {
    const length = Math.min(bytes.length - from, SECTOR - ((at + from) % SECTOR));
    sectors.push({ at: at + from, bytes: bytes.subarray(from, from + length) });
    from += length;
  }
  return sectors;
}
