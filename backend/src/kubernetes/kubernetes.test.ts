import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import { addOnKinds } from '../../../deploy/sandbox/api/object.ts';
import { Sandbox } from '../../../deploy/sandbox/sandbox.ts';
import { ManualClock } from '../platform/clock/index.ts';
import type { Cluster, ObjectRef, Pod, WatchEvent } from './contract.ts';
import { clustersAt } from './fixtures/cluster-at.ts';
import type { KubernetesRoom } from './kubernetes-room.ts';
import { memoryQuantity, parseQuantity } from './quantity.ts';
import { resources } from './resources.ts';

const start = Date.parse('2026-11-02T00:00:00Z');
const clock = new ManualClock(start);
const sandbox = new Sandbox({
  start,
  images: { 'web:1': { greeting: ['one', 'two', 'three'] } },
  kinds: Object.values(addOnKinds),
  tokens: { root: { name: 'root', groups: ['system:masters'] }, weak: { name: 'weak', groups: [] } },
});
let room: KubernetesRoom;
let cluster: Cluster;
let weak: Cluster;

const web: ObjectRef = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'web' };

async function pass(ms: number): Promise<void> {
  sandbox.advance(ms);
  await clock.advance(ms);
}

beforeAll(async () => {
  const url = await sandbox.listen();
  room = clustersAt(
    [
      {
        ...{ name: 'seoul', url, token: 'root', region: 'kr' },
        resources: [
          { apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout' },
          { apiVersion: 'games.example.com/v1', kind: 'Fleet' },
          { apiVersion: 'games.example.com/v1', kind: 'Lobby' },
        ],
        teams: { ops: 'sre' },
      },
      { name: 'weak', url, token: 'weak' },
    ],
    clock,
  );
  cluster = room.find('default', 'seoul')!;
  weak = room.find('default', 'weak')!;
  sandbox.deploy({ namespace: 'shop', name: 'web', image: 'web:1', replicas: 2 });
  await pass(20_000);
});
afterAll(async () => {
  await room.close?.();
  await sandbox.close();
});

describe('Workloads', () => {
  test('come with what speaks for them', async () => {
    const target = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' };
    sandbox.apply('horizontalpodautoscalers', {
      metadata: { namespace: 'shop', name: 'web-hpa' },
      spec: { scaleTargetRef: target, minReplicas: 2, maxReplicas: 9 },
    });
    sandbox.apply('horizontalpodautoscalers', {
      metadata: { namespace: 'shop', name: 'keda-hpa-web', labels: { 'scaledobject.keda.sh/name': 'web-so' } },
      spec: { scaleTargetRef: target, maxReplicas: 5 },
    });
    sandbox.apply('scaledobjects', {
      metadata: { namespace: 'shop', name: 'web-so', annotations: { 'autoscaling.keda.sh/paused': 'true' } },
      spec: { scaleTargetRef: { name: 'web' }, maxReplicaCount: 5 },
    });
    sandbox.apply('verticalpodautoscalers', {
      metadata: { namespace: 'shop', name: 'web-vpa' },
      spec: { targetRef: target, updatePolicy: { updateMode: 'Off' } },
    });
    sandbox.deploy({
      ...{ namespace: 'ops', name: 'gitops', image: 'web:1' },
      annotations: { 'argocd.argoproj.io/tracking-id': 'payments:apps/Deployment:ops/gitops' },
    });
    sandbox.deploy({
      ...{ namespace: 'ops', name: 'released', image: 'web:1' },
      labels: { 'app.kubernetes.io/managed-by': 'Helm', team: 'platform', 'app.kubernetes.io/part-of': 'portal' },
      annotations: { 'meta.helm.sh/release-name': 'rel' },
    });
    sandbox.apply('rollouts', { metadata: { namespace: 'ops', name: 'canary' }, spec: { replicas: 3 } });
    const found = await cluster.workloads();
    const of = (name: string) => found.find(({ ref }) => ref.name === name);
    expect(of('web')).toMatchObject({ ref: web, replicas: 2, readyReplicas: 2 });
    expect(of('web')?.owners).toEqual({
      autoscalers: [
        { kind: 'keda', name: 'web-so', acts: false, maxReplicas: 5 },
        { kind: 'hpa', name: 'web-hpa', acts: true, minReplicas: 2, maxReplicas: 9 },
        { kind: 'vpa', name: 'web-vpa', acts: false },
      ],
      managers: [],
      gitOps: false,
    });
    expect(of('gitops')?.owners).toMatchObject({ managers: [{ kind: 'argo-cd', name: 'payments' }], gitOps: true });
    expect(of('released')?.owners).toMatchObject({ managers: [{ kind: 'helm', name: 'rel' }], gitOps: false });
    expect(of('released')?.belongsTo).toEqual({ team: 'platform', product: 'portal' });
    expect(of('gitops')?.belongsTo).toEqual({ team: 'sre' });
    expect(of('web')?.belongsTo).toEqual({});
    expect(of('canary')).toMatchObject({ ref: { kind: 'Rollout' }, replicas: 3 });
  });

  test('are found from their pods, through the ReplicaSet', async () => {
    const { items } = await cluster.list<Pod>(resources.pods, { namespace: 'shop' });
    expect(await cluster.workloadOf(items[0]!)).toEqual(web);
  });

  test('are scaled by the subresource, on the version that was read', async () => {
    const before = await cluster.readScale(web);
    const after = await cluster.scale(web, 3, { resourceVersion: before.resourceVersion });
    expect([before.replicas, after.replicas, after.selector]).toEqual([2, 3, 'app=web']);
    await expect(cluster.scale(web, 4, { resourceVersion: before.resourceVersion })).rejects.toMatchObject({
      code: 'CONFLICT',
    });
    const judged = await cluster.scale(web, 7, { dryRun: true });
    expect([judged.replicas, (await cluster.readScale(web)).replicas]).toEqual([7, 3]);
  });

  test('of kinds that keep their replicas elsewhere are told by the subresource; kinds that lack are left out', async () => {
    sandbox.apply('fleets', {
      metadata: { namespace: 'shop', name: 'arena' },
      spec: { size: 4 },
      status: { size: 4, podSelector: 'app=web' },
    });
    const ref = { apiVersion: 'games.example.com/v1', kind: 'Fleet', namespace: 'shop', name: 'arena' };
    const arena = (await cluster.workloads()).find(({ ref: { name } }) => name === 'arena');
    expect(arena).toMatchObject({ ref, replicas: 4, readyReplicas: 2, selector: { app: 'web' } });
    expect(arena?.template).toBeUndefined();
    await cluster.scale(ref, 6);
    expect((await cluster.workload(ref)).replicas).toBe(6);
    expect(await cluster.get(ref)).toMatchObject({ spec: { size: 6 } });
  });

  test('are patched, with what the cluster refuses said', async () => {
    const body = {
      spec: { template: { spec: { containers: [{ name: 'main', resources: { limits: { memory: '16Mi' } } }] } } },
    };
    await expect(cluster.patch(web, { type: 'strategic', body })).rejects.toMatchObject({
      code: 'UNPROCESSABLE',
      message: expect.stringContaining('must be less than or equal to memory limit'),
    });
    await expect(cluster.get({ ...web, name: 'none' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('Rights', () => {
  test('can be asked for before they are needed, and their lack names what is missing', async () => {
    const question = { verb: 'patch', group: 'apps', resource: 'deployments', namespace: 'shop' } as const;
    expect([await cluster.may(question), await weak.may(question)]).toMatchObject([
      { allowed: true },
      { allowed: false },
    ]);
    await expect(weak.workloads()).rejects.toMatchObject({
      code: 'FORBIDDEN',
      message: expect.stringContaining('cannot list resource'),
    });
  });
});

describe('Logs and events', () => {
  test('are read as far as asked for', async () => {
    const [pod] = sandbox.pods('shop', 'web');
    const name = pod!.metadata.name;
    expect(await cluster.logs({ namespace: 'shop', name }, { tailLines: 2 })).toBe('two\nthree\n');
    await expect(cluster.logs({ namespace: 'shop', name }, { previous: true })).rejects.toMatchObject({
      code: 'BAD_REQUEST',
    });
    const events = await cluster.events({ namespace: 'shop', kind: 'Pod', name });
    expect(events.map(({ reason }) => reason)).toEqual(['Scheduled', 'Pulled', 'Started']);
  });
});

describe('A watch', () => {
  /** Reads on until `until` holds; time passes meanwhile. */
  async function read(events: AsyncGenerator<WatchEvent<Pod>>, until: (event: WatchEvent<Pod>) => boolean) {
    const told: string[] = [];
    for (;;) {
      const next = events.next();
      let isDone = false;
      void next.then(() => (isDone = true));
      while (!isDone) {
        await delay(5);
        if (!isDone) await pass(1_000);
      }
      const { value } = await next;
      if (!value) return told;
      told.push(value.type);
      if (until(value)) return told;
    }
  }

  test('goes on after a lost connection without a new list, and lists again after 410', async () => {
    const stop = new AbortController();
    const troubles: string[] = [];
    const events = cluster.watch<Pod>(resources.pods, {
      namespace: 'shop',
      signal: stop.signal,
      onTrouble: (error) => troubles.push((error as { code?: string }).code ?? 'none'),
    });
    expect(await read(events, ({ type }) => type === 'synced')).toEqual(['synced']);
    sandbox.store.remove(sandbox.api.kind('pods'), 'shop', sandbox.pods('shop', 'web')[0]!.metadata.name);
    expect(await read(events, ({ type }) => type === 'deleted')).not.toContain('synced');
    sandbox.api.dropWatches();
    const lists = sandbox.api.calls.get('list pods');
    sandbox.store.remove(sandbox.api.kind('pods'), 'shop', sandbox.pods('shop', 'web')[0]!.metadata.name);
    const more = await read(events, ({ type }) => type === 'deleted');
    expect(more).not.toContain('synced');
    expect(sandbox.api.calls.get('list pods')).toBe(lists);
    sandbox.store.compact();
    sandbox.api.dropWatches();
    const last = await read(events, ({ type }) => type === 'synced');
    expect(last.at(-1)).toBe('synced');
    expect(troubles).toContain('GONE');
    stop.abort();
    await events.return();
  });

  test('keeps a mirror that knows how fresh it is, through an outage', async () => {
    const stop = new AbortController();
    const told: string[] = [];
    const mirror = cluster.mirror<Pod>(resources.pods, { onEvent: ({ type }) => void told.push(type), maxObjects: 4 });
    expect(mirror.freshAt).toBeUndefined();
    const running = mirror.run(stop.signal);
    for (let i = 0; i < 200 && !mirror.freshAt; i++) await delay(5);
    expect(mirror.freshAt).toEqual(clock.now());
    expect(mirror.objects.size).toBe(4);
    sandbox.api.setAway(true);
    await delay(20);
    const lost = clock.now();
    for (let i = 0; i < 30; i++) await pass(4_000);
    expect(mirror.freshAt!.getTime()).toBeLessThanOrEqual(lost.getTime());
    sandbox.api.setAway(false);
    for (let i = 0; i < 400 && mirror.freshAt! <= lost; i++) {
      await delay(5);
      await pass(2_000);
    }
    expect(mirror.freshAt!.getTime()).toBeGreaterThan(lost.getTime());
    stop.abort();
    await pass(60_000);
    await running;
  });
});

describe('A lease', () => {
  test('is held by one, and taken by the other when it is not renewed', async () => {
    const options = { namespace: 'amadeus', name: 'controller', durationMs: 15_000 };
    const [a, b] = [cluster.lease({ ...options, identity: 'a' }), cluster.lease({ ...options, identity: 'b' })] as {
      strive?(): Promise<boolean>;
      isHeld(): boolean;
    }[];
    expect(await a!.strive!()).toBe(true);
    expect(await b!.strive!()).toBe(false);
    await pass(9_000);
    expect(a!.isHeld()).toBe(true);
    expect(await b!.strive!()).toBe(false);
    await pass(7_000);
    // Not renewed for longer than it lasts: nobody may act on it any more.
    expect(a!.isHeld()).toBe(false);
    expect(await b!.strive!()).toBe(true);
    expect(await a!.strive!()).toBe(false);
    expect([a!.isHeld(), b!.isHeld()]).toEqual([false, true]);
  });
});

describe('Quantities', () => {
  test('are read exactly, and memory is never rounded down', () => {
    expect(['512Mi', '1G', '250m', '1e3', '0.5Gi', 'x', ''].map(parseQuantity)).toEqual([
      ...[536_870_912, 1e9, 0.25, 1000, 536_870_912, undefined, undefined],
    ]);
    expect(memoryQuantity(2 ** 20 * 100 + 1)).toBe('101Mi');
  });
});
