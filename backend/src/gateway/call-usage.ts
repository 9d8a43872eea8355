import type { LlmRequest } from '../anycost/index.ts';
import type { AdmittedCall } from './admission.ts';
import type { Dialect } from './dialects/dialect.ts';
import type { Json } from './dialects/json.ts';
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

/** Id of the usage of one try: unique, and the same when it is told twice. */
export function attemptId(call: Pick<AdmittedCall, 'id'>, attempt: Pick<Attempt, 'number'>): string {
  return attempt.number === 1 ? call.id : `${call.id}.${attempt.number}`;
}

/**
 * What a try used, as usage is kept. Tokens are the provider's where it told them; else, where it may have billed all the same
 * (the caller hung up, the stream was cut, it was too slow), they are estimated, and the record says so.
 */
export function usageOf(call: AdmittedCall, attempt: Attempt, end: AttemptEnd | undefined, tokens: Tokens): LlmRequest {
  const { request } = call;
  const usage = end?.metered?.usage;
  const written = estimatedTokens(end?.metered?.characters ?? 0);
  const told = usage ? tokens(usage) : undefined;
  // A stream that was cut has told of its beginning alone.
  const isHalf = told !== undefined && end?.metered?.isFinal === false && told.outputTokens < written;
  const counted = isHalf ? { ...told, outputTokens: written } : told;
  const isEstimated = isHalf || (told === undefined && end?.refused !== true);
  const estimate = isEstimated
    ? { inputTokens: request.promptTokens, outputTokens: written }
    : { inputTokens: 0, outputTokens: 0 };
  const answered = end?.metered?.model;
  const named = {
    modelVersion: answered === attempt.model ? undefined : answered,
    team: request.team,
    product: request.product,
    customer: request.customer,
    feature: request.feature,
    environment: request.environment,
    session: request.session,
    firstTokenMs: end?.firstTokenMs === undefined ? undefined : Math.round(end.firstTokenMs),
    durationMs: end === undefined ? undefined : Math.round(end.durationMs),
  };
  return {
    requestId: attemptId(call, attempt),
    startedAt: new Date(attempt.startedAt).toISOString(),
    provider: attempt.provider,
    model: attempt.model,
    operation: operationOf(call.dialect),
    ...(counted ?? estimate),
    status: end?.status ?? 'cancelled',
    ...present(named),
    tags: {
      ...request.tags,
      ...call.labels,
      'gateway.key': call.key.id,
      'gateway.asked': request.model,
      'gateway.policy': attempt.policy,
      ...(attempt.version === undefined ? {} : { 'gateway.policy_version': attempt.version }),
      'gateway.route': attempt.route,
      'gateway.why': attempt.reason,
      ...(attempt.number > 1 ? { 'gateway.attempt': String(attempt.number) } : {}),
      ...(isEstimated ? { 'gateway.estimated': 'true' } : {}),
    },
  };
}

/** @returns `gen_ai.operation.name`; OpenTelemetry has none for the counting of tokens */
export function operationOf(dialect: Dialect): string {
  if (dialect === 'embeddings') return 'embeddings';
  return dialect === 'count' ? 'count_tokens' : 'chat';
}

/** Without the members that are undefined. */
function present(named: Readonly<Record<string, string | number | undefined>>): Partial<LlmRequest> {
  const kept: Record<string, string | number> = {};
  for (const name in named) {
    const value = named[name];
    if (value !== undefined) kept[name] = value;
  }
  return kept;
}
