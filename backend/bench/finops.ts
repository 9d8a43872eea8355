import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { composeRooms } from '../src/compose.ts';
import { openPlatform, type OpenPlatform } from '../src/open-platform.ts';
import { loadConfig } from '../src/platform/config/index.ts';
import { createHttpServer } from '../src/platform/http/index.ts';
import type { Warehouse } from '../src/platform/warehouse/index.ts';
import type { createUnitEconomicsRoom } from '../src/unit-economics/index.ts';
import { loadFinops } from './fixtures/finops-data.ts';
import { cpuSeconds, engineOf } from './ingest.ts';
import { atMost, option, quantile, report, say, type Figure } from './report.ts';

export const description =
  'queries of the FinOps pages over 50 million lines of bills and 20 million calls of models [--rows N] [--requests N] [--runs N]';

/** Tables of facts, and the roll-ups that the pages read instead. */
const factTables = ['fact_cost_usage', 'fact_llm_request'];
const rollUps = [
  ...['cost_hourly', 'cost_daily', 'cost_unit_daily', 'cost_job_daily'],
  ...['llm_hourly', 'llm_daily', 'llm_session_daily', 'llm_request_cost_daily'],
  ...['cost_name_daily', 'llm_model_daily', 'llm_session_model_daily', 'llm_request_spread_daily'],
  ...['unit_day', 'unit_daily', 'unit_spend_daily', 'unit_session_daily', 'unit_top_session'],
];

/** What each page asks; the first of each is what it opens with. */
const pages: Readonly<Record<string, readonly string[]>> = {
  explore: [
    '/api/cost/summary?dims=ServiceName,x_Team&range=30d&compare=previous',
    '/api/cost/summary?dims=x_Team&range=90d&granularity=day&limit=10',
    '/api/cost/summary?dims=x_Product,x_Customer,x_Feature&range=30d',
  ],
  lines: ['/api/cost/lines?range=30d&filter=x_Team:search&filter=ServiceName:service-7&limit=100'],
  cards: ['/api/unit-economics/cards?range=30d', '/api/unit-economics/cards?range=30d&filter=x_Team:search'],
  breakdown: [
    '/api/unit-economics/breakdown?by=x_Customer&range=30d',
    '/api/unit-economics/breakdown?by=x_Feature&range=30d',
    '/api/unit-economics/breakdown?by=x_Model&range=30d',
    '/api/unit-economics/breakdown?by=x_Feature&range=30d&filter=x_Customer:customer-3',
    '/api/unit-economics/breakdown?by=job&range=30d',
  ],
  sessions: ['/api/unit-economics/breakdown?by=session&range=7d', '/api/unit-economics/breakdown?by=session&range=30d'],
  drivers: ['/api/unit-economics/drivers?range=30d', '/api/unit-economics/drivers?range=30d&dims=x_Customer,x_Model'],
  allocation: ['/api/allocation/report?range=lastMonth&by=x_Team', '/api/allocation/report?range=month&by=x_Customer'],
  overview: ['finops', 'platform', 'product'].map((role) => `/api/finops/overview?role=${role}`),
};

const rules = [
  { name: 'Idle GPUs', match: [{ dimension: 'ResourceName', is: ['idle'] }], method: 'usage', base: 'gpuHours' },
  { name: 'No owner', match: [{ dimension: 'x_Team', is: [''] }], method: 'usage', base: 'cost' },
  { name: 'Core', match: [{ dimension: 'x_Team', is: ['core'] }], method: 'even' },
];

/**
 * Generates bills and usage inside the engine, then asks the service over HTTP what its pages ask. CLICKHOUSE_URL puts a server
 * in the place of the embedded engine; a database of its own is made there and dropped again.
 */
