import { afterAll, describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseAllDocuments, stringify } from 'yaml';
import { loadConfig, type Config } from '../backend/src/platform/config/index.ts';

const root = join(import.meta.dirname, '..');
const chart = join(root, 'deploy', 'helm', 'amadeus');
const helm = process.env.HELM ?? 'helm';
const ready = spawnSync(helm, ['version', '--short']).status === 0;
const only = ready ? test : test.skip;
const folder = mkdtempSync(join(tmpdir(), 'amadeus-helm-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Container {
  name: string;
  image: string;
  command?: string[];
  env?: { name: string; value?: string; valueFrom?: { secretKeyRef: { name: string; key: string } } }[];
  envFrom?: unknown[];
  ports?: { name: string; containerPort: number }[];
  volumeMounts?: { name: string; mountPath: string }[];
  securityContext: object;
  resources: { requests: object; limits: object };
  livenessProbe?: object;
  readinessProbe?: object;
}
interface SecretItems {
  name?: string;
  secretName?: string;
  items: { key: string; path: string }[];
}
interface Volume {
  name: string;
  secret?: SecretItems;
  configMap?: { name: string };
  persistentVolumeClaim?: { claimName: string };
  projected?: { sources: { secret: SecretItems }[] };
}
interface PodSpec {
  serviceAccountName?: string;
  automountServiceAccountToken: boolean;
  enableServiceLinks: boolean;
  terminationGracePeriodSeconds: number;
  securityContext: object;
  initContainers?: Container[];
  containers: Container[];
  volumes: Volume[];
}
interface KubeObject {
  kind: string;
  metadata: { name: string; namespace?: string; labels?: Record<string, string>; annotations?: Record<string, string> };
  data?: Record<string, string>;
  rules?: unknown[];
  roleRef?: unknown;
  subjects?: unknown;
  spec: Record<string, unknown> & {
    template: { metadata: { labels: Record<string, string>; annotations: Record<string, string> }; spec: PodSpec };
    selector: Record<string, string>;
    ports: { port: number; targetPort: string }[];
    volumeClaimTemplates?: { metadata: { name: string } }[];
  };
}

function render(values: object, ...args: string[]): { objects: KubeObject[]; said: string } {
  const file = join(folder, 'values.yaml');
  writeFileSync(file, stringify(values));
  const version = ['--kube-version', '1.34.0'];
  const run = spawnSync(helm, ['template', 'amadeus', chart, '-n', 'amadeus', '-f', file, ...version, ...args], {
    encoding: 'utf8',
    maxBuffer: 16 * 1024 * 1024,
  });
  const objects = run.status === 0 ? parseAllDocuments(run.stdout).map((one) => one.toJS() as KubeObject | null) : [];
  return { objects: objects.filter((one) => one !== null), said: run.stderr };
}

const watching = { kubernetes: { clusters: [{ name: 'here', inCluster: true }] } };
const gateway = { gateway: { providers: [{ name: 'openai', kind: 'openai', apiKeyVariable: 'OPENAI_API_KEY' }] } };
const spread = {
  layout: 'roles',
  data: { accessModes: ['ReadWriteMany'] },
  config: { ...watching, ...gateway, http: { bodyLimitBytes: 33554432 } },
  envFrom: [{ secretRef: { name: 'llm-keys' } }],
};
const combinations: Record<string, object> = {
  'as it is': {},
  'spread by roles, with everything': {
    ...spread,
    rbac: { scale: true, heal: true },
    networkPolicy: { enabled: true, apiFrom: [{ podSelector: {} }] },
    externalMetrics: { enabled: true, clientCaConfigMap: 'aggregator-ca' },
    metrics: { tokenSecret: { name: 'metrics-token' }, serviceMonitor: { enabled: true } },
    ingress: { enabled: true, grafanaHost: 'g.example.com', apiHost: 'a.example.com', gatewayHost: 'l.example.com' },
    image: { registry: 'registry.example.com/mirror' },
    imagePullSecrets: [{ name: 'pull' }],
    extraObjects: [
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: '{{ .Release.Name }}-extra' }, data: { a: 'b' } },
    ],
  },
  'with stores and a Grafana elsewhere': {
    ...spread,
    clickhouse: { bundled: false, external: { existingSecret: 'stores' } },
    postgres: { bundled: false, external: { url: 'postgres://amadeus:other@db:5432/amadeus' } },
    redis: { bundled: false },
    grafana: { bundled: false, external: { url: 'http://grafana.monitoring', issuer: 'https://grafana.example.com/' } },
  },
  'with a Secret of its own': { secrets: { existing: 'own' } },
};
/** What a Secret that the chart did not make has to hold, each with a value that the service takes. */
const ownSecret: Record<string, string> = {
  'clickhouse-url': 'http://amadeus:own@clickhouse:8123',
  'database-url': 'postgres://amadeus:own@postgres:5432/amadeus',
  'redis-url': 'redis://:own@redis:6379',
  'service-token': 'the token of the app',
  'datasource-token': 'the token of the data source',
  'internal-token': 'the token between nodes',
  'tag-token-key': 'the key of tokens',
  'gateway-data-key': 'the key of prompts and answers',
  'clickhouse-password': 'own',
  'postgres-password': 'own',
  'redis-password': 'own',
  'grafana-admin-password': 'own',
};

