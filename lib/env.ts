import { z } from "zod";

/** A config value is wrong: the message is one line that names the key, what is wrong and what is accepted. */
export class ConfigError extends Error {
  override name = "ConfigError";
}

type Env = Readonly<Record<string, string | undefined>>;

/**
 * Reads one service's config from the environment. `schema` maps each variable's name to a zod type with default and
 * description; see any service's config.ts.
 */
export function readEnv<S extends z.ZodRawShape>(env: Env, schema: S): z.infer<z.ZodObject<S>> {
  const known: Record<string, string> = {};
  for (const key of Object.keys(schema)) {
    const value = env[key];
    if (value !== undefined && value !== "") known[key] = value;
  }
  const result = z.object(schema).safeParse(known);
  if (!result.success) {
    const issue = result.error.issues[0];
    const key = String(issue?.path[0] ?? "");
    throw new ConfigError(`${key}=${known[key] ?? ""}: ${issue?.message ?? "not valid"}`);
  }
  return Object.freeze(result.data) as z.infer<z.ZodObject<S>>;
}

/** An integer variable between two bounds. */
export function integer(min: number, max: number, fallback: number, description: string) {
  return z
    .string()
    .regex(/^-?\d+$/, `expected a whole number from ${min} to ${max}`)
    .transform(Number)
    .pipe(
      z
        .number()
        .min(min, `expected a whole number from ${min} to ${max}`)
        .max(max, `expected a whole number from ${min} to ${max}`),
    )
    .default(fallback)
    .describe(description);
}

/** A text variable. */
export function text(fallback: string, description: string) {
  return z.string().default(fallback).describe(description);
}

/** A service's address: `local:<name>`, `unix:<path>` or `<host>:<port>`. */
export function address(fallback: string, description: string) {
  return z
    .string()
    .regex(
      /^(local:[a-z0-9-]+|unix:.+|[^:\s]+:\d{1,5})$/,
      "expected local:<name>, unix:<path> or <host>:<port>",
    )
    .refine(hasPort, "expected a port from 0 to 65535")
    .default(fallback)
    .describe(description);
}

function hasPort(address: string): boolean {
  const [, port] = /^(?!local:|unix:).*:(\d+)$/.exec(address) ?? [];
  return port === undefined || Number(port) <= 65_535;
}
