import {
  GatewayError,
  type CallEnd,
  type CallLayer,
  type CallSink,
  type PlannedCall,
  type Serve,
} from '../gateway/index.ts';
import type { AnswerRules } from './answer-stream.ts';
import { inspected, type InspectedCall, type InspectionParts, type PrivacyRules } from './call-privacy.ts';
import { PrivateSink } from './private-sink.ts';

export interface PrivacyParts extends InspectionParts {
  /** A detector broke, or something beside it. */
  onFault(error: unknown): void;
  /** What became of a call: kinds that were found, none among them. */
  onInspected(policy: string, kinds: readonly string[]): void;
}

/**
 * Holds back personal data by the policy of each call: what providers, caches, shadow traffic and usage are given has none of
 * what the policy says, and the answer gets it back. Where the search fails the call is refused.
 */
export function privacyLayer(parts: PrivacyParts): CallLayer {
  return (next) => (planned, sink) => {
    const { privacy } = planned.policy;
    return privacy ? serveSearched(planned, privacy, sink, next, parts) : next(planned, sink);
  };
}

async function serveSearched(
  planned: PlannedCall,
  privacy: PrivacyRules,
  sink: CallSink,
  next: Serve,
  parts: PrivacyParts,
): Promise<CallEnd> {
  const result = await searched(planned, privacy, parts);
  parts.onInspected(planned.policy.name, result.kinds);
  const rules = answerRules(result, privacy, planned.policy.name);
  const { dialect } = planned.call;
  const own = rules && dialect !== 'embeddings' ? new PrivateSink(sink, dialect, rules) : sink;
  return next({ ...planned, call: result.call }, own);
}

async function searched(
  { call, policy }: PlannedCall,
  privacy: PrivacyRules,
  parts: PrivacyParts,
): Promise<InspectedCall> {
  try {
    return await inspected(call, { name: policy.name, privacy }, parts);
  } catch (error) {
    if (error instanceof GatewayError) throw error;
    parts.onFault(error);
    throw new GatewayError(
      503,
      'privacy_failed',
      'The call could not be searched for personal data, and is held back; tell whoever runs the gateway.',
    );
  }
}

/** @returns undefined where the answer goes to the caller as it is */
function answerRules(
  { placeholders, detectors }: InspectedCall,
  { answers }: PrivacyRules,
  policy: string,
): AnswerRules | undefined {
  const own = answers === 'pass' ? [] : detectors;
  if (own.length === 0 && placeholders.size === 0) return undefined;
  return {
    detectors: [placeholders.detector(), ...own],
    thoughts: own,
    replace: ({ kind }, found) => {
      if (kind === 'placeholder') return placeholders.thing(found) ?? found;
      if (answers === 'mask') return `[${kind}]`;
      throw new GatewayError(
        502,
        'personal_data',
        `The answer holds personal data (${kind}), which policy ${policy} does not let through.`,
      );
    },
  };
}