const withPods = (objects: KubeObject[]): KubeObject[] =>
  objects.filter(({ kind }) => kind === 'Deployment' || kind === 'StatefulSet');
const serviceOf = (objects: KubeObject[]): KubeObject =>
  objects.find(({ kind, metadata }) => kind === 'Deployment' && metadata.name === 'amadeus')!;
const containersOf = ({ initContainers = [], containers }: PodSpec): Container[] => [...initContainers, ...containers];

describe.each(Object.entries(combinations))(
  `the chart %s${ready ? '' : ' (skipped: no helm here)'}`,
  (_name, values) => {
    const { objects, said } = ready ? render(values) : { objects: [], said: '' };
    const named = (kind: string, name: string): KubeObject | undefined =>
      objects.find((one) => one.kind === kind && one.metadata.name === name);
    const secretKeys = (name: string): string[] | undefined =>
      name === 'own' ? Object.keys(ownSecret) : Object.keys(named('Secret', name)?.data ?? {});

    only('is rendered', () => {
      expect(said).toBe('');
      expect(withPods(objects).length).toBeGreaterThan(2);
    });

    only('has pods without root and without rights that they do not need', () => {
      for (const { metadata, spec } of withPods(objects)) {
        const pod = spec.template.spec;
        expect([metadata.name, pod]).toEqual([
          metadata.name,
          expect.objectContaining({
            enableServiceLinks: false,
            securityContext: expect.objectContaining({
              runAsNonRoot: true,
              seccompProfile: { type: 'RuntimeDefault' },
            }),
          }),
        ]);
        for (const container of containersOf(pod)) {
          expect(container.securityContext).toEqual({
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] },
          });
          expect(container.resources).toMatchObject({
            requests: { cpu: expect.anything(), memory: expect.anything() },
            limits: { memory: expect.anything() },
          });
        }
        for (const container of pod.containers)
          expect([container.livenessProbe, container.readinessProbe]).not.toContain(undefined);
        const acts =
          /^amadeus(-api|-worker|-controller)?$/.test(metadata.name) && named('ClusterRole', 'amadeus-observe');
        expect([metadata.name, pod.automountServiceAccountToken]).toEqual([
          metadata.name,
          acts !== undefined && acts !== false,
        ]);
      }
    });

    only('mounts what exists', () => {
      for (const { metadata, spec } of withPods(objects)) {
        const pod = spec.template.spec;
        const own = (spec.volumeClaimTemplates ?? []).map((one) => one.metadata.name);
        const volumes = [...own, ...pod.volumes.map(({ name }) => name)];
        expect(new Set(volumes).size).toBe(volumes.length);
        for (const { volumeMounts = [] } of containersOf(pod))
          for (const mount of volumeMounts)
            expect([metadata.name, volumes]).toEqual([metadata.name, expect.arrayContaining([mount.name])]);
        for (const { secret, configMap, persistentVolumeClaim, projected } of pod.volumes) {
          if (configMap && configMap.name !== 'aggregator-ca') expect(named('ConfigMap', configMap.name)).toBeDefined();
          if (persistentVolumeClaim)
            expect(named('PersistentVolumeClaim', persistentVolumeClaim.claimName)).toBeDefined();
          for (const one of [secret, ...(projected?.sources ?? []).map((source) => source.secret)]) {
            const name = one?.name ?? one?.secretName;
            if (name === 'amadeus-secrets' || name === 'own')
              expect(secretKeys(name)).toEqual(expect.arrayContaining(one!.items.map(({ key }) => key)));
          }
        }
        for (const { env = [] } of containersOf(pod))
          for (const { valueFrom } of env)
            if (valueFrom) expect(secretKeys(valueFrom.secretKeyRef.name)).toContain(valueFrom.secretKeyRef.key);
      }
    });

    only('has Services that lead to ports of pods', () => {
      for (const { metadata, spec } of objects.filter(({ kind }) => kind === 'Service')) {
        const pods = withPods(objects).filter((one) =>
          Object.entries(spec.selector).every(([key, value]) => one.spec.template.metadata.labels[key] === value),
        );
        expect([metadata.name, pods.length > 0]).toEqual([metadata.name, true]);
        for (const pod of pods)
          expect([metadata.name, pod.spec.template.spec.containers[0]!.ports!.map((port) => port.name)]).toEqual([
            metadata.name,
            expect.arrayContaining(spec.ports.map((port) => port.targetPort)),
          ]);
      }
    });

    only('starts a service that understands what it is given', () => {
      const services = withPods(objects).filter(({ spec }) => 'amadeus.dev/service' in spec.template.metadata.labels);
      for (const { metadata, spec } of services) {
        const config = configOf(spec.template.spec.containers[0]!, objects);
        expect(config.store.url).toMatch(/^postgres:\/\//);
        expect(config.warehouse.url).toMatch(/^http:\/\//);
        expect(config.http).toMatchObject({ host: '0.0.0.0', port: 4280 });
        expect(config.gateway).toMatchObject({ host: '0.0.0.0', port: 4290 });
        for (const { lease } of config.kubernetes.clusters) expect(lease.namespace).toBe('amadeus');
        const role = /-(api|worker|controller|gateway)$/.exec(metadata.name)?.[1];
        expect(config.roles).toEqual(role ? [role] : ['api', 'worker', 'controller', 'gateway']);
      }
      const names = services.map(({ metadata }) => metadata.name).sort();
      expect(names).toEqual(
        'layout' in values ? ['amadeus-api', 'amadeus-controller', 'amadeus-gateway', 'amadeus-worker'] : ['amadeus'],
      );
    });
  },
);

