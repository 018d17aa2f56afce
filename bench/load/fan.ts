import { processCpuUs } from "../rig/cpu.js";

/** A room with one author, whose every message goes to all others. */
export interface FanRoom {
  readonly fan: Fan;
  /** The author sends the message of this number. */
  send(number: number): void;
  close(): void;
}

/** Follows messages 1, 2, 3… of one author until each is with all others; a copy out of order, or a second one, is a fault. */
export class Fan {
  sends = 0;
  done = 0;
  deliveries = 0;
  faults = 0;
  broken = "";
  /** Called when a message is with everybody, with the time since it was sent, in milliseconds. */
  onDone: (latencyMs: number) => void = () => {};
  #left: number[] = [];
  #sentMs: number[] = [];

  constructor(readonly recipients: number) {}

  sending(): number {
    this.#left.push(this.recipients);
    this.#sentMs.push(performance.now());
    return ++this.sends;
  }

  /** One recipient has got the message: he got the one before it last. */
  got(number: number, before: number): void {
    const at = number - this.done - 1;
    if (number !== before + 1 || at < 0 || at >= this.#left.length) {
      this.faults++;
      return;
    }
    this.deliveries++;
    this.#left[at] = (this.#left[at] as number) - 1;
    while (this.#left[0] === 0) this.#next();
  }

  #next(): void {
    this.#left.shift();
    this.done++;
    this.onDone(performance.now() - (this.#sentMs.shift() as number));
  }
}

/** What a run showed. */
export interface FanResult {
  readonly messages: number;
  readonly deliveriesPerS: number;
  readonly cpuUsPerDelivery: number;
  /** CPU µs per delivery, by process. */
  readonly byProcess: Readonly<Record<string, number>>;
  readonly generatorCores: number;
  readonly lastP50Ms: number;
  readonly lastP99Ms: number;
}

const GIVE_UP_MS = 30_000;

/** Keeps `inFlight` messages under way for a while, and waits for every copy of all of them. */
export async function fanOut(
  room: FanRoom,
  processes: ReadonlyMap<string, number>,
  { inFlight, seconds }: { readonly inFlight: number; readonly seconds: number },
): Promise<FanResult> {
  const { fan } = room;
  const latencies: number[] = [];
  const snapshot = () => {
    const { user, system } = process.cpuUsage();
    const cpu = new Map([...processes].map(([name, pid]) => [name, processCpuUs(pid)]));
    return { ms: performance.now(), own: user + system, cpu, deliveries: fan.deliveries };
  };
  const before = snapshot();
  const untilMs = before.ms + seconds * 1000;
  const firstDone = fan.done;
  const send = () => room.send(fan.sending());
  await new Promise<void>((resolve, reject) => {
    const late = setTimeout(
      () => reject(new Error(`a message is not with everybody: ${JSON.stringify(fan)}`)),
      seconds * 1000 + GIVE_UP_MS,
    );
    const end = (error?: Error) => {
      clearTimeout(late);
      if (error) reject(error);
      else resolve();
    };
    fan.onDone = (latencyMs) => {
      latencies.push(latencyMs);
      if (fan.broken !== "" || fan.faults > 0) end(new Error(`${fan.faults} faults ${fan.broken}`));
      else if (performance.now() < untilMs) send();
      else if (fan.done === fan.sends) end();
    };
    for (let i = 0; i < inFlight; i++) send();
  });
  const after = snapshot();
  const deliveries = after.deliveries - before.deliveries;
  const passed = (after.ms - before.ms) / 1000;
  const used = [...after.cpu].map(([name, us]): [string, number] => {
    return [name, (us - (before.cpu.get(name) ?? 0)) / deliveries];
  });
  latencies.sort((a, b) => a - b);
  const quantile = (q: number) => latencies[Math.floor(q * (latencies.length - 1))] ?? 0;
  return {
    messages: fan.done - firstDone,
    deliveriesPerS: deliveries / passed,
    cpuUsPerDelivery: used.reduce((sum, [, us]) => sum + us, 0),
    byProcess: Object.fromEntries(used),
    generatorCores: (after.own - before.own) / 1e6 / passed,
    lastP50Ms: quantile(0.5),
    lastP99Ms: quantile(0.99),
  };
}
