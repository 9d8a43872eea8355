import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { billCsv } from './fixtures/bill-fixture.ts';
import { openCostStand, type CostStand } from './fixtures/cost-stand.ts';
import { clusterConnector, coinConnector, recordingSinks } from './fixtures/fixture-connectors.ts';
import { form, openHttpStand, type HttpStand } from './fixtures/http-stand.ts';
import { createAnycostRoom, type AnycostRoom, type RowRules } from './index.ts';
import { plainRules } from './plain-rules.ts';
import { Staging } from './staging-reader.ts';

let stand: CostStand;
let room: AnycostRoom;
let http: HttpStand;
const sinks = recordingSinks();
let rules: RowRules = plainRules;

beforeAll(async () => {
  stand = await openCostStand('2026-10-02T12:00:00Z');
  stand.platform.audit = { record: async () => undefined } as never;
  room = createAnycostRoom(stand.platform, {
    connectors: [coinConnector, clusterConnector],
    sinks,
    rules: async () => rules,
  });
  http = await openHttpStand(stand.platform, [room]);
  await stand.platform.jobs.start();
});
afterAll(async () => {
  await http.close();
  await stand.close();
});
beforeEach(() => {
  rules = plainRules;
  for (const sink of [sinks.jobs, sinks.llmRequests, sinks.gpuSamples]) sink.kept.length = 0;
});

async function sum(source: string): Promise<Record<string, string>> {
  const sql = `
    SELECT x_Period AS period, concat(toString(count()), ': ', toString(sum(BilledCost))) AS billed
    FROM fact_cost_usage INNER JOIN (SELECT x_DropId, x_Period FROM cost_drop FINAL WHERE x_Source = {source:String}) AS v
      USING (x_DropId) GROUP BY period ORDER BY period`;
  const { rows } = await stand.stores.warehouse.query<{ period: string; billed: string }>(sql, { params: { source } });
  return Object.fromEntries(rows.map(({ period, billed }) => [period, billed]));
}

async function send(endpoint: string, payload: string | Buffer | object, query: string, options: object = {}) {
  const { status, body } = await http.send('POST', `/api/ingest/${endpoint}?${query}`, { payload, ...options });
  if (status !== 202) throw new Error(JSON.stringify(body));
  return http.done(body.jobId);
}

const charge = (day: string, amount: string, more = {}) => ({ day, amount, team: 'ml', ...more });
const ndjson = (records: readonly object[]) => records.map((record) => JSON.stringify(record)).join('\n');

