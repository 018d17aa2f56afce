import type { Fact } from "../events.js";
import type { Findings } from "./findings.js";

/** What clients cannot see: I11, I12 and I14, from metrics, logs and the journal. */
export class Evidence {
  readonly #epochs = new Map<number, { epoch: number; line: number }>();

  constructor(readonly findings: Findings) {}

  gauge({ name, value, bound }: Fact<"gauge">, line: number): void {
    if (value > bound) this.findings.add("I11", `${name} is at ${value}, above ${bound}`, line);
  }

  leak({ where, what }: Fact<"leak">, line: number): void {
    this.findings.add("I12", `${what} is in ${where}`, line);
  }

  /** Each take-over has a higher epoch; whoever has a lower one writes nothing any more. */
  journal({ type, shard, epoch }: Fact<"takeOver" | "commit">, line: number): void {
    const current = this.#epochs.get(shard) ?? { epoch: 0, line: 0 };
    const valid = type === "takeOver" ? epoch > current.epoch : epoch === current.epoch;
    if (!valid) {
      const what = `shard ${shard}: a ${type} of epoch ${epoch} in epoch ${current.epoch}`;
      this.findings.add("I14", what, current.line, line);
    }
    if (epoch > current.epoch) this.#epochs.set(shard, { epoch, line });
  }
}
