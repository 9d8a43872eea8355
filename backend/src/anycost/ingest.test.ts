import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createWriteStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { gzipSync } from 'node:zlib';
import { billCsv, plainRow } from './fixtures/bill-fixture.ts';
import { openCostStand, type CostStand } from './fixtures/cost-stand.ts';
import { Lake } from './lake-files.ts';
import { createAnycostRoom, type AnycostRoom } from './index.ts';

let stand: CostStand;
let room: AnycostRoom;

beforeAll(async () => {
  stand = await openCostStand();
  room = createAnycostRoom(stand.platform);
});
afterAll(() => stand.close());

let sources = 0;
const newSource = (): string => `source-${++sources}`;

async function ingest(content: string | Buffer, source = newSource(), name = 'bill.csv') {
  return room.ingestFocusFile(await stand.file(name, content), { source });
}

/** What readers see of a source: lines and billed cost by month. */
async function visible(source: string): Promise<Record<string, string>> {
  const sql = `
    SELECT x_Period AS period, concat(toString(count()), ' lines, ', toString(sum(BilledCost))) AS sum
    FROM fact_cost_usage AS fact
    INNER JOIN (SELECT x_DropId, x_Period FROM cost_drop FINAL WHERE x_Source = {source:String}) AS visible USING (x_DropId)
    GROUP BY period ORDER BY period`;
  const { rows } = await stand.stores.warehouse.query<{ period: string; sum: string }>(sql, { params: { source } });
  return Object.fromEntries(rows.map(({ period, sum }) => [period, sum]));
}

async function findings(jobId: string): Promise<string[]> {
  const sql = `SELECT line, field, reason FROM anycost_finding WHERE ingest_id = $1 ORDER BY place`;
  const rows = await stand.stores.store.query<{ line: string; field: string; reason: string }>(sql, [
    jobId.split('-')[1],
  ]);
  return rows.map(({ line, reason }) => `${line}: ${reason}`);
}

describe('a bill', () => {
  test('is loaded with a drop for each billing month in it', async () => {
    const source = newSource();
    const october = { BillingPeriodStart: '2024-10-01T00:00:00Z', BillingPeriodEnd: '2024-11-01T00:00:00Z' };
    const report = await ingest(billCsv([{}, { BilledCost: '-0.5' }, { ...october, BilledCost: '7' }]), source);
    expect(report).toMatchObject({ state: 'completed', rows: 3, quarantined: 0, periods: ['2024-09', '2024-10'] });
    expect(await visible(source)).toEqual({ '2024-09': '2 lines, 1', '2024-10': '1 lines, 7' });
  });

  test('is replaced whole by a corrected one; a month that the correction does not hold stays', async () => {
    const source = newSource();
    const october = { BillingPeriodStart: '2024-10-01', BillingPeriodEnd: '2024-11-01' };
    await ingest(billCsv([{}, {}, { ...october, BilledCost: '7' }]), source);
    await ingest(billCsv([{ BilledCost: '100' }]), source);
    expect(await visible(source)).toEqual({ '2024-09': '1 lines, 100', '2024-10': '1 lines, 7' });
  });

  test('changes nothing when it is sent again, and counts again after another one came between', async () => {
    const source = newSource();
    const bill = billCsv([{ BilledCost: '3' }]);
    await ingest(bill, source);
    expect(await ingest(bill, source)).toMatchObject({ unchanged: true, rows: 1 });
    await ingest(billCsv([{ BilledCost: '4' }]), source);
    expect(await ingest(bill, source)).toMatchObject({ unchanged: false });
    expect(await visible(source)).toEqual({ '2024-09': '1 lines, 3' });
  });

  test('has the same sums packed with gzip, with a BOM, with CRLF and with other line ends inside of quotes', async () => {
    const rows = [{ ChargeDescription: 'two\nlines, "quoted"' }, { BilledCost: '2.25', Tags: '{"team":"a,b"}' }];
    const expected = { '2024-09': '2 lines, 3.75' };
    for (const content of [billCsv(rows), `\ufeff${billCsv(rows, '\r\n')}`, gzipSync(billCsv(rows))]) {
      const source = newSource();
      await ingest(content, source);
      expect(await visible(source)).toEqual(expected);
    }
  });

  test('keeps a number of 30 digits to the last', async () => {
    const source = newSource();
    const [big, small] = ['123456789012345678901234567890', '0.123456789012345678901234567891'];
    await ingest(billCsv([{ BilledCost: big }, { BilledCost: small }]), source);
    expect(await visible(source)).toEqual({ '2024-09': `2 lines, ${big}${small.slice(1)}` });
  });

  test('leaves out lines that cannot be right and says why, without their text', async () => {
    const source = newSource();
    const report = await ingest(
      billCsv([
        {},
        { ChargePeriodEnd: '9999-12-31T00:00:00Z' },
        { BilledCost: `1${'0'.repeat(46)}` },
        { BillingCurrency: 'secret' },
        { Tags: '{"password":"hunter2' },
      ]) + 'only,three,fields\n',
      source,
    );
    expect(report).toMatchObject({ rows: 2, quarantined: 4, flagged: 1 });
    const told = await findings(report.jobId);
    expect(told).toEqual([
      '3: ChargePeriodEnd lies outside 1970-01-01 to 2106-02-07',
      expect.stringContaining('4: BilledCost has 47 digits before the point'),
      '5: BillingCurrency is not an ISO 4217 currency code',
      expect.stringContaining('6: Tags is not JSON'),
      '7: The line has 3 fields; the header has 22',
    ]);
    expect(told.join()).not.toMatch(/hunter2|secret/);
  });

  test('keeps columns that FOCUS does not know, and reads the team from the tags', async () => {
    const source = newSource();
    await ingest(billCsv([{ x_Cluster: 'gpu-1', Tags: '{"user:Cost-Center":"cc-7"}' }]), source);
    const { rows } = await stand.stores.warehouse.query(
      'SELECT x_Unknown, x_Team, x_SourceFile, x_SourceLine FROM fact_cost_usage WHERE x_Source = {source:String}',
      { params: { source } },
    );
    expect(rows).toEqual([
      { x_Unknown: { x_Cluster: 'gpu-1' }, x_Team: 'cc-7', x_SourceFile: 'bill.csv', x_SourceLine: '2' },
    ]);
  });
});