describe('a batch', () => {
  test('of JSON, NDJSON, CSV of any delimiter or several files is mapped by the connector that it names', async () => {
    const records = [charge('2026-09-01', '0.1'), charge('2026-09-02', '0.2')];
    const csv = (delimiter: string) =>
      [['day', 'amount', 'team'], ...records.map(({ day, amount, team }) => [day, amount, team])]
        .map((line) => line.join(delimiter))
        .join('\n');
    const bodies: [string, string | Buffer | object, object][] = [
      ['json', records, {}],
      ['ndjson', ndjson(records), { type: 'application/x-ndjson' }],
      ['lines', ndjson(records), { type: 'application/octet-stream' }],
      ['packed', gzipSync(ndjson(records)), { type: 'application/gzip' }],
      ['comma', csv(','), {}],
      ['semicolon', csv(';'), {}],
      ['tab', csv('\t'), {}],
      ['files', form({ 'a.csv': csv(','), 'b.ndjson': ndjson(records) }).payload, { type: form({}).type }],
    ];
    for (const [source, body, options] of bodies) {
      const report = await send('cloud-usage', body, `connector=coin-bill&source=${source}`, options);
      const twice = source === 'files';
      expect([source, report]).toMatchObject([
        source,
        { state: 'completed', connector: 'coin-bill', rows: twice ? 4 : 2, quarantined: 0, periods: ['2026-09'] },
      ]);
      expect(await sum(source)).toEqual({ '2026-09': twice ? '4: 0.6' : '2: 0.3' });
    }
  });

  test('gives jobs, requests and samples to those who keep them, with file and line', async () => {
    const lines = [
      { type: 'job', jobId: '7' },
      { type: 'request', requestId: 'r1', inputTokens: 12 },
      { type: 'nothing' },
      { type: 'sample', gpu: 'a' },
    ];
    const file = form({ 'cluster.ndjson': ndjson(lines) });
    const report = await send('slurm', file.payload, 'source=cluster', { type: file.type });
    expect(report).toMatchObject({ state: 'completed', rows: 4, rowsRead: 4, quarantined: 0, periods: [] });
    const about = { source: 'cluster', fileName: 'cluster.ndjson' };
    expect(sinks.jobs.kept).toEqual([{ item: lines[0], line: 1, ...about }]);
    expect(sinks.llmRequests.kept).toEqual([{ item: lines[1], line: 2, ...about }]);
    expect(sinks.gpuSamples.kept).toEqual([
      { item: lines[3], line: 4, ...about },
      { item: { gpu: 'idle after 4' }, line: 4, ...about },
    ]);
    expect((await http.send('GET', '/api/sources')).body).toContainEqual(
      expect.objectContaining({ source: 'cluster', kind: 'test-cluster', rows: 4, state: 'fresh', origin: 'sent' }),
    );
  });

  test('whose sink fails is tried again, and what it kept twice it may', async () => {
    sinks.jobs.failing = true;
    const { body } = await http.send('POST', '/api/ingest/slurm?source=again', {
      payload: ndjson(Array.from({ length: 3_000 }, (_, at) => ({ type: 'job', jobId: String(at) }))),
    });
    for (let report = { attempts: 0, failure: '' }; report.failure === '';)
      report = { failure: '', ...(await http.send('GET', `/api/ingest/jobs/${body.jobId}`)).body };
    sinks.jobs.failing = false;
    expect(await http.done(body.jobId)).toMatchObject({ state: 'completed', rows: 3_000 });
  });

  test('is quarantined line by line where lines are broken, too long, nested too deep or of another kind', async () => {
    const deep = `${'{"a":'.repeat(80)}1${'}'.repeat(80)}`;
    const text = [
      JSON.stringify(charge('2026-09-01', '1')),
      '{"day": "2026-09-02", "amount": "secret',
      'null',
      deep,
      `{"long": "${'x'.repeat(5 * 1024 * 1024)}"}`,
      JSON.stringify(charge('2026-09-03', 'hunter2')),
      JSON.stringify(charge('2026-09-03', '1', { unit: 'N/A' })),
      '',
      JSON.stringify(charge('2026-09-04', '1')),
    ].join('\n');
    const report = await send('cloud-usage', text, 'connector=coin-bill&source=broken', {
      type: 'application/x-ndjson',
    });
    expect(report).toMatchObject({ state: 'completed', rows: 2, rowsRead: 8, quarantined: 6 });
    const told = report.quarantine.map(({ line, reason }: { line: number; reason: string }) => `${line}: ${reason}`);
    expect(told).toEqual([
      '2: The line is not JSON',
      '3: The record is not a JSON object',
      '4: The record is nested more than 64 deep',
      '5: The line is longer than 4194304 bytes',
      ...['BilledCost', 'EffectiveCost', 'ListCost', 'ContractedCost'].map(
        (name) => `6: ${name} is not a decimal number`,
      ),
      '7: PricingUnit is no unit of measure',
    ]);
    expect(JSON.stringify(report)).not.toMatch(/secret|hunter2/);
    expect(await sum('broken')).toEqual({ '2026-09': '2: 2' });
  });

  test('keeps numbers of JSON to the last digit', async () => {
    const text =
      '[{"day":"2026-09-01","amount":1234567890123456789.012345678901234567},{"day":"2026-09-01","amount":1e-30}]';
    await send('cloud-usage', text, 'connector=coin-bill&source=digits', { type: 'application/json' });
    expect(await sum('digits')).toEqual({ '2026-09': '2: 1234567890123456789.012345678901234567000000000001' });
  });

  test('sent again changes nothing, in another order either; a corrected one replaces its months whole', async () => {
    const records = [charge('2026-09-01', '1'), charge('2026-09-02', '2'), charge('2026-08-31', '4')];
    const query = 'connector=coin-bill&source=order';
    await send('cloud-usage', records, query);
    expect(await send('cloud-usage', records, query)).toMatchObject({ unchanged: true, rows: 3 });
    await send('cloud-usage', [...records].reverse(), query);
    expect(await sum('order')).toEqual({ '2026-08': '1: 4', '2026-09': '2: 3' });
    await send('cloud-usage', [charge('2026-09-01', '8')], query);
    expect(await sum('order')).toEqual({ '2026-08': '1: 4', '2026-09': '1: 8' });
  });

  test('gets its job again with the same Idempotency-Key, whatever the order of the files', async () => {
    const headers = { 'idempotency-key': 'form-1' };
    const url = '/api/ingest/cloud-usage?connector=coin-bill&source=keyed';
    const [a, b] = [ndjson([charge('2026-09-01', '1')]), ndjson([charge('2026-09-02', '2')])];
    const first = await http.send('POST', url, { ...form({ 'a.ndjson': a, 'b.ndjson': b }), headers });
    const second = await http.send('POST', url, { ...form({ 'b.ndjson': b, 'a.ndjson': a }), headers });
    expect(second.body).toEqual(first.body);
    const other = await http.send('POST', url, { ...form({ 'a.ndjson': a }), headers });
    expect(other.status).toBe(409);
  });
});

