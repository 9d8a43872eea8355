import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { billCsv } from './fixtures/bill-fixture.ts';
import { openCostStand, type CostStand } from './fixtures/cost-stand.ts';
import { clusterConnector, coinConnector, recordingSinks } from './fixtures/fixture-connectors.ts';
import { createAnycostRoom, type AnycostRoom, type CostCharge, type RowRules } from './index.ts';
import { plainRules } from './plain-rules.ts';

let stand: CostStand;
let room: AnycostRoom;
let rules: RowRules;
const sinks = recordingSinks();

beforeAll(async () => {
  stand = await openCostStand('2026-10-02T12:00:00Z');
  room = createAnycostRoom(stand.platform, {
    connectors: [coinConnector, clusterConnector],
    sinks,
    rules: async () => rules,
  });
});
beforeEach(() => {
  rules = plainRules;
});
afterAll(() => stand.close());

const place = { tenant: 'default', region: 'default' };

async function ingest(source: string, connector: string, text: string, fileName = `${source}.txt`) {
  return room.ingest(Readable.from([Buffer.from(text)]), { ...place, connector, source, fileName });
}

/** Every column of every row that readers see, and what the roll-ups hold, as one text. */
async function everythingSeen(columns = '*'): Promise<string> {
  const visible = '(SELECT x_DropId FROM cost_drop FINAL)';
  const statements = [
    `SELECT ${columns} FROM fact_cost_usage WHERE x_DropId IN ${visible} ORDER BY x_Source, x_SourceFile, x_SourceLine, BilledCost`,
    `SELECT x_Source, Hour, x_GroupKey, sum(BilledCost), sum(EffectiveCost), sum(LineCount) FROM cost_hourly
     WHERE x_DropId IN ${visible} GROUP BY ALL ORDER BY ALL`,
    `SELECT x_Source, Day, x_GroupKey, sum(BilledCost), sum(EffectiveCost), sum(LineCount) FROM cost_daily
     WHERE x_DropId IN ${visible} GROUP BY ALL ORDER BY ALL`,
  ];
  const texts: string[] = [];
  for (const sql of statements) {
    const chunks: Buffer[] = [];
    const bytes = await stand.stores.warehouse.exportRaw(sql, 'TSVWithNamesAndTypes');
    for await (const chunk of bytes as AsyncIterable<Buffer>) chunks.push(chunk);
    texts.push(Buffer.concat(chunks).toString());
  }
  return texts.join('\n');
}

async function loseWarehouse(): Promise<void> {
  for (const table of ['fact_cost_usage', 'cost_hourly', 'cost_daily', 'cost_drop'])
    await stand.stores.warehouse.command(`TRUNCATE TABLE ${table}`);
}

async function* charges(...amounts: string[]): AsyncGenerator<CostCharge> {
  for (const amount of amounts)
    yield {
      columns: {
        ...{
          BilledCost: amount,
          EffectiveCost: amount,
          ListCost: amount,
          ContractedCost: amount,
          BillingCurrency: 'USD',
        },
        ...{ BillingPeriodStart: '2026-09-01T00:00:00Z', BillingPeriodEnd: '2026-10-01T00:00:00Z' },
        ...{ ChargePeriodStart: '2026-09-03T00:00:00Z', ChargePeriodEnd: '2026-09-04T00:00:00Z' },
        ...{
          ServiceName: 'GPU cluster',
          ServiceProviderName: 'Own',
          ChargeCategory: 'Usage',
          x_CostBasis: 'allocated',
        },
      },
      tags: { team: 'ml' },
    };
}
const computed = { ...place, source: 'cluster', period: '2026-09' };

async function visible(source: string): Promise<string> {
  const sql = `SELECT concat(toString(count()), ': ', toString(sum(BilledCost))) AS seen FROM fact_cost_usage
    WHERE x_DropId IN (SELECT x_DropId FROM cost_drop FINAL WHERE x_Source = {source:String})`;
  const { rows } = await stand.stores.warehouse.query<{ seen: string }>(sql, { params: { source } });
  return rows[0]!.seen;
}

describe('charges that the service computed', () => {
  test('are a drop of their month that the next one replaces whole, with or without charges in it', async () => {
    expect(await room.sendCharges(computed, charges('1', '2'))).toEqual({ rows: 2, unchanged: false });
    expect(await room.sendCharges(computed, charges('1', '2'))).toEqual({ rows: 2, unchanged: true });
    expect(await visible('cluster')).toBe('2: 3');
    expect(await room.sendCharges(computed, charges())).toEqual({ rows: 0, unchanged: false });
    expect(await visible('cluster')).toBe('0: 0');
    expect(await room.sendCharges(computed, charges('0.1', '0.2', '0.3'))).toMatchObject({ rows: 3 });
    expect(await visible('cluster')).toBe('3: 0.6');
  });

  test('are refused whole where one of them is incomplete', async () => {
    await expect(room.sendCharges(computed, charges('7', 'much'))).rejects.toThrow(
      /1 of 2 computed charges.*BilledCost/,
    );
    expect(await visible('cluster')).toBe('3: 0.6');
  });
});

