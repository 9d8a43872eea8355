import { errorBody, eventText, GatewayError, SseReader, type CallSink, type Dialect } from '../gateway/index.ts';
import { AnswerStream, changedBody, type AnswerRules } from './answer-stream.ts';

/**
 * Changes an answer on its way to the caller. Where that fails, nothing more of the answer goes out: the caller is told, and
 * the provider is left.
 */
export class PrivateSink implements CallSink {
  readonly #sink: CallSink;
  readonly #dialect: Dialect;
  readonly #rules: AnswerRules;
  readonly #stop = new AbortController();
  readonly gone: AbortSignal;
  #stream: { reader: SseReader; answer: AnswerStream } | undefined;
  #head: { status: number; headers: Readonly<Record<string, string>> } | undefined;
  #pieces: Uint8Array[] = [];

  constructor(sink: CallSink, dialect: Dialect, rules: AnswerRules) {
    this.#sink = sink;
    this.#dialect = dialect;
    this.#rules = rules;
    this.gone = AbortSignal.any([sink.gone, this.#stop.signal]);
  }

  get started(): boolean {
    return this.#head !== undefined || this.#sink.started;
  }

  head(status: number, headers: Readonly<Record<string, string>>): void {
    const { 'content-length': _, ...rest } = headers;
    this.#head = { status, headers: rest };
    if (!String(headers['content-type']).startsWith('text/event-stream')) return;
    this.#stream = { reader: new SseReader(), answer: new AnswerStream(this.#rules) };
    this.#sink.head(status, rest);
  }

  async write(piece: Uint8Array | string): Promise<void> {
    if (this.gone.aborted) return;
    const text = this.#onward(piece);
    if (text !== '') await this.#sink.write(text);
  }

  end(piece?: Uint8Array | string): void {
    if (this.gone.aborted) return;
    if (this.#stream) {
      let rest = this.#onward(piece ?? '');
      if (!this.gone.aborted) rest += this.#tried(() => this.#closed());
      if (!this.gone.aborted) this.#sink.end(rest);
      return;
    }
    if (piece !== undefined) this.#pieces.push(Buffer.from(piece as Uint8Array));
    this.#whole(Buffer.concat(this.#pieces).toString('utf8'));
  }

  #onward(piece: Uint8Array | string): string {
    if (!this.#stream) {
      this.#pieces.push(Buffer.from(piece as Uint8Array));
      return '';
    }
    const { reader, answer } = this.#stream;
    return this.#tried(() => {
      const bytes = typeof piece === 'string' ? Buffer.from(piece) : piece;
      return reader
        .push(bytes)
        .flatMap((event) => answer.push(event))
        .map(eventText)
        .join('');
    });
  }

  #closed(): string {
    const { reader, answer } = this.#stream!;
    return [...reader.end().flatMap((event) => answer.push(event)), ...answer.end()].map(eventText).join('');
  }

  #whole(text: string): void {
    const { status, headers } = this.#head ?? { status: 200, headers: {} };
    let answer: string;
    try {
      answer = JSON.stringify(changedBody(JSON.parse(text), this.#rules));
    } catch (error) {
      const { status: refused, code, message } = asRefusal(error);
      this.#sink.head(refused, { 'content-type': 'application/json' });
      this.#sink.end(errorBody(this.#dialect, refused, code, message));
      return;
    }
    this.#sink.head(status, headers);
    this.#sink.end(answer);
  }

  /** In the middle of a stream its end is all that is left to say. */
  #tried(work: () => string): string {
    try {
      return work();
    } catch (error) {
      const { status, code, message } = asRefusal(error);
      const body = errorBody(this.#dialect, status, code, message);
      this.#sink.end(this.#dialect === 'chat' ? `data: ${body}\n\n` : `event: error\ndata: ${body}\n\n`);
      this.#stop.abort();
      return '';
    }
  }
}

function asRefusal(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error;
  return new GatewayError(
    502,
    'privacy_failed',
    'The answer could not be searched for personal data, and is held back.',
  );
}
