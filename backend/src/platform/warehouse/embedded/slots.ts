import { Exception } from './exception-status.ts';

interface Waiter {
  take: () => void;
  drop: () => void;
}

/** At most `size` holders at a time, the rest waits in order; a full queue is refused and not grown. */
export class Slots {
  readonly #size: number;
  readonly #maxWaiting: number;
  readonly #waiting = new Set<Waiter>();
  #held = 0;

  constructor(size: number, maxWaiting: number) {
    this.#size = size;
    this.#maxWaiting = maxWaiting;
  }

  /** Resolves with the function that gives the slot back. Throws code 202 when too many wait, or the reason of `signal`. */
  async acquire(signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    if (this.#held < this.#size) {
      this.#held += 1;
    } else {
      await this.#wait(signal);
    }
    let given = false;
    return () => {
      if (given) return;
      given = true;
      this.#release();
    };
  }

  #wait(signal: AbortSignal): Promise<void> {
    if (this.#waiting.size >= this.#maxWaiting) {
      const text = `Too many queries: ${this.#held} run and ${this.#waiting.size} wait. Send fewer at a time.`;
      throw new Exception(202, 'TOO_MANY_SIMULTANEOUS_QUERIES', text);
    }
    return new Promise((resolve, reject) => {
      const onAbort = () => waiter.drop();
      const waiter: Waiter = {
        take: () => {
          signal.removeEventListener('abort', onAbort);
          resolve();
        },
        drop: () => {
          this.#waiting.delete(waiter);
          reject(signal.reason as Error);
        },
      };
      this.#waiting.add(waiter);
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }

  /** Hands the slot to whoever waits longest, so that nobody who comes later overtakes. */
  #release(): void {
    for (const waiter of this.#waiting) {
      this.#waiting.delete(waiter);
      waiter.take();
      return;
    }
    this.#held -= 1;
  }
}
