/** One place in one compiled file that becomes another, in memory, when a process loads the file. */
export interface Patch {
  /** From dist/. */
  readonly file: string;
  /** Occurs there exactly once, whatever the white space. */
  readonly find: string;
  readonly replace: string;
}

/** The file with the patch. Throws unless the place is found exactly once. */
export function patched(source: string, { file, find, replace }: Patch, name: string): string {
  const place = new RegExp(find.trim().split(/\s+/).map(escaped).join("\\s+"), "g");
  const places = source.match(place)?.length ?? 0;
  if (places !== 1) {
    const what = `"${find.trim()}" is there ${places} times, not once`;
    throw new Error(`${name} does not fit dist/${file} any more: ${what}.`);
  }
  return source.replace(place, () => replace);
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
