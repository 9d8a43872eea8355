import { Decimal } from 'decimal.js';
import { routeId, type Policy, type PolicyRoute, type RoutedRequest } from './policy.ts';
import type { RouteStatistics } from './route-statistics.ts';

/** What is known of a route at the moment of the choice. */
export interface RouteFacts {
  region?: string;
  statistics: RouteStatistics;
  breaker: 'closed' | 'open' | 'half-open';
  /** Expected cost of the request over this route, as an exact decimal; absent where it has no price. */
  expectedCost?: string;
  /** ISO 4217, of the cost; absent: that of every other. */
  currency?: string;
}

/** What one unit of a currency is worth in another, as an exact decimal; undefined where no rate is known. */
export type RateOf = (from: string, to: string) => string | undefined;

/** A route as the choice saw it. */
export interface Candidate {
  route: string;
  provider: string;
  model: string;
  /** Why it cannot be chosen now; empty where it can. */
  excluded: string[];
  expectedCost?: string;
  latencyMs?: number;
  errorRate: number;
  quality?: number;
  /** The smaller the better, with `terms` that sum to it; only with strategy `score`. */
  score?: number;
  terms?: Record<string, number>;
}

export interface Choice {
  policy: string;
  version?: string;
  strategy: Policy['choose']['strategy'];
  /** Routes in the order in which they are tried, further ones than there are tries for as well. Empty where none may be. */
  order: PolicyRoute[];
  /** In words, why the first was chosen. */
  reason: string;
  candidates: Candidate[];
}

/**
 * Orders the routes of a policy for one request: what may not be used is left out with its reasons, the rest follows by the
 * policy's strategy. Pure: `draw` (0 to 1) decides where chance does, and the same draw gives the same order. The route that
 * the request's session is held to stands first as long as it may be used, does not rest and is within the policy's latency.
 * Costs are compared in the currency of the first route of the policy that has a price.
 *
 * A route that rests after failures stands last rather than nowhere: when every other one fails, trying is better than refusing.
 */
export function choose(
  request: RoutedRequest,
  policy: Policy,
  facts: (route: PolicyRoute) => RouteFacts,
  draw: number,
  { heldTo, rateOf = noRate }: { heldTo?: string | undefined; rateOf?: RateOf } = {},
): Choice {
  const { choose: rule } = policy;
  const seen = inOneCurrency(
    rule.routes.map((route) => ({ route, facts: facts(route) })),
    rateOf,
  );
  const candidates = seen.map(({ route, facts }) => candidateOf(request, policy, route, facts));
  const open = candidates.flatMap((candidate, index) => {
    const { route, facts: known } = seen[index]!;
    return candidate.excluded.length > 0 ? [] : [{ route, facts: known, candidate }];
  });
  const rested = open.every(isRested) ? open : open.filter(isRested);
  const resting = rested === open ? [] : open.filter((one) => !isRested(one));
  const best = [...sort(request, policy, rested, draw), ...sort(request, policy, resting, draw)];
  const held =
    heldTo === undefined
      ? undefined
      : rested.find(({ candidate }) => candidate.route === heldTo && isQuick(policy, candidate));
  const sorted = held ? [held, ...best.filter((one) => one !== held)] : best;
  const order = sorted.map(({ route }) => route);
  const reason = reasonOf(policy, sorted, held);
  const choice: Choice = { policy: policy.name, strategy: rule.strategy, order, reason, candidates };
  if (policy.version !== undefined) choice.version = policy.version;
  return choice;
}

interface Seen {
  route: PolicyRoute;
  facts: RouteFacts;
}

const noRate: RateOf = () => undefined;

/** A cost without a rate is not known, rather than compared as a bare number. */
function inOneCurrency(seen: Seen[], rateOf: RateOf): Seen[] {
  const to = seen.find(({ facts: { expectedCost, currency } }) => expectedCost !== undefined && currency)?.facts
    .currency;
  if (to === undefined || seen.every(({ facts: { currency = to } }) => currency === to)) return seen;
  return seen.map(({ route, facts }) => {
    const { expectedCost, currency = to, ...rest } = facts;
    if (expectedCost === undefined || currency === to) return { route, facts };
    const rate = rateOf(currency, to);
    const cost = rate === undefined ? {} : { expectedCost: new Decimal(expectedCost).times(rate).toFixed() };
    return { route, facts: { ...rest, ...cost, currency: to } };
  });
}

