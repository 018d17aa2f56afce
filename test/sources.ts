import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";
import { fileURLToPath } from "node:url";

/** The project's folder: the compiled test stands in dist/test/. */
export const root = fileURLToPath(new URL("../../", import.meta.url));
const SKIPPED = new Set(["node_modules", "dist", "data", ".git", "gen"]);

/** One hand-written file of the project. */
export interface Source {
  /** From the project's folder, with slashes. */
  readonly path: string;
  readonly text: string;
  readonly lines: readonly string[];
  /** First part of the path. */
  readonly folder: string;
  readonly isTest: boolean;
}

export function read(path: string): string {
  return readFileSync(join(root, path), "utf8");
}

/** Every hand-written file whose name ends so. */
export function sources(ending: string): Source[] {
  return paths(root)
    .filter((path) => path.endsWith(ending))
    .map((path) => {
      const text = read(path);
      return {
        path,
        text,
        lines: text.replace(/\n$/, "").split("\n"),
        folder: path.split("/")[0] ?? "",
        isTest: /\.(test|suite)\.ts$/.test(path),
      };
    });
}

function paths(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((item) => {
    if (SKIPPED.has(item.name)) return [];
    const path = join(directory, item.name);
    return item.isDirectory() ? paths(path) : [relative(root, path)];
  });
}

/** What a file imports: project files as paths from the root, packages by their name. */
export function imports(source: Source): string[] {
  const found = source.text.matchAll(/(?:from|import)\s*\(?\s*"([^"]+)"/g);
  return [...found].map(([, name = ""]) =>
    name.startsWith(".") ? normalize(join(dirname(source.path), name)) : name,
  );
}

export interface FunctionSize {
  readonly line: number;
  readonly lines: number;
}

/**
 * How long each function is, measured on formatted code: from the line that opens a body to the line that closes it
 * on the same indentation. The blocks of tests (`describe` and what wraps it) are lists of functions, not functions.
 */
export function functionSizes({ lines }: Source): FunctionSize[] {
  const sizes: FunctionSize[] = [];
  lines.forEach((line, at) => {
    if (!OPENS_FUNCTION.test(line) || NOT_A_FUNCTION.test(line)) return;
    const indent = line.length - line.trimStart().length;
    const close = lines.findIndex(
      (other, below) =>
        below > at && other.startsWith("}", indent) && !other.slice(0, indent).trim(),
    );
    if (close > at) sizes.push({ line: at + 1, lines: close - at + 1 });
  });
  return sizes;
}

const OPENS_FUNCTION = /(\)|\)\s*:\s*.+|=>)\s*\{$/;
const NOT_A_FUNCTION =
  /^\s*(\}?\s*else|if|for|while|switch|do|try|\}? ?catch|describe|on\w*Topology|export function describe\w+)\b/;
