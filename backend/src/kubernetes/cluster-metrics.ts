import { Counter, Gauge, type Registry } from 'prom-client';

export interface ClusterMetrics {
  calls: Counter<'cluster' | 'verb' | 'outcome'>;
  watchEvents: Counter<'cluster' | 'resource' | 'type'>;
  lists: Counter<'cluster' | 'resource' | 'why'>;
  leftOut: Gauge<'cluster' | 'resource'>;
}

/** What the access to clusters counts. */
export function clusterMetrics(registry: Registry): ClusterMetrics {
  const registers = [registry];
  return {
    calls: new Counter({
      name: 'amadeus_kubernetes_calls_total',
      help: 'Calls of API servers by verb and outcome (HTTP status, or `network`).',
      labelNames: ['cluster', 'verb', 'outcome'],
      registers,
    }),
    watchEvents: new Counter({
      name: 'amadeus_kubernetes_watch_events_total',
      help: 'Events that watches told.',
      labelNames: ['cluster', 'resource', 'type'],
      registers,
    }),
    lists: new Counter({
      name: 'amadeus_kubernetes_lists_total',
      help: 'Complete lists by what made them necessary: start, expired (410), trouble.',
      labelNames: ['cluster', 'resource', 'why'],
      registers,
    }),
    leftOut: new Gauge({
      name: 'amadeus_kubernetes_left_out',
      help: 'Objects beyond the bound of a mirror that are not kept.',
      labelNames: ['cluster', 'resource'],
      registers,
    }),
  };
}
