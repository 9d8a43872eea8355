import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { composeRooms } from '../src/compose.ts';
import { openPlatform, type OpenPlatform } from '../src/open-platform.ts';
import { loadConfig } from '../src/platform/config/index.ts';
import { createHttpServer } from '../src/platform/http/index.ts';
import type { Warehouse } from '../src/platform/warehouse/index.ts';
import { atMost, option, quantile, report, say, type Figure } from './report.ts';

export const description =
  'search by name over a million resources in four million lines [--rows N] [--resources N] [--runs N]';

/** What people type, letter by letter and as a whole. */
const queries: Readonly<Record<string, readonly string[]>> = {
  team: ['s', 'se', 'search'],
  resource: ['checkout-77', 'i-0000c0ffee', 'pod 4711', 'worker-123456'],
  common: ['worker', 'i-00', 'a', 'instance'],
  nothing: ['qqqzzz'],
};

const chunk = 500_000;

/**
 * Generates bills whose lines name resources, writes their names, and asks the service over HTTP. What is measured beside it is
 * the same look for a text in the lines themselves. CLICKHOUSE_URL puts a server in the place of the embedded engine.
 */
export async function run(args: readonly string[]): Promise<void> {
  const sizes = {
    rows: Number(option(args, '--rows') ?? 4_000_000),
    resources: Number(option(args, '--resources') ?? 1_000_000),
  };
  const runs = Number(option(args, '--runs') ?? 15);
  const folder = await mkdtemp(join(tmpdir(), 'amadeus-bench-search-'));
  const database = `amadeus_bench_${randomBytes(4).toString('hex')}`;
  const { CLICKHOUSE_URL } = process.env;
  const environment = {
    AMADEUS_DATA_DIR: folder,
    AMADEUS_WAREHOUSE_DATABASE: database,
    AMADEUS_WAREHOUSE_CACHE_SECONDS: '0',
    AMADEUS_HTTP_RATE_LIMIT_PER_MINUTE: '1000000',
    AMADEUS_TELEMETRY_LOG_LEVEL: 'warn',
    ...(CLICKHOUSE_URL === undefined ? {} : { CLICKHOUSE_URL }),
  };
  const opened = await openPlatform(loadConfig({ environment }), 'bench', say);
  try {
    await load(opened.platform.warehouse, sizes);
    report('search', await measure(opened, runs), sizes);
  } finally {
    await opened.platform.warehouse.command(`DROP DATABASE IF EXISTS ${database}`).catch(() => undefined);
    await opened.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Two bills of a month each; a resource is in both, with a line every few days. */
async function load(warehouse: Warehouse, { rows, resources }: { rows: number; resources: number }): Promise<void> {
  const settings = { max_execution_time: 900 };
  for (let from = 0; from < rows; from += chunk) {
    const params = { from, count: Math.min(chunk, rows - from), resources };
    await warehouse.command(linesSql, { params, settings });
    say(`  ${(from + params.count).toLocaleString('en')} lines`);
  }
  await warehouse.command(billsSql);
}

const linesSql = `
INSERT INTO fact_cost_usage (Tenant, Region, x_DropId, x_Source, x_SourceFile, x_SourceLine, BilledCost, EffectiveCost,
  BillingCurrency, ChargePeriodStart, ChargePeriodEnd, ProviderName, ServiceName, ResourceId, ResourceName, ResourceType,
  x_Team, x_Product, x_Customer, x_Model)
SELECT 'default', 'default', toUUID(concat('00000000-0000-0000-0000-00000000000', toString(number % 2))),
       'bench', 'bench.csv', number, 1, 1, 'USD', toDateTime(today() - 59 + 30 * (number % 2) + intDiv(number, 2) % 30) AS start,
       start + 86400, ['AWS', 'Azure', 'GCP'][id % 3 + 1], concat('service-', toString(id % 60)),
       concat('arn:aws:ec2:eu-west-1:123456789012:instance/i-', lower(leftPad(hex(id), 10, '0'))),
       concat(['checkout', 'worker', 'pod', 'cache', 'train'][id % 5 + 1], '-', toString(id)), 'instance',
       ['search', 'ads', 'research', 'core', ''][id % 5 + 1], concat('product-', toString(id % 25)),
       concat('customer-', toString(id % 500)), concat('model-', toString(id % 40))
FROM (SELECT number, intDiv(number, 2) % {resources:UInt64} AS id FROM numbers({from:UInt64}, {count:UInt64}))`;

const billsSql = `
INSERT INTO cost_drop (Tenant, Region, x_Source, x_Period, x_DropId, x_DropVersion, RowCount, Currencies, ChargePeriodFrom,
  ChargePeriodLast, ChargePeriodTo, ActivatedAt)
SELECT 'default', 'default', 'bench', toString(x_DropId), x_DropId, 1, count(), ['USD'], min(ChargePeriodStart),
       max(ChargePeriodStart), max(ChargePeriodEnd), now64(3)
FROM fact_cost_usage GROUP BY x_DropId`;

async function measure(opened: OpenPlatform, runs: number): Promise<Figure[]> {
  const { platform, identity, tokens } = opened;
  const room = composeRooms(opened, { version: 'bench', onProgress: say }).find(({ name }) => name === 'search')!;
  const began = performance.now();
  for (const loop of room.loops ?? []) await loop.run(AbortSignal.timeout(900_000));
  const seconds = (performance.now() - began) / 1000;
  say(`names written in ${seconds.toFixed(1)} s`);
  const app = await createHttpServer({ ...platform, version: 'bench', identity, checks: {} });
  await app.register(async (scope) => room.routes!(scope as typeof app));
  const base = await app.listen({ host: '127.0.0.1', port: 0 });
  const headers = { authorization: `Bearer ${tokens.datasourceToken}` };
  const ask = async (q: string): Promise<number> => {
    const answer = await fetch(`${base}/api/search?${new URLSearchParams({ q }).toString()}`, { headers });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${q} answered ${answer.status}: ${text.slice(0, 500)}`);
    return (JSON.parse(text) as { results: unknown[] }).results.length;
  };
  try {
    const figures = await askAll(ask, runs);
    const facts = await timed(() => scanFacts(platform.warehouse, 'checkout-77'));
    const all = figures.flatMap(({ samples }) => samples);
    return [
      atMost('p50', quantile(all, 0.5), 'ms'),
      atMost('p95', quantile(all, 0.95), 'ms', 200, { against: 'the lines themselves, once', againstValue: facts }),
      ...figures.map(({ name, samples }) => atMost(`${name}_p95`, quantile(samples, 0.95), 'ms')),
      atMost('names_written', seconds, 's'),
      ...(await onDisk(platform.warehouse)),
    ];
  } finally {
    await app.close();
  }
}

async function askAll(
  ask: (q: string) => Promise<number>,
  runs: number,
): Promise<{ name: string; samples: number[] }[]> {
  const figures: { name: string; samples: number[] }[] = [];
  for (const [name, texts] of Object.entries(queries)) {
    const samples: number[] = [];
    for (const text of texts) {
      const found = await ask(text);
      const own: number[] = [];
      for (let turn = 0; turn < runs; turn++) own.push(await timed(() => ask(text)));
      say(
        `${name} "${text}": ${found} found, p50 ${quantile(own, 0.5).toFixed(1)}, p95 ${quantile(own, 0.95).toFixed(1)} ms`,
      );
      samples.push(...own);
    }
    figures.push({ name, samples });
  }
  return figures;
}

async function scanFacts(warehouse: Warehouse, text: string): Promise<void> {
  await warehouse.query(
    `SELECT ResourceId, sum(EffectiveCost) AS cost FROM fact_cost_usage
     WHERE positionCaseInsensitiveUTF8(ResourceName, {text:String}) > 0
        OR positionCaseInsensitiveUTF8(ResourceId, {text:String}) > 0
     GROUP BY ResourceId ORDER BY cost DESC LIMIT 20`,
    { params: { text } },
  );
}

async function onDisk(warehouse: Warehouse): Promise<Figure[]> {
  const { rows } = await warehouse.query<{ name: string; bytes: string }>(
    `SELECT table AS name, toString(sum(bytes_on_disk)) AS bytes FROM system.parts
     WHERE database = currentDatabase() AND active AND table IN ('fact_cost_usage', 'cost_name') GROUP BY table`,
  );
  return rows.map(({ name, bytes }) => atMost(`${name}_on_disk`, Number(bytes) / 2 ** 20, 'MiB'));
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}
