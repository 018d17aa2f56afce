const PREFIX = 3;
/** Letters of a user id behind its prefix; one takes a byte. */
export const ID_LETTERS = 16;

/** User ids without their prefix, in ascending order, one behind the other: no object per id, and none to find one. */
export type IdList = string;

export function packIds(users: readonly string[]): IdList {
  return users
    .map((user) => user.slice(PREFIX))
    .sort()
    .join("");
}

export function holds(list: IdList, user: string): boolean {
  let low = 0;
  let high = list.length / ID_LETTERS;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const order = compareAt(list, middle * ID_LETTERS, user);
    if (order === 0) return true;
    if (order < 0) low = middle + 1;
    else high = middle;
  }
  return false;
}

function compareAt(list: IdList, at: number, user: string): number {
  for (let i = 0; i < ID_LETTERS; i++) {
    const order = list.charCodeAt(at + i) - user.charCodeAt(PREFIX + i);
    if (order !== 0) return order;
  }
  return 0;
}
