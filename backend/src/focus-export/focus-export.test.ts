import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { billPath, hasData } from '../anycost/fixtures/bill-fixture.ts';
import { exact, exactText } from '../platform/amounts/index.ts';
import { everything } from '../anycost/fixtures/cost-stand.ts';
import { openExportStand, type ExportStand } from './fixtures/export-stand.ts';
import { readWorkbook } from './fixtures/read-workbook.ts';
import { checkFile, createFocusExportRoom, readModel } from './index.ts';

let stand: ExportStand;
let files: ReturnType<typeof createFocusExportRoom>['files'];
let keepHouse: () => Promise<void>;

const usage = (more: Record<string, string>): Record<string, string> => ({
  BilledCost: '1',
  EffectiveCost: '1',
  ListCost: '1',
  ContractedCost: '1',
  ...more,
});
/** Charges that lack much of what the standard demands, each in its own way. */
const poor = [
  usage({}),
  usage({ PricingQuantity: '', PricingUnit: '', ConsumedQuantity: '7', ConsumedUnit: 'Tokens' }),
  usage({ PricingQuantity: '3', ListUnitPrice: '0.3', ContractedUnitPrice: '0.3333', ListCost: '0.9' }),
  usage({ BilledCost: '-4', EffectiveCost: '-4', ListCost: '-4', ContractedCost: '-4', PricingQuantity: '2' }),
  usage({ BilledCost: '0', EffectiveCost: '0', ListCost: '0', ContractedCost: '0', PricingQuantity: '' }),
  usage({ ChargeCategory: 'Tax', SkuId: 'S', SkuPriceId: 'P', ListUnitPrice: '2', PricingCategory: 'Standard' }),
  usage({ ChargeCategory: 'Purchase', ChargeFrequency: 'Usage-Based', CommitmentDiscountId: 'C', EffectiveCost: '0' }),
  usage({ ChargeCategory: 'Credit', ListUnitPrice: '-1', PricingQuantity: '1' }),
  usage({ CommitmentDiscountId: 'C', CommitmentDiscountUnit: 'USD', CapacityReservationId: 'R' }),
  usage({ CommitmentDiscountStatus: 'Used', CommitmentDiscountName: 'n', ResourceType: 'bucket', ResourceName: 'n' }),
  usage({ ResourceId: 'r', RegionName: 'Seoul', SubAccountName: 'only a name', ServiceCategory: 'Nonsense' }),
  usage({ ServiceName: 'EC2', ServiceCategory: 'Storage', ServiceSubcategory: 'Block Storage' }),
  usage({
    SkuPriceId: 'P1',
    SkuId: 'S1',
    SkuPriceDetails: '{"InstanceType":"m6i","Cores":4,"CoreCount":"8","deep":{"a":1}}',
  }),
  usage({ SkuPriceId: 'P1', SkuId: 'S2', SkuPriceDetails: 'not JSON' }),
  usage({ PricingCurrency: 'EUR', ChargeClass: 'Correction', InvoiceIssuerName: '', PublisherName: '' }),
  usage({ ChargeFrequency: 'usage-based', PricingCategory: 'On-Demand', ChargeDescription: '=1+1, "quoted"\nline' }),
  usage({ BilledCost: '0.123456789012345678901234567891', x_Model: 'gpt-4.1', Tags: '{"팀":"검색","team":"search"}' }),
];
const withData = hasData ? test : test.skip;
const span = 'from=2024-09-01&to=2024-10-01';

beforeAll(async () => {
  stand = await openExportStand('2024-10-02T12:00:00Z', (platform) => {
    const room = createFocusExportRoom(platform);
    files = room.files;
    keepHouse = () => room.loops![0]!.run(new AbortController().signal);
    return [room];
  });
  await stand.ingest('poor', poor);
  await stand.ingest('euro', [usage({ BillingCurrency: 'EUR', ServiceName: 'S3', ServiceCategory: 'Storage' })]);
});
afterAll(() => stand.close());

/** Rows of a CSV by column, read by the service's own reader. */
async function rowsOf(csv: Buffer | string): Promise<Record<string, string>[]> {
  const { csvRecords } = await import('../anycost/index.ts');
  const rows: string[][] = [];
  for await (const { fields } of csvRecords(Readable.from([Buffer.from(csv)]), false)) rows.push([...fields]);
  const [names = [], ...values] = rows;
  return values.map((fields) => Object.fromEntries(names.map((name, index) => [name, fields[index] ?? ''])));
}

