import type { CallSink, Json } from '../gateway/index.ts';

const largestAnswer = 256 * 1024;
/** A copy that takes longer is given up, before what is held for it expires. */
const longestMs = 9 * 60_000;

/** Hands an answer on, if there is somebody, and remembers it as long as it is not too long. */
export class HeardSink implements CallSink {
  readonly #sink: CallSink | undefined;
  readonly gone: AbortSignal;
  readonly #pieces: Buffer[] = [];
  #size = 0;
  status = 0;
  isStream = false;

  constructor(sink: CallSink | undefined) {
    this.#sink = sink;
    this.gone = sink?.gone ?? AbortSignal.timeout(longestMs);
  }

  /** Undefined where there is none that could be compared. */
  get answer(): Buffer | undefined {
    return this.status === 200 && this.#size <= largestAnswer ? Buffer.concat(this.#pieces) : undefined;
  }

  get started(): boolean {
    return this.#sink?.started ?? this.status !== 0;
  }

  head(status: number, headers: Readonly<Record<string, string>>): void {
    this.status = status;
    this.isStream = String(headers['content-type']).startsWith('text/event-stream');
    this.#sink?.head(status, headers);
  }

  write(piece: Uint8Array | string): Promise<void> {
    this.#take(piece);
    return this.#sink?.write(piece) ?? Promise.resolve();
  }

  end(piece?: Uint8Array | string, whole?: Json): void {
    if (piece !== undefined) this.#take(piece);
    this.#sink?.end(piece, whole);
  }

  #take(piece: Uint8Array | string): void {
    this.#size += piece.length;
    if (this.#size <= largestAnswer) this.#pieces.push(Buffer.from(piece as Uint8Array));
    else this.#pieces.length = 0;
  }
}