interface Open {
  route: PolicyRoute;
  facts: RouteFacts;
  candidate: Candidate;
}

function isRested({ facts }: Open): boolean {
  return facts.breaker !== 'open';
}

function candidateOf(request: RoutedRequest, policy: Policy, route: PolicyRoute, facts: RouteFacts): Candidate {
  const { choose: rule, guards } = policy;
  const latencyMs = latencyOf(policy, facts.statistics);
  const excluded: string[] = [];
  const isAllowed = (list: readonly string[] | undefined): boolean =>
    list === undefined || list.includes(facts.region ?? '');
  if (!isAllowed(guards?.regions) || !isAllowed(request.regions))
    excluded.push(`region ${facts.region ?? 'unknown'} is not allowed`);
  if (rule.qualityFloor !== undefined && (route.quality ?? 0) < rule.qualityFloor)
    excluded.push(`quality ${route.quality ?? 'unknown'} is below ${rule.qualityFloor}`);
  if (guards?.maxCost !== undefined && !costsAtMost(facts.expectedCost, guards.maxCost))
    excluded.push(`expected cost ${facts.expectedCost ?? 'unknown'} is above ${guards.maxCost}`);
  if (rule.strategy === 'fastest' && rule.maxCost !== undefined && !costsAtMost(facts.expectedCost, rule.maxCost))
    excluded.push(`expected cost ${facts.expectedCost ?? 'unknown'} is above ${rule.maxCost}`);
  if (rule.strategy === 'weights' && (route.weight ?? 1) === 0) excluded.push('weight 0');
  const { maxContextTokens } = route;
  const wanted = request.promptTokens + (request.maxOutputTokens ?? 0);
  if (maxContextTokens !== undefined && wanted > maxContextTokens)
    excluded.push(`${wanted} tokens do not fit into ${maxContextTokens}`);
  const candidate: Candidate = {
    route: routeId(route),
    provider: route.provider,
    model: route.model,
    excluded,
    errorRate: facts.statistics.errorRate,
  };
  if (facts.expectedCost !== undefined) candidate.expectedCost = facts.expectedCost;
  if (latencyMs !== undefined) candidate.latencyMs = latencyMs;
  if (route.quality !== undefined) candidate.quality = route.quality;
  return candidate;
}

function costsAtMost(cost: string | undefined, bound: string): boolean {
  return cost !== undefined && new Decimal(cost).lte(bound);
}

function latencyOf(policy: Policy, { firstTokenMs, totalMs }: RouteStatistics): number | undefined {
  return (policy.choose.latency === 'total' ? totalMs : firstTokenMs)?.p95;
}

function sort(request: RoutedRequest, policy: Policy, open: Open[], draw: number): Open[] {
  const { strategy } = policy.choose;
  if (open.length < 2 && strategy !== 'score') return open;
  switch (strategy) {
    case 'weights':
      return byWeight(request, policy, open, draw);
    case 'ordered':
      return open;
    case 'cheapest': {
      const isWithin = ({ candidate }: Open): boolean => isQuick(policy, candidate);
      const by = (one: Open, other: Open): number => compareCosts(one, other) || compareLatency(one, other);
      return [...open.filter(isWithin).sort(by), ...open.filter((one) => !isWithin(one)).sort(compareLatency)];
    }
    case 'fastest':
      return [...open].sort((one, other) => compareLatency(one, other) || compareCosts(one, other));
    case 'score':
      return byScore(policy, open);
  }
}

/** Nothing is known of the speed of a new route: it may show what it can. */
function isQuick({ choose: { maxLatencyMs } }: Policy, { latencyMs = 0 }: Candidate): boolean {
  return maxLatencyMs === undefined || latencyMs <= maxLatencyMs;
}

