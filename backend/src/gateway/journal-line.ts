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

/** A call that begins much like one before it in the same file. */
export interface LikeCall {
  id: string;
  /** Id of the other one; tenant, region and currency are the same. */
  to: string;
  reservation?: string;
  /** As far as it differs; null: it is not so. Where it has no id of its own, that is the call's. */
  request: Differences;
}

/** By name; those of the tags one by one. */
type Differences = Record<string, unknown>;

/** `owed`: a try that ended and was delivered, of a call that is not settled yet. */
export type Line =
  | { begun: BegunCall }
  | { like: LikeCall }
  | { over: OverCall }
  | { ended: EndedCall }
  | { settled: SettledCall }
  | { owed: EndedCall };

export function lineOf(line: Line): string {
  return `${JSON.stringify(line)}\n`;
}

/** More of them are written out as soon as named. */
const mostDifferences = 8;
const mostModels = 1_000;

/** The calls of one file that others are compared with. */
export class Likenesses {
  readonly #byModel = new Map<string, BegunCall>();

  /** The line of a call that begins: what differs from one like it, or all of it where none is. */
  lineOf(call: BegunCall): string {
    const { model } = call.request;
    const like = this.#byModel.get(model);
    const line = like && likeLineOf(like, call);
    if (line !== undefined) return line;
    if (this.#byModel.size >= mostModels) this.#byModel.clear();
    this.#byModel.set(model, call);
    return lineOf({ begun: call });
  }
}

/** @returns undefined where too much differs */
function likeLineOf(
  like: BegunCall,
  { id, tenant, region, currency, reservation, request }: BegunCall,
): string | undefined {
  if (like.tenant !== tenant || like.region !== region || like.currency !== currency) return undefined;
  if ((like.request.tags === undefined) !== (request.tags === undefined)) return undefined;
  const differences = requestDifferences(like.request, request);
  if (request.requestId === id) delete differences['requestId'];
  else differences['requestId'] = request.requestId;
  if (Object.keys(differences).length > mostDifferences) return undefined;
  return lineOf({
    like: { id, to: like.id, ...(reservation === undefined ? {} : { reservation }), request: differences },
  });
}

/** The beginning of the call. */
export function begunLike(like: BegunCall, { id, reservation, request }: LikeCall): BegunCall {
  const { tenant, region, currency } = like;
  return {
    ...{ id, tenant, region, request: changedRequest(like.request, { requestId: id, ...request }) },
    ...(reservation === undefined ? {} : { reservation }),
    ...(currency === undefined ? {} : { currency }),
  };
}

/** The line of a call whose beginning stands in the same file: most of what it says is said there. */
export function overLineOf(begun: BegunCall, { id, request }: EndedCall): string {
  return lineOf({ over: { id, request: requestDifferences(begun.request, request) } });
}

function requestDifferences(before: LlmRequest, after: LlmRequest): Differences {
  const differences = differencesOf(before, after);
  if (after.tags && before.tags) {
    const tags = differencesOf(before.tags, after.tags);
    if (Object.keys(tags).length === 0) delete differences['tags'];
    else differences['tags'] = tags;
  }
  return differences;
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
  return { ...begun, request: changedRequest(begun.request, request) };
}

function changedRequest(before: LlmRequest, differences: Differences): LlmRequest {
  const after = changed(before, differences);
  if (before.tags && differences['tags']) after.tags = changed(before.tags, differences['tags'] as Differences);
  return after;
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
