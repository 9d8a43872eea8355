import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Sandbox } from '../sandbox.ts';

const start = Date.parse('2026-11-02T00:00:00Z');
const cluster = new Sandbox({
  start,
  images: { 'web:1': { greeting: ['hello'] } },
  historySize: 200,
  tokens: {
    root: { name: 'root', groups: ['system:masters'] },
    reader: { name: 'reader', groups: [] },
  },
});
let url = '';

beforeAll(async () => {
  url = await cluster.listen();
  cluster.deploy({ namespace: 'shop', name: 'web', image: 'web:1', replicas: 5 });
  cluster.advance(20_000);
});
afterAll(() => cluster.close());

const deployment = '/apis/apps/v1/namespaces/shop/deployments/web';

async function call(
  path: string,
  {
    method = 'GET',
    body,
    type = 'application/json',
    token = 'root',
  }: { method?: string; body?: unknown; type?: string; token?: string } = {},
) {
  const response = await fetch(url + path, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': type },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- answers of any kind, looked into by the tests
  return { status: response.status, body: (await response.json()) as any };
}

/** The first `count` lines of a watch. */
async function watched(path: string, count: number, meanwhile: () => void = () => undefined) {
  const end = new AbortController();
  const response = await fetch(url + path, { headers: { authorization: 'Bearer root' }, signal: end.signal });
  const lines: { type: string; object: { code?: number; metadata: Record<string, string> } }[] = [];
  let text = '';
  meanwhile();
  for await (const chunk of response.body ?? []) {
    text += Buffer.from(chunk as Uint8Array).toString();
    const parts = text.split('\n');
    text = parts.pop() ?? '';
    lines.push(...parts.map((line) => JSON.parse(line)));
    if (lines.length >= count) break;
  }
  end.abort();
  return lines;
}

describe('discovery', () => {
  test('leads from the root to every kind, by the names that people type', async () => {
    expect((await call('/api')).body).toMatchObject({ kind: 'APIVersions', versions: ['v1'] });
    const { body } = await call('/apis');
    const groups = body.groups as { name: string; preferredVersion: { groupVersion: string } }[];
    expect(groups.map(({ name }) => name)).toEqual(expect.arrayContaining(['apps', 'rbac.authorization.k8s.io']));
    for (const { preferredVersion } of groups)
      expect((await call(`/apis/${preferredVersion.groupVersion}`)).status).toBe(200);
    const { resources } = (await call('/apis/apps/v1')).body;
    expect(resources).toContainEqual(
      expect.objectContaining({ name: 'deployments', singularName: 'deployment', shortNames: ['deploy'] }),
    );
    expect((await call('/apis/batch/v1')).status).toBe(404);
  });
});

describe('Lists', () => {
  test('come in pages that belong together', async () => {
    const first = await call('/api/v1/namespaces/shop/pods?limit=2');
    const second = await call(`/api/v1/namespaces/shop/pods?limit=10&continue=${first.body.metadata.continue}`);
    expect(first.body.items).toHaveLength(2);
    expect(second.body.items).toHaveLength(3);
    expect(second.body.metadata).toEqual({ resourceVersion: first.body.metadata.resourceVersion });
  });

  test('are narrowed by labels and fields', async () => {
    const none = await call('/api/v1/pods?labelSelector=app%20in%20(other),!x');
    expect(none.body.items).toEqual([]);
    const running = await call('/api/v1/pods?fieldSelector=status.phase=Running&labelSelector=app=web');
    expect(running.body.items).toHaveLength(5);
  });
});

describe('Watches', () => {
  test('tell what came since a version, and bookmarks', async () => {
    const { body } = await call('/api/v1/namespaces/shop/pods');
    const from = String(body.metadata.resourceVersion);
    const [pod] = body.items;
    const path = `/api/v1/namespaces/shop/pods?watch=true&allowWatchBookmarks=true&resourceVersion=${from}`;
    const lines = await watched(path, 3, () => {
      cluster.store.remove(cluster.api.kind('pods'), 'shop', pod.metadata.name);
      cluster.advance(70_000);
    });
    expect(lines[0]).toMatchObject({ type: 'DELETED', object: { metadata: { name: pod.metadata.name } } });
    expect(lines[1]?.type).toBe('ADDED');
    const later = await watched(path.replace('resourceVersion=', 'resourceVersion='), 1, () => cluster.advance(70_000));
    expect(later[0]?.type).toBe('DELETED');
    const quiet = await call('/api/v1/nodes');
    const marks = await watched(
      `/api/v1/nodes?watch=1&allowWatchBookmarks=true&resourceVersion=${quiet.body.metadata.resourceVersion}`,
      1,
      () => cluster.advance(70_000),
    );
    expect(marks[0]?.type).toBe('BOOKMARK');
  });

  test('from a version that is forgotten are told 410', async () => {
    const { body } = await call('/api/v1/pods');
    cluster.store.compact();
    const lines = await watched(`/api/v1/pods?watch=true&resourceVersion=${body.metadata.resourceVersion}`, 1);
    expect(lines[0]).toMatchObject({ type: 'ERROR', object: { code: 410 } });
  });
});

describe('Patches', () => {
  const image = (value: string) => ({ spec: { template: { spec: { containers: [{ name: 'main', image: value }] } } } });

  test('by strategic merge leave the other fields of a container', async () => {
    const { body } = await call(deployment, {
      method: 'PATCH',
      type: 'application/strategic-merge-patch+json',
      body: image('web:2'),
    });
    expect(body.spec.template.spec.containers[0]).toMatchObject({
      image: 'web:2',
      resources: { limits: { cpu: '1' } },
    });
  });

  test('by merge replace lists', async () => {
    const { body } = await call(`${deployment}?dryRun=All`, {
      method: 'PATCH',
      type: 'application/merge-patch+json',
      body: image('web:3'),
    });
    expect(body.spec.template.spec.containers).toEqual([{ name: 'main', image: 'web:3' }]);
    const { body: kept } = await call(deployment);
    expect(kept.spec.template.spec.containers[0].image).toBe('web:2');
  });

  test('by JSON patch are refused where a test fails', async () => {
    const operations = [
      { op: 'test', path: '/spec/replicas', value: 4 },
      { op: 'replace', path: '/spec/replicas', value: 6 },
    ];
    const refused = await call(deployment, { method: 'PATCH', type: 'application/json-patch+json', body: operations });
    expect(refused.status).toBe(422);
    const [first] = operations;
    const done = await call(deployment, {
      method: 'PATCH',
      type: 'application/json-patch+json',
      body: [{ ...first, value: 5 }, operations[1]],
    });
    expect(done.body.spec.replicas).toBe(6);
  });

  test('by apply conflict where another manager holds the field, unless forced', async () => {
    const body = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web' }, ...image('web:9') };
    const type = 'application/apply-patch+yaml';
    const refused = await call(`${deployment}?fieldManager=me`, { method: 'PATCH', type, body });
    expect(refused).toMatchObject({ status: 409, body: { reason: 'Conflict' } });
    const forced = await call(`${deployment}?fieldManager=me&force=true`, { method: 'PATCH', type, body });
    expect(forced.body.spec.template.spec.containers[0].image).toBe('web:9');
    expect(forced.body.metadata.managedFields.map((entry: { manager: string }) => entry.manager)).toContain('me');
  });

  test('and updates on an old version conflict', async () => {
    const { body } = await call(deployment);
    const old = { metadata: { resourceVersion: '1' }, spec: { replicas: 2 } };
    const type = 'application/merge-patch+json';
    expect((await call(deployment, { method: 'PATCH', type, body: old })).status).toBe(409);
    const stale = { ...body, metadata: { ...body.metadata, resourceVersion: '1' } };
    expect((await call(deployment, { method: 'PUT', body: stale })).status).toBe(409);
  });

  test('of the scale alter the replicas only', async () => {
    const type = 'application/merge-patch+json';
    const { body } = await call(`${deployment}/scale`, { method: 'PATCH', type, body: { spec: { replicas: 2 } } });
    expect(body).toMatchObject({ kind: 'Scale', spec: { replicas: 2 }, status: { selector: 'app=web' } });
    expect(
      (await call(`${deployment}/scale`, { method: 'PATCH', type, body: { spec: { replicas: -1 } } })).status,
    ).toBe(422);
  });
});

describe('Rights', () => {
  test('are those of the bindings, and can be asked for', async () => {
    expect((await call('/api/v1/pods', { token: 'nobody' })).status).toBe(401);
    const refused = await call('/api/v1/namespaces/shop/pods', { token: 'reader' });
    expect(refused).toMatchObject({ status: 403, body: { reason: 'Forbidden' } });
    cluster.apply('clusterroles', {
      metadata: { name: 'pods' },
      rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['list'] }],
    });
    cluster.apply('rolebindings', {
      metadata: { namespace: 'shop', name: 'pods' },
      subjects: [{ kind: 'User', name: 'reader' }],
      roleRef: { kind: 'ClusterRole', name: 'pods' },
    });
    expect((await call('/api/v1/namespaces/shop/pods', { token: 'reader' })).status).toBe(200);
    expect((await call('/api/v1/pods', { token: 'reader' })).status).toBe(403);
    const review = async (verb: string) => {
      const resourceAttributes = { verb, group: '', resource: 'pods', namespace: 'shop' };
      const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
      return (await call(path, { method: 'POST', token: 'reader', body: { spec: { resourceAttributes } } })).body.status
        .allowed;
    };
    expect([await review('list'), await review('delete')]).toEqual([true, false]);
  });
});
