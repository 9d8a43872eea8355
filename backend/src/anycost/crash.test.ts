import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '../platform/errors/index.ts';
import type { JobDefinition } from '../platform/queue/index.ts';
import type { Warehouse } from '../platform/warehouse/index.ts';
import { billCsv } from './fixtures/bill-fixture.ts';
import { openCostStand, type CostStand } from './fixtures/cost-stand.ts';
import { ingestIdOf } from './ingest-repository.ts';
import { ConnectorList } from './connector-list.ts';
import { focusConnector } from './focus-connector.ts';
import { Ingestion } from './ingestion.ts';
import { plainRules } from './plain-rules.ts';

let stand: CostStand;
let ingestion: Ingestion;
let isAway = false;
/** The queue stands still: what it was given is taken up when the test says so. */
const queued: string[] = [];
let load: (ingestId: string) => Promise<unknown>;

beforeAll(async () => {
  stand = await openCostStand();
  const jobs = {
    define: ({ handle }: JobDefinition) => {
      const context = { id: '', attempt: 1, signal: new AbortController().signal, progress: async () => undefined };
      load = (ingestId) => handle({ ingestId }, context);
    },
    enqueue: async (_: JobDefinition, { ingestId }: { ingestId: string }) => {
      queued.push(ingestId);
      return ingestId;
    },
  };
  const warehouse: Warehouse = new Proxy(stand.stores.warehouse, {
    get(target, name) {
      // Without regions of their own every region is the one warehouse: also there it is away.
      if (name === 'in') return () => warehouse;
      const value = Reflect.get(target, name, target) as unknown;
      if (isAway && name === 'insert')
        return () => Promise.reject(new AppError('UNAVAILABLE', 'The warehouse is away.'));
      return typeof value === 'function' ? (value as (...all: unknown[]) => unknown).bind(target) : value;
    },
  });
  const platform = { ...stand.platform, warehouse, jobs: jobs as never };
  ingestion = new Ingestion(platform, {
    connectors: new ConnectorList([]),
    sinks: {},
    rulesOf: async () => plainRules,
    settingsOf: async ({ source: name, region }, { kind }) => ({ name, kind, region, settings: {} }),
  });
});
afterAll(() => stand.close());

async function receive(source: string, rows: Record<string, string>[]): Promise<string> {
  const path = await stand.file(`${source}.csv`, billCsv(rows));
  const place = { tenant: 'default', region: 'default', source };
  const { jobId } = await ingestion.receive([{ stream: createReadStream(path), fileName: 'bill.csv' }], {
    place,
    connector: focusConnector,
    receivedBy: 'test',
  });
  return ingestIdOf(jobId)!;
}

async function visible(source: string): Promise<unknown> {
  const sql = `
    SELECT toString(sum(BilledCost)) AS billed, toString(sum(LineCount)) AS lines FROM cost_daily
    WHERE x_DropId IN (SELECT x_DropId FROM cost_drop FINAL WHERE x_Source = {source:String})`;
  return (await stand.stores.warehouse.query(sql, { params: { source } })).rows[0];
}

/** Rows in the warehouse, visible or not, once the engine has removed what it was told to. */
async function rowsAtRest(source: string): Promise<number> {
  const pending = 'SELECT count() AS n FROM system.mutations WHERE database = currentDatabase() AND NOT is_done';
  while ((await stand.stores.warehouse.query<{ n: string }>(pending)).rows[0]!.n !== '0') await delay(50);
  const sql = 'SELECT count() AS n FROM fact_cost_usage WHERE x_Source = {source:String}';
  return Number((await stand.stores.warehouse.query<{ n: string }>(sql, { params: { source } })).rows[0]!.n);
}

/** Loads the ingest in a process that is killed at the step. @returns the signal that ended it */
async function loadAndDie(ingestId: string, step: string): Promise<string | null> {
  const { config } = stand.stores;
  const env = {
    ...process.env,
    NODE_OPTIONS: '',
    CLICKHOUSE_URL: config.warehouse.url,
    DATABASE_URL: config.store.url,
    AMADEUS_WAREHOUSE_DATABASE: config.warehouse.database,
  };
  const script = join(import.meta.dirname, 'fixtures/load-and-die.ts');
  const lake = join(stand.folder, 'lake');
  const child = spawn(process.execPath, [script, ingestId, step, lake, stand.clock.now().toISOString()], {
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [, signal] = (await once(child, 'exit')) as [number | null, string | null];
  return signal;
}

const old = Array.from({ length: 3 }, () => ({ BilledCost: '100' }));
const corrected = Array.from({ length: 5 }, (_, at) => ({
  BilledCost: String(at),
  BillingPeriodStart: `2024-0${8 + (at % 2)}-01`,
}));
const [before, after] = [
  { billed: '300', lines: '3' },
  { billed: '10', lines: '5' },
];

describe('a worker that is killed', () => {
  test.each([
    ['before fact_cost_usage', before],
    ['after fact_cost_usage', before],
    ['before cost_drop', before],
    ['after cost_drop', after],
  ])('%s leaves one whole version, and the next try counts nothing twice', async (step, meanwhile) => {
    const source = step.replace(' ', '-');
    await load(await receive(source, old));
    expect(await visible(source)).toEqual(before);

    const id = await receive(source, corrected);
    expect(await loadAndDie(id, step)).toBe('SIGKILL');
    expect(await visible(source)).toEqual(meanwhile);

    queued.length = 0;
    await stand.clock.advance(20 * 60_000);
    await ingestion.keepHouse();
    expect(queued).toEqual([id]);
    await load(id);
    expect(await visible(source)).toEqual(after);

    await stand.clock.advance(26 * 3_600_000);
    await ingestion.keepHouse();
    await stand.clock.advance(2 * 3_600_000);
    await ingestion.keepHouse();
    expect(await rowsAtRest(source)).toBe(5);
    expect(await visible(source)).toEqual(after);
  });
});

test('readers see one complete version at every moment while another replaces it', async () => {
  await load(await receive('steady', old));
  let reading = true;
  const seen = new Set<string>();
  const reader = (async () => {
    while (reading) seen.add(JSON.stringify(await visible('steady')));
  })();
  for (let turn = 0; turn < 4; turn++) {
    await load(await receive('steady', corrected));
    await load(await receive('steady', [...old, { BillingPeriodStart: '2024-08-01', BilledCost: '0' }]));
  }
  reading = false;
  await reader;
  expect([...seen].sort()).toEqual(
    [before, after, { billed: '300', lines: '4' }].map((one) => JSON.stringify(one)).sort(),
  );
});

test('two workers that load the same bill count it once', async () => {
  const id = await receive('twice', corrected);
  await Promise.allSettled([load(id), load(id)]);
  await load(id);
  expect(await visible('twice')).toEqual(after);
});

test('a bill that came while the warehouse was away is loaded when it is back', async () => {
  isAway = true;
  const id = await receive('patient', corrected);
  await expect(load(id)).rejects.toThrow(/away/);
  expect(await ingestion.report(`ingest-${id}`, 'default', 10)).toMatchObject({
    state: 'active',
    failure: 'The warehouse is away.',
  });
  isAway = false;
  queued.length = 0;
  await stand.clock.advance(2 * 24 * 3_600_000);
  await ingestion.keepHouse();
  expect(queued).toEqual([id]);
  await load(id);
  const report = await ingestion.report(`ingest-${id}`, 'default', 10);
  expect([report?.state, report?.failure]).toEqual(['completed', undefined]);
  expect(await visible('patient')).toEqual(after);
});
