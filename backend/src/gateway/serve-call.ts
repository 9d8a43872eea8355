import type { PolicyRoute, Policy, Router, Choice } from '../routing/index.ts';
import { routeId, unitHash } from '../routing/index.ts';
import type { AdmittedCall } from './admission.ts';
import type { Attempting, AttemptResult, CallSink } from './attempting.ts';
import type { CallEnd, PlannedCall } from './call-layer.ts';
import type { Attempt } from './call-usage.ts';
import { GatewayError } from './gateway-error.ts';
import { modelFor } from './outbound-request.ts';
import type { Reservation } from './reservation.ts';

const usualAttempts = 3;
const firstPauseMs = 250;
const longestPauseMs = 5_000;

export interface ServeParts {
  router: Router;
  attempting: Pick<Attempting, 'attempt'>;
  reserve(call: AdmittedCall, choice: Choice): Promise<Reservation | undefined>;
  settle(reservation: Reservation, ends: readonly AttemptResult[]): void;
  now(): number;
  random(): number;
  pause(ms: number, signal: AbortSignal): Promise<void>;
}

/** @throws GatewayError 404 where no policy is for the call */
export function planned(call: AdmittedCall, router: Router): PlannedCall {
  const policy = router.policyFor(call.request, unitHash(call.id));
  if (!policy)
    throw new GatewayError(404, 'model_not_found', `No policy serves model ${JSON.stringify(call.request.model)}.`);
  return { call, policy };
}

/**
 * Serves one call: chooses a route by its policy, holds money, tries routes in their order until one answers, and settles what
 * the tries cost. Nothing is tried again once the caller has been sent a byte.
 *
 * @throws GatewayError where no provider's answer could be handed on
 */
export async function serveCall({ call, policy }: PlannedCall, sink: CallSink, parts: ServeParts): Promise<CallEnd> {
  const { router } = parts;
  const choice = router.choose(call.request, policy, parts.random());
  if (choice.order.length === 0) throw new GatewayError(400, 'no_route', whyNone(policy, choice));
  const reservation = await parts.reserve(call, choice);
  const ends: AttemptResult[] = [];
  try {
    await tryRoutes(call, sink, parts, { policy, choice, reservation, ends });
  } finally {
    if (reservation) parts.settle(reservation, ends);
  }
  return { choice, attempts: ends };
}

interface Plan {
  policy: Policy;
  choice: Choice;
  reservation: Reservation | undefined;
  ends: AttemptResult[];
}

async function tryRoutes(call: AdmittedCall, sink: CallSink, parts: ServeParts, plan: Plan): Promise<void> {
  const { policy, choice, reservation, ends } = plan;
  const deadline = parts.now() + (policy.fallback?.totalMs ?? 10 * 60_000);
  const attempts = policy.guards?.maxAttempts ?? usualAttempts;
  let last: AttemptResult | undefined;
  for (let number = 1; number <= attempts && !sink.gone.aborted; number++) {
    const route = choice.order[(number - 1) % choice.order.length]!;
    const round = Math.floor((number - 1) / choice.order.length);
    if (round > 0) {
      const pause = pauseBefore(round, last?.restMs, parts.random());
      if (parts.now() + pause >= deadline) break;
      await parts.pause(pause, sink.gone);
    }
    const attempt = attemptOf(call, route, choice, number, parts.now());
    const limits = { firstTokenMs: policy.fallback?.firstTokenMs, deadline };
    last = await parts.attempting.attempt({ call, sink, route, attempt, policy, limits, reservation });
    ends.push(last);
    if (last.verdict !== 'next') return;
    if (choice.order.length === 1 && last.hopeless) break;
  }
  if (sink.gone.aborted) return;
  throw last?.error ?? new GatewayError(504, 'timeout', 'No provider answered in time.');
}

function attemptOf(call: AdmittedCall, route: PolicyRoute, choice: Choice, number: number, startedAt: number): Attempt {
  const isFirst = number === 1;
  return {
    number,
    provider: '',
    route: routeId(route),
    model: modelFor(route, call.request.model),
    policy: choice.policy,
    ...(choice.version === undefined ? {} : { version: choice.version }),
    reason: isFirst
      ? choice.reason
      : `attempt ${number}, after ${routeId(choice.order[(number - 2) % choice.order.length]!)}`,
    startedAt,
  };
}

/** Twice as long each round, with full jitter; what the provider asked for, where it is not too long, is kept. */
function pauseBefore(round: number, restMs: number | undefined, draw: number): number {
  const own = firstPauseMs * 2 ** (round - 1) * (0.5 + draw / 2);
  return Math.min(longestPauseMs, Math.max(own, restMs ?? 0));
}

function whyNone(policy: Policy, choice: Choice): string {
  const reasons = choice.candidates.map(({ route, excluded }) => `${route}: ${excluded.join(', ')}`);
  return `No route of policy ${policy.name} may serve this call (${reasons.join('; ')}).`;
}
