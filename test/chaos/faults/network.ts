import type { FaultProxy } from "../proxy.js";
import { type Fault, hold, type Stage } from "../stage.js";
import type { Way, Weather } from "../weather.js";

const WAYS: readonly (readonly Way[])[] = [["up"], ["down"], ["up", "down"]];

/** Lets the proxies do something for some time. */
async function spell(
  stage: Stage,
  proxies: readonly FaultProxy[],
  { weather, ways, ms }: { weather: Partial<Weather>; ways: readonly Way[]; ms: number },
): Promise<void> {
  const what = JSON.stringify(weather);
  stage.say(`${proxies.map(({ name }) => name).join(", ")}: ${ways.join(" and ")} ${what}`);
  for (const proxy of proxies) proxy.set(weather, ways);
  await hold(stage, ms);
  for (const proxy of proxies) proxy.calm();
}

/** A link of services is there and carries nothing, one way or both: longer than it lives without a sign of life, or shorter. */
function partition(fromMs: number, toMs: number, heavy = false): Fault {
  return {
    kind: `partition${heavy ? " for long" : ""}`,
    rows: ["B15"],
    heavy,
    async run(stage) {
      const { mesh, random } = stage;
      const proxies = [random.pick(mesh.links("services"))];
      const ms = random.between(fromMs, toMs);
      await spell(stage, proxies, { weather: { hole: true }, ways: random.pick(WAYS), ms });
    },
  };
}

/** Clients' networks are slow, far, lossy and cut everything into pieces. */
const slowClients: Fault = {
  kind: "bad client networks",
  rows: ["B17"],
  async run(stage) {
    const { mesh, random } = stage;
    const weather = {
      latencyMs: 200,
      jitterMs: 200,
      lossRate: 0.05,
      bytesPerSecond: 8_000,
      sliceBytes: random.pick([1, 7, 100, 0]),
      mergeMs: random.pick([0, 50]),
    };
    const ways = ["up", "down"] as const;
    await spell(stage, mesh.links("clients"), { weather, ways, ms: random.between(2_000, 4_000) });
  },
};

/** The same between services, where nobody expects it. */
const slowLinks: Fault = {
  kind: "bad links",
  rows: ["B17"],
  async run(stage) {
    const { mesh, random } = stage;
    const weather = {
      latencyMs: random.pick([0, 100]),
      jitterMs: 100,
      lossRate: 0.05,
      sliceBytes: random.pick([1, 9, 500]),
      mergeMs: random.pick([0, 30]),
    };
    const links = mesh.links("services");
    const proxies = random.chance(0.3) ? links : [random.pick(links)];
    const ways = random.pick(WAYS);
    await spell(stage, proxies, { weather, ways, ms: random.between(1_000, 3_000) });
  },
};

/** Connections are reset in the middle of a frame: every connection gets so many bytes through, then the next one. */
function resets(kind: string, row: string, of: "clients" | "services"): Fault {
  return {
    kind,
    rows: [row],
    async run(stage) {
      const { mesh, random } = stage;
      const proxies = of === "clients" ? mesh.links(of) : [random.pick(mesh.links(of))];
      const weather = { resetAfterBytes: 1 + Math.round(random.skewed(1, 3_000)) };
      const ways = random.pick(WAYS);
      await spell(stage, proxies, { weather, ways, ms: random.between(300, 1_500) });
    },
  };
}

/** What the server says vanishes for a moment, then the connections end: sends are stored and nobody was told. */
const lostAnswers: Fault = {
  kind: "lose answers",
  rows: ["B19"],
  async run(stage) {
    const { mesh, random } = stage;
    const proxies = random.chance(0.7)
      ? mesh.links("clients")
      : [random.pick(mesh.links("services"))];
    const ms = random.between(50, 600);
    await spell(stage, proxies, { weather: { lost: true }, ways: ["down"], ms });
  },
};

/** Everything a device said on its old connection arrives after what it says on the new one. */
const overtaken: Fault = {
  kind: "overtaking retries",
  rows: ["B20"],
  async run(stage) {
    const { mesh, random, say, crowd } = stage;
    const slow = random.pick(mesh.links("clients"));
    const latencyMs = Math.round(random.between(300, 1_200));
    say(`${slow.name} is ${latencyMs} ms late, and devices move to and fro`);
    slow.set({ latencyMs }, ["up"]);
    for (let moves = 0; moves < 3; moves++) {
      await hold(stage, latencyMs / 2);
      for (const one of crowd.speakers) if (random.chance(0.5)) one.move();
    }
    await hold(stage, latencyMs);
    slow.calm();
  },
};

/** The client has gone, and the gateway does not know. */
const goneClients: Fault = {
  kind: "half-open clients",
  rows: ["B16"],
  async run(stage) {
    const { mesh, random, say } = stage;
    const proxy = random.pick(mesh.links("clients"));
    say(`${proxy.name}: the gateway is left alone with half-open connections`);
    proxy.halfOpen("server");
    await hold(stage, 500);
  },
};

/** The gateway has gone, and the clients do not know: they find out by themselves. */
const goneGateway: Fault = {
  kind: "half-open gateway",
  rows: ["B16"],
  heavy: true,
  async run(stage) {
    const { mesh, random, say } = stage;
    const proxy = random.pick(mesh.links("clients"));
    say(`${proxy.name}: clients are left alone with half-open connections`);
    proxy.halfOpen("client");
    while (proxy.orphans > 0) await hold(stage, 500);
  },
};

/** A link of services is half-open: one end redials, the other one hears nothing any more. */
const goneLink: Fault = {
  kind: "half-open link",
  rows: ["B16"],
  heavy: true,
  async run(stage) {
    const { mesh, random, say } = stage;
    const proxy = random.pick(mesh.links("services"));
    const left = random.pick(["client", "server"] as const);
    say(`${proxy.name}: the ${left} is left alone with half-open connections`);
    proxy.halfOpen(left);
    while (proxy.orphans > 0) await hold(stage, 500);
  },
};

/** Connections are taken and nobody answers, or refused; those that were there are cut off. */
const door: Fault = {
  kind: "closed door",
  rows: ["B16", "C27"],
  async run(stage) {
    const { mesh, random, say } = stage;
    const proxy = random.pick([...mesh.links("clients"), ...mesh.links("services")]);
    const how = random.pick(["silent", "refusing"] as const);
    say(`${proxy.name} is cut off, and its door is ${how}`);
    proxy.door(how);
    proxy.cut();
    await hold(stage, random.between(500, 2_000));
    proxy.calm();
    proxy.cut();
  },
};

export const network: readonly Fault[] = [
  partition(1_000, 4_000),
  partition(16_000, 25_000, true),
  slowClients,
  slowLinks,
  resets("reset clients", "B18", "clients"),
  resets("reset links", "B18", "services"),
  lostAnswers,
  overtaken,
  goneClients,
  goneGateway,
  goneLink,
  door,
];
