import type { LlmRequest } from '../anycost/index.ts';
import type { Policy, PolicyRoute, Router } from '../routing/index.ts';
import type { AdmittedCall } from './admission.ts';
import { asked } from './asked-in-parts.ts';
import { usageFacts, usageOf, type Attempt, type AttemptEnd, type UsageFacts } from './call-usage.ts';
import { Untranslatable } from './dialects/dialect.ts';
import { objectOf, textOf, type Json } from './dialects/json.ts';
import { errorBody, GatewayError } from './gateway-error.ts';
import { outboundRequest, type OutboundRequest } from './outbound-request.ts';
import type { GatewayPorts } from './ports.ts';
import { relayStream, relayWhole, UntakenError } from './relay.ts';
import type { Reservation } from './reservation.ts';
import type { AnswerHeaders, StopSignal, UpstreamAnswer } from './upstream-answer.ts';
import type { Upstream } from './upstream-client.ts';
import type { UsageJournal } from './usage-journal-file.ts';
import { UsageMeter } from './wire/usage-meter.ts';

/** Where an answer goes. */
export interface CallSink {
  /** Fires when the caller went away before the end. */
  readonly gone: AbortSignal;
  /** Whether anything was sent already. */
  readonly started: boolean;
  head(status: number, headers: Readonly<Record<string, string>>): void;
  /** Resolves when more may be written, also where the caller is gone; returns nothing where that is at once. */
  write(piece: Uint8Array | string): Promise<void> | undefined;
  /** @param whole how the piece reads, where it is an answer that was read already */
  end(piece?: Uint8Array | string, whole?: Json): void;
}

export interface AttemptResult {
  /** `next`: another route may be tried; `done`: the caller has its answer, or has gone. */
  verdict: 'done' | 'next';
  usage: LlmRequest;
  error?: GatewayError;
  /** How long the provider asks to be left alone. */
  restMs?: number;
  /** The same route would fail the same way. */
  hopeless?: boolean;
  /** What it spent from. */
  reservation?: Reservation;
}

export interface AttemptTask {
  call: AdmittedCall;
  sink: CallSink;
  route: PolicyRoute;
  attempt: Attempt;
  policy: Policy;
  limits: { firstTokenMs: number | undefined; deadline: number };
  reservation: Reservation | undefined;
  /** Who is asked where this try fails: nobody, the same route again, or another one. */
  next: 'nobody' | 'same' | 'another';
}

/** A try that is under way. */
interface SentTask extends AttemptTask {
  /** By the clock of the router. */
  beganAt: number;
}

interface Parts {
  upstreams: ReadonlyMap<string, Upstream>;
  journal: UsageJournal;
  router: Router;
  usage: GatewayPorts['usage'];
  now(): number;
}

/** Statuses below 500 after which another try may do better. */
const passing: ReadonlySet<number> = new Set([408, 409, 425, 429]);
/** Statuses that are the fault of the gateway's own settings, or of its account, not of the caller: other routes may still serve. */
const ours: ReadonlySet<number> = new Set([401, 402, 403, 404]);
/** Other failures of providers, and of what stands before them, callers and their SDKs need not know. */
const usualFailures: ReadonlySet<number> = new Set([500, 502, 503, 504]);
const eventStreamTypes = /^(text\/event-stream|application\/vnd\.amazon\.eventstream)/;
const longestErrorBody = 256 * 1024;