describe('the warehouse', () => {
  beforeAll(async () => {
    rules = plainRules;
    const october = { BillingPeriodStart: '2024-10-01', BillingPeriodEnd: '2024-11-01' };
    await ingest('replaced', 'focus', billCsv([{ BilledCost: '1' }, { ...october, BilledCost: '2' }]), 'first.csv');
    await ingest('replaced', 'focus', billCsv([{ BilledCost: '30' }]), 'second.csv');
    const odd = { BilledCost: '1e-3', Tags: '{"team":"a\\"b"}', ChargeDescription: 'two\nlines', Extra: '=1+1' };
    await ingest('odd', 'focus', billCsv([{}, odd, { BilledCost: 'much' }, {}]), 'odd.csv');
    const coins = [{ day: '2026-09-01', amount: '123456789012345678901234567890.000000000000000000000000000001' }];
    await ingest('coins', 'coin-bill', coins.map((coin) => JSON.stringify(coin)).join('\n'), 'coins.ndjson');
    await ingest('jobs', 'test-cluster', '{"type":"job","jobId":"1"}\n{"type":"job","jobId":"2"}', 'jobs.ndjson');
    await room.sendCharges(computed, charges('5', '6'));
  });

  test('that was lost is rebuilt from the lake byte for byte, with what sinks keep', async () => {
    const before = await everythingSeen();
    expect(before.split('\n').filter((line) => line.includes('replaced'))).not.toHaveLength(0);
    await loseWarehouse();
    expect(await everythingSeen()).not.toContain('replaced');
    sinks.jobs.kept.length = 0;
    const told: string[] = [];
    expect(await room.rebuild({}, ({ source, state }) => told.push(`${source} ${state}`))).toBe(6);
    expect(told.every((line) => line.endsWith('completed'))).toBe(true);
    const after = await everythingSeen();
    expect(createHash('sha256').update(after).digest('hex')).toBe(createHash('sha256').update(before).digest('hex'));
    expect(sinks.jobs.kept.map(({ item }) => item)).toEqual([
      { type: 'job', jobId: '1' },
      { type: 'job', jobId: '2' },
    ]);
  });

  test('loses nothing of it when the rebuild is killed and begun again', async () => {
    const before = await everythingSeen('* EXCEPT x_DropId');
    await loseWarehouse();
    // A rebuild that got as far as half of the rows of one drop, under its old id.
    const [drop] = await stand.stores.store.query<{ drop_id: string }>(
      `SELECT drop_id FROM anycost_drop WHERE source = 'odd' AND state = 'active'`,
    );
    await stand.stores.warehouse.command(
      `INSERT INTO fact_cost_usage (Tenant, Region, x_DropId, x_Source, BilledCost) VALUES ('default', 'default', '${drop!.drop_id}', 'odd', 1)`,
    );
    await room.rebuild({}, () => undefined);
    expect(await everythingSeen('* EXCEPT x_DropId')).toBe(before);
  });

  test('is rebuilt from files too that an earlier version kept as they came', async () => {
    await ingest('old', 'focus', billCsv([{}, { BilledCost: '1e1' }]), 'old.csv');
    const before = await everythingSeen();
    const lake = join(stand.folder, 'lake');
    await mkdir(join(lake, 'raw'));
    await writeFile(join(lake, 'raw/old.csv'), billCsv([{}, { BilledCost: '1e1' }]));
    await stand.stores.store.query(`UPDATE anycost_file SET lake_path = 'raw/old.csv' WHERE file_name = 'old.csv'`);
    await loseWarehouse();
    await room.rebuild({}, () => undefined);
    expect(await everythingSeen()).toBe(before);
    const [file] = await stand.stores.store.query(`SELECT lake_path FROM anycost_file WHERE file_name = 'old.csv'`);
    expect(file).toEqual({ lake_path: expect.stringMatching(/^rows\/.*\.parquet$/) });
  });

  test('is loaded again under new rules, source by source, while readers see every row once', async () => {
    rules = {
      ...plainRules,
      version: 'renamed',
      enrich: ({ columns, tags }) => ({
        columns: { ...columns, x_Team: 'renamed' },
        tags,
        tagSource: { x_Team: 'rule:rename' },
      }),
    };
    const sql = `SELECT x_Team AS team, x_TagSource['x_Team'] AS origin, toString(count()) AS n FROM fact_cost_usage
      WHERE x_DropId IN (SELECT x_DropId FROM cost_drop FINAL WHERE x_Source = {source:String}) GROUP BY ALL`;
    const teams = async (source: string) => (await stand.stores.warehouse.query(sql, { params: { source } })).rows;
    expect(await room.reload({ tenant: 'default', source: 'replaced' })).toEqual({ ingests: 2 });
    await stand.platform.jobs.start();
    const open = `SELECT count(*)::text AS n FROM anycost_ingest WHERE state IN ('waiting', 'active')`;
    while ((await stand.stores.store.query<{ n: string }>(open))[0]!.n !== '0')
      await new Promise((wake) => setTimeout(wake, 50));
    expect(await teams('replaced')).toEqual([{ team: 'renamed', origin: 'rule:rename', n: '2' }]);
    expect(await teams('odd')).not.toContainEqual(expect.objectContaining({ team: 'renamed' }));
    // Equal bytes under other rules are not unchanged.
    expect(await ingest('coins', 'coin-bill', '{"day":"2026-09-01","amount":"1"}')).toMatchObject({ unchanged: false });
    rules = plainRules;
    expect(await ingest('coins', 'coin-bill', '{"day":"2026-09-01","amount":"1"}')).toMatchObject({ unchanged: false });
    expect(await ingest('coins', 'coin-bill', '{"day":"2026-09-01","amount":"1"}')).toMatchObject({ unchanged: true });
    rules = { ...plainRules, version: 'renamed' };
    expect(await ingest('coins', 'coin-bill', '{"day":"2026-09-01","amount":"1"}')).toMatchObject({ unchanged: false });
  });
});
