import { GatewayError, TimedSink, type AdmittedCall, type CallEnd, type Serve } from '../gateway/index.ts';
import type { LlmRequest } from '../anycost/index.ts';
import type { Policy, PolicyRoute } from '../routing/index.ts';
import type { Experiment } from './experiment.ts';
import { HeardSink } from './heard-sink.ts';
import type { ShadowLedger } from './shadow-ledger.ts';

/** What became of a call, whoever made it. */
export interface Heard {
  /** Every try, also where none brought an answer. */
  tries: readonly LlmRequest[];
  /** Undefined where there is none that could be compared. */
  answer: Buffer | undefined;
  isStream: boolean;
  /** Milliseconds from the call until whoever made it had the first of the answer. */
  firstMs: number | undefined;
  /** It was not let out, which says nothing of the routes: a budget has no room, or cannot be counted. */
  isHeldBack: boolean;
}

/** Codes of refusals that are about money, not about routes. */
const ofMoney: ReadonlySet<string> = new Set(['insufficient_quota', 'budgets_unavailable']);

/** Whether an error says nothing of the routes. */
export function isAboutMoney(error: unknown): boolean {
  return error instanceof GatewayError && ofMoney.has(error.code);
}

/** Sends a call of the experiment's own. What it used is in the ledger, also where no route answered. */
export async function ask(next: Serve, call: AdmittedCall, policy: Policy, ledger: ShadowLedger): Promise<Heard> {
  const sink = new HeardSink(undefined);
  const timed = new TimedSink(sink, () => performance.now());
  const heard = (tries: readonly LlmRequest[], isHeldBack = false): Heard => {
    ledger.add(tries);
    const { answer, isStream } = sink;
    return { tries, answer, isStream, firstMs: timed.firstMs, isHeldBack };
  };
  try {
    return heard(triesOf(await next({ call, policy }, timed)));
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    return heard(error.tried, isAboutMoney(error));
  }
}

export function triesOf({ attempts }: CallEnd): LlmRequest[] {
  return attempts.map(({ usage }) => usage);
}

export function onlyBy(route: PolicyRoute): Policy {
  return { name: 'experiment', match: { models: ['*'] }, choose: { strategy: 'ordered', routes: [route] } };
}

/** The same call on nobody's bill: without team, product, customer, feature, session and tags; masked where that was done. */
export function copyOf(call: AdmittedCall, experiment: Experiment, id: string): AdmittedCall {
  const source = call.masked ?? call;
  return { ...bare(source, experiment.id), id, labels: { 'gateway.shadow': experiment.id, 'gateway.arm': 'B' } };
}

/** A call by which answers are marked. */
export function ownCall(
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
