import { Gauge, type Registry } from 'prom-client';
import type { Router } from '../routing/index.ts';

/** Tells monitoring what this process has learned of each route. Routes come from policies, so that they are few. */
export function tellLearned(metrics: Registry, router: Router): void {
  const labelNames = ['route'];
  const registers = [metrics];
  new Gauge({
    ...{ name: 'amadeus_gateway_route_error_ratio', labelNames, registers },
    help: 'Share of calls over the route that failed lately, 0 to 1.',
    collect() {
      this.reset();
      for (const { route, statistics } of router.learned()) this.set({ route }, statistics.errorRate);
    },
  });
  new Gauge({
    ...{ name: 'amadeus_gateway_route_resting', labelNames, registers },
    help: '1 while the route rests after failures, else 0.',
    collect() {
      this.reset();
      for (const { route, breaker } of router.learned()) this.set({ route }, breaker === 'open' ? 1 : 0);
    },
  });
}
