import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { addOnKinds } from '../../../deploy/sandbox/api/object.ts';
import type { NewObject } from '../../../deploy/sandbox/api/object-store.ts';
import { Sandbox } from '../../../deploy/sandbox/sandbox.ts';
import { ManualClock } from '../platform/clock/index.ts';
import type { AccessQuestion, Cluster, ObjectRef, Pod } from './contract.ts';
import { clustersAt } from './fixtures/cluster-at.ts';
import type { KubernetesRoom } from './kubernetes-room.ts';
import { resources } from './resources.ts';

const folder = join(import.meta.dirname, '..', '..', '..', 'deploy', 'rbac');
const start = Date.parse('2026-11-02T00:00:00Z');
const account = 'system:serviceaccount:amadeus:amadeus';
const sandbox = new Sandbox({
  start,
  images: { 'web:1': {} },
  kinds: Object.values(addOnKinds),
  tokens: { amadeus: { name: account, groups: ['system:serviceaccounts'] } },
});
const web: ObjectRef = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'web' };
let room: KubernetesRoom;
let cluster: Cluster;

function install(file: string): void {
  for (const document of parseAllDocuments(readFileSync(join(folder, file), 'utf8'))) {
    const object = document.toJS() as NewObject & { kind: string };
    sandbox.apply(`${object.kind.toLowerCase()}s`, object);
  }
}

beforeAll(async () => {
  const url = await sandbox.listen();
  room = clustersAt([{ name: 'seoul', url, token: 'amadeus' }], new ManualClock(start));
  cluster = room.clusters[0]!;
  sandbox.deploy({ namespace: 'shop', name: 'web', image: 'web:1' });
  sandbox.advance(20_000);
});
afterAll(async () => {
  await room.close?.();
  await sandbox.close();
});

const asked: Record<string, AccessQuestion> = {
  watch: { verb: 'watch', group: '', resource: 'pods' },
  logs: { verb: 'get', group: '', resource: 'pods', subresource: 'log' },
  secrets: { verb: 'get', group: '', resource: 'secrets', namespace: 'shop' },
  configMaps: { verb: 'list', group: '', resource: 'configmaps' },
  scale: { verb: 'patch', group: 'apps', resource: 'deployments', subresource: 'scale' },
  minimum: { verb: 'patch', group: 'autoscaling', resource: 'horizontalpodautoscalers' },
  heal: { verb: 'patch', group: 'apps', resource: 'deployments' },
  pods: { verb: 'delete', group: '', resource: 'pods' },
  roles: { verb: 'create', group: 'rbac.authorization.k8s.io', resource: 'clusterrolebindings' },
  otherLeases: { verb: 'create', group: 'coordination.k8s.io', resource: 'leases', namespace: 'kube-system' },
};

async function allowed(): Promise<string[]> {
  const found: string[] = [];
  for (const [name, question] of Object.entries(asked)) if ((await cluster.may(question)).allowed) found.push(name);
  return found;
}

test('observe.yaml is enough to see everything that is needed, and to change nothing', async () => {
  await expect(cluster.workloads()).rejects.toMatchObject({ code: 'FORBIDDEN' });
  install('observe.yaml');
  const [workload] = await cluster.workloads();
  expect(workload).toMatchObject({ ref: web, readyReplicas: 1 });
  const name = sandbox.pods('shop')[0]!.metadata.name;
  const { items } = await cluster.list<Pod>(resources.pods);
  expect(await cluster.workloadOf(items[0]!)).toEqual(web);
  await cluster.logs({ namespace: 'shop', name });
  await cluster.events({ namespace: 'shop', kind: 'Pod', name });
  await cluster.readScale(web);
  for (const resource of [resources.nodes, resources.resourceQuotas, resources.replicaSets])
    await cluster.list(resource);
  for (const resource of [resources.pods, resources.events]) {
    const stop = new AbortController();
    const watch = cluster.watch(resource, { signal: stop.signal });
    expect((await watch.next()).value).toMatchObject({ type: 'synced' });
    stop.abort();
    await watch.return();
  }
  const lease = cluster.lease({ namespace: 'amadeus', name: 'amadeus-healing', identity: 'a' }) as unknown as {
    strive(): Promise<boolean>;
  };
  expect([await lease.strive(), await lease.strive()]).toEqual([true, true]);
  await expect(cluster.scale(web, 3)).rejects.toMatchObject({ code: 'FORBIDDEN' });
  await expect(cluster.patch(web, { type: 'merge', body: { spec: { replicas: 3 } } })).rejects.toMatchObject({
    code: 'FORBIDDEN',
  });
  expect(await allowed()).toEqual(['watch', 'logs']);
});

test('scale.yaml adds replicas and minimums, heal.yaml the patch of workloads, and neither anything else', async () => {
  install('scale.yaml');
  expect(await allowed()).toEqual(['watch', 'logs', 'scale', 'minimum']);
  expect((await cluster.scale(web, 3)).replicas).toBe(3);
  await expect(cluster.patch(web, { type: 'merge', body: { spec: { paused: true } } })).rejects.toMatchObject({
    code: 'FORBIDDEN',
  });
  install('heal.yaml');
  expect(await allowed()).toEqual(['watch', 'logs', 'scale', 'minimum', 'heal']);
  await cluster.patch(web, { type: 'json', body: [{ op: 'add', path: '/metadata/annotations', value: { a: 'b' } }] });
});
