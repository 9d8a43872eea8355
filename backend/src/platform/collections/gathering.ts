import { AppError } from '../errors/index.ts';

/** What a gathering does. */
export interface Gathered<In, Out> {
  /** What comes, as the error names it, e.g. `feedback`. */
  what: string;
  /** Does all of it or, where it throws, nothing; answers in the order of what it was given. */
  work(batch: readonly In[]): Promise<readonly Out[]>;
  /** Done at once. */
  most: number;
  /** Beyond so many that wait, more are refused. */
  mostWaiting: number;
}

interface Waiting<In, Out> {
  one: In;
  resolve(out: Out): void;
  reject(error: unknown): void;
}

/**
 * Does together what comes at the same time: one goes alone and at once, and whatever comes while it is under way goes after it as
 * one batch. However many come, they take one connection.
 */
export class Gathering<In, Out> {
  readonly #parts: Gathered<In, Out>;
  #waiting: Waiting<In, Out>[] = [];
  #isBusy = false;

  constructor(parts: Gathered<In, Out>) {
    this.#parts = parts;
  }

  /**
   * @returns what the work answers to it
   * @throws AppError UNAVAILABLE where too many wait: nothing was done of it; else whatever the work throws
   */
  add(one: In): Promise<Out> {
    if (this.#waiting.length >= this.#parts.mostWaiting)
      return Promise.reject(
        new AppError('UNAVAILABLE', `More ${this.#parts.what} comes than can be taken in.`, {
          help: 'Send it again in a few seconds; nothing of it was kept.',
        }),
      );
    return new Promise((resolve, reject) => {
      this.#waiting.push({ one, resolve, reject });
      if (!this.#isBusy) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#isBusy = true;
    while (this.#waiting.length > 0) await this.#do(this.#waiting.splice(0, this.#parts.most));
    this.#isBusy = false;
  }

  /** What is wrong with one of them is nobody else's fault: where all together fail, each goes alone. */
  async #do(batch: readonly Waiting<In, Out>[]): Promise<void> {
    try {
      const outs = await this.#parts.work(batch.map(({ one }) => one));
      for (const [index, { resolve }] of batch.entries()) resolve(outs[index]!);
    } catch (error) {
      if (batch.length === 1 || isAway(error)) for (const { reject } of batch) reject(error);
      else for (const one of batch) await this.#do([one]);
    }
  }
}

function isAway(error: unknown): boolean {
  return error instanceof AppError && error.code === 'UNAVAILABLE';
}
