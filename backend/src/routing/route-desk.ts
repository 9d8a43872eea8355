import type { Caller } from '../platform/identity/index.ts';
import type { Platform } from '../platform/platform.ts';
import { freshMs } from './evaluation-desk.ts';
import { routeId, type PolicyRoute } from './policy.ts';
import type { PolicyDesk } from './policy-desk.ts';
import type { RoutePrices, RoutingPorts } from './ports.ts';
import { toldRoutes, type ToldRoute } from './route-repository.ts';
import { together } from './route-statistics.ts';

const worst = ['open', 'half-open', 'closed'] as const;

/** Tells what gateways have learned of the routes of policies. */
export class RouteDesk {
  readonly #ground: Pick<Platform, 'clock' | 'config' | 'store'>;
  readonly #ports: RoutingPorts;
  readonly #policies: PolicyDesk;

  constructor(ground: Pick<Platform, 'clock' | 'config' | 'store'>, ports: RoutingPorts, policies: PolicyDesk) {
    this.#ground = ground;
    this.#ports = ports;
    this.#policies = policies;
  }

  /** Routes of the policies that the caller sees, each with what was learned of it within the last minutes. */
  async list(caller: Caller) {
    const { store, clock } = this.#ground;
    const [policies, told, book] = await Promise.all([
      this.#policies.list(caller),
      toldRoutes(store, new Date(clock.now().getTime() - freshMs)),
      this.#ports.prices.book(caller.scope.tenant),
    ]);
    const routes = new Map<string, { route: PolicyRoute; policies: string[] }>();
    for (const { name, content } of policies)
      for (const route of content.choose.routes) {
        const known = routes.get(routeId(route)) ?? { route, policies: [] };
        if (!known.policies.includes(name)) known.policies.push(name);
        routes.set(routeId(route), known);
      }
    return [...routes].map(([id, { route, policies }]) => ({
      ...{ route: id, provider: route.provider, model: route.model, policies },
      ...this.#regionOf(route),
      ...this.#learned(
        route,
        told.filter((one) => one.route === id),
        book,
      ),
    }));
  }

  #regionOf({ provider }: PolicyRoute): { region?: string } {
    const region = this.#ground.config.gateway.providers.find(({ name }) => name === provider)?.region;
    return region === undefined ? {} : { region };
  }

  #learned(route: PolicyRoute, told: readonly ToldRoute[], book: RoutePrices) {
    if (told.length === 0) return { gateways: 0, weight: 0 };
    const statistics = together(told.map((one) => one.statistics));
    const rests = told.flatMap(({ restsUntil }) => (restsUntil === undefined ? [] : [restsUntil]));
    const toldAt = Math.max(...told.map((one) => one.toldAt.getTime()));
    return {
      ...statistics,
      ...this.#cost(route, statistics, book),
      gateways: told.length,
      breaker: worst.find((state) => told.some(({ breaker }) => breaker === state)) ?? ('closed' as const),
      ...(rests.length === 0 ? {} : { restsUntil: new Date(Math.max(...rests)).toISOString() }),
      toldAt: new Date(toldAt).toISOString(),
    };
  }

  /** Of a call as long as they were lately, by today's prices. */
  #cost(
    { provider, model }: PolicyRoute,
    { inputTokens, outputTokens }: { inputTokens?: number; outputTokens?: number },
    book: RoutePrices,
  ): { costPerCall?: string; currency?: string } {
    if (inputTokens === undefined || outputTokens === undefined) return {};
    const priced = book.priceLlm({
      ...{ requestId: '', startedAt: this.#ground.clock.now().toISOString() },
      ...{ provider: this.#ports.usageName(provider), model },
      ...{ inputTokens: Math.round(inputTokens), outputTokens: Math.round(outputTokens) },
    });
    return 'cost' in priced ? { costPerCall: priced.cost, currency: priced.currency } : {};
  }
}
