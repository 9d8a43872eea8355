import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { createCostRoom } from '../cost/index.ts';
import { createHttpServer, type App } from '../platform/http/index.ts';
import { permissions, type Caller } from '../platform/identity/index.ts';
import { billCsv } from './fixtures/bill-fixture.ts';
import { everything, openCostStand, type CostStand } from './fixtures/cost-stand.ts';
import { createAnycostRoom } from './index.ts';

let stand: CostStand;
let app: App;

function caller(name: string): Caller {
  const [tenant = 'default', region] = name.split('/');
  return {
    kind: 'program',
    id: `key:${name}`,
    name,
    roles: [],
    permissions: new Set(permissions),
    scope: { ...everything, tenant, regions: region === undefined ? 'all' : [region] },
  };
}

beforeAll(async () => {
  stand = await openCostStand();
  stand.platform.config.http.uploadLimitBytes = 200_000;
  app = await createHttpServer({
    ...stand.platform,
    version: '0.0.0-test',
    identity: {
      anonymous: caller('nobody'),
      authenticate: async (headers) => caller(String(headers.authorization ?? 'default').replace('Bearer ', '')),
    },
    audit: { record: async () => undefined },
    checks: {},
  });
  for (const room of [createAnycostRoom(stand.platform), createCostRoom(stand.platform)])
    await app.register(async (scope) => room.routes!(scope as unknown as App));
  await app.ready();
  await stand.platform.jobs.start();
});
afterAll(async () => {
  await app.close();
  await stand.close();
});

interface Sent {
  status: number;
  body: { jobId?: string; detail?: string; code?: string; [more: string]: unknown };
}

async function send(
  payload: string | Buffer,
  options: { query?: string; type?: string; headers?: Record<string, string>; as?: string } = {},
): Promise<Sent> {
  const { query = '', type = 'text/csv', headers = {}, as = 'default' } = options;
  const answer = await app.inject({
    method: 'POST',
    url: `/api/ingest/focus${query}`,
    payload,
    headers: { 'content-type': type, authorization: `Bearer ${as}`, ...headers },
  });
  return { status: answer.statusCode, body: answer.json() };
}

async function get(url: string, as = 'default') {
  const answer = await app.inject({ url, headers: { authorization: `Bearer ${as}` } });
  return { status: answer.statusCode, body: answer.json<Record<string, any>>() }; // eslint-disable-line @typescript-eslint/no-explicit-any -- answers of many shapes
}

async function done(jobId: string | undefined) {
  for (let turn = 0; turn < 600; turn++) {
    const { body } = await get(`/api/ingest/jobs/${jobId}`);
    if (body.state === 'completed' || body.state === 'failed') return body;
    await delay(50);
  }
  throw new Error(`The job ${jobId} does not end.`);
}

function form(fileName: string, content: string): { payload: string; type: string } {
  const payload = `--X\r\nContent-Disposition: form-data; name="file"; filename="${fileName}"\r\nContent-Type: text/csv\r\n\r\n${content}\r\n--X--\r\n`;
  return { payload, type: 'multipart/form-data; boundary=X' };
}

