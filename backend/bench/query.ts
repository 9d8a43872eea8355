import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { composeRooms } from '../src/compose.ts';
import { openPlatform, type OpenPlatform } from '../src/open-platform.ts';
import { loadConfig } from '../src/platform/config/index.ts';
import { createHttpServer } from '../src/platform/http/index.ts';
import type { QueryOptions, Warehouse } from '../src/platform/warehouse/index.ts';
import { days, loadCosts } from './fixtures/costs.ts';
import { atMost, option, quantile, report, say, type Figure } from './report.ts';

export const description =
  'cost queries over 10 million lines, beside the same SQL in the bare engine [--rows N] [--runs N]';

const dimensionSets = [
  ['ProviderName'],
  ['x_Team', 'x_Environment'],
  ['ServiceName', 'x_Team'],
  ['x_Product', 'x_Customer', 'x_Feature'],
];
const ranges = ['24h', '30d', `${days}d`];
const ranFor = { '24h': 24, '30d': 30 * 24, [`${days}d`]: days * 24 } as Record<string, number>;

interface Case {
  name: string;
  ask(): Promise<void>;
}

interface Asked {
  sql: string;
  params: Record<string, unknown>;
}

/**
 * Generates the lines inside the engine, then asks the service over HTTP and the engine directly in turns: the statements
 * that the service sent, over the same interface, without the client, the guards and the caller's scope. CLICKHOUSE_URL
 * puts a server in the place of the embedded engine; a database of its own is made there and dropped again.
 */
