// Runs once before the containers of docker-compose.yaml: makes the secrets that are not there yet, hands each container its
// own, and writes Grafana's provisioning. Nothing has a default password, and a second run changes nothing.
//
//   node provisioning/prepare.ts DIRECTORY      (folders of DIRECTORY are the volumes of the containers)
import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { renderProvisioning, writeProvisioning } from './render.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** By name; what can also be set from outside names its variable. */
const secretNames = {
  postgres: undefined,
  clickhouse: undefined,
  redis: undefined,
  grafanaAdmin: 'GRAFANA_ADMIN_PASSWORD',
  serviceToken: undefined,
  datasourceToken: undefined,
  internalToken: undefined,
} as const;
export type Secrets = Record<keyof typeof secretNames, string>;

/** Reads what an earlier run kept under `directory`/keys, and makes what is missing. */
export function ensureSecrets(directory: string, environment: Environment): Secrets {
  const entries = Object.entries(secretNames).map(([name, variable]) => {
    const given = variable === undefined ? undefined : environment[variable] || undefined;
    return [name, given ?? keptSecret(join(directory, 'keys', name))];
  });
  return Object.fromEntries(entries) as Secrets;
}

function keptSecret(path: string): string {
  if (!existsSync(path)) write(path, randomBytes(32).toString('base64url'), 0o400);
  return readFileSync(path, 'utf8');
}

/**
 * What each container reads, by path; the first folder is its volume. Every volume is mounted by one container alone, which
 * runs under a user of its own: hence files that all of that container may read.
 */
export function containerFiles(secrets: Secrets): Record<string, string> {
  const { postgres, clickhouse, redis } = secrets;
  return {
    'postgres/password': postgres,
    'clickhouse/amadeus.xml': clickHouseUsers(clickhouse),
    'redis/redis.conf': redisConfiguration(redis),
    'redis/password': redis,
    'grafana/admin-password': secrets.grafanaAdmin,
    'service/database-url': `postgres://amadeus:${postgres}@postgres:5432/amadeus`,
    'service/clickhouse-url': `http://amadeus:${clickhouse}@clickhouse:8123`,
    'service/redis-url': `redis://:${redis}@redis:6379`,
    'service/service-token': secrets.serviceToken,
    'service/datasource-token': secrets.datasourceToken,
    'service/internal-token': secrets.internalToken,
  };
}

/** One user with a password, in place of ClickHouse's own without. */
function clickHouseUsers(password: string): string {
  const hash = createHash('sha256').update(password).digest('hex');
  return `<clickhouse>
  <users>
    <default remove="remove"/>
    <amadeus>
      <password_sha256_hex>${hash}</password_sha256_hex>
      <networks><ip>::/0</ip></networks>
      <profile>default</profile>
      <quota>default</quota>
    </amadeus>
  </users>
</clickhouse>
`;
}

/** A queue must not evict, and must survive a restart. The image works in /data. */
function redisConfiguration(password: string): string {
  return ['appendonly yes', 'maxmemory-policy noeviction', `requirepass ${password}`, ''].join('\n');
}

/** Writes everything below `directory`. */
export function prepare(directory: string, environment: Environment): void {
  const secrets = ensureSecrets(directory, environment);
  for (const [name, text] of Object.entries(containerFiles(secrets))) write(join(directory, name), text, 0o444);
  const files = renderProvisioning({
    ...environment,
    AMADEUS_SERVICE_TOKEN: secrets.serviceToken,
    AMADEUS_DATASOURCE_TOKEN: secrets.datasourceToken,
  });
  writeProvisioning(join(directory, 'provisioning'), files, 0o444);
}

/** Whole or not at all: a container that starts meanwhile never reads half a secret. */
function write(path: string, text: string, mode: number): void {
  mkdirSync(dirname(path), { recursive: true });
  const draft = `${path}.draft`;
  writeFileSync(draft, text, { flush: true });
  chmodSync(draft, mode);
  renameSync(draft, path);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [directory] = process.argv.slice(2);
  if (directory === undefined) {
    process.stderr.write('node provisioning/prepare.ts DIRECTORY\n');
    process.exit(2);
  }
  prepare(directory, process.env);
  process.stdout.write(
    'Secrets and provisioning are in place. Sign in to Grafana as admin; the password:\n' +
      '  docker compose exec grafana cat /run/amadeus/admin-password\n',
  );
}
