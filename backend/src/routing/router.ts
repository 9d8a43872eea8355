import { Breaker } from './breaker.ts';
import { choose, type Choice, type RouteFacts } from './choice.ts';
import type { Decision, LivePolicies } from './live-policies.ts';
import { bounded, routeId, type Policy, type PolicyRoute, type RoutedRequest } from './policy.ts';
import { RouteRecord, type RouteOutcome, type RouteStatistics } from './route-statistics.ts';
import { SessionRoutes } from './session-routes.ts';

/** What a router asks of whoever uses it. */
export interface RouterPorts {
  now(): number;
  /** Region of a provider; undefined where it tells none. */
  regionOf(provider: string): string | undefined;
  /** Expected cost of the request over the route, as an exact decimal; undefined where it has no price. */
  costOf(route: PolicyRoute, request: RoutedRequest, outputTokens: number): ExpectedCost | undefined;
  /** What one unit of a currency is worth in another for the tenant; undefined where that is not known (yet). */
  rateOf?(from: string, to: string, tenant: string): string | undefined;
}

interface ExpectedCost {
  cost: string;
  /** ISO 4217. */
  currency: string;
}

/** What a gateway knows of a route by its own calls. */
export interface LearnedRoute {
  route: string;
  statistics: RouteStatistics;
  breaker: 'closed' | 'open' | 'half-open';
  /** Milliseconds since the epoch, where it rests after failures. */
  restsUntil?: number;
}

/** Answers with tokens where nothing is known yet and the caller gives no bound. */
const usualOutputTokens = 400;

/** Chooses routes by the policies in force, and learns from how each call went. */
export class Router {
  readonly #ports: RouterPorts;
  readonly #records = new Map<string, RouteRecord>();
  readonly #breakers = new Map<string, Breaker>();
  readonly #names = new WeakMap<PolicyRoute, string>();
  readonly #sessions = new SessionRoutes();
  #policies: LivePolicies;

  constructor(policies: LivePolicies, ports: RouterPorts) {
    this.#policies = policies;
    this.#ports = ports;
  }

  /** Policies that count from now on; what was learned of routes stays. */
  replace(policies: LivePolicies): void {
    this.#policies = policies;
  }

  /** Every version of a policy that may decide about requests of the tenant, in the order in which they are looked at. */
  policies(tenant: string): Policy[] {
    return this.#policies.policies(tenant);
  }

  /**
   * @param draw 0 to 1: decides about shares where the request belongs to no session
   * @returns the policy for the request, none where none matches; with the rollouts in which the request takes part
   */
  decide(request: RoutedRequest, draw: number): Decision {
    return this.#policies.decide(request, draw, this.#ports.now());
  }

  /** @param draw 0 to 1: decides where chance does */
  choose(request: RoutedRequest, policy: Policy, draw: number): Choice {
    const heldTo = this.#sessions.of(request, policy, this.#ports.now());
    const asked = bounded(request, policy);
    return choose(asked, policy, (route) => this.#facts(route, asked), draw, {
      heldTo,
      rateOf: (from, to) => this.#ports.rateOf?.(from, to, request.tenant),
    });
  }

  /** The caller has its answer over the route: later calls of its session go there again, where the policy wants that. */
  answered(request: RoutedRequest, policy: Policy, route: PolicyRoute): void {
    this.#sessions.hold(request, policy, route, this.#ports.now());
  }

  /** Tokens that an answer over the route is expected to have. */
  expectedOutput(route: PolicyRoute, request: RoutedRequest): number {
    const learned = this.#record(route).outputTokens(this.#ports.now()) ?? usualOutputTokens;
    return Math.ceil(Math.min(learned, request.maxOutputTokens ?? Infinity));
  }

  /** @returns when the call began, to be told where it ends undecided */
  begin(route: PolicyRoute): number {
    const at = this.#ports.now();
    this.#breaker(route).begin(at);
    return at;
  }

  /**
   * How the call over the route ended, told at its end: by `totalMs` it is known when it began. `restMs`: how long the provider
   * asks to be left alone.
   */
  note(route: PolicyRoute, outcome: RouteOutcome & { restMs?: number }): void {
    const at = this.#ports.now();
    this.#record(route).note(outcome, at);
    const beganAt = at - (outcome.totalMs ?? 0);
    if (outcome.ok) this.#breaker(route).succeeded(beganAt);
    else this.#breaker(route).failed(at, outcome.restMs, beganAt);
  }

  /** The call says nothing of the route: the caller hung up, or the request was at fault. */
  undecided(route: PolicyRoute, beganAt: number): void {
    this.#breaker(route).undecided(beganAt);
  }

  /** What was learned of each route that was ever chosen from. */
  learned(): LearnedRoute[] {
    const at = this.#ports.now();
    return [...this.#records].map(([route, record]) => {
      const breaker = this.#breakers.get(route);
      const restsUntil = breaker?.restsUntil();
      return {
        route,
        statistics: record.statistics(at),
        breaker: breaker?.state(at) ?? 'closed',
        ...(restsUntil === undefined ? {} : { restsUntil }),
      };
    });
  }

  #facts(route: PolicyRoute, request: RoutedRequest): RouteFacts {
    const at = this.#ports.now();
    const region = this.#ports.regionOf(route.provider);
    const expected = this.#ports.costOf(route, request, this.expectedOutput(route, request));
    const facts: RouteFacts = {
      statistics: this.#record(route).statistics(at),
      breaker: this.#breaker(route).state(at),
    };
    if (region !== undefined) facts.region = region;
    if (expected) {
      facts.expectedCost = expected.cost;
      facts.currency = expected.currency;
    }
    return facts;
  }

  #record(route: PolicyRoute): RouteRecord {
    return kept(this.#records, this.#nameOf(route), newRecord);
  }

  #breaker(route: PolicyRoute): Breaker {
    return kept(this.#breakers, this.#nameOf(route), newBreaker);
  }

  /** Each call asks several times: one text for each route is found faster than a new one. */
  #nameOf(route: PolicyRoute): string {
    const known = this.#names.get(route);
    if (known !== undefined) return known;
    const name = routeId(route);
    this.#names.set(route, name);
    return name;
  }
}

const newRecord = (): RouteRecord => new RouteRecord();
const newBreaker = (): Breaker => new Breaker();

/** Routes come from policies, which are bounded; what callers write never makes one. */
function kept<T>(map: Map<string, T>, id: string, make: () => T): T {
  const found = map.get(id);
  if (found !== undefined) return found;
  const made = make();
  map.set(id, made);
  return made;
}