describe('a late or amended bill', () => {
  test('lands in its own month: a credit of July that comes in September changes July alone', async () => {
    const bill = (month: string, rows: Record<string, string>[]) =>
      billCsv(
        rows.map((row) => ({
          ...{ BillingPeriodStart: `${month}-01T00:00:00Z`, BillingPeriodEnd: `${month}-28T00:00:00Z` },
          ...row,
        })),
      );
    const usage = { ChargePeriodStart: '2026-07-03T00:00:00Z', ChargePeriodEnd: '2026-07-04T00:00:00Z' };
    await send('focus', bill('2026-07', [{ ...usage, BilledCost: '100' }]), 'source=late');
    await send('focus', bill('2026-08', [{ BilledCost: '50' }]), 'source=late');
    // The provider sends July again with the credit, and September with a correction of a charge of July.
    const credit = { ...usage, BilledCost: '-30', ChargeCategory: 'Credit', ChargeClass: 'Correction' };
    await send('focus', bill('2026-07', [{ ...usage, BilledCost: '100' }, credit]), 'source=late');
    await send('focus', bill('2026-09', [{ ...credit, BilledCost: '-7' }, { BilledCost: '60' }]), 'source=late');
    expect(await sum('late')).toEqual({ '2026-07': '2: 70', '2026-08': '1: 50', '2026-09': '2: 53' });
    const { rows } = await stand.stores.warehouse.query(
      `SELECT toString(sum(BilledCost)) AS july FROM cost_daily
       WHERE x_DropId IN (SELECT x_DropId FROM cost_drop FINAL WHERE x_Source = 'late') AND toStartOfMonth(Day) = '2026-07-01'`,
    );
    // By day of use the correction belongs to July, whatever bill it came with.
    expect(rows).toEqual([{ july: '63' }]);
  });
});

describe('what is sent is refused', () => {
  test.each([
    ['cloud-usage', 'connector=nonsense', '[]', /takes no nonsense.*coin-bill, focus/],
    ['cloud-usage', 'connector=test-cluster', '[]', /takes no test-cluster.*coin-bill, focus/],
    ['cloud-usage', '', '[]', /is not named.*coin-bill, focus/],
    ['prometheus', 'connector=focus', '[]', /takes no focus.*takes nothing yet/],
    ['slurm', 'connector=test-cluster', '', /empty/],
    ['cloud-usage', 'connector=coin-bill', '[]', /no records/],
    ['cloud-usage', 'connector=coin-bill', '[{"a":1}', /not JSON, or was cut off/],
    ['cloud-usage', 'connector=focus', 'a,b\n1,2\n', /mandatory FOCUS columns/],
  ])('at %s with ?%s where it is %p', async (endpoint, query, payload, reason) => {
    const answer = await http.send('POST', `/api/ingest/${endpoint}?source=refused&${query}`, {
      payload,
      type: 'application/octet-stream',
    });
    expect(answer).toMatchObject({ body: { detail: expect.stringMatching(reason) } });
    expect([400, 422]).toContain(answer.status);
  });

  test('where a gzip was cut in the middle, and nothing of it is kept', async () => {
    const packed = gzipSync(ndjson(Array.from({ length: 5_000 }, (_, at) => charge('2026-09-01', String(at)))));
    const answer = await http.send('POST', '/api/ingest/cloud-usage?connector=coin-bill&source=cut', {
      payload: packed.subarray(0, packed.length / 2),
      type: 'application/gzip',
    });
    expect(answer).toMatchObject({ status: 422, body: { detail: expect.stringMatching(/cut off/) } });
    expect(await sum('cut')).toEqual({});
  });
});

