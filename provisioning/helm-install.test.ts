import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { clustersAt } from '../backend/src/kubernetes/fixtures/cluster-at.ts';
import type { AccessQuestion, Cluster, KubernetesRoom, ObjectRef } from '../backend/src/kubernetes/index.ts';
import { ManualClock } from '../backend/src/platform/clock/index.ts';
import { addOnKinds } from '../deploy/sandbox/api/object.ts';
import type { NewObject } from '../deploy/sandbox/api/object-store.ts';
import { Sandbox } from '../deploy/sandbox/sandbox.ts';

const helm = process.env.HELM ?? 'helm';
const folder = mkdtempSync(join(tmpdir(), 'amadeus-helm-'));
const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
const lacking = [
  ['helm', spawnSync(helm, ['version', '--short']).status],
  // Clients send their tokens over TLS alone.
  [
    'openssl',
    spawnSync('openssl', [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1'],
      ...['-subj', '/CN=sandbox', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', cert],
    ]).status,
  ],
].flatMap(([name, status]) => (status === 0 ? [] : [name]));
const ready = lacking.length === 0;
const only = ready ? test : test.skip;
const start = Date.parse('2026-11-02T00:00:00Z');
const chart = join(import.meta.dirname, '..', 'deploy', 'helm', 'amadeus');
const sandbox = new Sandbox({
  start,
  images: { 'web:1': {} },
  kinds: Object.values(addOnKinds),
  ...(ready ? { tls: { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') } } : {}),
  tokens: {
    root: { name: 'root', groups: ['system:masters'] },
    amadeus: { name: 'system:serviceaccount:amadeus:amadeus', groups: ['system:serviceaccounts'] },
  },
});
const web: ObjectRef = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'web' };

interface Rendered extends NewObject {
  kind: string;
  data?: Record<string, string>;
  spec?: { template: { metadata: { annotations: Record<string, string> } } };
}
let room: KubernetesRoom;
let cluster: Cluster;

beforeAll(async () => {
  const url = await sandbox.listen();
  writeFileSync(
    join(folder, 'kubeconfig'),
    JSON.stringify({
      ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'sandbox' },
      clusters: [{ name: 'sandbox', cluster: { server: url, 'certificate-authority': cert } }],
      users: [{ name: 'root', user: { token: 'root' } }],
      contexts: [{ name: 'sandbox', context: { cluster: 'sandbox', user: 'root' } }],
    }),
  );
  room = clustersAt(
    [{ name: 'here', url, token: 'amadeus', ...(ready ? { caFile: cert } : {}) }],
    new ManualClock(start),
  );
  cluster = room.clusters[0]!;
  sandbox.apply('namespaces', { metadata: { name: 'amadeus' } });
  sandbox.deploy({ namespace: 'shop', name: 'web', image: 'web:1' });
  sandbox.advance(20_000);
});
afterAll(async () => {
  await room.close?.();
  await sandbox.close();
  rmSync(folder, { recursive: true, force: true });
});

/** The chart as Helm would install it now: it looks into the cluster. Helm's own bookkeeping needs more than a sandbox. */
async function render(...settings: string[]): Promise<Rendered[]> {
  const values = [
    'config.kubernetes.clusters[0].name=here',
    'config.kubernetes.clusters[0].inCluster=true',
    ...settings,
  ];
  const child = spawn(
    helm,
    [
      ...['template', 'amadeus', chart, '-n', 'amadeus', '--dry-run=server', '--kube-version', '1.34.0'],
      ...values.flatMap((value) => ['--set', value]),
    ],
    { env: { PATH: process.env.PATH, HOME: folder, KUBECONFIG: join(folder, 'kubeconfig') } },
  );
  let [out, said] = ['', ''];
  child.stdout.on('data', (data: Buffer) => (out += data.toString()));
  child.stderr.on('data', (data: Buffer) => (said += data.toString()));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  expect([code, said]).toEqual([0, '']);
  return parseAllDocuments(out).flatMap((one) => (one.toJS() as Rendered | null) ?? []);
}

/** Puts into the cluster what this test looks at. */
async function install(...settings: string[]): Promise<Rendered[]> {
  const objects = await render(...settings);
  const kinds = ['Secret', 'ServiceAccount', 'ClusterRole', 'ClusterRoleBinding', 'Role', 'RoleBinding'];
  for (const object of objects) if (kinds.includes(object.kind)) sandbox.apply(`${object.kind.toLowerCase()}s`, object);
  return objects;
}

const secretOf = (objects: Rendered[]): unknown => objects.find(({ kind }) => kind === 'Secret')?.data;
const annotationsOf = (objects: Rendered[]): unknown[] =>
  objects.flatMap(({ kind, spec }) => (kind === 'Deployment' ? [spec?.template.metadata.annotations] : []));

const questions: Record<string, AccessQuestion> = {
  watch: { verb: 'watch', group: '', resource: 'pods' },
  secrets: { verb: 'get', group: '', resource: 'secrets', namespace: 'amadeus' },
  scale: { verb: 'patch', group: 'apps', resource: 'deployments', subresource: 'scale', namespace: 'shop' },
  heal: { verb: 'patch', group: 'apps', resource: 'deployments', namespace: 'shop' },
};
async function allowed(): Promise<string[]> {
  const found: string[] = [];
  for (const [name, question] of Object.entries(questions)) if ((await cluster.may(question)).allowed) found.push(name);
  return found;
}

const why = ready ? '' : ` (skipped: no ${lacking.join(' and no ')} here)`;

describe(`an installation${why}`, () => {
  only('looks and does nothing, and is granted more by an upgrade that keeps its secrets', async () => {
    const first = await install();
    expect(await cluster.workloads()).toMatchObject([{ ref: web, readyReplicas: 1 }]);
    expect(await allowed()).toEqual(['watch']);
    await expect(cluster.scale(web, 3)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    expect(Object.keys(secretOf(first) as object)).toContain('postgres-password');

    const second = await install('rbac.scale=true');
    expect(secretOf(second)).toEqual(secretOf(first));
    expect(annotationsOf(second)).toEqual(annotationsOf(first));
    expect(await allowed()).toEqual(['watch', 'scale']);
    expect((await cluster.scale(web, 3)).replicas).toBe(3);
  });

  only('keeps the password of a store that is not bundled for a while', async () => {
    const [before] = (await install()).filter(({ kind }) => kind === 'Secret');
    await install('redis.bundled=false');
    const [after] = (await install()).filter(({ kind }) => kind === 'Secret');
    expect(after!.data).toEqual(before!.data);
  });
});
