import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { plainRow } from './fixtures/bill-fixture.ts';
import { openCostStand, type CostStand } from './fixtures/cost-stand.ts';
import { createAnycostRoom, type AnycostRoom, type RowRules } from './index.ts';
import { plainRules } from './plain-rules.ts';

let stand: CostStand;
let room: AnycostRoom;
let rules: RowRules = plainRules;
const { reads: _, ...oneByOne }: RowRules = plainRules;
const masking: RowRules = { ...plainRules, protects: true };

beforeAll(async () => {
  stand = await openCostStand();
  room = createAnycostRoom(stand.platform, { rules: async () => rules });
});
afterAll(() => stand.close());

/** A bill of one row with further columns as SQL has them, written by the engine. */
async function parquet(name: string, columns: Record<string, string>): Promise<string> {
  const plain = Object.entries(plainRow).filter(([column]) => !(column in columns));
  const selected = [
    ...plain.map(([column, value]) => `'${value}' AS ${column}`),
    ...Object.entries(columns).map(([column, sql]) => `${sql} AS ${column}`),
  ];
  const path = join(stand.folder, `${name}.parquet`);
  const bytes = await stand.stores.warehouse.exportRaw(`SELECT ${selected.join(', ')}`, 'Parquet');
  await pipeline(bytes, createWriteStream(path));
  return path;
}

interface Kept {
  Tags: Record<string, string>;
  x_Team: string;
  SkuPriceDetails: string;
  x_Unknown: Record<string, string>;
}

async function kept(source: string, path: string): Promise<Kept[]> {
  await room.ingestFocusFile(path, { source });
  const sql = `SELECT Tags, x_Team, SkuPriceDetails, x_Unknown FROM fact_cost_usage
    WHERE x_DropId IN (SELECT x_DropId FROM cost_drop FINAL WHERE x_Source = {source:String})`;
  return (await stand.stores.warehouse.query<Kept>(sql, { params: { source } })).rows;
}

const nested = {
  Tags: `CAST(map('team', 'search', 'user:cost "center"', 'a\\\\b', 'bare', NULL), 'Map(String, Nullable(String))')`,
  SkuPriceDetails: `CAST((8, 'm6i', ['a', 'b'], (0.1, true), NULL),
    'Tuple(CoreCount Int32, "Family" String, Zones Array(String), Deep Tuple(x Float64, ok Bool), Gone Nullable(String))')`,
  x_Labels: `[CAST((toInt64(9007199254740993), toDecimal64('1.10', 2)), 'Tuple(id Int64, price Decimal(18, 2))')]`,
  x_Empty: `CAST([], 'Array(String)')`,
};
const expected = {
  Tags: { team: 'search', 'user:cost "center"': 'a\\b' },
  x_Team: 'search',
  SkuPriceDetails: '{"CoreCount":8,"Family":"m6i","Zones":["a","b"],"Deep":{"x":0.1,"ok":true}}',
  x_Unknown: { x_Labels: '[{"id":9007199254740993,"price":"1.1"}]' },
};

test.each([
  ['the engine maps', plainRules],
  ['the mapper takes one by one', oneByOne],
  ['are looked through for what must be masked', masking],
])('maps, structures and lists of a Parquet file stay, as JSON, where its rows %s', async (way, ruled) => {
  rules = ruled;
  const path = await parquet('nested', nested);
  expect(await kept(`nested-${way.replaceAll(/\W/g, '-')}`, path)).toEqual([expected]);
});

test('what is absent in a Parquet file is empty', async () => {
  rules = plainRules;
  const columns = {
    ChargeClass: `CAST(NULL, 'Nullable(String)')`,
    ListUnitPrice: `CAST(NULL, 'Nullable(Decimal(9, 2))')`,
  };
  await room.ingestFocusFile(await parquet('absent', columns), { source: 'absent' });
  const { rows } = await stand.stores.warehouse.query(
    `SELECT ChargeClass, isNull(ListUnitPrice) AS none, x_Unknown FROM fact_cost_usage WHERE x_Source = 'absent'`,
  );
  expect(rows).toEqual([{ ChargeClass: '', none: 1, x_Unknown: {} }]);
});

test('tags as a structure are tags; those that a row does not have are absent', async () => {
  rules = plainRules;
  const Tags = `CAST(('ads', NULL), 'Tuple(team Nullable(String), env Nullable(String))')`;
  expect(await kept('struct', await parquet('struct', { Tags }))).toMatchObject([
    { Tags: { team: 'ads' }, x_Team: 'ads' },
  ]);
});

test('tags as a list are kept as text, and the row says so', async () => {
  rules = plainRules;
  const path = await parquet('list', { Tags: `[CAST(('team', 'ads'), 'Tuple(key String, value String)')]` });
  const report = await room.ingestFocusFile(path, { source: 'list' });
  expect(report).toMatchObject({ rows: 1, flagged: 1 });
});
