import { within } from "../../until.js";
import type { Service } from "../chaos-mesh.js";
import { during, type Fault, hold } from "../stage.js";

const ENDS_WITHIN_MS = 30_000;

/** kill -9, any process of the service. */
function kill(row: string, service: Service): Fault {
  return {
    kind: `kill ${service}`,
    rows: [row],
    async run(stage) {
      const { mesh, random, recoveries, say } = stage;
      const { name } = random.pick(mesh.of(service));
      say(`SIGKILL to ${name}`);
      recoveries.killed(service);
      await during(stage, mesh.crash(name));
      recoveries.serves();
    },
  };
}

const everything: Fault = {
  kind: "kill all",
  rows: ["A4"],
  async run(stage) {
    const { mesh, say, recoveries } = stage;
    const names = [...mesh.members.keys()];
    say(`SIGKILL to all: ${names.join(", ")}`);
    recoveries.killed("all");
    const killed = names.map((name) => mesh.ends(name, () => mesh.signal(name, "SIGKILL")));
    await during(stage, Promise.all(killed));
    recoveries.serves();
  },
};

/** All clients have to come back at once. */
const storm: Fault = {
  kind: "kill all gateways",
  rows: ["C27", "A1"],
  async run(stage) {
    const { mesh, say, recoveries } = stage;
    say("SIGKILL to every gateway");
    recoveries.killed("all gateways");
    await during(stage, Promise.all(mesh.of("gateway").map(({ name }) => mesh.crash(name))));
  },
};

/** A planned stop: clients and peers are told, and go elsewhere. */
function drain(service: Service): Fault {
  return {
    kind: `drain ${service}`,
    rows: ["B21"],
    async run(stage) {
      const { mesh, random, say } = stage;
      const { name } = random.pick(mesh.of(service));
      say(`SIGTERM to ${name}`);
      const how = await during(
        stage,
        mesh.ends(name, () => mesh.signal(name, "SIGTERM")),
      );
      if (how !== "exit code 0") mesh.surprises.push(`${name}, asked to stop, ended with ${how}`);
    },
  };
}

/** One instance less for some time, then one more. */
function resize(service: Service): Fault {
  return {
    kind: `remove ${service}`,
    rows: ["B26"],
    async run(stage) {
      const { mesh, random, say } = stage;
      const { name } = random.pick(mesh.of(service));
      say(`${name} is taken away`);
      const add = await during(stage, mesh.remove(name, random.pick(["SIGTERM", "SIGKILL"])));
      await hold(stage, random.between(1_000, 4_000));
      say(`${name} is added`);
      await during(stage, add());
    },
  };
}

/** A broken invariant ends the process; the supervisor starts it anew from what is durable. */
function surprise(service: Service, ordeal: "throw" | "reject"): Fault {
  return {
    kind: `${ordeal} in ${service}`,
    rows: ["A14"],
    async run(stage) {
      const { mesh, random, say } = stage;
      const { name } = random.pick(mesh.of(service));
      say(`${ordeal} in ${name}`);
      const ended = mesh.ends(name, () => mesh.order(name, { ordeal }));
      const how = await during(stage, within(`${name} to end`, ended, ENDS_WITHIN_MS));
      if (how !== "exit code 1") mesh.surprises.push(`${name}, surprised, ended with ${how}`);
    },
  };
}

export const kills: readonly Fault[] = [
  kill("A1", "gateway"),
  kill("A2", "session"),
  kill("A3", "parser"),
  kill("A3", "receipts"),
  kill("A3", "auth"),
  kill("A3", "group"),
  everything,
  storm,
  drain("gateway"),
  drain("parser"),
  drain("session"),
  drain("receipts"),
  resize("parser"),
  resize("gateway"),
  surprise("gateway", "throw"),
  surprise("parser", "throw"),
  surprise("session", "throw"),
  surprise("receipts", "throw"),
  surprise("auth", "reject"),
  surprise("session", "reject"),
];
