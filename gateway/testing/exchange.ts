import type { Answer, Request, UpgradeExchange } from "../sockets.js";

export interface FakeRequest {
  readonly method?: string;
  readonly path?: string;
  readonly query?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly peerAddress?: string;
  readonly body?: string;
  /** It was announced, and is not there yet. */
  readonly bodyNeverComes?: boolean;
}

/** One HTTP request of a test, upgrade or not. */
export class FakeExchange<Seat> implements UpgradeExchange<Seat> {
  readonly request: Request;
  readonly answered: Promise<Answer>;
  readonly accepted: Promise<{ seat: Seat; protocol: string }>;
  gone = false;
  abort: () => void = () => undefined;
  readonly #body: string;
  readonly #bodyNeverComes: boolean;
  #answer: (answer: Answer) => void = () => undefined;
  #accept: (accepted: { seat: Seat; protocol: string }) => void = () => undefined;

  constructor(request: FakeRequest = {}) {
    const { method = "GET", path = "/v1/ws", query = "", headers = {} } = request;
    const { peerAddress = "203.0.113.9", body = "", bodyNeverComes = false } = request;
    const header = (name: string) => headers[name] ?? "";
    this.request = { method, path, query, header, peerAddress };
    this.#body = body;
    this.#bodyNeverComes = bodyNeverComes;
    this.answered = new Promise((resolve) => {
      this.#answer = resolve;
    });
    this.accepted = new Promise((resolve) => {
      this.#accept = resolve;
    });
  }

  answer(answer: Answer): void {
    if (this.gone) return;
    this.gone = true;
    this.#answer(answer);
  }

  aborted(run: () => void): void {
    this.abort = () => {
      this.gone = true;
      run();
    };
  }

  body(bytesMax: number, done: (body: Buffer | undefined) => void): void {
    if (this.#bodyNeverComes) return;
    const body = Buffer.from(this.#body);
    done(body.length > bytesMax ? undefined : body);
  }

  accept(seat: Seat, protocol: string): void {
    if (this.gone) return;
    this.gone = true;
    this.#accept({ seat, protocol });
  }

  /** The answer's status and the reason in its body. */
  async outcome(): Promise<string> {
    const { status, body } = await this.answered;
    return `${status} ${body === "" ? "" : (JSON.parse(body).reason ?? "OK")}`.trim();
  }
}
