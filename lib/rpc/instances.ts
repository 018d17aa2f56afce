import { z } from "zod";

/** One instance of a service: its name places it on the ring. */
export interface Instance {
  readonly name: string;
  readonly address: string;
}

const ADDRESS = /^(local:[a-z0-9-]+|unix:.+|[^:\s=]+:\d{1,5})$/;
const NAME = /^[a-z0-9-]{1,64}$/;

/** As `instances`, of a service that an installation may do without: `none` is an empty list. */
export function instancesOrNone(service: string, fallback: string) {
  const some = instances(service, fallback);
  return z
    .string()
    .default(fallback)
    .describe(`${meaning(service)} "none" does without.`)
    .transform((list, context) => {
      if (list === "none") return Object.freeze([]);
      const all = some.safeParse(list);
      if (all.success) return all.data;
      for (const issue of all.error.issues) {
        context.addIssue({ code: "custom", message: issue.message });
      }
      return z.NEVER;
    });
}

/** As `instances`, of a service of which an installation has exactly one: a second would be reached by nobody's messages. */
export function oneInstance(service: string, fallback: string) {
  return instances(service, fallback)
    .refine((list) => list.length === 1, {
      message: `expected one instance, like ${service}-1=unix:<path>: there can be only one`,
    })
    .describe(`The ${service} instance, as name=address; there can be only one so far.`);
}

/** A variable that lists all instances of a service, as name=address separated by commas. */
export function instances(service: string, fallback: string) {
  const example = `${service}-1=unix:<path>,${service}-2=<host>:<port>`;
  return z
    .string()
    .default(fallback)
    .transform((list, context) => {
      const all = parse(list, service);
      if (all) return all;
      const message = `expected a list like ${example} with distinct names`;
      context.addIssue({ code: "custom", message });
      return z.NEVER;
    })
    .describe(meaning(service));
}

function meaning(service: string): string {
  return `All ${service} instances, as name=address, separated by commas. The names make the ring.`;
}

/** An address without a name is called after its place in the list: session-1, session-2, … */
function parse(list: string, service: string): readonly Instance[] | undefined {
  const all = list.split(",").map((item, index) => {
    const [, name, address] = /^(?:([^=:]*)=)?(.*)$/.exec(item.trim()) ?? [];
    return Object.freeze({ name: name ?? `${service}-${index + 1}`, address: address ?? "" });
  });
  const names = new Set(all.map(({ name }) => name));
  const good = all.every((one) => NAME.test(one.name) && ADDRESS.test(one.address));
  return good && names.size === all.length ? Object.freeze(all) : undefined;
}
