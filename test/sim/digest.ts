const number = new Float64Array(1);
const words = new Uint32Array(number.buffer);
/** The few texts there are: kinds of steps, and names of processes. */
const hashes = new Map<string, number>();

/** A running hash of everything that happened: two runs with the same one took the same way. */
export class Digest {
  #low = 0x811c9dc5;
  #high = 0x1b873593;

  text(text: string): void {
    let word = hashes.get(text);
    if (word === undefined) {
      word = 0x811c9dc5;
      for (let i = 0; i < text.length; i++) {
        word = Math.imul(word ^ text.charCodeAt(i), 0x01000193);
      }
      hashes.set(text, word);
    }
    this.#word(word);
  }

  number(value: number): void {
    number[0] = value;
    this.#word(words[0] as number);
    this.#word(words[1] as number);
  }

  get hex(): string {
    const part = (value: number) => (value >>> 0).toString(16).padStart(8, "0");
    return part(this.#high) + part(this.#low);
  }

  #word(word: number): void {
    this.#low = Math.imul(this.#low ^ word, 0x01000193);
    this.#high = Math.imul((this.#high << 5) | (this.#high >>> 27), 0x9e3779b1) ^ this.#low;
  }
}
