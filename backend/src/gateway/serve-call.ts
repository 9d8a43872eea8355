import type { PolicyRoute, Policy, Router, Choice } from '../routing/index.ts';
import { mostTries, routeId, unitHash } from '../routing/index.ts';
import type { AdmittedCall } from './admission.ts';
import type { Attempting, AttemptResult, AttemptTask, CallSink } from './attempting.ts';
import type { CallEnd, PlannedCall } from './call-layer.ts';
import type { CallMoney } from './call-money.ts';
import type { Attempt } from './call-usage.ts';
import { cascadeOrder, cheapCall, doubt, HeldAnswer, isAnswered, judgeCall, markOf } from './cascade.ts';
import { GatewayError } from './gateway-error.ts';
import { hedged } from './hedging.ts';
import { modelFor } from './outbound-request.ts';
import type { Reservation } from './reservation.ts';

const usualTotalMs = 10 * 60_000;
const firstPauseMs = 250;
const longestPauseMs = 5_000;

export interface ServeParts {
  router: Router;
  attempting: Pick<Attempting, 'attempt'>;
  /** @param ends of the tries, as far as there are */
  money(planned: PlannedCall, choice: Choice, ends: readonly AttemptResult[]): Pick<CallMoney, 'of' | 'settle'>;
  /** Resolves when what was asked for the choice for the first time is known; undefined where all of it is. */
  known?(): Promise<unknown> | undefined;
  now(): number;
  random(): number;
  pause(ms: number, signal: AbortSignal): Promise<void>;
}

/** @throws GatewayError 404 where no policy is for the call */
export function planned(call: AdmittedCall, router: Router): PlannedCall {
  const { policy, trials } = router.decide(call.request, unitHash(call.id));
  if (!policy)
    throw new GatewayError(404, 'model_not_found', `No policy serves model ${JSON.stringify(call.request.model)}.`);
  return { call, policy, ...(trials.length > 0 ? { trials } : {}) };
}

/**
 * Serves one call: chooses a route by its policy, tries routes in their order until one answers, each with money held for it, and
 * settles what the tries cost. Nothing is tried again once the caller has been sent a byte.
 *
 * @throws GatewayError where no provider's answer could be handed on
 */
export async function serveCall({ call, policy }: PlannedCall, sink: CallSink, parts: ServeParts): Promise<CallEnd> {
  const { router } = parts;
  let choice = router.choose(call.request, policy, parts.random());
  const coming = choice.order.length === 0 ? parts.known?.() : undefined;
  if (coming) {
    await coming;
    choice = router.choose(call.request, policy, parts.random());
  }
  if (choice.order.length === 0) throw new GatewayError(400, 'no_route', whyNone(policy, choice));
  const ends: AttemptResult[] = [];
  const plan = {
    policy,
    choice,
    money: parts.money({ call, policy }, choice, ends),
    ends,
    deadline: parts.now() + (policy.fallback?.totalMs ?? usualTotalMs),
  };
  try {
    if (policy.cascade) await tryCascade(call, sink, parts, { ...plan, cascade: policy.cascade });
    else await tryRoutes(call, sink, parts, plan);
    const route = answeredBy(choice, ends);
    if (route) router.answered(call.request, policy, route);
  } catch (error) {
    if (error instanceof GatewayError) error.tried = ends.map(({ usage }) => usage);
    throw error;
  } finally {
    plan.money.settle();
  }
  return { choice, attempts: ends };
}

/** The route of the choice whose answer the caller has; a cascade's judge is none. */
function answeredBy({ order }: Choice, ends: readonly AttemptResult[]): PolicyRoute | undefined {
  const last = ends.findLast(({ verdict, usage }) => verdict === 'done' && usage.status === 'ok');
  return last && order.find((route) => routeId(route) === last.usage.tags?.['gateway.route']);
}

interface Plan {
  policy: Policy;
  choice: Choice;
  money: Pick<CallMoney, 'of' | 'settle'>;
  ends: AttemptResult[];
  deadline: number;
}

