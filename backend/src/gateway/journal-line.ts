import type { LlmRequest } from '../anycost/index.ts';

/** A call that was sent to a provider: kept before its answer is handed on, so that a crash forgets none. */
export interface BegunCall {
  id: string;
  /** Where its usage belongs. */
  tenant: string;
  region: string;
  /** What is known before the answer: counted where the process dies in between. */
  request: LlmRequest;
  /** Reservation that its cost settles, and the currency of it. */
  reservation?: string;
  currency?: string;
}

/** What a call came to. */
export type EndedCall = BegunCall;

/** What all tries of a call cost together. */
export interface SettledCall {
  reservation: string;
  /** Exact decimal, in the currency of the reservation. */
  cost: string;
  /** Place in the order in which the calls of one allotment settle. */
  order?: number;
}

/** `owed`: a try that ended and was delivered, of a call that is not settled yet. */
export type Line = { begun: BegunCall } | { ended: EndedCall } | { settled: SettledCall } | { owed: EndedCall };

export function lineOf(line: Line): string {
  return `${JSON.stringify(line)}\n`;
}

/** What the text of a file says. The last line of a process that was killed may be half of one. */
export function* linesOf(text: string): Generator<Line> {
  for (const line of text.split('\n')) {
    if (line === '') continue;
    try {
      yield JSON.parse(line) as Line;
    } catch {
      // Half a line says nothing.
    }
  }
}
