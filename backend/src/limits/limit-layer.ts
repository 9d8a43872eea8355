import {
  answersOf,
  GatewayError,
  type CallEnd,
  type CallLayer,
  type CallSink,
  type Json,
  type PlannedCall,
  type Serve,
} from '../gateway/index.ts';
import { bounded } from '../routing/index.ts';
import type { Exceeded, LimitLedger, Taken } from './limit-ledger.ts';
import { countsTokens, type LimitKind } from './limit.ts';

/** Tokens of an answer that the caller puts no bound on, until it is known. */
const usualAnswer = 400;
/** Headers of providers that speak of their limits, which are not the caller's. */
const foreign = /^(x-ratelimit-|anthropic-ratelimit-|retry-after$)/;

const inWords: Readonly<Record<LimitKind, string>> = {
  requestsPerMinute: 'requests a minute',
  requestsPerDay: 'requests a day',
  tokensPerMinute: 'tokens a minute',
  tokensPerDay: 'tokens a day',
};

/** Refuses calls beyond the limits, and tells callers in the headers of OpenAI and Anthropic what is left to them. */
export function limitLayer(ledger: LimitLedger, now: () => number): CallLayer {
  return (next) => (planned, sink) => {
    const { call } = planned;
    const { request, key } = call;
    const limited = { tenant: key.tenant, key: key.id, team: request.team, product: request.product };
    // To count the tokens of a prompt uses none.
    const tokens = call.dialect === 'count' ? 0 : request.promptTokens + answerTokens(planned);
    const taking = ledger.take({ ...limited, customer: request.customer }, tokens);
    return taking instanceof Promise ? serveLimited(planned, sink, next, taking, { ledger, now }) : next(planned, sink);
  };
}

/** The most that the answers may have, as far as caller and policy bound them. */
function answerTokens({ call, policy }: PlannedCall): number {
  const guard = policy.guards?.maxOutputTokens ?? Infinity;
  const { maxOutputTokens = Math.min(usualAnswer, guard) } = bounded(call.request, policy);
  return maxOutputTokens * answersOf(call.body);
}

async function serveLimited(
  planned: PlannedCall,
  sink: CallSink,
  next: Serve,
  taking: Promise<Taken | Exceeded>,
  { ledger, now }: { ledger: LimitLedger; now: () => number },
): Promise<CallEnd> {
  const taken = await taking;
  if ('counter' in taken) throw refusal(taken, planned, now());
  if (taken.counts.length === 0) return next(planned, sink);
  let end: CallEnd | undefined;
  try {
    end = await next(planned, new HeaderedSink(sink, headersOf(taken, planned, now())));
    return end;
  } finally {
    ledger.settle(taken, end ? tokensOf(end) : 0);
  }
}

function tokensOf({ attempts }: CallEnd): number {
  return attempts.reduce((sum, { usage }) => sum + usage.inputTokens + usage.outputTokens, 0);
}

function refusal({ counter, left, roomAt }: Exceeded, planned: PlannedCall, now: number): GatewayError {
  const seconds = roomAt === undefined ? undefined : Math.max(1, Math.ceil((roomAt - now) / 1000));
  const room =
    roomAt === undefined
      ? 'The call alone is more than that: ask for fewer tokens.'
      : `There is room again at ${new Date(roomAt).toISOString()}.`;
  const text = `Limit ${counter.limit} gives this ${counter.per} ${counter.most} ${inWords[counter.kind]}; ${left} are left. ${room}`;
  const unit = countsTokens(counter.kind) ? 'tokens' : 'requests';
  const headers = rateHeaders(planned, unit, { most: counter.most, left, resetAt: roomAt ?? now }, now);
  return new GatewayError(429, 'rate_limit_exceeded', text, seconds, headers);
}

/** Of each unit what is tightest: requests and tokens may be limited by the minute and the day, for a key and its team. */
function headersOf({ counts }: Taken, planned: PlannedCall, now: number): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const unit of ['requests', 'tokens'] as const) {
    const own = counts.filter(({ bucket }) => countsTokens(bucket.counter.kind) === (unit === 'tokens'));
    const tightest = own.reduce<(typeof own)[number] | undefined>(
      (least, one) => (least === undefined || share(one.bucket, now) < share(least.bucket, now) ? one : least),
      undefined,
    );
    if (!tightest) continue;
    const { bucket } = tightest;
    const standing = { most: bucket.counter.most, left: bucket.left(now), resetAt: bucket.endsAt(now) };
    Object.assign(headers, rateHeaders(planned, unit, standing, now));
  }
  return headers;
}

function share(bucket: Taken['counts'][number]['bucket'], now: number): number {
  return bucket.left(now) / bucket.counter.most;
}

/** As the APIs of OpenAI and Anthropic write them. */
function rateHeaders(
  { call }: PlannedCall,
  unit: 'requests' | 'tokens',
  { most, left, resetAt }: { most: number; left: number; resetAt: number },
  now: number,
): Record<string, string> {
  if (call.dialect === 'messages' || call.dialect === 'count')
    return {
      [`anthropic-ratelimit-${unit}-limit`]: String(most),
      [`anthropic-ratelimit-${unit}-remaining`]: String(left),
      [`anthropic-ratelimit-${unit}-reset`]: new Date(resetAt).toISOString(),
    };
  return {
    [`x-ratelimit-limit-${unit}`]: String(most),
    [`x-ratelimit-remaining-${unit}`]: String(left),
    [`x-ratelimit-reset-${unit}`]: `${Math.max(0, Math.ceil((resetAt - now) / 1000))}s`,
  };
}

class HeaderedSink implements CallSink {
  readonly #sink: CallSink;
  readonly #headers: Readonly<Record<string, string>>;

  constructor(sink: CallSink, headers: Readonly<Record<string, string>>) {
    this.#sink = sink;
    this.#headers = headers;
  }

  get gone(): AbortSignal {
    return this.#sink.gone;
  }

  get started(): boolean {
    return this.#sink.started;
  }

  head(status: number, headers: Readonly<Record<string, string>>): void {
    const kept: Record<string, string> = {};
    for (const name in headers) if (!foreign.test(name)) kept[name] = headers[name]!;
    this.#sink.head(status, Object.assign(kept, this.#headers));
  }

  write(piece: Uint8Array | string): Promise<void> | undefined {
    return this.#sink.write(piece);
  }

  end(piece?: Uint8Array | string, whole?: Json): void {
    this.#sink.end(piece, whole);
  }
}
