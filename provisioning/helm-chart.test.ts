import { describe, expect, test } from '@jest/globals';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, parseAllDocuments, stringify } from 'yaml';
import { startGatewayServer, type GatewayServerParts } from '../backend/src/gateway/gateway-server.ts';
import { environmentPaths, reservedVariables } from '../backend/src/platform/config/environment.ts';
import { loadConfig } from '../backend/src/platform/config/index.ts';
import { testServer } from '../backend/src/platform/http/http-fixture.ts';

const root = join(import.meta.dirname, '..');
const chart = join(root, 'deploy', 'helm', 'amadeus');
const text = (...path: string[]): string => readFileSync(join(chart, ...path), 'utf8');
const values = parse(text('values.yaml')) as Record<string, any>; // eslint-disable-line @typescript-eslint/no-explicit-any -- read by its paths below, which the expectations check
const templates = readdirSync(join(chart, 'templates'), { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.(yaml|tpl)$/.test(name))
  .map((name) => [name, text('templates', name)] as const);
const pod = text('templates', '_pod.tpl');

interface Rules {
  kind: string;
  metadata: { name: string };
  rules: unknown[];
}

function rulesOfManifest(file: string, kind: string): unknown[] {
  const objects = parseAllDocuments(readFileSync(join(root, 'deploy', 'rbac', file), 'utf8'));
  return objects.map((one) => one.toJS() as Rules).find((one) => one.kind === kind)!.rules;
}

describe('what the chart grants', () => {
  test.each([
    ['observe', 'observe.yaml', 'ClusterRole'],
    ['scale', 'scale.yaml', 'ClusterRole'],
    ['heal', 'heal.yaml', 'ClusterRole'],
    ['leases', 'observe.yaml', 'Role'],
  ])('%s is what deploy/rbac/%s grants', (right, file, kind) => {
    expect(parse(text('files', 'rules', `${right}.yaml`))).toEqual(rulesOfManifest(file, kind));
  });

  test('of the cluster itself is a part of observe.yaml', () => {
    const nodes = parse(text('files', 'rules', 'nodes.yaml')) as unknown[];
    expect(nodes).toEqual([{ apiGroups: [''], resources: ['nodes'], verbs: ['list'] }]);
    expect(rulesOfManifest('observe.yaml', 'ClusterRole')).toContainEqual({
      apiGroups: [''],
      resources: expect.arrayContaining(['nodes']),
      verbs: ['list'],
    });
  });

  test('is reading alone by default', () => {
    expect(values.rbac).toMatchObject({ observe: true, scale: false, heal: false });
  });
});

describe('the pods of the service', () => {
  test('are asked by routes that exist', async () => {
    const asked = [...pod.matchAll(/httpGet: \{ path: (\S+), port: (\w+) \}/g)].map(([, path, port]) => [port!, path!]);
    expect(new Set(asked.map(([port]) => port))).toEqual(new Set(['http', 'gateway']));
    const { app } = await testServer(() => undefined);
    // Its health is told without any of what serves calls.
    const gateway = await startGatewayServer({ host: '127.0.0.1', port: 0 }, {} as GatewayServerParts);
    try {
      for (const [port, path] of asked) {
        const status =
          port === 'http'
            ? (await app.inject(path!)).statusCode
            : (await fetch(`http://127.0.0.1:${gateway.port}${path}`)).status;
        expect([port, path, status]).toEqual([port, path, 200]);
      }
    } finally {
      await gateway.close();
      await app.close();
    }
  });

  test('are given variables that exist', () => {
    const known = new Set([...environmentPaths().map((entry) => entry.name), ...reservedVariables]);
    const given = [...pod.matchAll(/name: ([A-Z][A-Z_]+), value/g)].map(([, name]) => name!);
    expect(given.length).toBeGreaterThan(15);
    expect(given.filter((name) => !known.has(name) && !known.has(name.replace(/_FILE$/, '')))).toEqual([]);
  });

  test('have more time to end than the gateway gives to calls in progress', () => {
    const drainMs = Number(
      /drainMs = ([\d_]+)/
        .exec(readFileSync(join(root, 'backend/src/gateway/gateway-server.ts'), 'utf8'))![1]!
        .replaceAll('_', ''),
    );
    const pauseSeconds = Number(/command: \[sleep, '(\d+)'\]/.exec(pod)![1]);
    expect(values.pod.terminationGracePeriodSeconds * 1000).toBeGreaterThan(drainMs + pauseSeconds * 1000);
  });
});

test('no pod is given a variable for each Service, which would be taken for a setting that does not exist', () => {
  for (const [name, template] of templates) {
    const pods = template.match(/^\s+containers:$/gm) ?? [];
    expect([name, (template.match(/enableServiceLinks: false/g) ?? []).length]).toEqual([name, pods.length]);
  }
});

test('the images are those of docker-compose.yaml, and no registry is named', () => {
  const compose = parse(readFileSync(join(root, 'docker-compose.yaml'), 'utf8'), { merge: true }) as {
    services: Record<string, { image: string }>;
  };
  const { appVersion } = parse(text('Chart.yaml')) as { appVersion: string };
  const image = ({ repository, tag }: { repository: string; tag: string }): string =>
    `${repository}:${tag === '' ? appVersion : tag}`;
  const { services } = compose;
  expect(image(values.image)).toBe(services.amadeus!.image);
  for (const part of ['grafana', 'clickhouse', 'postgres', 'redis'])
    expect([part, image(values[part].image)]).toEqual([part, services[part]!.image]);
  expect(values.image.registry).toBe('');
});

test('the version is that of the product', () => {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  expect(parse(text('Chart.yaml'))).toMatchObject({ version, appVersion: version });
});

test('every value has a place in the schema, and the schema names no other', () => {
  interface Node {
    $ref?: string;
    properties?: Record<string, Node>;
    additionalProperties?: boolean;
  }
  const schema = JSON.parse(text('values.schema.json')) as Node & { definitions: Record<string, Node> };
  const follow = (node: Node): Node => (node.$ref ? schema.definitions[node.$ref.split('/').at(-1)!]! : node);
  const optional = new Set(['global', 'pod']);
  const walk = (node: Node, value: unknown, path: string): void => {
    const { properties, additionalProperties } = follow(node);
    if (!properties) return;
    expect([path, additionalProperties]).toEqual([path, false]);
    const names = Object.keys(value as object);
    expect([path, names.filter((name) => !(name in properties))]).toEqual([path, []]);
    const missing = Object.keys(properties).filter((name) => !names.includes(name) && !optional.has(name));
    expect([path, missing.filter((name) => !(path.endsWith('.image') && name === 'pullPolicy'))]).toEqual([path, []]);
    for (const name of names)
      walk(properties[name]!, (value as Record<string, unknown>)[name], path === '' ? name : `${path}.${name}`);
  };
  walk(schema, values, '');
});

describe('the values for the shop', () => {
  const shop = parse(readFileSync(join(root, 'deploy', 'locust', 'values-amadeus.yaml'), 'utf8')) as {
    config: object;
    rbac: { namespaces: string[] };
  };

  test('hold a configuration that the service understands, and that acts on nothing', () => {
    const folder = mkdtempSync(join(tmpdir(), 'amadeus-chart-'));
    try {
      writeFileSync(join(folder, 'amadeus.yaml'), stringify(shop.config));
      const config = loadConfig({ file: join(folder, 'amadeus.yaml'), environment: {} });
      expect(config.kubernetes.clusters).toMatchObject([
        { name: 'shop', inCluster: true, namespaces: shop.rbac.namespaces },
      ]);
      expect([config.scaling.defaults.mode, config.healing.mode]).toEqual(['observe', 'observe']);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test('are values of the chart', () => {
    expect(Object.keys(values)).toEqual(expect.arrayContaining(Object.keys(shop)));
    expect(Object.keys(values.rbac)).toEqual(expect.arrayContaining(Object.keys(shop.rbac)));
  });
});

describe('the guides', () => {
  const guides = ['deploy/helm/amadeus/README.md', 'deploy/locust/README.md', 'docs/operations.md'];

  test.each(guides)('%s names files that exist', (guide) => {
    const named = [...readFileSync(join(root, guide), 'utf8').matchAll(/\b(?:deploy|docs|provisioning)\/[\w./-]*\w/g)];
    expect(named.length).toBeGreaterThan(2);
    for (const [path] of named) {
      const folder = join(root, path, '..');
      expect(readdirSync(folder)).toContain(path.split('/').at(-1));
    }
  });
});
