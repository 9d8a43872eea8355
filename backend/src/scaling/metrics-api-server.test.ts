import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { loadConfig } from '../platform/config/index.ts';
import { MetricsApiServer } from './metrics-api-server.ts';

const folder = mkdtempSync(join(tmpdir(), 'amadeus-metrics-'));
const file = (name: string): string => join(folder, name);
const openssl = (...args: string[]): void => void execFileSync('openssl', args, { cwd: folder, stdio: 'ignore' });
const hasOpenssl = spawnSync('openssl', ['version']).status === 0;
if (!hasOpenssl)
  process.stderr.write('openssl is not on the PATH: the tests of the metrics API over TLS are skipped.\n');
const describeWithOpenssl = hasOpenssl ? describe : describe.skip;
let port = 0;
let server: MetricsApiServer | undefined;

/** A key and a certificate that `ca` has signed, or one that has signed itself. */
function certify(name: string, subject: string, ca?: string): void {
  const subjectArguments = ['-subj', `/CN=${subject}`, '-addext', 'subjectAltName=DNS:localhost'];
  const signed = ca === undefined ? [] : ['-CA', file(`${ca}.crt`), '-CAkey', file(`${ca}.key`)];
  openssl(
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
    ...['-keyout', file(`${name}.key`), '-out', file(`${name}.crt`), ...subjectArguments, ...signed],
  );
}

async function ask(path: string, client?: string): Promise<{ status: number; body: { items?: unknown[] } & object }> {
  return new Promise((resolve, reject) => {
    const call = request(
      {
        ...{ host: 'localhost', port, path, agent: false, ca: readFileSync(file('serving.crt')) },
        ...(client ? { key: readFileSync(file(`${client}.key`)), cert: readFileSync(file(`${client}.crt`)) } : {}),
      },
      (response) => {
        let text = '';
        response.on('data', (data: Buffer) => (text += data.toString()));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) as object }));
      },
    );
    call.once('error', reject);
    call.end();
  });
}

beforeAll(async () => {
  if (!hasOpenssl) return;
  certify('serving', 'amadeus-metrics');
  certify('aggregator', 'front-proxy-ca');
  certify('stranger', 'somebody-ca');
  certify('proxy', 'front-proxy-client', 'aggregator');
  certify('other', 'kubelet', 'aggregator');
  certify('forged', 'front-proxy-client', 'stranger');
  writeFileSync(
    file('amadeus.yaml'),
    JSON.stringify({
      scaling: {
        metricsApi: {
          ...{ host: '127.0.0.1', port: 0 },
          ...{ certFile: file('serving.crt'), keyFile: file('serving.key'), clientCaFile: file('aggregator.crt') },
        },
      },
    }),
  );
  const { scaling } = loadConfig({ file: file('amadeus.yaml'), environment: {} });
  server = new MetricsApiServer(scaling.metricsApi!, {
    required: async (namespace, name) =>
      namespace === 'shop' && name === 'web' ? { replicas: 7, at: new Date('2026-11-02T08:00:00Z') } : undefined,
    log: { info: () => undefined, warn: () => undefined },
  });
  port = await server.start();
});
afterAll(async () => {
  await server?.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Manifest {
  kind: string;
  spec: {
    group: string;
    version: string;
    service: { name: string; namespace: string; port: number };
    ports: object[];
    dnsNames: string[];
  };
}

const base = '/apis/external.metrics.k8s.io/v1beta1';
const metric = `${base}/namespaces/shop/amadeus-required-replicas`;

describeWithOpenssl('the external metrics API over TLS', () => {
  test('tells the aggregator what there is, and how many replicas are required', async () => {
    expect(await ask(base, 'proxy')).toMatchObject({
      status: 200,
      body: { kind: 'APIResourceList', resources: [{ name: 'amadeus-required-replicas', namespaced: true }] },
    });
    expect(await ask(`${metric}?labelSelector=workload%3Dweb`, 'proxy')).toMatchObject({
      status: 200,
      body: { items: [{ metricName: 'amadeus-required-replicas', metricLabels: { workload: 'web' }, value: '7' }] },
    });
  });

  test('says nothing of what is not known', async () => {
    expect((await ask(`${metric}?labelSelector=workload%3Dother`, 'proxy')).body.items).toEqual([]);
    expect((await ask(metric, 'proxy')).body.items).toEqual([]);
    expect((await ask(`${base}/namespaces/shop/cpu`, 'proxy')).status).toBe(404);
    expect((await ask('/api/costs', 'proxy')).status).toBe(404);
  });

  test('is registered with Kubernetes under the name and the port that are served', () => {
    const manifest = join(import.meta.dirname, '..', '..', '..', 'deploy', 'external-metrics.yaml');
    const objects = parseAllDocuments(readFileSync(manifest, 'utf8')).map((one) => one.toJS() as Manifest);
    const of = (kind: string): Manifest['spec'] => objects.find((one) => one.kind === kind)!.spec;
    const { group, version, service } = of('APIService');
    expect(`/apis/${group}/${version}`).toBe(base);
    expect(of('Service').ports).toMatchObject([{ port: service.port, targetPort: 6443 }]);
    expect(of('Certificate').dnsNames).toEqual([`${service.name}.${service.namespace}.svc`]);
  });

  test('answers nobody but the aggregator', async () => {
    await expect(ask(base)).rejects.toThrow();
    await expect(ask(base, 'forged')).rejects.toThrow();
    expect((await ask(base, 'other')).status).toBe(403);
  });
});
