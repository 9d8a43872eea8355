import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

export interface OutgoingMetrics {
  requests: Counter<'host' | 'outcome'>;
  retries: Counter<'host'>;
  duration: Histogram<'host'>;
  inFlight: Gauge<'host'>;
  circuit: Gauge<'host'>;
  /** Name of the host as a label: the first hundred by name, all others together. */
  label(host: string): string;
}

const maxLabels = 100;

/** Metrics of outgoing calls; of one registry only one Outgoing may be made. */
export function createOutgoingMetrics(registry: Registry): OutgoingMetrics {
  const registers = [registry];
  const seen = new Set<string>();
  return {
    requests: new Counter({
      name: 'amadeus_outgoing_requests_total',
      help: 'Calls that left the service, by host and outcome (class of the status, or the error code).',
      labelNames: ['host', 'outcome'],
      registers,
    }),
    retries: new Counter({
      name: 'amadeus_outgoing_retries_total',
      help: 'Tries after the first.',
      labelNames: ['host'],
      registers,
    }),
    duration: new Histogram({
      name: 'amadeus_outgoing_duration_seconds',
      help: 'Duration of calls, every try included.',
      labelNames: ['host'],
      buckets: [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30],
      registers,
    }),
    inFlight: new Gauge({
      name: 'amadeus_outgoing_in_flight',
      help: 'Calls that run or wait for their turn.',
      labelNames: ['host'],
      registers,
    }),
    circuit: new Gauge({
      name: 'amadeus_outgoing_circuit_open',
      help: '1 while calls to the host are refused because it failed repeatedly, 0.5 while one call tries it.',
      labelNames: ['host'],
      registers,
    }),
    label: (host) => {
      if (seen.has(host)) return host;
      if (seen.size >= maxLabels) return 'other';
      seen.add(host);
      return host;
    },
  };
}
