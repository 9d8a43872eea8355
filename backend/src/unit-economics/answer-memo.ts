import { createHash } from 'node:crypto';
import type { Clock } from '../platform/clock/index.ts';
import type { Scope } from '../platform/identity/index.ts';
import type { AnswerFrame } from './answer-frame.ts';

const maxAnswers = 50;

interface Aged {
  /** Seconds; absent where nothing of the answer was kept. */
  cachedAgeSeconds?: number;
}

interface Kept {
  answer: Aged;
  at: number;
}

/**
 * Answers as they were worked out, for as long as the reads behind them may be cached. An answer stands under everything that
 * its statements stand on: where bills, usage, rates or names change, it is not found.
 */
export class AnswerMemo {
  readonly #clock: Clock;
  readonly #cacheSeconds: () => number;
  readonly #kept = new Map<string, Kept>();

  /** @param cacheSeconds how old an answer may be; 0 keeps none */
  constructor(clock: Clock, cacheSeconds: () => number) {
    this.#clock = clock;
    this.#cacheSeconds = cacheSeconds;
  }

  /** The answer that is kept of this question, or a new one. `asked` tells what is asked of the frame. */
  async answer<Answer extends object>(
    { frame, covered, freshness, notices }: AnswerFrame,
    asked: readonly unknown[],
    scope: Scope,
    work: () => Promise<Answer>,
  ): Promise<Answer & Aged> {
    const cacheSeconds = this.#cacheSeconds();
    if (cacheSeconds <= 0) return work();
    const parts = JSON.stringify([asked, scope, frame, covered, freshness, notices], listed);
    const key = createHash('sha256').update(parts).digest('base64');
    const kept = this.#kept.get(key);
    const now = this.#clock.now().getTime();
    const age = kept === undefined ? Infinity : (now - kept.at) / 1000 + (kept.answer.cachedAgeSeconds ?? 0);
    // What is kept under a key was made by the same question.
    if (kept !== undefined && age >= 0 && age <= cacheSeconds)
      return { ...(kept.answer as Answer), cachedAgeSeconds: age };
    const answer = await work();
    this.#kept.delete(key);
    this.#kept.set(key, { answer, at: now });
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= maxAnswers) break;
      this.#kept.delete(oldest);
    }
    return answer;
  }
}

/** Maps and sets as lists, long numbers as text. */
function listed(_: string, value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  return value instanceof Map || value instanceof Set ? [...(value as Iterable<unknown>)] : value;
}