export async function run(args: readonly string[]): Promise<void> {
  const rows = Number(option(args, '--rows') ?? 10_000_000);
  const runs = Number(option(args, '--runs') ?? 15);
  const folder = await mkdtemp(join(tmpdir(), 'amadeus-bench-query-'));
  const database = `amadeus_bench_${randomBytes(4).toString('hex')}`;
  const opened = await openBench(folder, database);
  try {
    const { platform } = opened;
    const loadSeconds = await loadCosts(platform.warehouse, rows, platform.clock.now(), option(args, '--data'));
    await settle(platform.warehouse);
    const service = await openService(opened);
    try {
      const figures: Figure[] = [];
      for (const [name, cases] of [
        ['summary', summaryCases(service)],
        ['datasource', panelCases(service, platform.clock.now())],
      ] as const)
        figures.push(...(await measure(name, cases, service, platform, runs)));
      report('query', [...figures, atMost('load_seconds', loadSeconds, 's')], { rows });
    } finally {
      await service.close();
    }
  } finally {
    await opened.platform.warehouse.command(`DROP DATABASE IF EXISTS ${database}`).catch(() => undefined);
    await opened.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function openBench(folder: string, database: string): Promise<OpenPlatform> {
  const { CLICKHOUSE_URL } = process.env;
  const environment = {
    AMADEUS_DATA_DIR: folder,
    AMADEUS_WAREHOUSE_DATABASE: database,
    AMADEUS_HTTP_RATE_LIMIT_PER_MINUTE: '1000000',
    AMADEUS_TELEMETRY_LOG_LEVEL: 'warn',
    ...(CLICKHOUSE_URL === undefined ? {} : { CLICKHOUSE_URL }),
  };
  return openPlatform(loadConfig({ environment }), 'bench', say);
}

/** Waits until the engine has merged what the load left, two minutes at most: a bill is asked for long after it came. */
async function settle(warehouse: Warehouse): Promise<void> {
  const sql = 'SELECT count() AS n FROM system.merges WHERE database = currentDatabase()';
  for (let waited = 0; waited < 240; waited++) {
    const { rows } = await warehouse.query<{ n: string }>(sql);
    if (rows[0]!.n === '0') return;
    await delay(500);
  }
}

interface Service {
  get(path: string): Promise<void>;
  post(path: string, body: unknown): Promise<void>;
  /** The statements of the calls since the last time it was asked. */
  asked(): Asked[];
  close(): Promise<void>;
}

async function openService(opened: OpenPlatform): Promise<Service> {
  const { platform, identity, tokens } = opened;
  const recorded: Asked[] = [];
  const warehouse = recording(platform.warehouse, recorded);
  const rooms = composeRooms(
    { ...opened, platform: { ...platform, warehouse } },
    { version: 'bench', onProgress: say },
  );
  const app = await createHttpServer({ ...platform, version: 'bench', identity, checks: {} });
  for (const room of rooms) if (room.routes) await app.register(async (scope) => room.routes!(scope as typeof app));
  const base = await app.listen({ host: '127.0.0.1', port: 0 });
  const headers = { authorization: `Bearer ${tokens.datasourceToken}`, 'content-type': 'application/json' };
  const call = async (path: string, init: RequestInit): Promise<void> => {
    const answer = await fetch(base + path, { headers, ...init });
    const text = await answer.text();
    if (!answer.ok || text.includes('"status":400'))
      throw new Error(`${path} answered ${answer.status}: ${text.slice(0, 500)}`);
  };
  return {
    get: (path) => call(path, {}),
    post: (path, body) => call(path, { method: 'POST', body: JSON.stringify(body) }),
    asked: () => recorded.splice(0),
    close: () => app.close(),
  };
}

/** The warehouse, noting what is read through it. */
function recording(warehouse: Warehouse, into: Asked[]): Warehouse {
  return new Proxy(warehouse, {
    get(target, name) {
      const value = Reflect.get(target, name, target) as unknown;
      if (typeof value !== 'function') return value;
      if (name !== 'query') return (value as (...all: unknown[]) => unknown).bind(target);
      return (sql: string, options: QueryOptions = {}) => {
        into.push({ sql, params: options.params ?? {} });
        return target.query(sql, options);
      };
    },
  });
}

function summaryCases(service: Service): Case[] {
  return dimensionSets.flatMap((dims) =>
    ranges.map((range) => ({
      name: `${range} by ${dims.join(', ')}`,
      ask: () => service.get(`/api/cost/summary?dims=${dims.join(',')}&range=${range}`),
    })),
  );
}

function panelCases(service: Service, now: Date): Case[] {
  return dimensionSets.flatMap((groupBy) =>
    ranges.map((range) => {
      const span = { from: now.getTime() - ranFor[range]! * 3_600_000, to: now.getTime() };
      const query = {
        refId: 'A',
        queryType: 'cost',
        metric: 'EffectiveCost',
        groupBy,
        granularity: 'auto',
        format: 'timeseries',
        limit: 10,
        ...span,
      };
      return {
        name: `${range} by ${groupBy.join(', ')}`,
        ask: () => service.post('/api/grafana/query', { queries: [query] }),
      };
    }),
  );
}

async function measure(
  name: string,
  cases: readonly Case[],
  service: Service,
  { config, warehouse }: OpenPlatform['platform'],
  runs: number,
): Promise<Figure[]> {
  const all = { uncached: [] as number[], bare: [] as number[], over: [] as number[], cached: [] as number[] };
  const keepFor = config.warehouse.cacheSeconds;
  for (const { name: what, ask } of cases) {
    config.warehouse.cacheSeconds = 0;
    service.asked();
    await ask();
    const statements = service.asked();
    const own = { uncached: [] as number[], bare: [] as number[], cached: [] as number[] };
    for (let turn = 0; turn < runs; turn++) {
      own.uncached.push(await timed(ask));
      own.bare.push(await timed(() => askBare(warehouse, statements)));
    }
    config.warehouse.cacheSeconds = 3_600;
    await ask();
    for (let turn = 0; turn < runs; turn++) own.cached.push(await timed(ask));
    config.warehouse.cacheSeconds = keepFor;
    const over = own.uncached.map((ms, turn) => ms - own.bare[turn]!);
    for (const key of ['uncached', 'bare', 'cached'] as const) all[key].push(...own[key]);
    all.over.push(...over);
    const [service50, service95, bare50, cached95] = [
      quantile(own.uncached, 0.5),
      quantile(own.uncached, 0.95),
      quantile(own.bare, 0.5),
      quantile(own.cached, 0.95),
    ];
    say(
      `${name} ${what}: p50 ${service50.toFixed(1)}, p95 ${service95.toFixed(1)}, bare p50 ${bare50.toFixed(1)}, over ${quantile(over, 0.5).toFixed(1)}, cached p95 ${cached95.toFixed(1)} ms`,
    );
  }
  const bare = (share: number) => ({ against: 'same SQL, bare engine', againstValue: quantile(all.bare, share) });
  return [
    atMost(`${name}_p50_uncached`, quantile(all.uncached, 0.5), 'ms', undefined, bare(0.5)),
    atMost(`${name}_p95_uncached`, quantile(all.uncached, 0.95), 'ms', 200, bare(0.95)),
    atMost(`${name}_p50_cached`, quantile(all.cached, 0.5), 'ms'),
    atMost(`${name}_p95_cached`, quantile(all.cached, 0.95), 'ms', 50),
    atMost(`${name}_over_bare_median`, quantile(all.over, 0.5), 'ms', 10),
  ];
}

async function timed(work: () => Promise<void>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

/** The statements one after the other, straight over ClickHouse's HTTP interface. */
async function askBare(warehouse: Warehouse, statements: readonly Asked[]): Promise<void> {
  const { url, username, password } = warehouse.endpoint;
  const headers = { 'X-ClickHouse-User': username, 'X-ClickHouse-Key': password };
  for (const { sql, params } of statements) {
    const address = new URL(url);
    address.searchParams.set('database', warehouse.database);
    for (const [name, value] of Object.entries(params)) address.searchParams.set(`param_${name}`, bareValue(value));
    const answer = await fetch(address, { method: 'POST', headers, body: `${sql}\nFORMAT JSON` });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`The engine answered ${answer.status}: ${text.slice(0, 500)}`);
    JSON.parse(text);
  }
}

function bareValue(value: unknown): string {
  return Array.isArray(value)
    ? `[${value.map((one) => `'${String(one).replace(/[\\']/g, '\\$&')}'`).join(',')}]`
    : String(value);
}
