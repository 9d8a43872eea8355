import { Decimal } from 'decimal.js';
import { choose, unitHash, type RouteFacts } from './choice.ts';
import type { Outcome, ReplayResult } from './evaluation-contract.ts';
import { mostTries, routeId, type Policy, type PolicyRoute, type RoutedRequest } from './policy.ts';

/** What is known of a route for a replay. */
export interface ReplayRoute {
  region?: string;
  errorRate: number;
  /** Quantiles at 5, 15, ... 95 per cent, milliseconds; empty where nothing was measured. */
  firstTokenMs: readonly number[];
  totalMs: readonly number[];
}

/** A call as it happened. */
export interface ReplayCall {
  id: string;
  request: RoutedRequest;
  /** Route that answered, named as policies name it; else provider and model. */
  route: string;
  model: string;
  outputTokens: number;
  ok: boolean;
  /** All that was asked for it, and the try that answered alone; the same where there was only one. */
  whole: Spent;
  answer: Spent;
  /** How a cascade came to the answer, where one did: the route that it asked first, and the judge; empty: none. */
  cascade?: { end: 'cheap' | 'escalated' | 'instead'; first: string; judge: string };
}

/** What an answer took; in the currency of the replay, undefined where it is not known. */
export interface Spent {
  cost?: Decimal | undefined;
  firstTokenMs?: number | undefined;
  totalMs?: number | undefined;
}

/** What a replay asks while it goes through the calls. */
export interface ReplayGround {
  /** The policy in question. */
  policy: Policy;
  /** Policy that decides about the request now; undefined where none does. */
  present(request: RoutedRequest, draw: number): Policy | undefined;
  decides(policy: Policy, request: RoutedRequest): boolean;
  routeOf(route: PolicyRoute): ReplayRoute | undefined;
  /** Of the model as it marks answers. */
  judgeOf(route: PolicyRoute): ReplayRoute | undefined;
  /** What the call would cost over the route with answers as long as it had, in the currency of the replay. */
  costOf(route: PolicyRoute, call: ReplayCall): Decimal | undefined;
  escalationShare: number;
}

type Replayed = Pick<ReplayResult, 'matched' | 'happened' | 'present' | 'policy' | 'byModel' | 'byFeature'>;

const mostGroups = 50;
/** What the instructions to a judge and its mark have about; it reads no more than so much of a request and an answer. */
const judgeTokens = { instructions: 100, mark: 10, most: 10_000 };

/**
 * Goes through calls that happened and asks the policy, and the policies that serve now, what they would have done. Where they
 * choose the route that was used, what happened counts; else price, and times by what was learned of the route: which of its
 * quantiles depends on the id of the call alone, so that a replay gives the same figures each time.
 */
export function replay(calls: readonly ReplayCall[], ground: ReplayGround): Replayed {
  const sums = { happened: new Sum(), present: new Sum(), policy: new Sum() };
  const byModel = new Map<string, Group>();
  const byFeature = new Map<string, Group>();
  let matched = 0;
  for (const call of calls) {
    if (!ground.decides(ground.policy, call.request)) continue;
    matched += 1;
    const present = ground.present(call.request, unitHash(`${call.id}|share`));
    const qualities = [ground.policy, ...(present ? [present] : [])].flatMap(({ choose: { routes } }) => routes);
    const happened = asItWas(call, qualities);
    const wouldBe = simulated(call, ground.policy, ground);
    const isNow = present ? simulated(call, present, ground) : happened;
    sums.happened.add(happened);
    sums.policy.add(wouldBe);
    sums.present.add(isNow);
    for (const [groups, name] of [
      [byModel, call.model],
      [byFeature, call.request.feature ?? ''],
    ] as const) {
      const group = groups.get(name) ?? newGroup();
      groups.set(name, group);
      group.calls += 1;
      group.happened = group.happened.plus(happened.cost ?? 0);
      group.present = group.present.plus(isNow.cost ?? 0);
      group.replayed = group.replayed.plus(wouldBe.cost ?? 0);
    }
  }
  return {
    matched,
    happened: sums.happened.outcome(),
    present: sums.present.outcome(),
    policy: sums.policy.outcome(),
    byModel: shown(byModel),
    byFeature: shown(byFeature),
  };
}

/** What became of one call, or would. */
interface End extends Spent {
  /** Undefined: no route would have served it. */
  route: string | undefined;
  quality?: number | undefined;
  /** 0 to 1. */
  failed: number;
}

