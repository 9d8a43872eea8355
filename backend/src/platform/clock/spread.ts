import { setImmediate as otherWork, setTimeout as delay } from 'node:timers/promises';

/**
 * Work that nobody waits for, done in small pieces over some time: whoever waits for an answer of this process then waits for one
 * piece now and then. Turns of the event loop alone would not do: an answer takes several, and each would wait for a piece.
 */
export class Spread {
  readonly #overMs: number;
  readonly #began = performance.now();

  /** @param overMs milliseconds that all of it should take; with 0 it goes on as soon as others had their turn */
  constructor(overMs: number) {
    this.#overMs = overMs;
  }

  /** Call between two pieces. @param share of the work that is done, 0 to 1 @returns once the next piece is due */
  async rest(share: number): Promise<void> {
    const ms = this.#began + this.#overMs * share - performance.now();
    await (ms >= 1 ? delay(ms) : otherWork());
  }
}
