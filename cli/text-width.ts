/** Columns a text takes in a terminal: wide characters two, combining marks none. */
export function textWidth(text: string): number {
  let width = 0;
  for (const character of text) {
    if (ZERO.test(character)) continue;
    width += WIDE.test(character) ? 2 : 1;
  }
  return width;
}

/** Rows a text takes in a terminal of that many columns; one that does not know says 0, and lines then never wrap. */
export function rowsOf(text: string, columns: number): number {
  const width = columns > 0 ? columns : Number.POSITIVE_INFINITY;
  const rows = text.split("\n").map((line) => Math.max(1, Math.ceil(textWidth(line) / width)));
  return rows.reduce((sum, one) => sum + one, 0);
}

const ZERO = /^[\p{Mark}\p{Cf}]$/u;
const WIDE =
  /^(?:\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}])$/u;
