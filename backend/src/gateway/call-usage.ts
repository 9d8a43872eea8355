import type { LlmRequest } from '../anycost/index.ts';
import type { AdmittedCall } from './admission.ts';
import type { Dialect } from './dialects/dialect.ts';
import type { Json } from './dialects/json.ts';
import type { VirtualKey } from './virtual-key.ts';
import { estimatedTokens, type Metered } from './wire/usage-meter.ts';

/** One try of a call over one route. */
export interface Attempt {
  /** 1, 2, ... */
  number: number;
  /** Provider as prices and OpenTelemetry know it. */
  provider: string;
  route: string;
  model: string;
  policy: string;
  /** Of the policy. */
  version?: string;
  reason: string;
  startedAt: number;
}

export interface AttemptEnd {
  status: NonNullable<LlmRequest['status']>;
  metered?: Metered;
  firstTokenMs?: number;
  durationMs: number;
  /** The provider turned the call away and bills nothing for it. */
  refused?: boolean;
}

type Tokens = (usage: Json) => Pick<LlmRequest, 'inputTokens' | 'outputTokens'> & Partial<LlmRequest>;

/** Whose a call is, as it stands in the record. */
const named = ['team', 'product', 'customer', 'feature', 'environment', 'session'] as const;

/** Id of the usage of one try: unique, and the same when it is told twice. */
function attemptId(call: Pick<AdmittedCall, 'id'>, attempt: Pick<Attempt, 'number'>): string {
  return attempt.number === 1 ? call.id : `${call.id}.${attempt.number}`;
}

/** What is known of the usage of a try before it ends. */
export type UsageFacts = Omit<LlmRequest, 'inputTokens' | 'outputTokens' | 'status'>;

export function usageFacts(call: AdmittedCall, attempt: Attempt): UsageFacts {
  const { request } = call;
  const facts: UsageFacts = {
    requestId: attemptId(call, attempt),
    startedAt: new Date(attempt.startedAt).toISOString(),
    provider: attempt.provider,
    model: attempt.model,
    operation: operationOf(call.dialect),
    tags: tagsOf(call, attempt),
  };
  for (const name of named) {
    const value = request[name];
    if (value !== undefined) facts[name] = value;
  }
  return facts;
}

/**
 * What a try used, as usage is kept. Tokens are the provider's where it told them; else, where it may have billed all the same
 * (the caller hung up, the stream was cut, it was too slow), they are estimated, and the record says so.
 * @param promptTokens the estimate of the prompt
 */
export function usageOf(
  facts: UsageFacts,
  promptTokens: number,
  end: AttemptEnd | undefined,
  tokens: Tokens,
): LlmRequest {
  const usage = end?.metered?.usage;
  const written = estimatedTokens(end?.metered?.writtenBytes ?? 0);
  const told = usage ? tokens(usage) : undefined;
  // A stream that was cut has told of its beginning alone.
  const isHalf = told !== undefined && end?.metered?.isFinal === false && told.outputTokens < written;
  const counted = isHalf ? { ...told, outputTokens: written } : told;
  const isEstimated = isHalf || (told === undefined && end?.refused !== true);
  const estimate = isEstimated
    ? { inputTokens: promptTokens, outputTokens: written }
    : { inputTokens: 0, outputTokens: 0 };
  const answered = end?.metered?.model;
  const usageNow: LlmRequest = { ...facts, ...(counted ?? estimate), status: end?.status ?? 'cancelled' };
  if (isEstimated) usageNow.tags = estimatedTags(facts.tags);
  if (answered !== undefined && answered !== facts.model) usageNow.modelVersion = answered;
  if (end?.firstTokenMs !== undefined) usageNow.firstTokenMs = Math.round(end.firstTokenMs);
  if (end !== undefined) usageNow.durationMs = Math.round(end.durationMs);
  return usageNow;
}

/** @returns `gen_ai.operation.name`; OpenTelemetry has none for the counting of tokens */
export function operationOf(dialect: Dialect): string {
  if (dialect === 'embeddings') return 'embeddings';
  return dialect === 'count' ? 'count_tokens' : 'chat';
}

type Tags = Record<string, string>;

/** Tags of the last call of each key that asked for a model: most calls have the same, and what is shared is compared at once. */
const shared = new WeakMap<VirtualKey, Map<string, { attempt: Attempt; tags: Tags }>>();
/** The same tags of a call whose tokens are an estimate. */
const estimated = new WeakMap<Tags, Tags>();
const mostShared = 100;

/** Others may have the same object: change it nowhere. */
function tagsOf(call: AdmittedCall, attempt: Attempt): Tags {
  const { request, labels, key } = call;
  if (labels !== undefined || attempt.number > 1 || Object.keys(request.tags).length > 0) return ownTags(call, attempt);
  let ofKey = shared.get(key);
  if (!ofKey) {
    ofKey = new Map<string, { attempt: Attempt; tags: Tags }>();
    shared.set(key, ofKey);
  }
  const known = ofKey.get(request.model);
  if (known && hasSameTags(known.attempt, attempt)) return known.tags;
  const tags = ownTags(call, attempt);
  estimated.set(tags, estimatedTags(tags));
  if (ofKey.size >= mostShared) ofKey.clear();
  ofKey.set(request.model, { attempt, tags });
  return tags;
}

function hasSameTags(one: Attempt, other: Attempt): boolean {
  return (
    one.reason === other.reason &&
    one.route === other.route &&
    one.policy === other.policy &&
    one.version === other.version
  );
}

function estimatedTags(tags: Tags | undefined): Tags {
  return (tags && estimated.get(tags)) ?? { ...tags, 'gateway.estimated': 'true' };
}

function ownTags({ request, labels, key }: AdmittedCall, attempt: Attempt): Tags {
  const tags: Tags = { ...request.tags, ...labels };
  tags['gateway.key'] = key.id;
  tags['gateway.asked'] = request.model;
  tags['gateway.policy'] = attempt.policy;
  if (attempt.version !== undefined) tags['gateway.policy_version'] = attempt.version;
  tags['gateway.route'] = attempt.route;
  tags['gateway.why'] = attempt.reason;
  if (attempt.number > 1) tags['gateway.attempt'] = String(attempt.number);
  return tags;
}
