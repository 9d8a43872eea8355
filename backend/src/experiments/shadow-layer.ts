import { Decimal } from 'decimal.js';
import {
  answerText,
  type AdmittedCall,
  type CallEnd,
  type CallLayer,
  type CallSink,
  type LayerTools,
  type Serve,
} from '../gateway/index.ts';
import { unitHash, type Policy, type PolicyRoute } from '../routing/index.ts';
import { seenOf } from './arm-layer.ts';
import { isEqualAnswer, vectorLikeness, wordLikeness } from './answer-likeness.ts';
import { policyOfB, type Experiment } from './experiment.ts';
import { isTurned, judgeMessages, marksOf } from './judge.ts';
import type { RunningExperiments } from './running-experiments.ts';

interface Parts {
  running: RunningExperiments;
  tools: LayerTools;
  /** Name of a provider as prices know it. */
  usageName(provider: string): string;
  hold(hold: { id: string; experiment: string; amount: string }): Promise<boolean>;
  settle(id: string, experiment: string, cost: string): Promise<void>;
  /** The budget has no room any more. */
  exhausted(experiment: Experiment): Promise<void>;
  now(): number;
  onFault(error: unknown): void;
  onCopy(experiment: Experiment, became: 'sent' | 'dropped' | 'refused'): void;
}

/** Copies that wait or are under way. More are not made: a slow model must not fill the memory. */
const mostWaiting = 200;
const mostAtOnce = 4;
const largestAnswer = 256 * 1024;
const usualOutputTokens = 400;
const markTokens = 100;
const longestMs = 120_000;

/** What was seen of the caller's own call. */
interface Original {
  call: AdmittedCall;
  ok: boolean;
  answer: Buffer;
  isStream: boolean;
  end: CallEnd;
  totalMs: number;
}

/**
 * Sends copies of a share of the calls over the version that is tried, after the caller has the answer: nobody waits for them,
 * and what they cost belongs to the experiment, not to the caller's team, product, customer or feature. Personal data that was
 * found is masked in them. It stands inside of caches, so that what is seen comes from the models.
 */
export function shadowLayer(parts: Parts): CallLayer {
  const copies = new Copies(parts);
  return (next) => async (planned, sink) => {
    const { call, policy } = planned;
    const experiment = parts.running.on('shadow', call.key.tenant, policy);
    const isDrawn =
      experiment &&
      call.dialect !== 'embeddings' &&
      unitHash(`${experiment.id}|${call.id}`) < experiment.settings.sampleShare;
    if (!isDrawn) return next(planned, sink);
    const heard = new HeardSink(sink);
    const startedAt = parts.now();
    const end = await next(planned, heard);
    const ok = end.attempts.at(-1)?.usage.status === 'ok';
    if (end.attempts.length > 0 && !sink.gone.aborted && heard.answer) {
      const { answer, isStream } = heard;
      copies.add(experiment, next, { call, ok, answer, isStream, end, totalMs: parts.now() - startedAt });
    }
    return end;
  };
}