/** The cheap routes first; the others where those fail or their answer does not suffice. */
async function tryCascade(
  call: AdmittedCall,
  sink: CallSink,
  parts: ServeParts,
  plan: Plan & { cascade: NonNullable<Policy['cascade']> },
): Promise<void> {
  const { policy, choice, cascade } = plan;
  const { cheap, strong } = cascadeOrder(policy, choice.order);
  if (cheap.length === 0 || strong.length === 0) return tryRoutes(call, sink, parts, plan);
  const held = new HeldAnswer(sink.gone);
  let why: string | undefined;
  let wasAnswered = false;
  try {
    const asked = cheapCall({ ...call, labels: { ...call.labels, 'gateway.cascade': 'cheap' } }, cascade);
    await tryRoutes(asked, held, parts, { ...plan, choice: { ...choice, order: cheap } });
    if (sink.gone.aborted) return;
    wasAnswered = isAnswered(plan.ends);
    why = wasAnswered ? doubt(held, call, cascade) : 'it broke off';
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    why = 'no cheap route answered';
  }
  if (why === undefined && cascade.judge) why = await judged(call, held, parts, plan, cascade.judge);
  if (sink.gone.aborted) return;
  if (why === undefined) return held.handOn(sink, cascade.minLogprob !== undefined && call.body['logprobs'] !== true);
  // Of two answers to one call the first counts as its answer.
  const again = { ...call, labels: { ...call.labels, 'gateway.cascade': wasAnswered ? 'escalated' : 'instead' } };
  const reason = `the answer of ${routeId(cheap[0]!)} does not suffice: ${why}`;
  await tryRoutes(again, sink, parts, { ...plan, choice: { ...choice, order: strong, reason } });
}

/**
 * Why the judge does not trust the answer; one that cannot be asked trusts nothing. It reads the request and the answer, so that
 * it is asked only where the request itself may go.
 */
async function judged(
  call: AdmittedCall,
  held: HeldAnswer,
  parts: ServeParts,
  plan: Plan,
  { provider, model, minScore }: { provider: string; model: string; minScore: number },
): Promise<string | undefined> {
  const mark = new HeldAnswer(held.gone);
  const asked = judgeCall(call, held, model);
  const { regions } = plan.policy.guards ?? {};
  const policy: Policy = {
    ...plan.policy,
    choose: { strategy: 'ordered', routes: [{ provider, model }] },
    guards: { maxAttempts: 1, ...(regions ? { regions } : {}) },
  };
  const choice = { ...parts.router.choose(asked.request, policy, 0), reason: 'marks an answer' };
  if (choice.order.length === 0) return `the judge may not be asked: ${whyNone(policy, choice)}`;
  try {
    await tryRoutes(asked, mark, parts, { ...plan, policy, choice });
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    return `the judge could not be asked: ${error.message}`;
  }
  const score = markOf(mark);
  if (score === undefined) return 'the judge gave no mark';
  return score < minScore ? `the judge gave ${score}` : undefined;
}

/**
 * Tries the routes in their order, and those again that may do better in another round, until one answers or there were enough
 * tries. Routes for which a budget has no room are left out.
 * @throws GatewayError what the last of them said that may do better another time, or else the last of all
 */
async function tryRoutes(call: AdmittedCall, sink: CallSink, parts: ServeParts, plan: Plan): Promise<void> {
  const { policy, choice, ends, deadline } = plan;
  const attempts = mostTries(policy);
  // Numbers go on where routes were tried already: each try is usage of its own.
  const isOfThisCall = ({ usage }: AttemptResult): boolean => usage.requestId.split('.')[0] === call.id;
  const before = ends.filter(isOfThisCall).length;
  const rounds = new Rounds(choice.order);
  let number = 1;
  let last: AttemptResult | undefined;
  let lastHopeful: AttemptResult | undefined;
  let refusal: GatewayError | undefined;
  while (number <= attempts && !sink.gone.aborted && !rounds.areOver) {
    if (rounds.upcoming > 0) {
      const pause = pauseBefore(rounds.upcoming, lastHopeful?.restMs, parts.random());
      if (parts.now() + pause >= deadline) break;
      await parts.pause(pause, sink.gone);
    }
    const taking = moneyFor(plan, rounds.coming);
    const taken = taking instanceof Promise ? await taking : taking;
    if (sink.gone.aborted || parts.now() >= deadline) break;
    if (taken instanceof GatewayError) {
      refusal = taken;
      rounds.leaveOut(routeId(rounds.coming), 'for which a budget has no room');
      continue;
    }
    const tried = await tryOne(call, sink, parts, plan, rounds, { number, before, attempts, reservation: taken });
    const results = Array.isArray(tried) ? tried : [tried];
    ends.push(...results);
    number += results.length;
    if (results.some(({ verdict }) => verdict !== 'next')) return;
    for (const result of results) {
      last = result;
      if (result.hopeless) rounds.leaveOut(result.usage.tags?.['gateway.route']);
      else lastHopeful = result;
    }
  }
  if (sink.gone.aborted) return;
  throw (
    lastHopeful?.error ?? refusal ?? last?.error ?? new GatewayError(504, 'timeout', 'No provider answered in time.')
  );
}

