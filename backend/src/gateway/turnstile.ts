/**
 * Lets what has come go on together, once the event loop has taken in all that is there: several calls then make each step one
 * after the other, which finds the caches of the processor warm. What comes alone waits for one turn.
 */
export class Turnstile {
  #waiting: (() => void)[] = [];

  /** @param go must not throw */
  through(go: () => void): void {
    if (this.#waiting.push(go) === 1) setImmediate(() => this.#open());
  }

  #open(): void {
    const through = this.#waiting;
    this.#waiting = [];
    for (const go of through) go();
  }
}