class Copies {
  readonly #parts: Parts;
  readonly #waiting: (() => Promise<void>)[] = [];
  #busy = 0;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  add(experiment: Experiment, next: Serve, original: Original): void {
    if (this.#waiting.length + this.#busy >= mostWaiting) {
      this.#parts.onCopy(experiment, 'dropped');
      return;
    }
    this.#waiting.push(() => this.#run(experiment, next, original));
    this.#pump();
  }

  #pump(): void {
    while (this.#busy < mostAtOnce) {
      const work = this.#waiting.shift();
      if (!work) return;
      this.#busy += 1;
      void work()
        .catch(this.#parts.onFault)
        .finally(() => {
          this.#busy -= 1;
          this.#pump();
        });
    }
  }

  async #run(experiment: Experiment, next: Serve, original: Original): Promise<void> {
    const { hold, settle, running, exhausted, onCopy, tools, now } = this.#parts;
    const id = `${original.call.id}-${experiment.id}`;
    if (!(await hold({ id, experiment: experiment.id, amount: this.#most(experiment, original) }))) {
      onCopy(experiment, 'refused');
      running.forget(experiment.id);
      return exhausted(experiment);
    }
    onCopy(experiment, 'sent');
    const ledger = new Ledger(experiment, tools);
    try {
      const copy = copyOf(original.call, experiment, id);
      const startedAt = now();
      const made = await ask(next, copy, policyOfB(experiment), ledger);
      const seen = made.end
        ? seenOf(experiment, made.end, now() - startedAt, tools)
        : { ok: false, cost: null, totalMs: null, firstTokenMs: null, quality: null };
      const own = seenOf(experiment, original.end, original.totalMs, tools);
      const marks =
        original.ok && seen.ok
          ? await this.#marks({ experiment, next, call: original.call, id, ledger }, original, made)
          : {};
      const callId = original.call.id;
      running.note(
        experiment.id,
        { callId, arm: 'A', unit: callId, ...own, ok: original.ok, quality: marks.a ?? null },
        { callId, arm: 'B', unit: callId, ...seen, quality: marks.b ?? null },
      );
    } finally {
      await settle(id, experiment.id, ledger.cost);
    }
  }

  /** What the copy, and the marking of it, could cost at most. */
  #most({ tenant, bContent, settings, currency }: Experiment, { call, end }: Original): string {
    const answered = end.attempts.at(-1)?.usage.outputTokens ?? 0;
    const output = call.request.maxOutputTokens ?? 3 * Math.max(answered, usualOutputTokens);
    const priceOf = (route: PolicyRoute, inputTokens: number, outputTokens: number): Decimal => {
      const price = this.#parts.tools.price(tenant, {
        ...{ requestId: '', startedAt: new Date(this.#parts.now()).toISOString() },
        ...{ provider: this.#parts.usageName(route.provider), model: route.model, inputTokens, outputTokens },
      });
      return new Decimal(price?.currency === currency ? price.cost : 0);
    };
    const { promptTokens } = call.request;
    const routes = bContent.choose.routes.map((route) => priceOf(route, promptTokens, output));
    // A copy that fails over one route is tried over the next, and each of the tries may cost.
    const copy = bContent.cascade ? Decimal.sum(0, ...routes) : Decimal.max(0, ...routes);
    const { route } = settings.quality;
    return copy.plus(route ? priceOf(route, promptTokens + 2 * output, markTokens) : 0).toFixed();
  }

  async #marks(
    marking: Marking,
    { answer, isStream }: Pick<Original, 'answer' | 'isStream'>,
    other: { bytes: Buffer; isStream: boolean },
  ): Promise<{ a?: number; b?: number }> {
    const { call, experiment } = marking;
    const a = answerText(answer, call.dialect, isStream);
    const b = answerText(other.bytes, call.dialect, other.isStream);
    const { method, route } = experiment.settings.quality;
    if (method === 'exact') return { a: 1, b: isEqualAnswer(a, b) ? 1 : 0 };
    if (method === 'similarity') return { a: 1, b: wordLikeness(a, b) };
    if (!route || a === '' || b === '') return {};
    if (method === 'embedding') return embedded(marking, route, [a, b]);
    return method === 'judge' ? judged(marking, route, [a, b]) : {};
  }
}

/** What the marking of a pair goes by. */
interface Marking {
  experiment: Experiment;
  next: Serve;
  call: AdmittedCall;
  id: string;
  ledger: Ledger;
}

async function embedded(
  { experiment, next, call, id, ledger }: Marking,
  route: PolicyRoute,
  texts: [string, string],
): Promise<{ a?: number; b?: number }> {
  const body = { model: route.model, input: texts };
  const { bytes } = await ask(
    next,
    ownCall(call, experiment.id, `${id}-embedding`, 'embeddings', body),
    onlyBy(route),
    ledger,
  );
  if (bytes.length === 0) return {};
  const { data } = JSON.parse(bytes.toString('utf8')) as { data?: { embedding: number[] }[] };
  const [one, other] = data ?? [];
  return one && other ? { a: 1, b: vectorLikeness(one.embedding, other.embedding) } : {};
}

async function judged(
  { experiment, next, call, id, ledger }: Marking,
  route: PolicyRoute,
  [a, b]: [string, string],
): Promise<{ a?: number; b?: number }> {
  const turned = isTurned(call.id);
  const { messages, system, input, instructions } = (call.masked ?? call).body;
  const question = JSON.stringify({ system, instructions, messages, input });
  const body = {
    model: route.model,
    messages: judgeMessages(question, a, b, turned),
    max_tokens: markTokens,
    temperature: 0,
  };
  const { bytes } = await ask(next, ownCall(call, experiment.id, `${id}-judge`, 'chat', body), onlyBy(route), ledger);
  return marksOf(answerText(bytes, 'chat', false), turned) ?? {};
}

