import { expect, test } from '@jest/globals';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { loadConfig } from '../backend/src/platform/config/index.ts';

interface Manifest {
  kind: string;
  metadata: { name: string; namespace?: string };
  data: Record<string, string>;
  spec: {
    template: { spec: { serviceAccountName: string; containers: [{ env: { name: string; value: string }[] }] } };
  };
}

const deploy = join(import.meta.dirname, '..', 'deploy');
const read = (...path: string[]): Manifest[] =>
  parseAllDocuments(readFileSync(join(deploy, ...path), 'utf8')).map((one) => one.toJS() as Manifest);

test('the service on a cluster has a configuration that it understands', () => {
  const [map] = read('locust', 'amadeus.yaml');
  const folder = mkdtempSync(join(tmpdir(), 'amadeus-manifest-'));
  try {
    const file = join(folder, 'amadeus.yaml');
    writeFileSync(file, map!.data['amadeus.yaml']!);
    const config = loadConfig({ file, environment: {} });
    expect(config.kubernetes.clusters).toMatchObject([{ name: 'shop', inCluster: true }]);
    // Observe first: nothing is done to a cluster that somebody tries it on.
    expect([config.scaling.defaults.mode, config.healing.mode]).toEqual(['observe', 'observe']);
    expect(config.http.host).toBe('0.0.0.0');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('it runs as the account that the roles are given to, with variables that exist', () => {
  const deployment = read('locust', 'amadeus.yaml').find(({ kind }) => kind === 'Deployment')!;
  const { serviceAccountName, containers } = deployment.spec.template.spec;
  const accounts = read('rbac', 'observe.yaml').filter(({ kind }) => kind === 'ServiceAccount');
  expect(accounts.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`)).toEqual([
    `${deployment.metadata.namespace}/${serviceAccountName}`,
  ]);
  const { AMADEUS_CONFIG: _, ...environment } = Object.fromEntries(
    containers[0].env.map(({ name, value }) => [name, value]),
  );
  expect(() => loadConfig({ environment })).not.toThrow();
});

test('every file that the guide to the cluster names is there', () => {
  const guide = readFileSync(join(deploy, 'locust', 'README.md'), 'utf8');
  const named = [...guide.matchAll(/deploy\/([\w-]+)\/([\w.-]+\.(?:yaml|py))/g)].map(([, folder, file]) => [
    folder!,
    file!,
  ]);
  expect(named.length).toBeGreaterThan(5);
  for (const [folder, file] of named) expect(readdirSync(join(deploy, folder!))).toContain(file);
});
