import { afterAll, describe, expect, test } from '@jest/globals';
import { faults } from './cluster/faults.ts';
import { Sandbox, type SandboxOptions } from './sandbox.ts';

const start = Date.parse('2026-11-02T00:00:00Z');
const sandboxes: Sandbox[] = [];

function sandbox(options: Partial<SandboxOptions> = {}): Sandbox {
  const made = new Sandbox({ start, images: { 'web:1': {}, 'web:2': {} }, ...options });
  sandboxes.push(made);
  return made;
}

afterAll(() => Promise.all(sandboxes.map((one) => one.close().catch(() => undefined))));

const stateOf = (cluster: Sandbox, workload = 'web') =>
  cluster.pods('shop', workload).map(({ status }) => status.containerStatuses?.[0]);

describe('Pods', () => {
  test('start slowly and are ready then', () => {
    const cluster = sandbox({ images: { 'web:1': { pullSeconds: 3, startSeconds: 20 } } });
    cluster.deploy({ namespace: 'shop', name: 'web', image: 'web:1' });
    cluster.advance(10_000);
    expect(stateOf(cluster)[0]).toMatchObject({ ready: false, started: true });
    cluster.advance(20_000);
    expect(stateOf(cluster)[0]).toMatchObject({ ready: true, restartCount: 0 });
  });

  test('that need more than their limit are OOMKilled, and loop with growing pauses', () => {
    const cluster = sandbox({ images: { 'web:1': faults.needsMemory(300) } });
    cluster.deploy({ namespace: 'shop', name: 'web', image: 'web:1', memory: '256Mi' });
    cluster.advance(60_000);
    expect(stateOf(cluster)[0]).toMatchObject({
      state: { waiting: { reason: 'CrashLoopBackOff' } },
      lastState: { terminated: { reason: 'OOMKilled', exitCode: 137 } },
    });
    const early = stateOf(cluster)[0]?.restartCount ?? 0;
    cluster.advance(600_000);
    const late = stateOf(cluster)[0]?.restartCount ?? 0;
    expect(late).toBeGreaterThan(early);
    expect(late).toBeLessThan(early + 6);
  });

  test('whose image cannot be pulled wait in back-off', () => {
    const cluster = sandbox({ images: {} });
    cluster.deploy({ namespace: 'shop', name: 'web', image: 'web:typo' });
    cluster.advance(60_000);
    expect(stateOf(cluster)[0]?.state.waiting?.reason).toBe('ImagePullBackOff');
  });

  test('without room on any node are not placed', () => {
    const cluster = sandbox({ nodes: [{ name: 'small', cpu: '2', memory: '512Mi' }] });
    cluster.deploy({ namespace: 'shop', name: 'web', image: 'web:1', memory: '300Mi', replicas: 2 });
    cluster.advance(20_000);
    const phases = cluster.pods('shop').map(({ status }) => status.phase);
    expect(phases.sort()).toEqual(['Pending', 'Running']);
  });

  test('beyond the quota are not made, and an event says so', () => {
    const cluster = sandbox();
    cluster.apply('resourcequotas', {
      metadata: { namespace: 'shop', name: 'q' },
      spec: { hard: { 'limits.memory': '600Mi' } },
    });
    cluster.deploy({ namespace: 'shop', name: 'web', image: 'web:1', memory: '256Mi', replicas: 3 });
    cluster.advance(20_000);
    expect(cluster.pods('shop')).toHaveLength(2);
    const events = cluster.store.list(cluster.api.kind('events'), 'shop');
    expect(events.map(({ message }) => String(message)).join()).toContain('exceeded quota: q');
  });
});

