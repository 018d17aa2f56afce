import pc from "picocolors";

const LEVELS: Readonly<Record<number, string>> = {
  10: "trace",
  20: "debug",
  30: "info",
  40: "warn",
  50: "error",
  60: "fatal",
};
const HIDDEN = new Set(["level", "time", "service", "msg", "err"]);
const COLOURS = ["cyan", "green", "magenta", "blue", "yellow"] as const;

/** Turns the lines that services print into lines for people: time, service, level, message, fields. */
export function createPrefixer(services: readonly string[], colours: boolean) {
  const paint = pc.createColors(colours);
  const width = Math.max(...services.map((name) => name.length));

  return (service: string, line: string): string => {
    const colour = COLOURS[services.indexOf(service) % COLOURS.length] ?? "cyan";
    const prefix = paint[colour](`${service.padEnd(width)} │`);
    const event = parse(line);
    if (!event) return `${prefix} ${line}`;
    const level = LEVELS[event.level as number] ?? "info";
    const loud = level === "warn" ? paint.yellow : event.level >= 50 ? paint.red : paint.dim;
    const time = paint.dim(String(event.time).slice(11, 23));
    return `${prefix} ${time} ${loud(level.padEnd(5))} ${event.msg ?? ""}${fields(event, paint)}`;
  };
}

type Event = {
  level: number;
  time?: string;
  msg?: string;
  err?: { message?: string; stack?: string };
};

function parse(line: string): Event | undefined {
  if (!line.startsWith("{")) return undefined;
  try {
    const value: unknown = JSON.parse(line);
    return typeof (value as Event).level === "number" ? (value as Event) : undefined;
  } catch {
    return undefined;
  }
}

function fields(event: Event, paint: ReturnType<typeof pc.createColors>): string {
  let out = "";
  for (const [key, value] of Object.entries(event)) {
    if (HIDDEN.has(key)) continue;
    out += ` ${paint.dim(`${key}=`)}${typeof value === "string" ? value : JSON.stringify(value)}`;
  }
  if (event.err) out += `\n${event.err.stack ?? event.err.message ?? ""}`;
  return out;
}