function compareCosts({ candidate: one }: Open, { candidate: other }: Open): number {
  if (one.expectedCost === undefined || other.expectedCost === undefined)
    return Number(one.expectedCost === undefined) - Number(other.expectedCost === undefined);
  return new Decimal(one.expectedCost).comparedTo(other.expectedCost);
}

function compareLatency({ candidate: one }: Open, { candidate: other }: Open): number {
  return (one.latencyMs ?? 0) - (other.latencyMs ?? 0);
}

/**
 * Weighted rendezvous hashing (Thaler and Ravishankar 1998, with the logarithmic method for weights): the requests of one
 * session stay on one route, and a route that is taken away moves only its own sessions. Without a session the draw decides.
 */
function byWeight(request: RoutedRequest, policy: Policy, open: Open[], draw: number): Open[] {
  const session = policy.choose.sticky === 'session' ? request.session : undefined;
  const keyed = open.map((one) => {
    const chance = unitHash(`${session ?? draw}|${one.candidate.route}`);
    return { one, key: -Math.log(chance) / (one.route.weight ?? 1) };
  });
  return keyed.sort((a, b) => a.key - b.key).map(({ one }) => one);
}

/** A number in (0, 1) that depends on the text alone (FNV-1a, 32 bits, with the finaliser of MurmurHash3). */
export function unitHash(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  hash ^= hash >>> 16;
  return ((hash >>> 0) + 0.5) / 2 ** 32;
}

/** Terms are shares of the median of the candidates, so that their weights compare like with like. */
function byScore(policy: Policy, open: Open[]): Open[] {
  const { cost = 1, latency = 1, errors = 10, quality = 1 } = policy.choose.scoreWeights ?? {};
  const medianCost = median(open.flatMap(({ candidate }) => numbers(candidate.expectedCost)));
  const medianLatency = median(open.flatMap(({ candidate }) => numbers(candidate.latencyMs)));
  for (const { candidate } of open) {
    const terms = {
      cost: cost * share(candidate.expectedCost, medianCost),
      latency: latency * share(candidate.latencyMs, medianLatency),
      errors: errors * candidate.errorRate,
      quality: quality * (1 - (candidate.quality ?? 0.5)),
    };
    candidate.terms = terms;
    candidate.score = terms.cost + terms.latency + terms.errors + terms.quality;
  }
  return [...open].sort((one, other) => one.candidate.score! - other.candidate.score!);
}

function numbers(value: string | number | undefined): number[] {
  return value === undefined ? [] : [Number(value)];
}

/** What is not known counts as the median. */
function share(value: string | number | undefined, middle: number): number {
  return value === undefined || middle === 0 ? 1 : Number(value) / middle;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted.length === 0 ? 0 : sorted[Math.floor((sorted.length - 1) / 2)]!;
}

function reasonOf({ choose: rule }: Policy, sorted: readonly Open[], held: Open | undefined): string {
  const [first] = sorted;
  if (!first) return 'no route of the policy may be used';
  const { candidate, facts } = first;
  const rests = facts.breaker === 'open' ? ', although it rests after failures: every other one does too' : '';
  const price = candidate.expectedCost === undefined ? 'price unknown' : `expected cost ${candidate.expectedCost}`;
  const speed = candidate.latencyMs === undefined ? 'speed unknown' : `p95 ${Math.round(candidate.latencyMs)} ms`;
  if (held) return `the session was answered here before: ${price}, ${speed}`;
  switch (rule.strategy) {
    case 'weights':
      return `by weight ${first.route.weight ?? 1}${rule.sticky === 'session' ? ', kept within the session' : ''}${rests}`;
    case 'ordered':
      return `first of the list that may be used${rests}`;
    case 'cheapest':
      return `cheapest${rule.maxLatencyMs === undefined ? '' : ` within ${rule.maxLatencyMs} ms`}: ${price}, ${speed}${rests}`;
    case 'fastest':
      return `fastest${rule.maxCost === undefined ? '' : ` up to ${rule.maxCost}`}: ${speed}, ${price}${rests}`;
    case 'score':
      return `best score ${candidate.score!.toFixed(3)}: ${price}, ${speed}${rests}`;
  }
}
