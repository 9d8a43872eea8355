import type { Serve } from '../../gateway/index.ts';
import type { Policy } from '../../routing/index.ts';
import type { CacheRules } from '../answer-key.ts';
import type { CachedCall } from '../cache-parts.ts';
import { HeldSink } from '../captured-answer.ts';
import { objectOf, objectsOf } from '../forms/answer-form.ts';
import { normalised } from './lexical-vector.ts';

type SemanticRules = NonNullable<CacheRules['semantic']>;

/** Callers wait for it: what comes later is no use. */
const longestMs = 2_000;
const restMs = 5_000;
const longestRestMs = 60_000;

/** Leaves a provider of embeddings that failed alone for a while, each time longer, so that not every call waits for it. */
export class EmbeddingRest {
  readonly #resting = new Map<string, { failures: number; until: number }>();

  mayAsk(route: string, now: number): boolean {
    return (this.#resting.get(route)?.until ?? 0) <= now;
  }

  failed(route: string, now: number): void {
    const failures = (this.#resting.get(route)?.failures ?? 0) + 1;
    const rest = Math.min(longestRestMs, restMs * 2 ** (failures - 1));
    // Routes come from policies, which are bounded.
    this.#resting.set(route, { failures, until: now + rest });
  }

  succeeded(route: string): void {
    this.#resting.delete(route);
  }
}

/**
 * The embedding of a question by the provider that the policy names. It goes the way of every call: what it costs is a row of
 * usage beside that of the call, within its budgets, and in the regions that the policy allows.
 *
 * @returns a vector of length 1. @throws where the provider gives none, or may not be asked
 */
export async function questionEmbedding(
  { call, policy, sink }: Pick<CachedCall, 'call' | 'policy' | 'sink'>,
  text: string,
  { provider, model }: Required<Pick<SemanticRules, 'provider' | 'model'>>,
  next: Serve,
): Promise<Float32Array> {
  const body = { model, input: text, encoding_format: 'float' };
  const bytes = JSON.stringify(body);
  const { maxOutputTokens: _most, ...request } = call.request;
  const { masked: _masked, ...rest } = call;
  const asked = {
    ...rest,
    // Tries of a call have its id and a number; this one comes before the first.
    ...{ id: `${call.id}.0`, dialect: 'embeddings' as const, text: bytes, body, stream: false, headers: {} },
    labels: { ...call.labels, 'gateway.attempt': '0' },
    request: { ...request, promptTokens: Math.ceil(Buffer.byteLength(bytes) / 4) },
  };
  const only: Policy = {
    ...{ name: policy.name, match: policy.match },
    ...(policy.version === undefined ? {} : { version: policy.version }),
    choose: { strategy: 'ordered', routes: [{ provider, model }] },
    fallback: { totalMs: longestMs },
    guards: { maxAttempts: 1, ...(policy.guards?.regions ? { regions: policy.guards.regions } : {}) },
  };
  const held = new HeldSink(sink.gone);
  await next({ call: asked, policy: only }, held);
  if (held.status !== 200) throw new Error(`${provider} gave no embedding: ${held.status}.`);
  const [first] = objectsOf(objectOf(JSON.parse(held.bytes.toString('utf8')))['data']);
  const embedding = first?.['embedding'];
  if (!Array.isArray(embedding) || embedding.length === 0 || !embedding.every((value) => typeof value === 'number'))
    throw new Error(`${provider} gave no embedding.`);
  return normalised(Float32Array.from(embedding));
}
