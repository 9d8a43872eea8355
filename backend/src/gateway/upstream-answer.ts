import type { Dispatcher } from 'undici';
import { Turnstile } from './turnstile.ts';

/** What may end a request before its time, also while its answer waits to be read: one for each request. */
export interface StopSignal {
  readonly aborted: boolean;
  addEventListener(type: 'abort', listener: () => void): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

export type AnswerHeaders = Dispatcher.ResponseData['headers'];

/** What a provider answers: its head at once, its body as it comes. */
export interface UpstreamAnswer {
  statusCode: number;
  headers: AnswerHeaders;
  body: AnswerBody;
}

/** Takes a piece, which may be several of the wire in one; more come when what it returns has resolved. */
type Take = (piece: Buffer) => Promise<void> | undefined;

/** Where the pieces come from. */
interface Source {
  pause(): void;
  resume(): void;
  abort(reason: Error): void;
}

/** Pieces that nobody asked for yet are held up to here. */
const mostAhead = 256 * 1024;
/** What providers say at once is read call by call, step by step. */
const answers = new Turnstile();

/**
 * The body of an answer, read once. A stream of Node's would cost more than all that the gateway does with it.
 */
export class AnswerBody {
  readonly #source: Source;
  #waiting: Buffer[] = [];
  #ahead = 0;
  #take: Take | undefined;
  #isBusy = false;
  #isDue = false;
  #isOver = false;
  /** How the wire broke. */
  #broken: Error | undefined;
  #failure: Error | undefined;
  #done: { resolve(): void; reject(error: unknown): void } | undefined;

  constructor(source: Source) {
    this.#source = source;
  }

  /** A body that is known already. */
  static of(bytes: Buffer): AnswerBody {
    const body = new AnswerBody({ pause: () => undefined, resume: () => undefined, abort: () => undefined });
    body.push(bytes);
    body.end();
    return body;
  }