/** Tries calls over single routes. */
export class Attempting {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Sends the call over one route and hands the answer on; resolves when the try is over and its usage is on disk. */
  attempt(task: AttemptTask): Promise<AttemptResult> {
    const { call, route, policy } = task;
    const upstream = this.#parts.upstreams.get(route.provider);
    const attempt = { ...task.attempt, provider: providerName(upstream, route) };
    let out: OutboundRequest;
    try {
      if (!upstream) throw new Untranslatable([`provider ${route.provider}`], 'this gateway: it is not configured');
      out = outboundRequest(call, route, upstream.kind, policy.guards, this.#parts.now);
    } catch (error) {
      if (!(error instanceof Untranslatable))
        return Promise.reject(error instanceof Error ? error : new Error(String(error)));
      const end = { status: 'error' as const, durationMs: 0, refused: true };
      const usage = usageOf(usageFacts(call, attempt), call.request.promptTokens, end, this.#tokens);
      const unsupported = new GatewayError(400, 'unsupported', `${error.message}.`);
      return Promise.resolve({ verdict: 'next', usage, hopeless: true, error: unsupported });
    }
    return this.#send({ ...task, attempt, beganAt: this.#parts.router.begin(route) }, upstream, out);
  }

  readonly #tokens = (usage: Json): ReturnType<GatewayPorts['usage']['tokens']> => this.#parts.usage.tokens(usage);

  async #send(task: SentTask, upstream: Upstream, out: OutboundRequest): Promise<AttemptResult> {
    const { call, sink, route, attempt, limits } = task;
    const { journal, router, now } = this.#parts;
    // A streamed answer that nobody reads is stopped; one that comes whole is billed whole, and read to know for how much.
    const stop = new Deadline(limits.deadline - now(), limits.firstTokenMs, call.stream ? sink.gone : undefined);
    const meter = new UsageMeter(out.dialect);
    const facts = usageFacts(call, attempt);
    // A call that cannot be written down fails, whatever its provider says.
    const unwritten = journal
      .begin({
        id: facts.requestId,
        tenant: call.key.tenant,
        region: call.key.region,
        request: usageOf(facts, call.request.promptTokens, undefined, this.#tokens),
        ...(task.reservation ? { reservation: task.reservation.id, currency: task.reservation.currency } : {}),
      })
      .then(
        () => undefined,
        (error: unknown) => ({ error }),
      );
    const over = (end: Omit<AttemptEnd, 'durationMs' | 'metered'>, rest: Partial<AttemptResult> = {}) =>
      this.#over(task, facts, { ...end, metered: meter.metered, durationMs: now() - attempt.startedAt }, rest);
    let firstTokenMs: number | undefined;
    const onFirst = (): void => {
      firstTokenMs ??= now() - attempt.startedAt;
      stop.firstCame();
    };
    try {
      const response = await asked(upstream, out, stop, meter);
      const failed = await unwritten;
      if (failed) throw failed.error;
      if (response.statusCode >= 400) return await this.#refused(task, response, out, over);
      const answer = { call, sink, response, out, meter, onFirst, headers: this.#headers(task, out) };
      if (isEventStream(response)) await relayStream(answer);
      else await relayWhole(answer);
      const ok = !meter.metered.failed;
      return over({ status: ok ? 'ok' : 'error', ...(firstTokenMs === undefined ? {} : { firstTokenMs }) });
    } catch (error) {
      if (await unwritten) {
        stop.abort();
        router.undecided(route, task.beganAt);
        throw error;
      }
      const told = firstTokenMs === undefined ? {} : { firstTokenMs };
      if (sink.gone.aborted) return over({ status: 'cancelled', ...told });
      if (error instanceof UntakenError) {
        sink.end(streamError(call, new GatewayError(408, 'timeout', 'The answer was not taken in time.')));
        return over({ status: 'cancelled', ...told });
      }
      const late = stop.isLate;
      const failure = late
        ? new GatewayError(504, 'timeout', `${attempt.route} did not answer in time.`)
        : new GatewayError(502, 'upstream_failed', `${attempt.route} could not be reached or broke off.`);
      if (sink.started) {
        if (call.stream) sink.end(streamError(call, failure));
        else sink.end();
        return over({ status: late ? 'timeout' : 'error', ...told });
      }
      // Nothing reached the provider where the connection was refused.
      const refused = !late && isUnreached(error);
      return over({ status: late ? 'timeout' : 'error', refused }, { verdict: 'next', error: failure });
    } finally {
      stop.clear();
    }
  }

  async #refused(
    task: AttemptTask,
    response: UpstreamAnswer,
    out: OutboundRequest,
    over: (
      end: Omit<AttemptEnd, 'durationMs' | 'metered'>,
      rest?: Partial<AttemptResult>,
    ) => AttemptResult | Promise<AttemptResult>,
  ): Promise<AttemptResult> {
    const { call, sink, attempt } = task;
    const { statusCode: status } = response;
    const body = await response.body.first(longestErrorBody);
    const said = messageOf(body);
    const end = { status: 'error' as const, refused: true };
    if (ours.has(status)) {
      const error = new GatewayError(502, 'upstream_misconfigured', `${attempt.route} answered ${status}: ${said}`);
      return over(end, { verdict: 'next', error, hopeless: true });
    }
    const restMs = restOf(response.headers, body);
    if (status >= 500 || passing.has(status)) {
      const error = new GatewayError(
        toldStatus(status),
        'upstream_error',
        `${attempt.route}: ${said}`,
        restMs && restMs / 1000,
      );
      return over(end, { verdict: 'next', error, ...(restMs === undefined ? {} : { restMs }) });
    }
    const type = { 'content-type': 'application/json' };
    sink.head(status, { ...this.#headers(task, out), ...type });
    sink.end(out.translation ? errorBody(call.dialect, status, 'upstream_refused', said) : body);
    return over(end, { hopeless: true });
  }

  /**
   * Puts down what came of the try. A value, and no promise, where money is held for the call: its settlement is written after
   * this line, mostly in the same write, and is waited for instead.
   */
  #over(
    task: SentTask,
    facts: UsageFacts,
    end: AttemptEnd,
    rest: Partial<AttemptResult>,
  ): AttemptResult | Promise<AttemptResult> {
    const { call, route } = task;
    const { router, journal, usage: counts } = this.#parts;
    // The caller hung up, or the request was at fault: that says nothing of the route.
    const isUndecided = end.status === 'cancelled' || (rest.hopeless === true && rest.verdict !== 'next');
    const usage = usageOf(facts, call.request.promptTokens, end, this.#tokens);
    Object.assign(usage, counts.tier(end.metered?.serviceTier));
    if (rest.verdict === 'next' && this.#isPassedOn(task, rest.hopeless === true))
      usage.tags = { ...usage.tags, 'gateway.passed_on': 'true' };
    if (isUndecided) router.undecided(route, task.beganAt);
    else
      router.note(route, {
        ok: end.status === 'ok',
        totalMs: end.durationMs,
        outputTokens: usage.outputTokens,
        inputTokens: usage.inputTokens,
        ...(end.firstTokenMs === undefined ? {} : { firstTokenMs: end.firstTokenMs }),
        ...(rest.restMs === undefined ? {} : { restMs: rest.restMs }),
      });
    const { tenant, region } = call.key;
    const kept = journal.end({ id: facts.requestId, tenant, region, request: usage });
    if (!task.reservation) return kept.then(() => ({ verdict: 'done', usage, ...rest }));
    kept.catch(() => undefined);
    return { verdict: 'done', usage, reservation: task.reservation, ...rest };
  }

  /** Whether another try follows, so that what came of the call is not known yet. */
  #isPassedOn({ next, limits, sink }: AttemptTask, hopeless: boolean): boolean {
    if (next === 'nobody' || (next === 'same' && hopeless)) return false;
    return !sink.gone.aborted && this.#parts.now() < limits.deadline;
  }

  #headers({ attempt }: AttemptTask, out: OutboundRequest): Record<string, string> {
    return {
      'x-amadeus-route': attempt.route,
      'x-amadeus-policy': attempt.policy,
      ...(attempt.version === undefined ? {} : { 'x-amadeus-policy-version': attempt.version }),
      ...(attempt.number > 1 ? { 'x-amadeus-attempts': String(attempt.number) } : {}),
      ...(out.dropped.length > 0 ? { 'x-amadeus-dropped': out.dropped.join(',').slice(0, 500) } : {}),
    };
  }
}

/** Anthropic's 529 says that it is overloaded. */
function toldStatus(status: number): number {
  if (status < 500 || usualFailures.has(status)) return status;
  return status === 529 ? 503 : 502;
}

/** Ends a try that takes too long until the first token or in all, or whose caller is gone. */
class Deadline implements StopSignal {
  readonly #whole: NodeJS.Timeout;
  readonly #first: NodeJS.Timeout | undefined;
  readonly #gone: AbortSignal | undefined;
  /** One as a rule: the request to the provider. */
  #listeners: (() => void)[] = [];
  aborted: boolean;
  isLate = false;

  constructor(totalMs: number, firstMs: number | undefined, gone: AbortSignal | undefined) {
    this.#whole = setTimeout(this.#onLate, Math.max(1, totalMs));
    this.#first = firstMs === undefined ? undefined : setTimeout(this.#onLate, firstMs);
    this.#gone = gone;
    this.aborted = gone?.aborted ?? false;
    gone?.addEventListener('abort', this.#abort);
  }

  addEventListener(_type: 'abort', listener: () => void): void {
    this.#listeners.push(listener);
  }

  removeEventListener(_type: 'abort', listener: () => void): void {
    this.#listeners = this.#listeners.filter((one) => one !== listener);
  }

  abort(): void {
    this.#abort();
  }

  firstCame(): void {
    clearTimeout(this.#first);
  }

  clear(): void {
    clearTimeout(this.#whole);
    clearTimeout(this.#first);
    this.#gone?.removeEventListener('abort', this.#abort);
  }

  readonly #abort = (): void => {
    if (this.aborted) return;
    this.aborted = true;
    for (const listener of this.#listeners) listener();
  };

  readonly #onLate = (): void => {
    this.isLate ||= !this.aborted;
    this.#abort();
  };
}

/** Name under which usage and prices know the provider of the route. */
export function providerName(upstream: Upstream | undefined, route: PolicyRoute): string {
  const semantic = upstream?.kind.semanticName ?? route.provider;
  return semantic === 'compatible' ? route.provider : semantic;
}

function isEventStream({ headers }: UpstreamAnswer): boolean {
  return eventStreamTypes.test(String(headers['content-type'] ?? ''));
}

function isUnreached(error: unknown): boolean {
  const code = (error as { code?: string } | null)?.code ?? '';
  return ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT', 'EHOSTUNREACH'].includes(code);
}

/** What a provider says of its error, without the rest of the body. */
function messageOf(body: Buffer): string {
  try {
    const read = objectOf(JSON.parse(body.toString('utf8')));
    const error = read['error'];
    const text = textOf(objectOf(error)['message']) || textOf(error) || textOf(read['message']);
    if (text !== '') return text.slice(0, 500);
  } catch {
    // Some proxies answer with a page of HTML: it says nothing to a program.
  }
  return 'the provider said no more';
}

/**
 * How long the provider asks to be left alone: `retry-after-ms` (OpenAI), `retry-after` in seconds, or RetryInfo in the body
 * (Google). A date there is rare, and the pause between tries serves as well.
 */
function restOf(headers: AnswerHeaders, body: Buffer): number | undefined {
  const named = /"retryDelay"\s*:\s*"(\d+(?:\.\d+)?)s"/.exec(body.toString('utf8'))?.[1];
  const waits: [unknown, number][] = [
    [headers['retry-after-ms'], 1],
    [headers['retry-after'], 1000],
    [named, 1000],
  ];
  for (const [told, unit] of waits) {
    const wait = Number(Array.isArray(told) ? told[0] : told);
    if (told !== undefined && Number.isFinite(wait) && wait >= 0) return wait * unit;
  }
  return undefined;
}

/** How a stream says that it broke, in the caller's dialect. */
function streamError({ dialect }: AdmittedCall, error: GatewayError): string {
  const body = errorBody(dialect, error.status, error.code, error.message);
  return dialect === 'chat' ? `data: ${body}\n\n` : `event: error\ndata: ${body}\n\n`;
}
