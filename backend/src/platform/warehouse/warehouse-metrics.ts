import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

export interface WarehouseMetrics {
  seconds: Histogram<'kind' | 'outcome'>;
  cacheRequests: Counter<'outcome'>;
  restarts: Counter;
}

/** The warehouse's metrics on a registry; asked again, it returns those that are there. */
export function warehouseMetrics(
  registry: Registry,
  cacheSize: () => { entries: number; characters: number },
): WarehouseMetrics {
  const once = <M>(name: string, make: () => M): M => (registry.getSingleMetric(name) as M | undefined) ?? make();
  const registers = [registry];
  once('amadeus_warehouse_cache_entries', () => {
    return new Gauge({
      name: 'amadeus_warehouse_cache_entries',
      help: 'Answers in the result cache',
      registers,
      collect() {
        this.set(cacheSize().entries);
      },
    });
  });
  once('amadeus_warehouse_cache_characters', () => {
    return new Gauge({
      name: 'amadeus_warehouse_cache_characters',
      help: 'Size of the result cache in characters of JSON',
      registers,
      collect() {
        this.set(cacheSize().characters);
      },
    });
  });
  return {
    seconds: once('amadeus_warehouse_statement_seconds', () => {
      return new Histogram({
        name: 'amadeus_warehouse_statement_seconds',
        help: 'Duration of statements of the warehouse, retries included',
        labelNames: ['kind', 'outcome'] as const,
        buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 15, 60],
        registers,
      });
    }),
    cacheRequests: once('amadeus_warehouse_cache_requests_total', () => {
      return new Counter({
        name: 'amadeus_warehouse_cache_requests_total',
        help: 'Reads that asked the result cache, by outcome: hit, shared (with a read under way) or miss',
        labelNames: ['outcome'] as const,
        registers,
      });
    }),
    restarts: once('amadeus_warehouse_restarts_total', () => {
      return new Counter({
        name: 'amadeus_warehouse_restarts_total',
        help: 'Crashes of the embedded engine',
        registers,
      });
    }),
  };
}