/** What the service reads in a pod: the ConfigMap, and its variables with the files of the Secret. */
function configOf({ env }: Container, objects: KubeObject[]): Config {
  const place = join(folder, 'pod');
  rmSync(place, { recursive: true, force: true });
  const write = (name: string, content: string): void => {
    mkdirSync(dirname(join(place, name)), { recursive: true });
    writeFileSync(join(place, name), content);
  };
  write('etc/amadeus/amadeus.yaml', objects.find(({ kind }) => kind === 'ConfigMap')!.data!['amadeus.yaml']!);
  const data = objects.find(({ kind }) => kind === 'Secret')?.data ?? {};
  const files = Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]);
  for (const [key, value] of Object.entries({ ...ownSecret, 'metrics-token': 'scrape', ...Object.fromEntries(files) }))
    write(`run/amadeus/${key}`, value as string);
  const { AMADEUS_CONFIG: _, ...environment } = Object.fromEntries(
    env!.map(({ name, value }) => [name, value!.replace(/^\/(run|etc)\/amadeus/, `${place}/$1/amadeus`)]),
  );
  return loadConfig({ file: join(place, 'etc/amadeus/amadeus.yaml'), environment });
}

const granted = (objects: KubeObject[]): Record<string, unknown> =>
  Object.fromEntries(
    objects
      .filter(({ kind, metadata }) => kind.includes('Role') && !metadata.name.endsWith('external-metrics'))
      .map(({ kind, metadata, rules, roleRef, subjects }) => [
        `${kind} ${metadata.namespace ?? ''}/${metadata.name}`,
        { rules, roleRef, subjects },
      ]),
  );
const manifest = (...path: string[]): KubeObject[] =>
  parseAllDocuments(readFileSync(join(root, 'deploy', ...path), 'utf8')).map((one) => one.toJS() as KubeObject);

