import { SseReader, type CallSink } from '../gateway/index.ts';
import type { AnswerForm, Json } from './forms/answer-form.ts';

/** Hands an answer on and remembers it, as long as it is not too long to be kept. */
export class CapturingSink implements CallSink {
  readonly #sink: CallSink;
  readonly #most: number;
  readonly #extra: Readonly<Record<string, string>>;
  #pieces: (Uint8Array | string)[] | undefined = [];
  #size = 0;
  #status = 0;
  #isStream = false;
  #isOver = false;
  /** The answer as it was read on its way. */
  #whole: Json | undefined;

  /** @param extra headers that the answer gets */
  constructor(sink: CallSink, most: number, extra: Readonly<Record<string, string>>) {
    this.#sink = sink;
    this.#most = most;
    this.#extra = extra;
  }

  get gone(): AbortSignal {
    return this.#sink.gone;
  }

  get started(): boolean {
    return this.#sink.started;
  }

  head(status: number, headers: Readonly<Record<string, string>>): void {
    this.#status = status;
    this.#isStream = String(headers['content-type']).startsWith('text/event-stream');
    this.#sink.head(status, { ...headers, ...this.#extra });
  }

  write(piece: Uint8Array | string): Promise<void> | undefined {
    // A piece of a stream is a view into what the wire read at once, which is larger.
    this.#take(Buffer.from(piece as Uint8Array));
    return this.#sink.write(piece);
  }

  end(piece?: Uint8Array | string, whole?: Json): void {
    if (piece !== undefined) this.#take(piece);
    this.#isOver = true;
    this.#whole = whole;
    this.#sink.end(piece, whole);
  }

  /** The answer as it went out; undefined where it was too long or has no end. */
  get text(): string | undefined {
    return this.#isOver && this.#pieces ? joined(this.#pieces).toString('utf8') : undefined;
  }

  /** The whole answer; undefined where it is none that may be given again. @param form how its dialect writes it */
  answer(form: AnswerForm): Json | undefined {
    if (!this.#isOver || this.#status !== 200 || !this.#pieces) return undefined;
    try {
      const body = this.#whole ?? this.#read(form, joined(this.#pieces));
      if (!body || !form.isComplete(body)) return undefined;
      return form.shared?.(body) ?? body;
    } catch {
      return undefined;
    }
  }

  /** The answer as a text, where it went out as one that reads like this body. */
  textOf(body: Json): string | undefined {
    const [piece] = this.#pieces ?? [];
    return body === this.#whole && this.#pieces?.length === 1 && typeof piece === 'string' ? piece : undefined;
  }

  #read(form: AnswerForm, bytes: Buffer): Json | undefined {
    if (!this.#isStream) return JSON.parse(bytes.toString('utf8')) as Json;
    const reader = new SseReader();
    return form.assembled([...reader.push(bytes), ...reader.end()]);
  }

  #take(piece: Uint8Array | string): void {
    if (!this.#pieces) return;
    this.#size += Buffer.byteLength(piece);
    if (this.#size > this.#most) this.#pieces = undefined;
    else this.#pieces.push(piece);
  }
}

function joined(pieces: readonly (Uint8Array | string)[]): Buffer {
  return Buffer.concat(pieces.map((piece) => (typeof piece === 'string' ? Buffer.from(piece) : piece)));
}

/** Takes an answer instead of the caller. */
export class HeldSink implements CallSink {
  readonly gone: AbortSignal;
  readonly #pieces: Buffer[] = [];
  status = 0;
  headers: Readonly<Record<string, string>> = {};

  constructor(gone: AbortSignal) {
    this.gone = gone;
  }

  get started(): boolean {
    return this.status !== 0;
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#pieces);
  }

  head(status: number, headers: Readonly<Record<string, string>>): void {
    this.status = status;
    this.headers = headers;
  }

  write(piece: Uint8Array | string): Promise<void> {
    this.#pieces.push(Buffer.from(piece as Uint8Array));
    return Promise.resolve();
  }

  end(piece?: Uint8Array | string): void {
    if (piece !== undefined) this.#pieces.push(Buffer.from(piece as Uint8Array));
  }
}
