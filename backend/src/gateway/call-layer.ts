import type { LlmRequest } from '../anycost/index.ts';
import type { Choice, Policy, Trial } from '../routing/index.ts';
import type { AdmittedCall } from './admission.ts';
import type { AttemptResult, CallSink } from './attempting.ts';
import type { Attempt } from './call-usage.ts';
import type { CallPrice } from './ports.ts';

/** A call and the policy that decides about it. */
export interface PlannedCall {
  call: AdmittedCall;
  policy: Policy;
  /** Rollouts in which it takes part; absent where it takes part in none, or an experiment serves it. */
  trials?: readonly Trial[];
}

/** What became of a call that was answered. */
export interface CallEnd {
  /** Absent where no route was chosen, as for an answer out of the cache. */
  choice?: Choice;
  attempts: readonly AttemptResult[];
}

/** Answers a call into the sink. @throws GatewayError where it cannot */
export type Serve = (planned: PlannedCall, sink: CallSink) => Promise<CallEnd>;

/**
 * Something that stands around the serving of calls: it may answer itself, hand a changed call on, read the answer through a sink
 * of its own, or act when all is over. A layer that fails must not let pass what it is there to hold back.
 */
export type CallLayer = (next: Serve) => Serve;

/** A call that was answered without a provider: what is told in its place, and how long that took. */
export type AnsweredHere = Omit<Attempt, 'number'> & { durationMs: number; firstTokenMs: number };

/** What the gateway does for its layers. */
export interface LayerTools {
  /** Puts the usage of a call that no provider answered on its way to the warehouse. Resolves when it is on disk. */
  record(call: AdmittedCall, answered: AnsweredHere): Promise<void>;
  /** What the usage costs by the tenant's price book; undefined where it has no price. */
  price(tenant: string, usage: LlmRequest): CallPrice | undefined;
  /** The amount in another currency, by today's rate. @throws where there is none */
  convert(tenant: string, price: CallPrice, to: string): Promise<string>;
}

/** @param layers from the outside to the inside */
export function layered(serve: Serve, layers: readonly CallLayer[]): Serve {
  return layers.reduceRight<Serve>((inner, layer) => layer(inner), serve);
}