describe('a bill that cannot be used is refused whole, nothing of it is kept, and what was there stays', () => {
  const columns = Object.keys(plainRow);
  const without = (name: string) => billCsv([{}]).replace(name, 'x_Other');
  test.each([
    [
      'a gzip that was cut',
      gzipSync(billCsv(Array.from({ length: 500 }, (_, i) => ({ ResourceId: `r${i}` })))).subarray(0, 900),
      /cut off/,
    ],
    ['nothing', '', /empty/],
    ['a header alone', `${columns.join(',')}\n`, /no rows/],
    ['no BilledCost', without('BilledCost'), /mandatory FOCUS column BilledCost is missing/],
    ['another encoding', Buffer.from(`\ufeff${billCsv([{}])}`, 'utf16le'), /not UTF-8/],
    ['Latin-1', Buffer.from(billCsv([{ ServiceName: 'Café' }]), 'latin1'), /not UTF-8/],
    ['a quote that never closes', `${billCsv([{}])}"open`, /never closed.*line 3/],
    ['only lines that cannot be used', billCsv([{ BilledCost: 'much' }]), /None of the 1 rows.*Line 2: BilledCost/],
    ['an Excel workbook', Buffer.from('PK\u0003\u0004...'), /CSV, gzip-compressed CSV, JSON, NDJSON or Parquet/],
    ['a Parquet file that was cut', Buffer.from('PAR1 and no more'), /Parquet file is damaged/],
  ])('%s', async (_, content, reason) => {
    const source = newSource();
    await ingest(billCsv([{ BilledCost: '5' }]), source);
    await expect(ingest(content, source)).rejects.toThrow(reason);
    expect(await visible(source)).toEqual({ '2024-09': '1 lines, 5' });
    expect(await readdir(join(stand.folder, 'lake/arriving'))).toEqual([]);
  });
});

describe('a Parquet file', () => {
  test('of many row groups keeps the number of each row', async () => {
    const source = newSource();
    const path = join(stand.folder, 'many.parquet');
    const columns = Object.entries({ ...plainRow, BilledCost: '' }).map(([name, value]) =>
      name === 'BilledCost' ? 'toDecimal256(number + 1, 20) AS BilledCost' : `'${value}' AS ${name}`,
    );
    const rows = 50_000;
    const bytes = await stand.stores.warehouse.exportRaw(
      `SELECT ${columns.join(', ')} FROM numbers(${rows})`,
      'Parquet',
      {
        settings: { output_format_parquet_row_group_size: 4_000 },
      },
    );
    await pipeline(bytes, createWriteStream(path));
    expect(await room.ingestFocusFile(path, { source })).toMatchObject({ rows, quarantined: 0 });
    const { rows: found } = await stand.stores.warehouse.query(
      `SELECT countIf(toDecimal256(x_SourceLine, 30) = BilledCost) AS right, count() AS all FROM fact_cost_usage WHERE x_Source = {source:String}`,
      { params: { source } },
    );
    expect(found).toEqual([{ right: String(rows), all: String(rows) }]);
  });
});

describe('the lake', () => {
  test('that is full says so and keeps nothing', async () => {
    const lake = new Lake(join(stand.folder, 'full'));
    const full = Readable.from(
      (async function* () {
        yield Buffer.from('BilledCost');
        throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
      })(),
    );
    await expect(lake.receive(full, 1_000)).rejects.toMatchObject({ code: 'DISK_FULL' });
    expect(await readdir(join(stand.folder, 'full/arriving'))).toEqual([]);
  });

  test('holds the bytes as they came, under what they are', async () => {
    const source = newSource();
    const report = await ingest(gzipSync(billCsv([{}])), source, 'whatever.csv');
    expect(report.fileName).toBe('whatever.csv');
    const files = await readdir(join(stand.folder, 'lake/rows/default/default', source, 'mixed'));
    expect(files).toEqual([expect.stringMatching(/^[0-9a-f]{64}\.parquet$/)]);
  });
});

test('sources are listed with their rows and age', async () => {
  const source = newSource();
  await ingest(billCsv([{}, {}]), source);
  const find = async () =>
    (await room.sources({ tenant: 'default', regions: 'all' })).find((one) => one.source === source);
  expect(await find()).toMatchObject({ kind: 'focus', rows: 2, quarantined: 0, state: 'fresh' });
  await stand.clock.advance(3 * 24 * 3_600_000);
  expect(await find()).toMatchObject({ state: 'stale' });
  expect(await room.sources({ tenant: 'other', regions: 'all' })).toEqual([]);
});
