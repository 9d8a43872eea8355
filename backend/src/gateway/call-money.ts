import { mostTries, type Choice, type Policy, type PolicyRoute } from '../routing/index.ts';
import type { AttemptResult } from './attempting.ts';
import type { PlannedCall } from './call-layer.ts';
import { cascadeOrder } from './cascade.ts';
import { GatewayError } from './gateway-error.ts';
import type { Reservation } from './reservation.ts';

type Held = Reservation | undefined;

export interface MoneyParts {
  /** Names of the keys by which budgets of the tenant tell calls apart. */
  dimensions(tenant: string): ReadonlySet<string> | Promise<ReadonlySet<string>>;
  /** Under which of these keys a route is counted. */
  keysOf(planned: PlannedCall, route: PolicyRoute): Readonly<Record<string, string>>;
  /**
   * @param routes of which any may be tried; all of them are counted as the first is
   * @param tries so many of them may be billed
   * @throws GatewayError 429 `insufficient_quota` where a budget has no room
   */
  reserve(planned: PlannedCall, routes: readonly PolicyRoute[], tries: number): Held | Promise<Held>;
  /** Resolves when what is not spent is free again. */
  settle(planned: PlannedCall, reservation: Reservation, ends: readonly AttemptResult[]): Promise<void>;
}

interface Hold {
  /** Routes of one name are counted by the same budgets. */
  name: string;
  reservation: Held;
}

/** Keys that routes of one call may differ in. */
const routeKeys = ['x_Model', 'ProviderName', 'ServiceName'] as const;

/**
 * The money that is held for one call: once for all its tries, as a rule. Where budgets are for models, providers or services,
 * tries that different budgets count hold money of their own, one after the other, so that no budget pays for what others are
 * for, and none is spent that nobody asked.
 */
export class CallMoney {
  readonly #planned: PlannedCall;
  readonly #choice: Choice;
  readonly #ends: readonly AttemptResult[];
  readonly #parts: MoneyParts;
  readonly #holds: Hold[] = [];
  #refused: Map<string, GatewayError> | undefined;
  #dimensions: ReadonlySet<string> | undefined;

  /** @param ends of the tries of the call, as far as there are */
  constructor(planned: PlannedCall, choice: Choice, ends: readonly AttemptResult[], parts: MoneyParts) {
    this.#planned = planned;
    this.#choice = choice;
    this.#ends = ends;
    this.#parts = parts;
  }

  /**
   * What a try of the route may spend; nothing where no budget counts it.
   * @param isBeside another try is under way, and goes on
   * @throws GatewayError 429 `insufficient_quota` where a budget has no room; 503 where none can be counted, and that is to refuse
   */
  of(route: PolicyRoute, isBeside = false): Held | Promise<Held> {
    if (this.#dimensions) return this.#of(route, this.#dimensions, isBeside);
    const dimensions = this.#parts.dimensions(this.#planned.call.key.tenant);
    const known = (by: ReadonlySet<string>): Held | Promise<Held> => {
      this.#dimensions = by;
      return this.#of(route, by, isBeside);
    };
    return dimensions instanceof Promise ? dimensions.then(known) : known(dimensions);
  }

  /** All tries are over: counts what they cost. */
  settle(): void {
    for (const hold of this.#holds.splice(0)) void this.#settle(hold);
  }

  #of(route: PolicyRoute, by: ReadonlySet<string>, isBeside: boolean): Held | Promise<Held> {
    const name = this.#nameOf(route, by);
    for (const hold of this.#holds) if (hold.name === name) return hold.reservation;
    const refusal = this.#refused?.get(name);
    if (refusal) throw refusal;
    if (this.#holds.length === 0 || isBeside) return this.#hold(name, by, isBeside);
    // What the tries before did not spend may be what this one needs.
    const settled = this.#holds.splice(0).flatMap((hold) => this.#settle(hold) ?? []);
    return Promise.all(settled).then(() => this.#hold(name, by, isBeside));
  }

  #hold(name: string, by: ReadonlySet<string>, isBeside: boolean): Held | Promise<Held> {
    const { policy } = this.#planned;
    const { judge } = policy.cascade ?? {};
    const isNamed = (one: PolicyRoute): boolean => this.#nameOf(one, by) === name;
    const order = triable(policy, name === '' ? this.#choice.order : this.#choice.order.filter(isNamed));
    const asksJudge = judge !== undefined && isNamed(judge);
    const routes = asksJudge ? [...order, judge] : order;
    const kept = (reservation: Held): Held => {
      this.#holds.push({ name, reservation });
      return reservation;
    };
    const refused = (error: unknown): never => {
      // While another try holds money of its own, what is missing may be that.
      if (error instanceof GatewayError && !isBeside) (this.#refused ??= new Map()).set(name, error);
      throw error;
    };
    try {
      const taken = this.#parts.reserve(this.#planned, routes, billedTries(policy, order, asksJudge));
      return taken instanceof Promise ? taken.then(kept, refused) : kept(taken);
    } catch (error) {
      return refused(error);
    }
  }

  /** Empty where budgets count all routes alike. */
  #nameOf(route: PolicyRoute, by: ReadonlySet<string>): string {
    let keys: Readonly<Record<string, string>> | undefined;
    let name = '';
    for (const key of routeKeys) {
      if (!by.has(key)) continue;
      keys ??= this.#parts.keysOf(this.#planned, route);
      name += `${keys[key] ?? ''}\u0000`;
    }
    return name;
  }

  #settle({ name, reservation }: Hold): Promise<void> | undefined {
    if (!reservation) return undefined;
    const ends = name === '' ? this.#ends : this.#ends.filter((end) => end.reservation === reservation);
    return this.#parts.settle(this.#planned, reservation, ends);
  }
}

/** The routes of which as many as there are tries for may be asked. */
function triable(policy: Policy, order: readonly PolicyRoute[]): readonly PolicyRoute[] {
  const most = mostTries(policy);
  if (!policy.cascade) return order.length > most ? order.slice(0, most) : order;
  const { cheap, strong } = cascadeOrder(policy, order);
  return [...cheap.slice(0, most), ...strong.slice(0, most)];
}

/**
 * So many tries may be billed for one answer: a cascade may ask twice and a judge, a hedge two routes beside each other.
 * @param order routes that may be tried; all of the policy where absent
 */
export function billedTries(
  policy: Pick<Policy, 'choose' | 'cascade' | 'fallback'>,
  order: readonly PolicyRoute[] = policy.choose.routes,
  asksJudge = policy.cascade?.judge !== undefined,
): number {
  const beside = policy.fallback?.hedgeMs !== undefined && order.length > 1 ? 1 : 0;
  if (!policy.cascade) return 1 + beside;
  const { cheap, strong } = cascadeOrder(policy, order);
  return Number(cheap.length > 0) + Number(strong.length > 0) + Number(asksJudge) + beside;
}
