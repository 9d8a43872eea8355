import type { CallSink } from './attempting.ts';
import type { Json } from './dialects/json.ts';

/** Notes when the caller had the first of the answer. */
export class TimedSink implements CallSink {
  readonly #inner: CallSink;
  readonly #now: () => number;
  readonly #startedAt: number;
  #firstMs: number | undefined;

  constructor(inner: CallSink, now: () => number) {
    this.#inner = inner;
    this.#now = now;
    this.#startedAt = now();
  }

  /** Milliseconds; undefined while nothing was written. */
  get firstMs(): number | undefined {
    return this.#firstMs;
  }

  get gone(): AbortSignal {
    return this.#inner.gone;
  }

  get started(): boolean {
    return this.#inner.started;
  }

  head(status: number, headers: Readonly<Record<string, string>>): void {
    this.#inner.head(status, headers);
  }

  write(piece: Uint8Array | string): Promise<void> | undefined {
    this.#firstMs ??= this.#now() - this.#startedAt;
    return this.#inner.write(piece);
  }

  end(piece?: Uint8Array | string, whole?: Json): void {
    if (piece !== undefined) this.#firstMs ??= this.#now() - this.#startedAt;
    this.#inner.end(piece, whole);
  }
}
