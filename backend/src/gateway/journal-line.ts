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

/** What a call came to, as far as that differs from its beginning in the same file; null: it is not so any more. */
export interface OverCall {
  id: string;
  request: Differences;
}

/** By name; those of the tags one by one. */
type Differences = Record<string, unknown>;

/** `owed`: a try that ended and was delivered, of a call that is not settled yet. */
export type Line =
  { begun: BegunCall } | { over: OverCall } | { ended: EndedCall } | { settled: SettledCall } | { owed: EndedCall };

export function lineOf(line: Line): string {
  return `${JSON.stringify(line)}\n`;
}

/** The line of a call whose beginning stands in the same file: most of what it says is said there. */
export function overLineOf(begun: BegunCall, { id, request }: EndedCall): string {
  const differences = differencesOf(begun.request, request);
  if (request.tags && begun.request.tags) differences['tags'] = differencesOf(begun.request.tags, request.tags);
  return lineOf({ over: { id, request: differences } });
}

function differencesOf(before: object, after: object): Differences {
  const [old, now] = [before as Differences, after as Differences];
  const differences: Differences = {};
  for (const name in now) if (now[name] !== old[name]) differences[name] = now[name];
  for (const name in old) if (now[name] === undefined) differences[name] = null;
  return differences;
}

/** What the call came to. */
export function endedBy(begun: BegunCall, { request }: OverCall): EndedCall {
  const ended = changed(begun.request, request);
  if (begun.request.tags && request['tags']) ended.tags = changed(begun.request.tags, request['tags'] as Differences);
  return { ...begun, request: ended };
}

function changed<T extends object>(before: T, differences: Differences): T {
  const members = Object.entries({ ...before, ...differences });
  return Object.fromEntries(members.filter(([, value]) => value !== null)) as T;
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
