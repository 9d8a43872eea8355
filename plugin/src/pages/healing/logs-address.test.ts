import { logsCommand, logsPane } from './logs-address';

const incident = {
  ...{ namespace: 'shop', workload: 'cart.v2', container: 'main', kind: 'Deployment' },
  firstAt: '2026-11-21T19:00:00Z',
  closedAt: null,
};

test('logs are looked for around the incident, by namespace, pods and container', () => {
  const now = Date.parse('2026-11-21T19:30:00Z');
  expect(logsPane(incident, 'loki-1', now)).toMatchObject({
    datasource: 'loki-1',
    queries: [{ expr: '{namespace="shop", pod=~"cart\\\\.v2-.*", container="main"}' }],
    range: { from: String(Date.parse('2026-11-21T18:50:00Z')), to: String(now) },
  });
  const over = { ...incident, closedAt: '2026-11-21T19:05:00Z' };
  expect(logsPane(over, 'loki-1', now).range.to).toBe(String(Date.parse('2026-11-21T19:15:00Z')));
});

test('without Loki, a command reads those of the instance that ended', () => {
  expect(logsCommand(incident)).toBe('kubectl -n shop logs deployment/cart.v2 -c main --previous --tail=200');
});
