import type { AdmittedCall } from '../gateway/index.ts';
import type { KeptAnswer } from './answer-memory.ts';
import type { CachedCall, CacheKind, CacheParts } from './cache-parts.ts';

/** The row of usage that a hit leaves: it cost nothing, and tells what it saved. */
export async function recordHit(
  one: CachedCall,
  kept: readonly KeptAnswer[],
  kind: CacheKind,
  parts: CacheParts,
  more: { reason: string; similarity?: number },
): Promise<void> {
  const { call, policy, startedAt } = one;
  const first = kept[0]!;
  const saved = savedBy(call, kept, parts);
  const { 'gateway.saved': amount, 'gateway.saved.currency': currency } = saved;
  if (amount !== undefined && currency !== undefined) parts.onSaved(one, amount, currency);
  const durationMs = parts.now() - startedAt;
  const labels = {
    ...call.labels,
    'gateway.cache': kind,
    ...saved,
    ...(more.similarity === undefined ? {} : { 'gateway.similarity': more.similarity.toFixed(3) }),
  };
  await parts.tools.record(
    { ...call, labels },
    {
      ...{ provider: first.provider, route: first.route, model: first.model, policy: policy.name, reason: more.reason },
      ...(policy.version === undefined ? {} : { version: policy.version }),
      ...{ startedAt, durationMs, firstTokenMs: durationMs },
    },
  );
}

/** What the same tokens would have cost, by today's prices. */
export function savedBy(
  call: AdmittedCall,
  kept: readonly KeptAnswer[],
  parts: Pick<CacheParts, 'tools' | 'now'>,
): Record<string, string> {
  const first = kept[0];
  if (!first) return {};
  const sum = (pick: (one: KeptAnswer) => number): number => Math.round(kept.reduce((all, one) => all + pick(one), 0));
  const price = parts.tools.price(call.key.tenant, {
    ...{ requestId: '', startedAt: new Date(parts.now()).toISOString(), provider: first.provider, model: first.model },
    inputTokens: sum(({ inputTokens }) => inputTokens),
    outputTokens: sum(({ outputTokens }) => outputTokens),
  });
  return price ? { 'gateway.saved': price.cost, 'gateway.saved.currency': price.currency } : {};
}