describe(`what is rendered${ready ? '' : ' (skipped: no helm here)'}`, () => {
  only('grants what deploy/rbac grants, under the same names', () => {
    const { objects } = render({ config: watching, rbac: { scale: true, heal: true } });
    expect(granted(objects)).toEqual(
      granted(['observe.yaml', 'scale.yaml', 'heal.yaml'].flatMap((file) => manifest('rbac', file))),
    );
  });

  only('grants nothing where no cluster is watched, and only in the namespaces that are named', () => {
    expect(granted(render({}).objects)).toEqual({});
    const { objects } = render({ config: watching, rbac: { scale: true, namespaces: ['shop', 'ml'] } });
    expect(
      Object.keys(granted(objects))
        .filter((name) => name.includes('Binding'))
        .sort(),
    ).toEqual([
      'ClusterRoleBinding /amadeus-nodes',
      'RoleBinding amadeus/amadeus-leases',
      ...['ml/amadeus-observe', 'ml/amadeus-scale', 'shop/amadeus-observe', 'shop/amadeus-scale'].map(
        (name) => `RoleBinding ${name}`,
      ),
    ]);
    const config = objects.find(({ kind }) => kind === 'ConfigMap')!.data!['amadeus.yaml'];
    expect(parseAllDocuments(config!)[0]!.toJS()).toEqual({
      kubernetes: {
        clusters: [{ name: 'here', inCluster: true, namespaces: ['shop', 'ml'], lease: { namespace: 'amadeus' } }],
      },
    });
  });

  only('registers the external metrics API as deploy/external-metrics.yaml does', () => {
    const { objects } = render({ externalMetrics: { enabled: true, clientCaConfigMap: 'aggregator-ca' } });
    const bare = ({ kind, metadata, spec, ...more }: KubeObject): unknown => {
      const { selector: _selector, ports, ...rest } = spec ?? {};
      const { name, namespace, annotations } = metadata;
      const port = ports?.map((one) => one.port);
      return [kind, name, namespace, annotations, rest, port, more.rules, more.roleRef, more.subjects];
    };
    const rendered = objects.map(bare);
    for (const expected of manifest('external-metrics.yaml').map(bare)) expect(rendered).toContainEqual(expected);
  });

  only('takes the values for the shop', () => {
    const file = join(root, 'deploy', 'locust', 'values-amadeus.yaml');
    const { objects, said } = render({}, '-f', file);
    expect(said).toBe('');
    const config = configOf(serviceOf(objects).spec.template.spec.containers[0]!, objects);
    expect(config.prometheus.queries.cpu).toContain('"$1"');
    expect(Object.keys(granted(objects))).toContain('RoleBinding shop/amadeus-scale');
  });

  only('rolls the pods when the configuration changes, and only then', () => {
    const checksum = (config: object): string | undefined =>
      serviceOf(render({ config }).objects).spec.template.metadata.annotations['checksum/config'];
    const [before, same, after] = [checksum({}), checksum({}), checksum(watching)];
    expect(same).toBe(before);
    expect(after).not.toBe(before);
  });

  only.each([
    ['a role layout on a volume of one node', { layout: 'roles' }, 'ReadWriteMany'],
    ['a store that is nowhere', { postgres: { bundled: false } }, 'postgres.external.url'],
    ['a Grafana that is nowhere', { grafana: { bundled: false } }, 'grafana.external.url'],
    [
      'a secret in the configuration',
      { config: { store: { url: 'postgres://a:b@c/d' } } },
      'config.store.url is a secret',
    ],
    ['roles in the configuration', { config: { roles: ['api'] } }, 'config.roles is set by the chart'],
    ['a gateway that does not listen', { ingress: { enabled: true, gatewayHost: 'x' } }, 'config.gateway.providers'],
    ['external metrics without a certificate', { externalMetrics: { enabled: true } }, 'clientCaConfigMap'],
    ['a value that does not exist', { replicas: 3 }, 'replicas'],
    ['too little time to end', { pod: { terminationGracePeriodSeconds: 30 } }, 'terminationGracePeriodSeconds'],
  ])('refuses %s and says what to do', (_what, values, help) => {
    const { objects, said } = render(values);
    expect(objects).toEqual([]);
    expect(said).toContain(help);
  });

  only('passes its own lint', () => {
    const lint = spawnSync(helm, ['lint', '--strict', chart], { encoding: 'utf8' });
    expect([lint.status, lint.stdout]).toEqual([0, expect.stringContaining('0 chart(s) failed')]);
  });
});