  /** For who reads the wire: a piece came. */
  push(piece: Buffer): void {
    this.#waiting.push(piece);
    this.#ahead += piece.length;
    if (this.#ahead > mostAhead) this.#source.pause();
    this.#turnSoon();
  }

  /** For who reads the wire: that was all. */
  end(): void {
    this.#isOver = true;
    this.#turnSoon();
  }

  /** For who reads the wire: it broke. What was pushed before is handed over first. */
  fail(error: Error): void {
    this.#broken ??= error;
    this.#turn();
  }

  /** Nobody wants it any more: whoever reads it hears so at once. */
  stop(error: Error): void {
    this.#failure ??= error;
    this.#done?.reject(this.#failure);
  }

  /** Whether somebody has not done with a piece yet. */
  get isHeldUp(): boolean {
    return this.#isBusy;
  }

  /** What came and was handed to nobody, for who stopped reading and wants to know what the provider said. */
  left(): Buffer {
    const left = Buffer.concat(this.#waiting);
    this.#waiting = [];
    this.#ahead = 0;
    return left;
  }

  /** Hands over each piece in its order. @throws what ends it early, and what `take` throws */
  each(take: Take): Promise<void> {
    this.#take = take;
    return new Promise((resolve, reject) => this.#read(resolve, reject));
  }

  /** All of it. @throws RangeError where it is larger than `most` bytes */
  whole(most: number): Promise<Buffer> {
    const pieces: Buffer[] = [];
    let size = 0;
    this.#take = (piece) => {
      size += piece.length;
      if (size > most) throw new RangeError(`The answer of the provider is larger than ${most} bytes.`);
      pieces.push(piece);
      return undefined;
    };
    return new Promise((resolve, reject) => {
      this.#read(() => resolve(pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces)), reject);
    });
  }

  /** Its beginning; the rest is not waited for. */
  async first(most: number): Promise<Buffer> {
    const pieces: Buffer[] = [];
    let size = 0;
    const enough = new RangeError('Enough was read.');
    await this.each((piece) => {
      pieces.push(piece);
      size += piece.length;
      if (size >= most) throw enough;
      return undefined;
    }).catch((error: unknown) => {
      if (error !== enough) throw error;
    });
    return Buffer.concat(pieces).subarray(0, most);
  }

  /** @throws SyntaxError where it is no JSON */
  async json(most = 64 * 1024 * 1024): Promise<unknown> {
    return JSON.parse((await this.whole(most)).toString('utf8')) as unknown;
  }

  /** Reads what is left for nobody, so that the connection can be used again. */
  async dump(): Promise<void> {
    await this.first(mostAhead).catch(() => undefined);
  }

  #read(resolve: () => void, reject: (error: unknown) => void): void {
    this.#done = { resolve, reject };
    if (this.#failure) reject(this.#failure);
    else this.#turn();
  }

  #give(piece: Buffer): void {
    let taken: Promise<void> | undefined;
    try {
      taken = this.#take!(piece);
    } catch (error) {
      return this.#refuse(error);
    }
    if (!taken) return;
    this.#isBusy = true;
    this.#source.pause();
    taken.then(
      () => {
        this.#isBusy = false;
        this.#turn();
      },
      (error: unknown) => this.#refuse(error),
    );
  }

  #turnSoon(): void {
    if (this.#isDue || !this.#take) return;
    this.#isDue = true;
    answers.through(() => {
      this.#isDue = false;
      this.#turn();
    });
  }

  #turn(): void {
    if (!this.#take || this.#isBusy || this.#failure) return;
    if (this.#waiting.length > 0) {
      const piece = this.#waiting.length === 1 ? this.#waiting[0]! : Buffer.concat(this.#waiting);
      this.#waiting = [];
      this.#ahead = 0;
      this.#give(piece);
      if (this.#isBusy || this.#failure) return;
    }
    if (this.#broken) this.stop(this.#broken);
    else if (this.#isOver) this.#done?.resolve();
    else this.#source.resume();
  }

  #refuse(error: unknown): void {
    this.#failure = error instanceof Error ? error : new Error(String(error));
    this.#done?.reject(error);
    if (!this.#isOver) this.#source.abort(this.#failure);
  }
}

/** One request to a provider: `answer` resolves when its head is there. */
export class Exchange implements Dispatcher.DispatchHandler, Source {
  readonly answer: Promise<UpstreamAnswer>;
  readonly #stop: StopSignal;
  readonly #body = new AnswerBody(this);
  #controller: Dispatcher.DispatchController | undefined;
  #head: UpstreamAnswer | undefined;
  #ended: Error | undefined;
  #isWireOver = false;
  #resolve!: (answer: UpstreamAnswer) => void;
  #reject!: (error: Error) => void;

  constructor(stop: StopSignal) {
    this.#stop = stop;
    this.answer = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    if (stop.aborted) this.#onStop();
    else stop.addEventListener('abort', this.#onStop);
  }

  /** It was stopped before it was sent. */
  get isEnded(): boolean {
    return this.#ended !== undefined;
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#ended) controller.abort(this.#ended);
  }

  onResponseStart(_controller: Dispatcher.DispatchController, statusCode: number, headers: AnswerHeaders): void {
    // What comes before is said of the connection, not of the answer.
    if (statusCode < 200) return;
    this.#head = { statusCode, headers, body: this.#body };
    answers.through(() => this.#toldHead());
  }

  onResponseData(_controller: Dispatcher.DispatchController, piece: Buffer): void {
    this.#body.push(piece);
  }

  onResponseEnd(): void {
    this.#isWireOver = true;
    this.#body.end();
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, error: Error): void {
    this.#isWireOver = true;
    this.#ended ??= error;
    this.#toldHead();
    this.#reject(this.#ended);
    this.#body.fail(this.#ended);
  }

  pause(): void {
    this.#controller?.pause();
  }

  resume(): void {
    if (this.#controller?.paused) this.#controller.resume();
  }

  abort(reason: Error): void {
    this.#stop.removeEventListener('abort', this.#onStop);
    this.#ended ??= reason;
    this.#toldHead();
    this.#reject(this.#ended);
    this.#body.stop(this.#ended);
    if (!this.#isWireOver) this.#controller?.abort(this.#ended);
  }

  readonly #onStop = (): void => this.abort(new Error('The request was stopped.'));

  /** An answer whose head is there is one, whatever comes after it. */
  #toldHead(): void {
    if (this.#head) this.#resolve(this.#head);
  }
}