describe('A rollout', () => {
  test('replaces pods without losing more than a quarter, and counts revisions', () => {
    const cluster = sandbox();
    cluster.deploy({ namespace: 'shop', name: 'web', image: 'web:1', replicas: 4 });
    cluster.advance(20_000);
    cluster.deploy({ namespace: 'shop', name: 'web', image: 'web:2', replicas: 4 });
    let least = 4;
    for (let i = 0; i < 60; i++) {
      cluster.advance(1_000);
      least = Math.min(least, stateOf(cluster).filter((status) => status?.ready).length);
    }
    expect(least).toBeGreaterThanOrEqual(3);
    expect(cluster.pods('shop').map(({ spec }) => spec.containers[0]?.image)).toEqual(Array(4).fill('web:2'));
    const [deployment] = cluster.store.list(cluster.api.kind('deployments'));
    expect(deployment?.metadata.annotations?.['deployment.kubernetes.io/revision']).toBe('2');
  });

  test('to a broken image leaves the old pods, and the former template takes up its ReplicaSet again', () => {
    const cluster = sandbox({ images: { 'web:1': {}, 'web:2': faults.panic() } });
    cluster.deploy({ namespace: 'shop', name: 'web', image: 'web:1', replicas: 3 });
    cluster.advance(20_000);
    cluster.deploy({ namespace: 'shop', name: 'web', image: 'web:2', replicas: 3 });
    cluster.advance(60_000);
    expect(stateOf(cluster).filter((status) => status?.ready)).toHaveLength(3);
    cluster.deploy({ namespace: 'shop', name: 'web', image: 'web:1', replicas: 3 });
    cluster.advance(20_000);
    expect(cluster.pods('shop')).toHaveLength(3);
    const sets = cluster.store.list(cluster.api.kind('replicasets'));
    const revisions = sets.map(({ metadata }) => metadata.annotations?.['deployment.kubernetes.io/revision']);
    expect(revisions.sort()).toEqual(['2', '3']);
  });
});

describe('Traffic', () => {
  test('is slow where it comes close to what the pods can serve, and refused beyond that', () => {
    const cluster = sandbox();
    let rate = 50;
    cluster.deploy({ namespace: 'shop', name: 'web', image: 'web:1', replicas: 2 });
    cluster.serve({ namespace: 'shop', workload: 'web', rate: () => rate });
    cluster.advance(60_000);
    const of = () => cluster.counters('shop', 'web')?.now;
    const calm = of()?.latency.quantile(0.95) ?? 0;
    rate = 185;
    cluster.advance(60_000);
    const busy = of()?.latency.quantile(0.95) ?? 0;
    expect(busy).toBeGreaterThan(calm * 2);
    rate = 300;
    cluster.advance(120_000);
    expect(of()?.refused).toBeGreaterThan(90);
    expect(of()?.latency.quantile(0.5)).toBeGreaterThan(5);
  });

  test('raises the replicas of an HPA, and lets them go after five quiet minutes', () => {
    const cluster = sandbox();
    let rate = 300;
    cluster.deploy({ namespace: 'shop', name: 'web', image: 'web:1', replicas: 2, cpu: '500m' });
    cluster.serve({ namespace: 'shop', workload: 'web', rate: () => rate });
    cluster.apply('horizontalpodautoscalers', {
      metadata: { namespace: 'shop', name: 'web' },
      spec: {
        scaleTargetRef: { kind: 'Deployment', name: 'web' },
        maxReplicas: 12,
        metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { averageUtilization: 300 } } }],
      },
    });
    cluster.advance(300_000);
    const many = cluster.pods('shop').length;
    expect(many).toBeGreaterThanOrEqual(9);
    rate = 20;
    cluster.advance(240_000);
    expect(cluster.pods('shop').length).toBeGreaterThanOrEqual(9);
    cluster.advance(300_000);
    expect(cluster.pods('shop').length).toBeLessThan(9);
  });

  test('is measured as Prometheus would have it', async () => {
    const cluster = sandbox();
    cluster.deploy({ namespace: 'shop', name: 'web', image: 'web:1', replicas: 2 });
    cluster.serve({ namespace: 'shop', workload: 'web', rate: () => 40 });
    cluster.advance(300_000);
    const url = await cluster.listen();
    const ask = async (query: string) => {
      const response = await fetch(`${url}/api/v1/query`, { method: 'POST', body: new URLSearchParams({ query }) });
      return ((await response.json()) as { data: { result: { metric: object; value: [number, string] }[] } }).data
        .result;
    };
    const [requests] = await ask('sum by (namespace, workload) (rate(http_requests_total[1m]))');
    expect(requests?.metric).toEqual({ namespace: 'shop', workload: 'web' });
    expect(Number(requests?.value[1])).toBeCloseTo(40, 3);
    const [p95] = await ask('histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket[5m])))');
    expect(Number(p95?.value[1])).toBeGreaterThan(0.01);
    const text = await (await fetch(`${url}/metrics`)).text();
    expect(text).toContain('amadeus_workload_replicas{namespace="shop",workload="web"} 2');
  });
});