/** Sums what an experiment pays for one copy. */
class Ledger {
  readonly #experiment: Experiment;
  readonly #tools: LayerTools;
  #cost = new Decimal(0);

  constructor(experiment: Experiment, tools: LayerTools) {
    this.#experiment = experiment;
    this.#tools = tools;
  }

  get cost(): string {
    return this.#cost.toFixed();
  }

  add({ attempts }: CallEnd): void {
    for (const { usage } of attempts) {
      const price = this.#tools.price(this.#experiment.tenant, usage);
      if (price?.currency === this.#experiment.currency) this.#cost = this.#cost.plus(price.cost);
    }
  }
}

async function ask(
  next: Serve,
  call: AdmittedCall,
  policy: Policy,
  ledger: Ledger,
): Promise<{ end?: CallEnd; bytes: Buffer; isStream: boolean }> {
  const sink = new HeardSink(undefined);
  try {
    const end = await next({ call, policy }, sink);
    ledger.add(end);
    return { end, bytes: sink.answer ?? Buffer.alloc(0), isStream: sink.isStream };
  } catch {
    // No route answered: what was tried is usage of its own, and the pair says that B failed.
    return { bytes: Buffer.alloc(0), isStream: false };
  }
}

function onlyBy(route: PolicyRoute): Policy {
  return { name: 'experiment', match: { models: ['*'] }, choose: { strategy: 'ordered', routes: [route] } };
}

/** The same call on nobody's bill: without team, product, customer, feature, session and tags; masked where that was done. */
function copyOf(call: AdmittedCall, experiment: Experiment, id: string): AdmittedCall {
  const source = call.masked ?? call;
  return { ...bare(source, experiment.id), id, labels: { 'gateway.shadow': experiment.id, 'gateway.arm': 'B' } };
}

function ownCall(
  call: AdmittedCall,
  experiment: string,
  id: string,
  dialect: 'chat' | 'embeddings',
  body: Record<string, unknown>,
): AdmittedCall {
  const text = JSON.stringify(body);
  const source = bare(call, experiment);
  const { maxOutputTokens: _most, ...request } = source.request;
  return {
    ...source,
    ...{ id, dialect, text, body, stream: false, headers: {}, labels: { 'gateway.shadow': experiment } },
    request: { ...request, model: String(body['model']), promptTokens: Math.ceil(Buffer.byteLength(text) / 4) },
  };
}

/** @param experiment stands where the key stood, so that what a key has used is what its holder has used */
function bare({ masked: _masked, key, request, ...call }: AdmittedCall, experiment: string): AdmittedCall {
  const { team: _t, product: _p, customer: _c, feature: _f, session: _s, ...left } = request;
  const { tenant, region, models } = key;
  return {
    ...call,
    key: { id: experiment, name: experiment, tenant, region, models },
    request: { ...left, key: experiment, tags: {} },
  };
}

/** Hands an answer on, if there is somebody, and remembers it as long as it is not too long. */
class HeardSink implements CallSink {
  readonly #sink: CallSink | undefined;
  readonly gone: AbortSignal;
  readonly #pieces: Buffer[] = [];
  #size = 0;
  #status = 0;
  isStream = false;

  constructor(sink: CallSink | undefined) {
    this.#sink = sink;
    this.gone = sink?.gone ?? AbortSignal.timeout(longestMs);
  }

  /** Undefined where there is none that could be compared. */
  get answer(): Buffer | undefined {
    return this.#status === 200 && this.#size <= largestAnswer ? Buffer.concat(this.#pieces) : undefined;
  }

  get started(): boolean {
    return this.#sink?.started ?? this.#status !== 0;
  }

  head(status: number, headers: Readonly<Record<string, string>>): void {
    this.#status = status;
    this.isStream = String(headers['content-type']).startsWith('text/event-stream');
    this.#sink?.head(status, headers);
  }

  write(piece: Uint8Array | string): Promise<void> {
    this.#take(piece);
    return this.#sink?.write(piece) ?? Promise.resolve();
  }

  end(piece?: Uint8Array | string): void {
    if (piece !== undefined) this.#take(piece);
    this.#sink?.end(piece);
  }

  #take(piece: Uint8Array | string): void {
    this.#size += piece.length;
    if (this.#size <= largestAnswer) this.#pieces.push(Buffer.from(piece as Uint8Array));
  }
}