async function rawSums(where = '1') {
  const { rows } = await stand.platform.warehouse.query<Record<string, string>>(
    `SELECT toString(sum(BilledCost)) AS billed, toString(sum(EffectiveCost)) AS effective, toString(sum(ListCost)) AS list,
            toString(sum(ContractedCost)) AS contracted, toString(count()) AS lines FROM fact_cost_usage WHERE ${where}`,
    { scope: everything },
  );
  return rows[0]!;
}

/** The same sums of a CSV, exact. */
async function csvSums(csv: Buffer) {
  const rows = await rowsOf(csv);
  const sum = (name: string) => exactText(rows.reduce((so, row) => so + exact(row[name]!), 0n));
  return {
    billed: sum('BilledCost'),
    effective: sum('EffectiveCost'),
    list: sum('ListCost'),
    contracted: sum('ContractedCost'),
    lines: String(rows.length),
  };
}

/** The same sums of a Parquet file, added up by the engine from its bytes. */
async function parquetSums(bytes: Buffer) {
  const { warehouse } = stand.platform;
  const type = (name: string) => `${name} Nullable(Decimal(76, 30))`;
  const names = ['BilledCost', 'EffectiveCost', 'ListCost', 'ContractedCost'];
  await warehouse.command(`CREATE TABLE exported (${names.map(type).join(', ')}) ENGINE = MergeTree ORDER BY tuple()`);
  await warehouse.insertRaw('exported', Readable.from([bytes]), 'Parquet');
  const { rows } = await warehouse.query<Record<string, string>>(
    `SELECT toString(sum(BilledCost)) AS billed, toString(sum(EffectiveCost)) AS effective, toString(sum(ListCost)) AS list,
            toString(sum(ContractedCost)) AS contracted, toString(count()) AS lines FROM exported`,
  );
  return rows[0]!;
}

async function mustFailures(bytes: Buffer, name: string, version: '1.2' | '1.4'): Promise<string[]> {
  const rules = billPath(version === '1.2' ? 'rules/model-1.2.json' : 'rules/focus_1_4_model.json');
  const { mustFailures: failed } = await checkFile(await stand.file(name, bytes), readModel(rules));
  return failed.map(({ id, failures, examples }) => `${id} (${failures}): ${examples[0]?.found ?? ''}`);
}