function asItWas(call: ReplayCall, routes: readonly PolicyRoute[]): End {
  const { route, whole, ok } = call;
  const quality = routes.find((one) => isSame(one, call))?.quality;
  return { route, ...whole, quality, failed: ok ? 0 : 1 };
}

function isSame(route: PolicyRoute, call: ReplayCall): boolean {
  return routeId(route) === call.route;
}

function simulated(call: ReplayCall, policy: Policy, ground: ReplayGround): End {
  const facts = (route: PolicyRoute): RouteFacts => factsOf(route, call, ground);
  const { order } = choose(call.request, policy, facts, unitHash(`${call.id}|draw`));
  if (order.length === 0) return { route: undefined, failed: 0 };
  // A cascade asks its cheap routes first, however the policy orders them.
  const [strong, cheapest] = [true, false].map((is) =>
    policy.cascade ? order.find((route) => isStrong(route, policy) === is) : undefined,
  );
  const tried = policy.cascade ? order : order.slice(0, mostTries(policy));
  const failed = tried.reduce((product, route) => product * (ground.routeOf(route)?.errorRate ?? 0), 1);
  const first = cheapest ?? order[0]!;
  if (!strong || !cheapest) return { ...overRoute(first, call, ground), failed };
  const { judge } = policy.cascade ?? {};
  const answered = isAsCascaded(call, first, judge) && order.find((route) => isSame(route, call));
  if (answered && isStrong(answered, policy) === (call.cascade?.end !== 'cheap'))
    return { route: call.route, ...call.whole, quality: answered.quality, failed };
  // The caller has nothing of the cheap answer before it is whole and was looked at.
  const cheap = overRoute(first, call, ground);
  const held = judge ? marked(cheap, judge, call, ground) : cheap;
  if (unitHash(`${call.id}|cascade`) >= ground.escalationShare)
    return { ...cheap, cost: held.cost, firstTokenMs: held.totalMs, totalMs: held.totalMs, failed };
  const again = overRoute(strong, call, ground);
  return {
    ...{ route: again.route, quality: again.quality, failed },
    cost: held.cost && again.cost ? held.cost.plus(again.cost) : undefined,
    firstTokenMs: sumOf(held.totalMs, again.firstTokenMs),
    totalMs: sumOf(held.totalMs, again.totalMs),
  };
}

/** Whether a cascade answered the call that asks the same cheap route, and the same judge, where that was to be asked. */
function isAsCascaded({ ok, cascade }: ReplayCall, cheap: PolicyRoute, judge: PolicyRoute | undefined): boolean {
  if (!ok || cascade?.first !== routeId(cheap)) return false;
  // Rules may have told that an answer does not suffice, and no judge was asked then; nor where there was no answer.
  if (cascade.judge === '') return judge === undefined || cascade.end !== 'cheap';
  return judge !== undefined && cascade.judge === routeId(judge);
}

/** The cheap answer with its mark. A judge of which nobody knows how quick it is takes no time. */
function marked({ cost, totalMs }: Spent, judge: PolicyRoute, call: ReplayCall, ground: ReplayGround): Spent {
  const { instructions, mark, most } = judgeTokens;
  const promptTokens = Math.min(most, call.request.promptTokens + call.outputTokens) + instructions;
  const asked = { ...call, request: { ...call.request, promptTokens }, id: `${call.id}-judge`, outputTokens: mark };
  const judged = ground.costOf(judge, asked);
  const took = quantileAt(ground.judgeOf(judge)?.totalMs ?? [], unitHash(`${call.id}|judge`)) ?? 0;
  return { cost: cost && judged?.plus(cost), totalMs: sumOf(totalMs, took) };
}

function isStrong(route: PolicyRoute, { choose: { routes }, cascade }: Policy): boolean {
  return routes.indexOf(route) >= (cascade?.cheapRoutes ?? 0);
}

function sumOf(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? undefined : one + other;
}

function overRoute(route: PolicyRoute, call: ReplayCall, ground: ReplayGround): Omit<End, 'failed'> {
  const { quality } = route;
  if (isSame(route, call) && call.ok) {
    const { cost, firstTokenMs, totalMs } = call.answer;
    return { route: routeId(route), cost: cost ?? ground.costOf(route, call), firstTokenMs, totalMs, quality };
  }
  const known = ground.routeOf(route);
  const draw = unitHash(`${call.id}|time`);
  return {
    route: routeId(route),
    cost: ground.costOf(route, call),
    firstTokenMs: quantileAt(known?.firstTokenMs ?? [], draw),
    totalMs: quantileAt(known?.totalMs ?? [], draw),
    quality,
  };
}

