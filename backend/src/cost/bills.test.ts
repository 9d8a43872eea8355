import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createReadStream, createWriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { gzipSync } from 'node:zlib';
import { createAnycostRoom, type AnycostRoom } from '../anycost/index.ts';
import { billPath, hasData, sumsOfFile } from '../anycost/fixtures/bill-fixture.ts';
import { everything, openCostStand, type CostStand } from '../anycost/fixtures/cost-stand.ts';
import { createCostRoom, type Cost } from './index.ts';
import { metrics } from './dimensions.ts';

const files = [
  { name: 'focus_1_0_sample.csv', from: '2024-08-01', to: '2024-11-01' },
  ...['aws', 'azure', 'gcp'].flatMap((cloud) =>
    ['rows100_seed42', 'rows25_seed7', 'rows25_seed7_credits'].map((rows) => ({
      name: `${cloud}_1_2_cost_and_usage_${rows}.csv`,
      from: '2026-04-01',
      to: '2026-07-01',
    })),
  ),
];

const found = hasData ? describe : describe.skip;

found('the sums of real bills, to the last digit (skipped where the public data is absent)', () => {
  let stand: CostStand;
  let anycost: AnycostRoom;
  let cost: Cost;

  beforeAll(async () => {
    stand = await openCostStand('2026-06-15T00:00:00Z');
    anycost = createAnycostRoom(stand.platform);
    cost = createCostRoom(stand.platform).cost;
  });
  afterAll(() => stand.close());

  /** The four sums of a source by a dimension, '' being the sum of all. */
  async function answered(
    source: string,
    dim: 'ServiceName' | 'ProviderName',
    span: { from: string; to: string },
  ): Promise<Map<string, string[]>> {
    const sums = new Map<string, string[]>();
    for (const metric of metrics) {
      const answer = await cost.summary(
        {
          metric,
          dims: [dim],
          from: new Date(span.from),
          to: new Date(span.to),
          granularity: 'total',
          filters: [{ dim: 'x_Source', values: [source] }],
          limit: 1000,
        },
        everything,
      );
      for (const [key, amount] of [
        ['', answer.total.cost] as const,
        ...answer.rows.map((row) => [row.keys[dim]!, row.cost] as const),
      ])
        sums.set(key, [...(sums.get(key) ?? []), amount]);
    }
    return sums;
  }

  /** The same bill as Parquet, written by the engine: decimals, a double, timestamps, and tags as a map. */
  async function asParquet(path: string): Promise<string> {
    const { warehouse } = stand.stores;
    await warehouse.command(
      `CREATE TABLE csv_in (${(await header(path)).map((name) => `\`${name}\` Nullable(String)`).join(', ')}) ENGINE = Memory`,
    );
    try {
      await warehouse.insertRaw('csv_in', createReadStream(path), 'CSVWithNames');
      const amount = (name: string) => `CAST(nullIf(${name}, 'NULL') AS Nullable(Decimal(38, 18))) AS ${name}`;
      const time = (name: string) => `parseDateTime64BestEffort(assumeNotNull(${name}), 3, 'UTC') AS ${name}`;
      const tags = `CAST(if(Tags = 'NULL', map(), JSONExtract(assumeNotNull(Tags), 'Map(String, String)')) AS Map(String, String)) AS Tags`;
      const replaced = [
        ...metrics.map(amount),
        ...['ChargePeriodStart', 'ChargePeriodEnd', 'BillingPeriodStart'].map(time),
        tags,
        "CAST(nullIf(PricingQuantity, 'NULL') AS Nullable(Float64)) AS PricingQuantity",
      ];
      const rows = await warehouse.exportRaw(`SELECT * REPLACE (${replaced.join(', ')}) FROM csv_in`, 'Parquet');
      const parquet = join(stand.folder, 'bill.parquet');
      await pipeline(rows, createWriteStream(parquet));
      return parquet;
    } finally {
      await warehouse.command('DROP TABLE csv_in');
    }
  }

  async function header(path: string): Promise<string[]> {
    const [line = ''] = (await readFile(path, 'utf8')).split(/\r?\n/);
    return line.split(',').map((name) => name.replaceAll('"', ''));
  }

  test.each(files)('$name', async ({ name, ...span }) => {
    const source = name.replace('.csv', '');
    const report = await anycost.ingestFocusFile(billPath(name), { source });
    expect(report.quarantined).toBe(0);
    for (const dim of ['ServiceName', 'ProviderName'] as const)
      expect(await answered(source, dim, span)).toEqual(await sumsOfFile(billPath(name), dim));
  });

  test.each(['focus_1_0_sample.csv', 'gcp_1_2_cost_and_usage_rows25_seed7_credits.csv'])(
    '%s packed with gzip and as Parquet',
    async (name) => {
      const span = files.find((file) => file.name === name)!;
      const expected = await sumsOfFile(billPath(name), 'ServiceName');
      await anycost.ingestFocusFile(await stand.file('bill.csv.gz', gzipSync(await readFile(billPath(name)))), {
        source: 'gzip',
      });
      expect(await answered('gzip', 'ServiceName', span)).toEqual(expected);
      const report = await anycost.ingestFocusFile(await asParquet(billPath(name)), { source: 'parquet' });
      expect(report).toMatchObject({ quarantined: 0, rows: report.rowsRead });
      expect(await answered('parquet', 'ServiceName', span)).toEqual(expected);
      const { rows } = await stand.stores.warehouse.query(
        `SELECT source, x_Team, x_SourceLine - (source = 'gzip') AS row, BilledCost, ChargePeriodStart FROM
           (SELECT *, x_Source AS source FROM fact_cost_usage WHERE x_DropId IN (SELECT x_DropId FROM cost_drop FINAL))
         WHERE source IN ('gzip', 'parquet') ORDER BY row, source`,
      );
      const [csv, parquet] = ['gzip', 'parquet'].map((one) =>
        (rows as { source: string }[]).filter(({ source }) => source === one),
      );
      expect(parquet!.map((row) => ({ ...row, source: '' }))).toEqual(csv!.map((row) => ({ ...row, source: '' })));
    },
  );

  test('the tags of the sample name teams, products and environments', async () => {
    const answer = await cost.summary(
      {
        metric: 'BilledCost',
        dims: ['x_Team', 'x_Product', 'x_Environment'],
        from: new Date('2024-09-01'),
        to: new Date('2024-10-01'),
        granularity: 'total',
        filters: [{ dim: 'x_Source', values: ['focus_1_0_sample'] }],
        limit: 5,
      },
      everything,
    );
    expect(
      answer.rows.filter((row) => row.keys.x_Team !== '' && row.keys.x_Product !== '' && row.keys.x_Environment !== '')
        .length,
    ).toBeGreaterThan(0);
    expect(answer.rows.at(-1)).toMatchObject({ other: true, keys: { x_Team: 'other' } });
    expect(answer.quality.withoutTeamShare).toMatch(/^0\.\d+$/);
  });
});