type Taken = Reservation | undefined | GatewayError;

/** The money for a try of the route, or why a budget has none for it. @throws GatewayError where budgets cannot be counted */
function moneyFor({ money }: Plan, route: PolicyRoute, isBeside = false): Taken | Promise<Taken> {
  try {
    const taking = money.of(route, isBeside);
    return taking instanceof Promise ? taking.catch(refusalOf) : taking;
  } catch (error) {
    return refusalOf(error);
  }
}

function refusalOf(error: unknown): GatewayError {
  if (error instanceof GatewayError && error.code === 'insufficient_quota') return error;
  throw error;
}

/** Routes one after the other, and from the first again once all were tried, but for those that cannot serve the call. */
class Rounds {
  readonly #order: PolicyRoute[];
  #at = 0;
  #round = 0;
  /** Why the next is not the one that was chosen. */
  because: string | undefined;

  constructor(order: readonly PolicyRoute[]) {
    this.#order = [...order];
  }

  get areOver(): boolean {
    return this.#order.length === 0;
  }

  get isOnlyOne(): boolean {
    return this.#order.length === 1;
  }

  /** The round of the next try; the first is 0. */
  get upcoming(): number {
    return this.#round + (this.#at >= this.#order.length ? 1 : 0);
  }

  /** The route of the next try. */
  get coming(): PolicyRoute {
    return this.#order[this.#at] ?? this.#order[0]!;
  }

  next(): PolicyRoute {
    if (this.#at >= this.#order.length) {
      this.#round += 1;
      this.#at = 0;
    }
    const route = this.#order[this.#at]!;
    this.because = `after ${routeId(route)}`;
    this.#at += 1;
    return route;
  }

  leaveOut(id: string | undefined, why?: string): void {
    const index = this.#order.findIndex((route) => routeId(route) === id);
    if (index < 0) return;
    this.#order.splice(index, 1);
    if (index < this.#at) this.#at -= 1;
    if (why !== undefined) this.because = `instead of ${id}, ${why}`;
  }
}

/** One try, or two beside each other where the policy asks the next route after a while. */
function tryOne(
  call: AdmittedCall,
  sink: CallSink,
  parts: ServeParts,
  plan: Plan,
  rounds: Rounds,
  {
    number,
    before,
    attempts,
    reservation,
  }: { number: number; before: number; attempts: number; reservation: Reservation | undefined },
): Promise<AttemptResult | AttemptResult[]> {
  const { policy, choice, deadline } = plan;
  const { hedgeMs, firstTokenMs } = policy.fallback ?? {};
  const isCheap = call.labels?.['gateway.cascade'] === 'cheap';
  const taskOf = (at: number, held: Reservation | undefined, why?: string): AttemptTask => {
    const { because } = rounds;
    const route = rounds.next();
    const reason = why ?? (because === undefined ? choice.reason : `attempt ${at}, ${because}`);
    const attempt = attemptOf(call, route, choice, { number: at + before, reason, startedAt: parts.now() });
    const next = isCheap ? 'another' : at >= attempts ? 'nobody' : rounds.isOnlyOne ? 'same' : 'another';
    return { call, sink, route, attempt, policy, reservation: held, next, limits: { firstTokenMs, deadline } };
  };
  const isHedged = hedgeMs !== undefined && !rounds.isOnlyOne && number < attempts;
  const first = taskOf(number, reservation);
  if (!isHedged) return parts.attempting.attempt(first);
  const reason = `asked beside ${routeId(first.route)}, which had said nothing after ${hedgeMs} ms`;
  let beside: Taken;
  return hedged(first, () => taskOf(number + 1, beside as Reservation | undefined, reason), hedgeMs, {
    attempting: parts.attempting,
    pause: (ms, signal) => parts.pause(ms, signal),
    mayAsk: async () => {
      // Whatever is wrong with it, the first try goes on.
      const taking = Promise.resolve().then(() => moneyFor(plan, rounds.coming, true));
      beside = await taking.catch((error: unknown) => new GatewayError(503, 'budgets_unavailable', String(error)));
      return !(beside instanceof GatewayError);
    },
    lost: ({ route }) => parts.router.note(route, { ok: false }),
  });
}

function attemptOf(
  call: AdmittedCall,
  route: PolicyRoute,
  { policy, version }: Choice,
  rest: Pick<Attempt, 'number' | 'reason' | 'startedAt'>,
): Attempt {
  return {
    ...{ provider: '', route: routeId(route), model: modelFor(route, call.request.model), policy },
    ...(version === undefined ? {} : { version }),
    ...rest,
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
