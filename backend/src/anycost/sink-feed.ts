import type { Sink, SinkBatch } from './ports.ts';

/** Items that may wait for a sink. */
const maxWaiting = 1_000;

/** Hands items to a sink one by one while it keeps them; who gives more than it takes waits. */
export class SinkFeed<T> {
  readonly #waiting: { item: T; line: number }[] = [];
  readonly #kept: Promise<{ kept: number }>;
  #ended = false;
  #failure: { error: unknown } | undefined;
  #wakeReader: () => void = () => undefined;
  #wakeGiver: () => void = () => undefined;

  constructor(sink: Sink<T>, batch: SinkBatch) {
    this.#kept = sink.keep(batch, this.#items());
    this.#kept.catch((error: unknown) => {
      this.#failure = { error };
      this.#wakeGiver();
    });
  }

  /** @throws what the sink threw */
  async give(item: T, line: number): Promise<void> {
    while (this.#waiting.length >= maxWaiting && this.#failure === undefined)
      await new Promise<void>((wake) => (this.#wakeGiver = wake));
    if (this.#failure) throw this.#failure.error;
    this.#waiting.push({ item, line });
    this.#wakeReader();
  }

  /** Resolves when everything given is kept. @throws what the sink threw */
  async end(): Promise<number> {
    this.#ended = true;
    this.#wakeReader();
    return (await this.#kept).kept;
  }

  /** Nothing more comes: the sink is told that the items broke off. */
  async abort(error: unknown): Promise<void> {
    this.#failure ??= { error };
    this.#ended = true;
    this.#wakeReader();
    await this.#kept.catch(() => undefined);
  }

  async *#items(): AsyncGenerator<{ item: T; line: number }> {
    for (;;) {
      const next = this.#waiting.shift();
      if (next !== undefined) {
        yield next;
        if (this.#waiting.length < maxWaiting) this.#wakeGiver();
        continue;
      }
      if (this.#failure) throw this.#failure.error;
      if (this.#ended) return;
      await new Promise<void>((wake) => (this.#wakeReader = wake));
    }
  }
}
