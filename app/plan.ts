import type { Module } from "../lib/module.js";
import { type AppConfig, appEnv, defaultAddress } from "./config.js";
import { type ModuleDeps, type Placement, type ServiceName, services } from "./modules.js";

type Env = Readonly<Record<string, string | undefined>>;

/** What one process is going to run, its config read and found good. */
export interface ServicePlan {
  /** For logs and the name of the instance. */
  readonly title: string;
  readonly names: readonly ServiceName[];
  readonly services: readonly {
    readonly name: ServiceName;
    readonly start: (deps: ModuleDeps) => Promise<Module>;
  }[];
}

export interface PlanOptions {
  readonly names: readonly ServiceName[];
  /** Every service is in this process: they reach each other without sockets. */
  readonly all: boolean;
}

/** Reads the config of every service named. Throws ConfigError when a variable has a wrong value. */
export function planServices(app: AppConfig, options: PlanOptions, env: Env): ServicePlan {
  const { names, all } = options;
  const settings = settingsOf(app, options, env);
  return {
    title: all ? "all" : names.join("-"),
    names,
    services: names.map((name) => ({ name, start: services[name].configure(settings) })),
  };
}

/** Their sockets. */
const ADMIN = { session: "admin", presence: "presence-admin" } as const;

/** The environment, with the defaults that depend on what else runs in this process. */
export function settingsOf(app: AppConfig, { names, all }: PlanOptions, env: Env): Env {
  const placement: Placement = {
    address: (service) => defaultAddress(app, service, all),
    adminAddress: (service) => defaultAddress(app, ADMIN[service], false),
    dataDirectory: app.dataDirectory,
  };
  const settings: Record<string, string | undefined> = {};
  for (const name of names) Object.assign(settings, services[name].defaults(placement));
  for (const [key, value] of Object.entries(env)) if (value) settings[key] = value;
  return settings;
}

/** Every variable of the launcher and of the services named. */
export function schemaOf(names: readonly ServiceName[]) {
  return Object.assign({}, appEnv, ...names.map((name) => services[name].env));
}