function factsOf(route: PolicyRoute, call: ReplayCall, ground: ReplayGround): RouteFacts {
  const known = ground.routeOf(route);
  const cost = ground.costOf(route, call);
  const spread = (times: readonly number[] = []) =>
    times.length === 0 ? undefined : { p50: quantileAt(times, 0.5)!, p95: quantileAt(times, 0.95)! };
  const [firstTokenMs, totalMs] = [spread(known?.firstTokenMs), spread(known?.totalMs)];
  return {
    breaker: 'closed',
    statistics: {
      ...{ weight: 1, errorRate: known?.errorRate ?? 0.01 },
      ...(firstTokenMs ? { firstTokenMs } : {}),
      ...(totalMs ? { totalMs } : {}),
    },
    ...(known?.region === undefined ? {} : { region: known.region }),
    ...(cost === undefined ? {} : { expectedCost: cost.toFixed() }),
  };
}

/** Between quantiles at 5, 15, ... per cent in a straight line; below the first and above the last one these themselves. */
function quantileAt(quantiles: readonly number[], share: number): number | undefined {
  if (quantiles.length === 0) return undefined;
  const place = Math.min(quantiles.length - 1, Math.max(0, share * quantiles.length - 0.5));
  const below = Math.floor(place);
  const [low, high] = [quantiles[below]!, quantiles[Math.min(quantiles.length - 1, below + 1)]!];
  return low + (high - low) * (place - below);
}

class Sum {
  #calls = 0;
  #cost = new Decimal(0);
  #unpriced = 0;
  #refused = 0;
  #failed = 0;
  #quality = 0;
  #rated = 0;
  readonly #firstTokenMs: number[] = [];
  readonly #totalMs: number[] = [];
  readonly #routes = new Map<string, number>();

  add({ route, cost, firstTokenMs, totalMs, quality, failed }: End): void {
    this.#calls += 1;
    if (route === undefined) {
      this.#refused += 1;
      return;
    }
    this.#routes.set(route, (this.#routes.get(route) ?? 0) + 1);
    this.#failed += failed;
    if (cost === undefined) this.#unpriced += 1;
    else this.#cost = this.#cost.plus(cost);
    if (firstTokenMs !== undefined) this.#firstTokenMs.push(firstTokenMs);
    if (totalMs !== undefined) this.#totalMs.push(totalMs);
    if (quality !== undefined) {
      this.#quality += quality;
      this.#rated += 1;
    }
  }

  outcome(): Outcome {
    const served = this.#calls - this.#refused;
    const [firstTokenMs, totalMs] = [spreadOf(this.#firstTokenMs), spreadOf(this.#totalMs)];
    const routes = [...this.#routes].sort(([, a], [, b]) => b - a).slice(0, mostGroups);
    return {
      ...{ calls: this.#calls, cost: this.#cost.toFixed(), unpriced: this.#unpriced, refused: this.#refused },
      failed: Math.round(this.#failed * 1000) / 1000,
      ...(firstTokenMs ? { firstTokenMs } : {}),
      ...(totalMs ? { totalMs } : {}),
      ...(this.#rated > 0 ? { quality: this.#quality / this.#rated } : {}),
      qualityKnown: served === 0 ? 0 : this.#rated / served,
      routes: Object.fromEntries(routes),
    };
  }
}

function spreadOf(times: number[]): { p50: number; p95: number } | undefined {
  if (times.length === 0) return undefined;
  times.sort((a, b) => a - b);
  const at = (share: number): number => times[Math.min(times.length - 1, Math.ceil(share * times.length) - 1)]!;
  return { p50: at(0.5), p95: at(0.95) };
}

interface Group {
  calls: number;
  happened: Decimal;
  present: Decimal;
  replayed: Decimal;
}

function newGroup(): Group {
  return { calls: 0, happened: new Decimal(0), present: new Decimal(0), replayed: new Decimal(0) };
}

/** The groups that cost most. */
function shown(groups: ReadonlyMap<string, Group>): ReplayResult['byModel'] {
  return [...groups]
    .sort(([, a], [, b]) => b.happened.comparedTo(a.happened) || b.calls - a.calls)
    .slice(0, mostGroups)
    .map(([name, { calls, happened, present, replayed }]) => ({
      ...{ name, calls },
      ...{ happened: happened.toFixed(), present: present.toFixed(), replayed: replayed.toFixed() },
    }));
}
