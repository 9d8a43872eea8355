interface Waiting<Request, Answer> {
  request: Request;
  resolve(answer: Answer): void;
  reject(error: unknown): void;
}

/** What became of one request of a batch. */
export type Outcome<Answer> = { answer: Answer } | { error: unknown };

/**
 * Joins requests that come while others are under way, so that many callers cost the store as much as one: the first goes at
 * once, those that come meanwhile go together when it is done. At most `most` go at a time; the rest waits its turn.
 */
export class Batching<Request, Answer> {
  readonly #run: (requests: readonly Request[]) => Promise<Outcome<Answer>[]>;
  readonly #most: number;
  #waiting: Waiting<Request, Answer>[] = [];
  #busy = false;

  constructor(most: number, run: (requests: readonly Request[]) => Promise<Outcome<Answer>[]>) {
    this.#most = most;
    this.#run = run;
  }

  add(request: Request): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ request, resolve, reject });
      if (!this.#busy) void this.#drain();
    });
  }

  async #drain(): Promise<void> {
    this.#busy = true;
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, this.#most);
      try {
        const outcomes = await this.#run(batch.map(({ request }) => request));
        batch.forEach(({ resolve, reject }, index) => {
          const outcome = outcomes[index]!;
          if ('answer' in outcome) resolve(outcome.answer);
          else reject(outcome.error);
        });
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.#busy = false;
  }
}
