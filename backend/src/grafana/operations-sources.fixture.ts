import type { PanelSources } from './panel-queries.ts';

/** Sources, reconciliation and the service itself as tests want them. */
export function operationsSources(): Pick<PanelSources, 'sources' | 'reconciliation' | 'service' | 'now'> {
  const bucket = (le: number | '+Inf', value: number) => ({
    metricName: 'amadeus_http_request_duration_seconds_bucket',
    labels: { method: 'GET', route: '/api/overview', status: 200, le },
    value,
  });
  const of = (kind: string, status: number, value: number) => ({
    metricName: `amadeus_http_request_duration_seconds_${kind}`,
    labels: { method: 'GET', route: '/api/overview', status },
    value,
  });
  return {
    now: () => new Date('2026-11-22T00:00:00Z'),
    sources: {
      sources: async () => [
        { source: 'aws', kind: 'aws-cur', lastAt: '2026-11-21T18:00:00Z', rows: 10, quarantined: 1, state: 'fresh' },
        { source: 'shop', kind: 'metrics', lastAt: null, rows: 0, quarantined: 0, state: 'stale' },
      ],
    },
    reconciliation: {
      reconciliation: async () => ({
        from: '2026-11-15',
        to: '2026-11-22',
        providers: [
          {
            ...{ provider: 'OpenAI', currency: 'USD', billed: '98', estimated: '100', difference: '-2', days: 7 },
            percent: '-2.0408',
            causes: [
              { cause: 'cache', amount: '0.5' },
              { cause: 'missing-requests', amount: '-2.5' },
            ],
          },
        ],
      }),
    },
    service: {
      warehouseAnswers: async () => true,
      storeAnswers: async () => false,
      metrics: async () => [
        {
          name: 'amadeus_http_request_duration_seconds',
          values: [
            ...[bucket(0.1, 80), bucket(0.2, 100), bucket('+Inf', 100)],
            ...[of('count', 200, 100), of('sum', 200, 5), of('count', 500, 100)],
          ],
        },
        { name: 'process_start_time_seconds', values: [{ labels: {}, value: Date.UTC(2026, 10, 21) / 1000 }] },
        {
          name: 'amadeus_loop_turns_total',
          values: [
            { labels: { loop: 'estate', outcome: 'done' }, value: 3 },
            { labels: { loop: 'estate', outcome: 'failed' }, value: 1 },
          ],
        },
        { name: 'amadeus_jobs_waiting', values: [{ labels: { job: 'ingest' }, value: 2 }] },
      ],
    },
  };
}
