import { Counter, Histogram, type Registry } from 'prom-client';
import type { StoreEvent } from './postgres-store.ts';

/** Counts and times every call of a store: pass the result as `onEvent` of `openStore`. */
export function storeMetrics(registry: Registry): (event: StoreEvent) => void {
  const calls = new Counter({
    name: 'amadeus_store_calls_total',
    help: 'Statements and transactions on PostgreSQL; code is OK, a SQLSTATE or a system error',
    labelNames: ['kind', 'code'],
    registers: [registry],
  });
  const seconds = new Histogram({
    name: 'amadeus_store_call_seconds',
    help: 'Time of statements and transactions on PostgreSQL, waiting for a connection included',
    labelNames: ['kind'],
    buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10, 30],
    registers: [registry],
  });
  return ({ kind, milliseconds, code }) => {
    calls.inc({ kind, code });
    seconds.observe({ kind }, milliseconds / 1000);
  };
}
