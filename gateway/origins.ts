/** The web pages that may talk to this gateway. Whoever sends no Origin is no browser. */
export class Origins {
  readonly #allowed: ReadonlySet<string>;

  constructor(allowed: readonly string[]) {
    this.#allowed = new Set(allowed);
  }

  /** "null" is what sandboxed and local pages send: it is nobody's name, so it is never allowed. */
  allows(origin: string): boolean {
    return origin === "" || this.#allowed.has(origin);
  }

  /** Headers that let a page read the answer. */
  headers(origin: string): Record<string, string> {
    if (!this.#allowed.has(origin)) return { vary: "origin" };
    return { "access-control-allow-origin": origin, vary: "origin" };
  }

  /** Headers that answer the question whether a page may call at all. */
  preflight(origin: string): Record<string, string> {
    return {
      ...this.headers(origin),
      "access-control-allow-methods": "GET, POST",
      "access-control-allow-headers": "authorization, content-type",
      "access-control-max-age": "600",
    };
  }
}
