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

/**
 * A call that begins like one before it in the same file, but for what stands here: the currency is the same, the reservation
 * its own.
 */
export interface LikeCall {
  id: string;
  /** Id of the other one. */
  to: string;
  startedAt: string;
  inputTokens: number;
  reservation?: string;
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

/** The calls of one file that others begin like. */
export class Likenesses {
  /** The last that was written out, by its tags, which calls that are alike share. */
  readonly #whole = new WeakMap<object, BegunCall>();

  /** The line of a call that begins: in few words where one like it stands before it. */
  lineOf(call: BegunCall): string {
    const { tags } = call.request;
    const whole = tags && this.#whole.get(tags);
    if (whole && isLike(whole, call)) return likeLineOf(whole, call);
    if (tags) this.#whole.set(tags, call);
    return lineOf({ begun: call });
  }
}

/** Each call has them of its own. */
const ownMembers: ReadonlySet<string> = new Set(['requestId', 'startedAt', 'inputTokens']);

function isLike(whole: BegunCall, { id, tenant, region, currency, request }: BegunCall): boolean {
  if (whole.tenant !== tenant || whole.region !== region || whole.currency !== currency) return false;
  return request.requestId === id && hasSameMembers(whole.request, request);
}

function hasSameMembers(before: object, after: object): boolean {
  const [old, now] = [before as Differences, after as Differences];
  let more = 0;
  for (const name in now) {
    more += 1;
    if (now[name] !== old[name] && !ownMembers.has(name)) return false;
  }
  for (const _name in old) more -= 1;
  return more === 0;
}

function likeLineOf(whole: BegunCall, { id, reservation, request }: BegunCall): string {
  const { startedAt, inputTokens } = request;
  return lineOf({
    like: { id, to: whole.id, startedAt, inputTokens, ...(reservation === undefined ? {} : { reservation }) },
  });
}

/** The beginning of the call. */
export function begunLike(whole: BegunCall, { id, startedAt, inputTokens, reservation }: LikeCall): BegunCall {
  const { tenant, region, currency } = whole;
  return {
    ...{ id, tenant, region, request: { ...whole.request, requestId: id, startedAt, inputTokens } },
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
  if (after.tags && before.tags && after.tags !== before.tags)
    differences['tags'] = tagDifferences(before.tags, after.tags);
  return differences;
}

type Tags = NonNullable<LlmRequest['tags']>;

/** By the tags of the beginning: calls that are alike share theirs. */
const knownDifferences = new WeakMap<Tags, { after: Tags; differences: Differences }>();

function tagDifferences(before: Tags, after: Tags): Differences {
  const found = knownDifferences.get(before);
  if (found?.after === after) return found.differences;
  const differences = differencesOf(before, after);
  knownDifferences.set(before, { after, differences });
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