describe('what must not be kept', () => {
  const masking: RowRules = {
    ...plainRules,
    protects: true,
    protect: (fields) =>
      Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, value.replaceAll(/\w+@\w+/g, 'masked')])),
    version: 'mask-1',
  };
  const record = { ...charge('2026-09-01', '1', { team: 'eve@home' }), who: { mail: ['bob@work', 7] } };

  test.each([
    ['json', [record], 'application/json'],
    ['ndjson', ndjson([record]), 'application/x-ndjson'],
    ['csv', `day,amount,team\n2026-09-01,1,eve@home\n`, 'text/csv'],
  ])('is masked before anything is kept: %s', async (name, payload, type) => {
    rules = masking;
    const source = `masked-${name}`;
    await send('cloud-usage', payload, `connector=coin-bill&source=${source}`, { type });
    const { rows } = await stand.stores.warehouse.query<{ path: string; team: string }>(
      `SELECT (SELECT any(LakePath) FROM cost_drop FINAL WHERE x_Source = {source:String}) AS path, x_Team AS team
       FROM fact_cost_usage WHERE x_Source = {source:String}`,
      { params: { source } },
    );
    expect(rows).toEqual([{ path: expect.stringMatching(/^rows\//), team: 'masked' }]);
    const staging = await Staging.of(stand.stores.warehouse, join(stand.folder, 'lake', ...rows[0]!.path.split('/')));
    await staging.fill();
    const kept: string[] = [];
    for await (const record of staging.records()) kept.push(JSON.stringify(record));
    await staging.drop();
    expect(kept.join()).toContain('masked');
    expect(kept.join()).not.toMatch(/eve@home|bob@work/);
  });

  test('is masked in a Parquet file too', async () => {
    rules = masking;
    const bytes = await stand.stores.warehouse.exportRaw(
      `SELECT '2026-09-01' AS day, toDecimal128(3, 2) AS amount, 'eve@home' AS team`,
      'Parquet',
    );
    const chunks: Buffer[] = [];
    for await (const chunk of bytes as AsyncIterable<Buffer>) chunks.push(chunk);
    const parquet = Buffer.concat(chunks);
    await send('cloud-usage', parquet, 'connector=coin-bill&source=masked-parquet', {
      type: 'application/octet-stream',
    });
    const { rows } = await stand.stores.warehouse.query(
      `SELECT x_Team AS team, toString(BilledCost) AS cost FROM fact_cost_usage WHERE x_Source = 'masked-parquet'`,
    );
    expect(rows).toEqual([{ team: 'masked', cost: '3' }]);
  });
});

test('jobs are listed, newest first, page by page, for whoever may see their region', async () => {
  for (const region of ['seoul', 'paris', 'seoul'])
    await send('cloud-usage', [charge('2026-09-01', '1')], `connector=coin-bill&source=paged&region=${region}`);
  const first = await http.send('GET', '/api/ingest/jobs?source=paged&limit=2');
  expect(first.body.map(({ region }: { region: string }) => region)).toEqual(['seoul', 'paris']);
  const rest = await http.send('GET', `/api/ingest/jobs?source=paged&before=${first.body[1].jobId}`);
  expect(rest.body).toHaveLength(1);
  expect((await http.send('GET', '/api/ingest/jobs?source=paged', { as: 'default/paris' })).body).toHaveLength(1);
  expect((await http.send('GET', '/api/ingest/jobs?source=paged', { as: 'other' })).body).toEqual([]);
});