describe('a FOCUS export', () => {
  test('has the columns of its version in order, FOCUS first, and says whose it is by the names of its version', async () => {
    const [v14, v12] = [
      await stand.get(`/api/export/focus?${span}`),
      await stand.get(`/api/export/focus?version=1.2&${span}`),
    ];
    const names = (text: string) => text.split('\n')[0]!.replaceAll('"', '').split(',');
    const focus = names(v14.text).filter((name) => !name.startsWith('x_'));
    expect(focus).toHaveLength(65);
    expect(names(v14.text).slice(0, 65)).toEqual([...focus].sort());
    expect(names(v14.text).slice(65)).toEqual(
      expect.arrayContaining(['x_Model', 'x_InputTokens', 'x_CacheReadTokens', 'x_ReasoningTokens']),
    );
    expect(names(v14.text)).not.toContain('ProviderName');
    expect(names(v12.text)).toEqual(expect.arrayContaining(['ProviderName', 'PublisherName']));
    expect(names(v12.text).filter((name) => !name.startsWith('x_'))).toHaveLength(57);
    const [row] = await rowsOf(v14.bytes);
    expect(row).toMatchObject({
      ServiceProviderName: 'AWS',
      HostProviderName: 'AWS',
      ChargePeriodStart: '2024-09-05T10:00:00Z',
    });
    expect(v14.headers['content-disposition']).toContain('focus-1.4-2024-09-01-to-2024-09-30.csv');
  });

  test.each(['csv', 'csv.gz', 'parquet'] as const)('as %s adds up to the lines, to the last digit', async (format) => {
    const { bytes } = await stand.get(`/api/export/focus?format=${format}&${span}`);
    const plain = format === 'csv.gz' ? gunzipSync(bytes) : bytes;
    expect(await (format === 'parquet' ? parquetSums(plain) : csvSums(plain))).toEqual(await rawSums());
  });

  test('narrows by range, filters, currency and what the caller may see', async () => {
    const count = async (query: string, as?: string) =>
      (await rowsOf((await stand.get(`/api/export/focus?${query}`, as)).bytes)).length;
    expect(await count(`${span}&currency=eur`)).toBe(1);
    expect(await count(`${span}&filter=ServiceName:S3`)).toBe(1);
    expect(await count('from=2024-08-01&to=2024-09-01')).toBe(0);
    expect(await count(span, 'ada/nobody')).toBe(0);
    expect(await count(span, 'ada/search')).toBe(poor.length + 1);
    expect((await stand.get(`/api/export/focus?${span}&filter=Nope:1`)).status).toBe(400);
  });

  test('keeps texts as they are and makes prices fit their costs', async () => {
    const rows = await rowsOf((await stand.get(`/api/export/focus?${span}`)).bytes);
    const by = (line: number) =>
      rows.find((row) => row['x_SourceLine'] === String(line + 2) && row['x_Source'] === 'poor')!;
    expect(rows.map((row) => row['ChargeDescription'])).toContain('=1+1, "quoted"\nline');
    expect(by(2)).toMatchObject({ ListUnitPrice: '0.3', ContractedUnitPrice: '0.333333333333333333333333333333' });
    expect(by(3)).toMatchObject({ PricingQuantity: '-2', ListUnitPrice: '2', ListCost: '-4' });
    expect(by(5)).toMatchObject({
      SkuId: '',
      SkuPriceId: '',
      ListUnitPrice: '',
      PricingCategory: '',
      PricingQuantity: '',
    });
    expect(JSON.parse(by(12)['SkuPriceDetails']!)).toEqual({
      InstanceType: 'm6i',
      x_Cores: 4,
      CoreCount: 8,
      x_deep: '{"a":1}',
    });
    const model = rows.find((row) => row['x_Model'] !== '')!;
    expect(model).toMatchObject({ BilledCost: '0.123456789012345678901234567891', x_Model: 'gpt-4.1' });
    expect(JSON.parse(model['Tags']!)).toEqual({ 팀: '검색', team: 'search' });
  });

  withData.each(['1.2', '1.4'] as const)(
    'of poor bills has no failure of a MUST rule of FOCUS %s (skipped without the rule models)',
    async (version) => {
      for (const format of ['csv', 'parquet'] as const) {
        const { bytes } = await stand.get(`/api/export/focus?version=${version}&format=${format}&${span}`);
        expect(await mustFailures(bytes, `poor.${format}`, version)).toEqual([]);
      }
    },
  );

  withData(
    'of public bills (skipped where they are absent) has no failure of a MUST rule, and is read back to the same sums',
    async () => {
      const names = [
        'aws_1_2_cost_and_usage_rows100_seed42',
        'azure_1_2_cost_and_usage_rows100_seed42',
        'gcp_1_2_cost_and_usage_rows100_seed42',
        'azure_1_2_cost_and_usage_rows25_seed7_credits',
        'focus_1_0_sample',
      ];
      for (const name of names) await stand.ingestFile(billPath(`${name}.csv`), name);
      const sources = `filter=x_Source:${names.join(',')}&from=2024-01-01&to=2026-12-01`;
      const where = `x_Source IN (${names.map((name) => `'${name}'`).join(', ')})`;
      for (const version of ['1.2', '1.4'] as const) {
        const { bytes } = await stand.get(`/api/export/focus?version=${version}&${sources}`);
        expect(await mustFailures(bytes, `public-${version}.csv`, version)).toEqual([]);
        expect(await csvSums(bytes)).toEqual(await rawSums(where));
      }
      const { bytes } = await stand.get(`/api/export/focus?version=1.2&${sources}`);
      await stand.ingestFile(await stand.file('again.csv', bytes), 'again');
      expect(await rawSums("x_Source = 'again'")).toEqual(await rawSums(where));
    },
  );
});

