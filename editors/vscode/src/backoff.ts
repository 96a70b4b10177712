// How long to wait before a server that has crashed is started again.

const FIRST_MS = 500;
const MOST = 6;
const CALM_MS = 180_000; // Who has run for so long did not crash because it was started.

export class Backoff {
  readonly #crashes: number[] = [];

  /** The pause before the next start, in milliseconds; undefined when it has crashed too often to go on. */
  next(now: number): number | undefined {
    const last = this.#crashes.at(-1);
    if (last !== undefined && now - last > CALM_MS) {
      this.reset();
    }
    this.#crashes.push(now);
    return this.#crashes.length > MOST ? undefined : FIRST_MS * 2 ** (this.#crashes.length - 1);
  }

  /** Start afresh, because the user asked for it. */
  reset(): void {
    this.#crashes.length = 0;
  }
}
