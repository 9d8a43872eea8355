import { describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { environmentPaths, reservedVariables } from '../backend/src/platform/config/environment.ts';
import { loadConfig } from '../backend/src/platform/config/index.ts';
import { containerFiles, ensureSecrets, prepare } from './prepare.ts';

const root = join(import.meta.dirname, '..');
const composeFile = join(root, 'docker-compose.yaml');

interface Service {
  image: string;
  build?: { context: string; dockerfile: string };
  user: string;
  read_only: boolean;
  cap_drop: string[];
  security_opt: string[];
  pids_limit: number;
  restart: string;
  logging: { options: Record<string, string> };
  privileged?: boolean;
  network_mode?: string;
  networks?: string[];
  ports?: string[];
  environment?: Record<string, string>;
  depends_on?: Record<string, { condition: string }>;
  volumes?: string[];
  healthcheck: { disable?: boolean; test?: string[]; interval?: string; timeout?: string; retries?: number };
}

const compose = parse(readFileSync(composeFile, 'utf8'), { merge: true }) as {
  services: Record<string, Service>;
  volumes: Record<string, unknown>;
  networks: Record<string, { internal?: boolean }>;
};
const services = Object.entries(compose.services);
const mounts = (service: Service) =>
  (service.volumes ?? []).map((volume) => volume.split(':') as [string, string, string?]);

test('the whole system is there', () => {
  expect(Object.keys(compose.services).sort()).toEqual(
    ['prepare', 'amadeus', 'shop-exporter', 'grafana', 'clickhouse', 'postgres', 'redis', 'prometheus'].sort(),
  );
});

describe.each(services)('the container %s', (name, service) => {
  test('is no root, has a root file system that it cannot write, and can gain no right', () => {
    expect(service.user).toMatch(/^[1-9]\d*:\d+$/);
    expect(service.read_only).toBe(true);
    expect(service.cap_drop).toEqual(['ALL']);
    expect(service.security_opt).toContain('no-new-privileges:true');
    expect(service.privileged).toBeUndefined();
    expect(mounts(service).some(([source]) => source.includes('docker.sock'))).toBe(false);
  });

  test('has bounds on processes and logs', () => {
    expect(service.pids_limit).toBeGreaterThan(0);
    expect(service.logging.options).toMatchObject({ 'max-size': expect.any(String), 'max-file': expect.any(String) });
  });

  test('has a health check, or runs once', () => {
    if (service.healthcheck.disable) expect(service.restart).toBe('no');
    else {
      expect(service.healthcheck.test![0]).toMatch(/^CMD(-SHELL)?$/);
      expect(service.healthcheck).toMatchObject({
        interval: expect.any(String),
        timeout: expect.any(String),
        retries: expect.any(Number),
      });
    }
  });

  test('names an exact image', () => {
    expect(service.image).toMatch(/:[\w.-]*\d[\w.-]*$/);
    if (service.build) expect(existsSync(join(root, service.build.dockerfile))).toBe(true);
  });

  test('is reached from this machine alone, if at all', () => {
    for (const port of service.ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:/);
  });

  test('holds no secret in its environment', () => {
    for (const [variable, value] of Object.entries(service.environment ?? {})) {
      if (!/PASSWORD|TOKEN|SECRET|KEY|WEBHOOK|_URL$/.test(variable) || variable.endsWith('_FILE')) continue;
      // Passed on from outside with nothing in its place, or an address without user and password.
      expect([variable, value]).toEqual([
        variable,
        expect.stringMatching(/^\$\{\w+:-\}$|^https?:\/\/[^@]*$|^\$\{\w+:-https?:[^@]*\}$/),
      ]);
    }
  });

  test('waits for containers that can say they are ready', () => {
    for (const [other, { condition }] of Object.entries(service.depends_on ?? {})) {
      const once = compose.services[other]!.healthcheck.disable === true;
      expect([other, condition]).toEqual([other, once ? 'service_completed_successfully' : 'service_healthy']);
    }
  });

  test('mounts what exists', () => {
    for (const [source, target] of mounts(service)) {
      expect(target).toMatch(/^\//);
      if (source.startsWith('./')) expect([source, existsSync(join(root, source))]).toEqual([source, true]);
      else expect(Object.keys(compose.volumes)).toContain(source);
    }
    for (const network of service.networks ?? []) expect(Object.keys(compose.networks)).toContain(network);
    expect([name, service.network_mode ?? service.networks?.length]).not.toEqual([name, undefined]);
  });
});

describe('secrets', () => {
  const written = Object.keys(containerFiles(ensureSecretsOnce()));

  test('of a container are mounted by that container alone, and cannot be changed by it', () => {
    const volumes = mounts(compose.services.prepare!).map(([source]) => source);
    for (const volume of volumes) {
      const others = services.filter(
        ([name, service]) => name !== 'prepare' && mounts(service).some(([source]) => source === volume),
      );
      expect([volume, others.length]).toEqual([volume, volume === 'keys' ? 0 : 1]);
      for (const [, service] of others) expect(mounts(service).find(([source]) => source === volume)![2]).toBe('ro');
    }
  });

  test('that a container is told to read are those that are written', () => {
    const folders: Record<string, string> = { amadeus: 'service', postgres: 'postgres', grafana: 'grafana' };
    for (const [name, folder] of Object.entries(folders)) {
      const files = Object.entries(compose.services[name]!.environment!).filter(([variable]) =>
        variable.endsWith('_FILE'),
      );
      expect(files.length).toBeGreaterThan(0);
      for (const [, path] of files) expect(written).toContain(path.replace('/run/amadeus/', `${folder}/`));
    }
  });

  test('are made once, all different, and kept', () => {
    withDirectory((directory) => {
      const first = ensureSecrets(directory, {});
      expect(new Set(Object.values(first)).size).toBe(Object.keys(first).length);
      for (const secret of Object.values(first)) expect(secret.length).toBeGreaterThanOrEqual(32);
      expect(ensureSecrets(directory, {})).toEqual(first);
      expect(statSync(join(directory, 'keys', 'postgres')).mode & 0o777).toBe(0o400);
      expect(ensureSecrets(directory, { GRAFANA_ADMIN_PASSWORD: 'chosen' }).grafanaAdmin).toBe('chosen');
    });
  });

  test('a second preparation changes no file', () => {
    withDirectory((directory) => {
      const read = () =>
        readdirSync(directory, { recursive: true, encoding: 'utf8' })
          .filter((name) => statSync(join(directory, name)).isFile())
          .map((name) => [name, readFileSync(join(directory, name), 'utf8')]);
      prepare(directory, { AMADEUS_DASHBOARDS: '/etc/amadeus/dashboards' });
      const first = read();
      prepare(directory, { AMADEUS_DASHBOARDS: '/etc/amadeus/dashboards' });
      expect(read()).toEqual(first);
    });
  });
});

describe('the service', () => {
  const environment = compose.services.amadeus!.environment!;

  test('is given settings that exist', () => {
    const known = new Set([...environmentPaths().map((entry) => entry.name), ...reservedVariables]);
    for (const variable of Object.keys(environment)) expect(known).toContain(variable.replace(/_FILE$/, ''));
  });

  test('starts with what the preparation writes', () => {
    withDirectory((directory) => {
      prepare(directory, {});
      const here = Object.fromEntries(
        Object.entries(environment)
          .filter(([variable]) => variable !== 'AMADEUS_CONFIG')
          .map(([variable, value]) => [
            variable,
            value.replace('/run/amadeus', join(directory, 'service')).replace(/^\$\{\w+:-(.*)\}$/, '$1'),
          ]),
      );
      const config = loadConfig({ file: join(root, 'provisioning/amadeus/amadeus.yaml'), environment: here });
      expect(config.store.url).toMatch(/^postgres:\/\/amadeus:[\w-]{43}@postgres:5432\/amadeus$/);
      expect(config.warehouse.url).toMatch(/^http:\/\/amadeus:[\w-]{43}@clickhouse:8123$/);
      expect(config.identity.serviceToken).not.toBe(config.identity.datasourceToken);
      expect(config.estate.enabled).toBe(true);
    });
  });
});

describe.each(['service.Dockerfile', 'grafana.Dockerfile'])('%s', (name) => {
  const lines = readFileSync(join(root, 'deploy/docker', name), 'utf8').split('\n');

  test('builds in stages, runs as no root and has a health check', () => {
    expect(lines.filter((line) => line.startsWith('FROM ')).length).toBeGreaterThan(1);
    const last = lines.slice(lines.findLastIndex((line) => line.startsWith('FROM ')));
    expect(last.find((line) => line.startsWith('USER '))).toMatch(/^USER [1-9]/);
    expect(last.some((line) => line.startsWith('HEALTHCHECK '))).toBe(true);
  });

  test('copies what exists and takes no secret in', () => {
    for (const line of lines.filter((one) => one.startsWith('COPY ') && !one.includes('--from='))) {
      for (const source of line.split(/\s+/).slice(1, -1))
        expect([source, existsSync(join(root, source.replace(/^go\./, 'plugin/go.')))]).toEqual([source, true]);
    }
    expect(lines.join('\n')).not.toMatch(/(PASSWORD|TOKEN|SECRET)\s*=\s*\S/);
  });
});

const promtool = spawnSync('promtool', ['--version']).status === 0;
(promtool ? test : test.skip)(
  `Prometheus accepts its configuration${promtool ? '' : ' (skipped: no promtool here)'}`,
  () => {
    const check = spawnSync('promtool', ['check', 'config', join(root, 'deploy/docker/prometheus.yml')], {
      encoding: 'utf8',
    });
    expect([check.status, check.stderr]).toEqual([0, '']);
  },
);

const docker = spawnSync('docker', ['compose', 'version']).status === 0;
(docker ? test : test.skip)(
  `docker compose accepts the file${docker ? '' : ' (skipped: no docker compose here)'}`,
  () => {
    const check = spawnSync('docker', ['compose', '-f', composeFile, 'config', '--quiet'], {
      encoding: 'utf8',
      cwd: root,
    });
    expect([check.status, check.stderr]).toEqual([0, '']);
  },
);

function withDirectory(work: (directory: string) => void): void {
  const directory = mkdtempSync(join(tmpdir(), 'amadeus-compose-'));
  try {
    work(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function ensureSecretsOnce() {
  const directory = mkdtempSync(join(tmpdir(), 'amadeus-compose-'));
  try {
    return ensureSecrets(directory, {});
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
