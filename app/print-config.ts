import type { z } from "zod";

type Env = Readonly<Record<string, string | undefined>>;
const SECRET = /_(SECRET|PASSWORD|TOKEN|PRIVATE_KEY)(_|$)/;

/** Every variable with its description and its value now, in the form of an env file; secrets are `***`. */
export function printConfig(schema: z.ZodRawShape, env: Env): string {
  return Object.entries(schema)
    .map(([name, type]) => {
      const { description, fallback } = explain(type);
      const set = env[name];
      const value = set !== undefined && set !== "" ? set : fallback;
      return `# ${description}\n${name}=${SECRET.test(name) && value !== "" ? "***" : value}\n`;
    })
    .join("\n");
}

interface Explained {
  readonly description: string;
  /** The default as one would write it. */
  readonly fallback: string;
}

/** Looks for description and default through the layers of a zod type: pipes, transforms, defaults. */
export function explain(type: unknown): Explained {
  let description: string | undefined;
  let fallback: unknown;
  for (
    let layer = type as Layer | undefined;
    layer;
    layer = layer.def?.innerType ?? layer.def?.in
  ) {
    description ??= layer.description;
    fallback ??= layer.def?.defaultValue;
  }
  return { description: description ?? "", fallback: String(fallback ?? "") };
}

interface Layer {
  readonly description?: string;
  readonly def?: {
    readonly defaultValue?: unknown;
    readonly innerType?: Layer;
    readonly in?: Layer;
  };
}
