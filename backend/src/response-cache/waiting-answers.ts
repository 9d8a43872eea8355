import { setImmediate as otherWork } from 'node:timers/promises';
import type { KeptAnswer } from './answer-memory.ts';
import type { NewAnswer } from './entry-sealing.ts';
import { WritePace } from './write-pace.ts';

const mostWaiting = 5_000;
/** Written in one go where there are no more, and where there are. */
const fewAtOnce = 50;
const manyAtOnce = 1_000;
/** Characters of answers in one go. */
const mostAtOnce = 4 * 1024 * 1024;

/** Answers that wait for the store; the oldest go where there are too many. */
export class WaitingAnswers {
  readonly #waiting: NewAnswer[] = [];
  readonly #pace: WritePace;

  /** @param mostPerSecond answers that nobody asked for again @param now milliseconds since the epoch */
  constructor(mostPerSecond: number, now: () => number) {
    this.#pace = new WritePace(mostPerSecond, now);
  }

  get size(): number {
    return this.#waiting.length;
  }

  /** Whether the store is given the new answer: embeddings and what is found by meaning all go there. Ask once. */
  mayTake({ kind, question }: NewAnswer): boolean {
    return kind !== 'answer' || question !== undefined || this.#pace.take();
  }

  /** Takes a new answer that it may take. */
  take(one: NewAnswer): void {
    this.#waiting.push(one);
    if (this.#waiting.length > mostWaiting) this.#waiting.shift();
  }

  /** Takes an answer that the store was not given: others may ask for it too, of other processes. */
  askedFor(name: string, answer: KeptAnswer): void {
    answer.isHereOnly = false;
    this.take({ name, kind: 'answer', answer });
  }

  /** Hands all of them over, portion by portion. @throws what `write` throws: what it did not take waits on */
  async handOver(write: (batch: readonly NewAnswer[], areMany: boolean) => Promise<void>): Promise<void> {
    const due = this.#waiting.splice(0);
    while (due.length > 0) {
      const areMany = due.length > fewAtOnce;
      const batch = due.slice(0, portionOf(due, areMany ? manyAtOnce : fewAtOnce));
      try {
        await write(batch, areMany);
      } catch (error) {
        this.#waiting.unshift(...due);
        this.#waiting.splice(0, this.#waiting.length - mostWaiting);
        throw error;
      }
      due.splice(0, batch.length);
      // Calls are answered meanwhile.
      await otherWork();
    }
  }
}

/** How many of them are written in one go. */
function portionOf(due: readonly NewAnswer[], most: number): number {
  let count = 0;
  for (let size = 0; count < due.length && count < most && size < mostAtOnce; count++)
    size += due[count]!.answer.body.length;
  return count;
}
