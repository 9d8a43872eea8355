import type { AttemptResult, AttemptTask, Attempting, CallSink } from './attempting.ts';
import type { Json } from './dialects/json.ts';

interface Parts {
  attempting: Pick<Attempting, 'attempt'>;
  pause(ms: number, signal: AbortSignal): Promise<void>;
  /** The route of the try has lost: it was slower than it may be. */
  lost(task: AttemptTask): void;
}

/**
 * Tries a route, and, where it says nothing for a while, the next one beside it. Who speaks first has the caller; the other is
 * stopped where it streams, and read to its end where it does not, so that what it bills is known.
 *
 * @param second makes the other try, at the moment in which it begins
 * @returns the ends of the tries, one or two; nothing was handed on where every verdict is `next`
 */
export async function hedged(
  first: AttemptTask,
  second: () => AttemptTask,
  afterMs: number,
  { attempting, pause, lost }: Parts,
): Promise<AttemptResult[]> {
  const race = new Race(first.sink);
  const [one, other] = [race.lane(), race.lane()];
  const enough = new AbortController();
  const began = attempting.attempt({ ...first, sink: one }).finally(() => enough.abort());
  one.onHead = () => enough.abort();
  await pause(afterMs, AbortSignal.any([enough.signal, first.sink.gone]));
  if (enough.signal.aborted || first.sink.gone.aborted) return [await began];
  const beside = second();
  const ends = await Promise.all([began, attempting.attempt({ ...beside, sink: other })]);
  const [firstEnd, secondEnd] = ends;
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

  lane(): Lane {
    const lane = new Lane(this.#sink, (claiming) => {
      if (this.winner !== undefined) return;
      this.winner = claiming;
      for (const other of this.#lanes) if (other !== claiming) other.stop();
    });
    this.#lanes.push(lane);
    return lane;
  }
}

/** What one try writes to: the caller, once it has spoken first; nobody, where another has. */
class Lane implements CallSink {
  readonly #sink: CallSink;
  readonly #claim: (lane: Lane) => void;
  readonly #stopped = new AbortController();
  readonly gone: AbortSignal;
  onHead: (() => void) | undefined;
  started = false;

  constructor(sink: CallSink, claim: (lane: Lane) => void) {
    this.#sink = sink;
    this.#claim = claim;
    this.gone = AbortSignal.any([sink.gone, this.#stopped.signal]);
  }

  stop(): void {
    this.#stopped.abort();
  }

  head(status: number, headers: Readonly<Record<string, string>>): void {
    this.#claim(this);
    this.started = true;
    if (this.#isStopped) return;
    this.onHead?.();
    this.#sink.head(status, headers);
  }

  write(piece: Uint8Array | string): Promise<void> | undefined {
    return this.#isStopped ? undefined : this.#sink.write(piece);
  }

  end(piece?: Uint8Array | string, whole?: Json): void {
    if (!this.#isStopped) this.#sink.end(piece, whole);
  }

  get #isStopped(): boolean {
    return this.#stopped.signal.aborted;
  }
}