export async function run(args: readonly string[]): Promise<void> {
  const sizes = {
    rows: Number(option(args, '--rows') ?? 50_000_000),
    requests: Number(option(args, '--requests') ?? 20_000_000),
  };
  const runs = Number(option(args, '--runs') ?? 15);
  const folder = await mkdtemp(join(tmpdir(), 'amadeus-bench-finops-'));
  const database = `amadeus_bench_${randomBytes(4).toString('hex')}`;
  const opened = await openBench(folder, database);
  try {
    const { platform } = opened;
    const loadSeconds = await loadFinops(platform.warehouse, sizes, platform.clock.now());
    const service = await openService(opened);
    try {
      const kept = await keepDays(service);
      await settle(platform.warehouse);
      const sizesOnDisk = await bytesOnDisk(platform.warehouse);
      const figures = await measure(service, platform, runs);
      report('finops', [...figures, ...sizesOnDisk, ...kept, atMost('load_seconds', loadSeconds, 's')], sizes);
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
    AMADEUS_WAREHOUSE_GUARDS_TIMEOUT_MS: '300000', // a slow answer is a figure here
    ...(CLICKHOUSE_URL === undefined ? {} : { CLICKHOUSE_URL }),
  };
  return openPlatform(loadConfig({ environment }), 'bench', say);
}

/** Waits until the engine has merged what the load left, five minutes at most. */
async function settle(warehouse: Warehouse): Promise<void> {
  const sql = 'SELECT count() AS n FROM system.merges WHERE database = currentDatabase()';
  for (let waited = 0; waited < 600; waited++) {
    const { rows } = await warehouse.query<{ n: string }>(sql);
    if (rows[0]!.n === '0') return;
    await delay(500);
  }
}

/** The size of the roll-ups against that of the facts. */
async function bytesOnDisk(warehouse: Warehouse): Promise<Figure[]> {
  const { rows } = await warehouse.query<{ table: string; bytes: string; rows: string }>(
    `SELECT table, toString(sum(bytes_on_disk)) AS bytes, toString(sum(rows)) AS rows FROM system.parts
     WHERE database = currentDatabase() AND active AND table IN ({tables:Array(String)}) GROUP BY table ORDER BY table`,
    { params: { tables: [...factTables, ...rollUps] } },
  );
  for (const { table, bytes, rows: count } of rows)
    say(`${table}: ${Number(count).toLocaleString('en')} rows, ${(Number(bytes) / 2 ** 20).toFixed(1)} MiB`);
  const of = (tables: readonly string[]) =>
    rows.filter(({ table }) => tables.includes(table)).reduce((all, { bytes }) => all + Number(bytes), 0);
  const [facts, rolled] = [of(factTables), of(rollUps)];
  return [
    atMost('facts_on_disk', facts / 2 ** 20, 'MiB'),
    atMost('roll_ups_on_disk', rolled / 2 ** 20, 'MiB'),
    atMost('roll_ups_of_facts', (100 * rolled) / facts, '%', 2),
  ];
}

/** What the service's own loop does after bills and usage have come. */
async function keepDays(service: Service): Promise<Figure[]> {
  const engine = engineOf(process.pid);
  const began = cpuSeconds(engine);
  const took = (await timed(async () => void (await service.keepDays()))) / 1000;
  const spent = cpuSeconds(engine) - began;
  say(`sixty days kept in ${took.toFixed(1)} s, engine ${spent.toFixed(1)} s of CPU`);
  return [atMost('keep_days', took, 's'), ...(engine === 0 ? [] : [atMost('keep_days_engine_cpu', spent, 's')])];
}

interface Service {
  /** What the loop of unit economics does in its turns. */
  keepDays(): Promise<number>;
  get(path: string): Promise<void>;
  close(): Promise<void>;
}

async function openService(opened: OpenPlatform): Promise<Service> {
  const { platform, identity, tokens } = opened;
  const rooms = composeRooms(opened, { version: 'bench', onProgress: say });
  const app = await createHttpServer({ ...platform, version: 'bench', identity, checks: {} });
  for (const room of rooms) if (room.routes) await app.register(async (scope) => room.routes!(scope as typeof app));
  for (const [position, rule] of rules.entries()) await insertRule(opened, { ...rule, position });
  const base = await app.listen({ host: '127.0.0.1', port: 0 });
  const headers = { authorization: `Bearer ${tokens.datasourceToken}` };
  const units = rooms.find(({ name }) => name === 'unit-economics') as ReturnType<typeof createUnitEconomicsRoom>;
  return {
    keepDays: () => units.keepDays(new AbortController().signal),
    get: async (path) => {
      const answer = await fetch(base + path, { headers });
      const text = await answer.text();
      if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${text.slice(0, 500)}`);
    },
    close: () => app.close(),
  };
}

/** The data source's token only reads: the rules of the report are put where the room keeps them. */
async function insertRule({ platform }: OpenPlatform, rule: { name: string; position: number }): Promise<void> {
  for (const target of ['x_Team', 'x_Customer']) {
    const whole = { ...rule, name: `${rule.name} ${target}`, target, effectiveFrom: '2020-01-01' };
    await platform.store.query(
      `INSERT INTO allocation_rule (tenant, name, target, position, rule, origin, updated_by, updated_at)
       VALUES ('default', $1, $2, $3, $4, 'api', 'bench', now())`,
      [whole.name, target, rule.position, JSON.stringify(whole)],
    );
  }
}

interface Took {
  uncached: number[];
  cached: number[];
  /** Processor time of the embedded engine in the uncached turns, in milliseconds. */
  engine: number;
}

/** Processor time tells the work also where others use the machine at the same time. */
async function measure(service: Service, { config }: OpenPlatform['platform'], runs: number): Promise<Figure[]> {
  const engine = engineOf(process.pid);
  const figures: Figure[] = [];
  const all: Took = { uncached: [], cached: [], engine: 0 };
  const add = (sums: Took, { uncached, cached, engine: spent }: Took) => {
    sums.uncached.push(...uncached);
    sums.cached.push(...cached);
    sums.engine += spent;
  };
  for (const [page, paths] of Object.entries(pages)) {
    const own: Took = { uncached: [], cached: [], engine: 0 };
    for (const path of paths) {
      const each: Took = { uncached: [], cached: [], engine: 0 };
      config.warehouse.cacheSeconds = 0;
      await service.get(path);
      const began = cpuSeconds(engine);
      for (let turn = 0; turn < runs; turn++) each.uncached.push(await timed(() => service.get(path)));
      each.engine = 1000 * (cpuSeconds(engine) - began);
      config.warehouse.cacheSeconds = 3_600;
      await service.get(path);
      for (let turn = 0; turn < runs; turn++) each.cached.push(await timed(() => service.get(path)));
      say(
        `${page} ${path}: p50 ${quantile(each.uncached, 0.5).toFixed(1)}, p95 ${quantile(each.uncached, 0.95).toFixed(1)}, cached p95 ${quantile(each.cached, 0.95).toFixed(1)} ms, engine ${(each.engine / runs).toFixed(0)} ms of CPU`,
      );
      add(own, each);
    }
    figures.push(
      atMost(`${page}_p50_uncached`, quantile(own.uncached, 0.5), 'ms'),
      atMost(`${page}_p95_uncached`, quantile(own.uncached, 0.95), 'ms', 200),
      atMost(`${page}_p95_cached`, quantile(own.cached, 0.95), 'ms', 50),
      ...(engine === 0 ? [] : [atMost(`${page}_engine_cpu`, own.engine / own.uncached.length, 'ms')]),
    );
    add(all, own);
  }
  return [
    atMost('p50_uncached', quantile(all.uncached, 0.5), 'ms'),
    atMost('p95_uncached', quantile(all.uncached, 0.95), 'ms', 200),
    atMost('p50_cached', quantile(all.cached, 0.5), 'ms'),
    atMost('p95_cached', quantile(all.cached, 0.95), 'ms', 50),
    ...figures,
  ];
}

async function timed(work: () => Promise<void>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}