describe('lines', () => {
  test('as CSV are guarded against formulas, and add up to the bills', async () => {
    const { bytes } = await stand.get(`/api/export/lines?${span}&filter=x_Source:poor,euro`);
    expect(bytes.toString('utf8').startsWith('\ufeff')).toBe(true);
    const rows = await rowsOf(bytes.subarray(3));
    expect(rows.map((row) => row['ChargeDescription'])).toContain(`'=1+1, "quoted"\nline`);
    expect(rows.map((row) => row['BilledCost'])).toContain('-4');
    expect(await csvSums(bytes.subarray(3))).toEqual(await rawSums("x_Source IN ('poor', 'euro')"));
  });

  test('as Excel have typed cells', async () => {
    const { bytes } = await stand.get(`/api/export/lines?format=xlsx&${span}&filter=x_Source:poor`);
    const [header = [], ...rows] = readWorkbook(bytes).get('Lines')!;
    const at = (name: string) => header.findIndex((cell) => cell?.value === name);
    expect(rows).toHaveLength(poor.length);
    expect(new Set(rows.map((row) => row[at('BilledCost')]?.type))).toEqual(new Set(['n']));
    expect(rows[0]![at('ChargePeriodStart')]).toMatchObject({ type: 'n', value: expect.stringMatching(/^45540\.41/) });
    expect(rows.map((row) => row[at('BilledCost')]?.value)).toContain('0.123456789012345678901234567891');
    expect(rows.map((row) => row[at('ChargeDescription')]).find((cell) => cell?.value.startsWith('='))).toMatchObject({
      type: 's',
      style: 7,
    });
  });
});

describe('a file in the background', () => {
  const settled = async (id: string) => {
    for (let turn = 0; turn < 400; turn++) {
      const { body } = await stand.get(`/api/exports/${id}`);
      if (body.state === 'ready' || body.state === 'failed') return body;
      await delay(25);
    }
    throw new Error(`${id} does not end`);
  };

  test('is ordered, made, fetched by whoever may see as much, and expires; each step is audited', async () => {
    const order = await stand.get(`/api/export/lines?${span}&async=true`);
    expect(order).toMatchObject({ status: 202, body: { state: 'waiting', kind: 'lines' } });
    const { id, href } = order.body;
    expect(await settled(id)).toMatchObject({ state: 'ready', rows: expect.any(Number) });
    const direct = await stand.get(`/api/export/lines?${span}`);
    const fetched = await stand.get(href, 'bob');
    expect(fetched).toMatchObject({ status: 200, text: direct.text });
    expect((await stand.get(href, 'bob/search')).status).toBe(404);
    expect((await stand.get('/api/exports')).body.files[0]).toMatchObject({ id });
    expect((await stand.get('/api/exports', 'bob')).body.files).toEqual([]);
    expect(
      stand.audited
        .filter(({ target }) => target === id.replace('export-', 'export:'))
        .map(({ action, actor }) => [action, actor.id]),
    ).toEqual([
      ['export.ordered', 'user:ada'],
      ['export.downloaded', 'user:bob'],
    ]);
    await stand.clock.advance(8 * 86_400_000);
    await keepHouse();
    expect((await stand.get(href)).status).toBe(410);
    expect((await stand.get(`/api/exports/${id}`)).body.state).toBe('expired');
  });

  test('that cannot be made says why', async () => {
    const caller = { id: 'user:ada', name: 'ada', scope: everything };
    files.define('broken', async () => {
      const { AppError } = await import('../platform/errors/index.ts');
      throw new AppError('UNPROCESSABLE', 'There is no rate.');
    });
    const { id } = await files.order({
      kind: 'broken',
      fileName: '../../x.csv',
      contentType: 'text/csv',
      request: {},
      caller,
    });
    expect(await settled(id)).toMatchObject({
      state: 'failed',
      fileName: 'x.csv',
      failure: expect.stringMatching(/^There is no rate/),
    });
    expect((await stand.get(`/api/exports/${id}/file`)).status).toBe(409);
  });

  test('is nobody’s by a made-up id', async () => {
    for (const id of ['export-999999', 'x', '../../etc'])
      expect((await stand.get(`/api/exports/${encodeURIComponent(id)}`)).status).toBe(404);
  });
});

test('a download is audited with what was asked for', async () => {
  stand.audited.length = 0;
  await stand.get(`/api/export/focus?version=1.2&${span}`, 'bob');
  expect(stand.audited).toEqual([
    expect.objectContaining({
      actor: { id: 'user:bob', name: 'bob' },
      action: 'export.downloaded',
      target: 'export:focus',
      after: expect.objectContaining({ kind: 'focus', rows: expect.any(Number) }),
    }),
  ]);
});