describe('a bill that is sent', () => {
  test('is loaded by a job whose report names what was left out', async () => {
    const sent = await send(billCsv([{}, { BilledCost: 'secret' }]), { query: '?source=raw' });
    expect(sent.status).toBe(202);
    const report = await done(sent.body.jobId);
    expect(report).toMatchObject({ state: 'completed', progress: 100, rows: 1, quarantined: 1, periods: ['2024-09'] });
    expect(report.quarantine).toEqual([
      { file: '', line: 3, column: 'BilledCost', reason: 'BilledCost is not a decimal number', quarantined: true },
    ]);
    const { body } = await get(
      '/api/cost/summary?dims=ProviderName&from=2024-09-01&to=2024-10-01&metric=BilledCost&filter=x_Source:raw',
    );
    expect(body).toMatchObject({
      total: { cost: '1.5' },
      rows: [{ keys: { ProviderName: 'AWS' }, cost: '1.5', share: '1' }],
    });
  });

  test('may be a form, whose file names the source, or packed', async () => {
    const { payload, type } = form('AWS bill (May).csv', billCsv([{}]));
    expect(await done((await send(payload, { type })).body.jobId)).toMatchObject({ source: 'AWS-bill-May', rows: 1 });
    const packed = await send(gzipSync(billCsv([{}])), {
      type: 'application/gzip',
      query: '?source=packed&period=2024-12&region=seoul',
    });
    expect(await done(packed.body.jobId)).toMatchObject({ region: 'seoul', periods: ['2024-12'] });
  });

  test('gets the same job again with the same Idempotency-Key, and a conflict with another file', async () => {
    const headers = { 'idempotency-key': 'once' };
    const first = await send(billCsv([{}]), { query: '?source=key', headers });
    expect((await send(billCsv([{}]), { query: '?source=key', headers })).body).toEqual(first.body);
    expect(await send(billCsv([{ BilledCost: '9' }]), { query: '?source=key', headers })).toMatchObject({
      status: 409,
    });
    const elsewhere = await send(billCsv([{}]), { query: '?source=key', headers, as: 'other' });
    expect(elsewhere.body.jobId).not.toBe(first.body.jobId);
  });

  test.each([
    ['a gzip that was cut', gzipSync(billCsv([{}])).subarray(0, 60), '?source=a', 'application/gzip', 422, /cut off/],
    ['no source', billCsv([{}]), '', 'text/csv', 400, /source/],
    ['a source that is a path', billCsv([{}]), '?source=../../etc', 'text/csv', 400, /source must match/],
    ['a column too few', 'BilledCost\n1\n', '?source=a', 'text/csv', 422, /BillingCurrency.*missing/],
    ['another type', '<a/>', '?source=a', 'application/xml', 415, /^Send the bill as text\/csv/],
    ['too many bytes', 'x'.repeat(200_001), '?source=a', 'text/csv', 413, /larger than 200000/],
    ['a form without a file', '--X--\r\n', '?source=a', 'multipart/form-data; boundary=X', 400, /file/],
  ])('is refused where it has %s, and nothing is kept', async (_, payload, query, type, status, reason) => {
    const sent = await send(payload, { query, type });
    expect(sent).toMatchObject({ status, body: { detail: expect.stringMatching(reason) } });
    expect(await readdir(join(stand.folder, 'lake/arriving')).catch(() => [])).toEqual([]);
  });

  test('in a form that is too large is refused, not cut', async () => {
    const { payload, type } = form('big.csv', billCsv(Array.from({ length: 2_000 }, () => ({}))));
    expect(await send(payload, { type })).toMatchObject({ status: 413 });
  });

  test('is another tenant’s secret, and a region that one does not have', async () => {
    const { body } = await send(billCsv([{}]), { query: '?source=secret&region=seoul' });
    expect((await get(`/api/ingest/jobs/${body.jobId}`, 'other')).status).toBe(404);
    expect((await get(`/api/ingest/jobs/${body.jobId}`, 'default/paris')).status).toBe(404);
    expect((await get(`/api/ingest/jobs/${body.jobId}`, 'default/seoul')).status).toBe(200);
    expect(await send(billCsv([{}]), { query: '?source=a&region=seoul', as: 'default/paris' })).toMatchObject({
      status: 403,
    });
    expect((await get('/api/ingest/jobs/1%27%20OR%201=1')).status).toBe(404);
  });
});

describe('lines', () => {
  test('come page by page with file and line', async () => {
    const rows = Array.from({ length: 7 }, (_, at) => ({
      BilledCost: String(at),
      ServiceName: `s${at % 3}`,
      ChargeDescription: '=1+1',
    }));
    await done((await send(billCsv(rows), { query: '?source=paged' })).body.jobId);
    const seen: string[] = [];
    let cursor = '';
    do {
      const url = `/api/cost/lines?from=2024-09-01&to=2024-10-01&filter=x_Source:paged&limit=3${cursor && `&cursor=${cursor}`}`;
      const { body } = await get(url);
      expect(body.lines[0]).toMatchObject({
        x_SourceFile: '',
        x_LakePath: expect.stringMatching(/^rows\/default\/default\/paged\/mixed\/[0-9a-f]{64}\.parquet$/),
        ChargeDescription: '=1+1',
      });
      seen.push(
        ...body.lines.map(
          (line: { x_SourceLine: number; BilledCost: string }) => `${line.x_SourceLine}:${line.BilledCost}`,
        ),
      );
      cursor = body.nextCursor ?? '';
    } while (cursor !== '');
    expect(seen.sort()).toEqual(['2:0', '3:1', '4:2', '5:3', '6:4', '7:5', '8:6']);
  });

  test('refuse a cursor that is not ours', async () => {
    const { status, body } = await get('/api/cost/lines?cursor=abcd');
    expect([status, body.detail]).toEqual([400, expect.stringMatching(/cursor/)]);
  });
});

test('questions that cannot be answered say what to write instead', async () => {
  for (const [query, reason] of [
    ['range=ever', /30d/],
    ['dims=Nope', /ProviderName/],
    ['filter=x_Team', /x_Team:search,ads/],
    ['dims=a,b,c,d,e', /At most 4/],
    ['range=200d&granularity=hour', /granularity=day/],
    ['dims=x_Team%3B%20DROP%20TABLE%20cost_daily', /does not exist/],
  ] as const) {
    const { status, body } = await get(`/api/cost/summary?${query}`);
    expect([query, status, body.detail]).toEqual([query, 400, expect.stringMatching(reason)]);
  }
});
