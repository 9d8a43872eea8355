import type { AttemptResult, AttemptTask, Attempting, CallSink } from './attempting.ts';
import type { Json } from './dialects/json.ts';

interface Parts {
  attempting: Pick<Attempting, 'attempt'>;
  pause(ms: number, signal: AbortSignal): Promise<void>;
  /** Whether there is money for the other try. */
  mayAsk(): Promise<boolean>;
  /** The route of the try has lost: it was slower than it may be. */
  lost(task: AttemptTask): void;
}

/**
 * Tries a route, and, where it says nothing for a while, the next one beside it. Who answers first has the caller; the other is
 * stopped where it streams, and read to its end where it does not, so that what it bills is known. A refusal of the one is
 * handed on only once the other has not answered either: what one model cannot take, another may.
 *
 * @param second makes the other try, at the moment in which it begins
 * @returns the ends of the tries, one or two; nothing was handed on where every verdict is `next`
 */
export async function hedged(
  first: AttemptTask,
  second: () => AttemptTask,
  afterMs: number,
  { attempting, pause, mayAsk, lost }: Parts,
): Promise<AttemptResult[]> {
  const race = new Race(first.sink);
  const one = race.lane();
  const enough = new AbortController();
  const began = attempting.attempt({ ...first, sink: one }).finally(() => enough.abort());
  // Whoever waits for it below may be waiting for something else when it fails.
  began.catch(() => undefined);
  one.onHead = () => enough.abort();
  await pause(afterMs, AbortSignal.any([enough.signal, first.sink.gone]));
  const isOver = (): boolean => enough.signal.aborted || first.sink.gone.aborted;
  if (isOver() || !(await mayAsk()) || isOver()) return [await began];
  const beside = second();
  const other = race.lane();
  const ends = await Promise.all([began, attempting.attempt({ ...beside, sink: other })]);
  const [firstEnd, secondEnd] = ends;
  if (race.winner === undefined) [one, other].find((lane) => lane.isRefusal)?.handOn();
  // A route that was read to its end has told how slow it is; one that was stopped has not.
  if (race.winner === one && secondEnd.usage.status === 'cancelled') lost(beside);
  if (race.winner === other && firstEnd.usage.status === 'cancelled') lost(first);
  // The later entry decides about what follows: it is the one that was handed on, where one was.
  return race.winner === one ? [secondEnd, firstEnd] : [firstEnd, secondEnd];
}

/** Several tries before one caller. */
class Race {
  readonly #sink: CallSink;
  readonly #lanes: Lane[] = [];
  winner: Lane | undefined;

  constructor(sink: CallSink) {
    this.#sink = sink;
  }

  /** Whether a try has no other beside it. */
  get isAlone(): boolean {
    return this.#lanes.length < 2;
  }

  lane(): Lane {
    const lane = new Lane(this.#sink, this);
    this.#lanes.push(lane);
    return lane;
  }

  claim(claiming: Lane): void {
    if (this.winner !== undefined) return;
    this.winner = claiming;
    for (const other of this.#lanes) if (other !== claiming) other.stop();
  }
}

/** What one try writes to: the caller, once it has answered first; nobody, where another has. */
class Lane implements CallSink {
  readonly #sink: CallSink;
  readonly #race: Race;
  readonly #stopped = new AbortController();
  readonly gone: AbortSignal;
  onHead: (() => void) | undefined;
  started = false;
  /** A refusal that waits for what comes of the other try. */
  #refusal: { status: number; headers: Readonly<Record<string, string>>; pieces: Buffer[] } | undefined;

  constructor(sink: CallSink, race: Race) {
    this.#sink = sink;
    this.#race = race;
    this.gone = AbortSignal.any([sink.gone, this.#stopped.signal]);
  }

  get isRefusal(): boolean {
    return this.#refusal !== undefined;
  }

  stop(): void {
    this.#stopped.abort();
  }

  head(status: number, headers: Readonly<Record<string, string>>): void {
    this.started = true;
    if (status >= 400 && !this.#race.isAlone) {
      this.#refusal = { status, headers, pieces: [] };
      return;
    }
    this.#race.claim(this);
    if (this.#isStopped) return;
    this.onHead?.();
    this.#sink.head(status, headers);
  }

  write(piece: Uint8Array | string): Promise<void> | undefined {
    if (this.#refusal) return this.#hold(piece);
    return this.#isStopped ? undefined : this.#sink.write(piece);
  }

  end(piece?: Uint8Array | string, whole?: Json): void {
    if (this.#refusal) this.#hold(piece ?? '');
    else if (!this.#isStopped) this.#sink.end(piece, whole);
  }

  /** The other try has brought nothing. */
  handOn(): void {
    const { status, headers, pieces } = this.#refusal!;
    this.#race.claim(this);
    this.#sink.head(status, headers);
    this.#sink.end(Buffer.concat(pieces));
  }

  #hold(piece: Uint8Array | string): undefined {
    this.#refusal?.pieces.push(Buffer.from(piece as Uint8Array));
  }

  get #isStopped(): boolean {
    return this.#stopped.signal.aborted;
  }
}
