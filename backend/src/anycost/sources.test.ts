import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { AppError } from '../platform/errors/index.ts';
import { openCostStand, type CostStand } from './fixtures/cost-stand.ts';
import { coinConnector } from './fixtures/fixture-connectors.ts';
import { openHttpStand, type HttpStand } from './fixtures/http-stand.ts';
import { createAnycostRoom, type AnycostRoom, type Connector, type RemoteFile, type SourceContext } from './index.ts';
import { secretReader } from './source-secrets-reader.ts';

/** What stands at the mint: files by name, and whether its door is shut. */
const mint = {
  files: new Map<string, { version: string; text: string; group?: string; period?: string }>(),
  isShut: false,
  asked: [] as (string | undefined)[],
  seen: [] as SourceContext[],
};
const fetching: Connector = {
  ...coinConnector,
  kind: 'mint',
  title: 'The mint',
  discover: async (context, cursor) => {
    mint.asked.push(cursor);
    mint.seen.push(context);
    if (mint.isShut) throw new AppError('UPSTREAM_FAILED', 'The mint is shut.');
    const found = [...mint.files].filter(([, { version }]) => cursor === undefined || version > cursor);
    return {
      cursor:
        [...mint.files.values()]
          .map(({ version }) => version)
          .sort()
          .at(-1) ?? '0',
      files: found.map(([name, { version, group, period }]): RemoteFile => ({
        ...{ name, version },
        ...(group ? { group } : {}),
        ...(period ? { period } : {}),
      })),
    };
  },
  pull: async (_, { name }) => [Buffer.from(mint.files.get(name)!.text)] as unknown as AsyncIterable<Uint8Array>,
  health: async ({ source }) =>
    mint.isShut
      ? { ok: false, message: 'The mint is shut.', help: 'Come back in the morning.' }
      : {
          ok: true,
          message: `The mint answers, amounts are in ${(source.settings['currency'] as string | undefined) ?? 'USD'}.`,
        },
};

let stand: CostStand;
let room: AnycostRoom;
let http: HttpStand;
const audited: { action: string; target: string }[] = [];

beforeAll(async () => {
  stand = await openCostStand('2026-10-02T12:00:00Z');
  stand.platform.audit = {
    record: async (event: { action: string; target: string }) => void audited.push(event),
  } as never;
  stand.platform.config.sources = [
    {
      ...{ name: 'declared-mint', kind: 'mint', tenant: 'default', region: 'seoul' },
      ...{ everyMinutes: 60, enabled: true, settings: { currency: 'KRW' } },
    },
  ];
  room = createAnycostRoom(stand.platform, { connectors: [coinConnector, fetching] });
  await room.start!(new AbortController().signal);
  http = await openHttpStand(stand.platform, [room]);
  await stand.platform.jobs.start();
});
afterAll(async () => {
  await http.close();
  await stand.close();
});

const turn = () => room.loops!.find(({ name }) => name === 'anycost-sources')!.run(new AbortController().signal);
const bill = (day: string, amount: string) => `day,amount,team\n${day},${amount},ml\n`;

async function source(name: string) {
  return (await http.send('GET', `/api/sources/${name}`)).body;
}

/** Sum by month of what readers see, when nothing waits any more. */
async function settled(name: string): Promise<Record<string, string>> {
  const { body } = await http.send('GET', `/api/ingest/jobs?source=${name}&limit=200`);
  for (const { jobId } of body) await http.done(jobId);
  const sql = `
    SELECT x_Period AS period, concat(toString(sum(BilledCost)), ' ', any(BillingCurrency)) AS billed FROM fact_cost_usage
    INNER JOIN (SELECT x_DropId, x_Period FROM cost_drop FINAL WHERE x_Source = {name:String}) AS v USING (x_DropId)
    GROUP BY period ORDER BY period`;
  const { rows } = await stand.stores.warehouse.query<{ period: string; billed: string }>(sql, { params: { name } });
  return Object.fromEntries(rows.map(({ period, billed }) => [period, billed]));
}

describe('a source of the configuration', () => {
  test('is fetched on its rhythm, from the cursor on, and a group of files is one drop', async () => {
    expect(await source('declared-mint')).toMatchObject({
      ...{ kind: 'mint', title: 'The mint', region: 'seoul', origin: 'yaml', fetches: true, health: 'waiting' },
      ...{ lastAt: null, rows: 0, state: 'empty', settings: { currency: 'KRW' } },
    });
    mint.files.set('a', { version: '1', text: bill('2026-08-01', '10'), group: 'august', period: '2026-08' });
    mint.files.set('b', { version: '1', text: bill('2026-08-02', '5'), group: 'august', period: '2026-08' });
    mint.files.set('c', { version: '1', text: bill('2026-09-02', '7') });
    await turn();
    expect(await settled('declared-mint')).toEqual({ '2026-08': '15 KRW', '2026-09': '7 KRW' });
    expect(await source('declared-mint')).toMatchObject({
      ...{ health: 'ok', failures: 0, rows: 3, state: 'fresh' },
      ...{ lastRunAt: '2026-10-02T12:00:00.000Z', nextAt: '2026-10-02T13:00:00.000Z' },
    });
    await turn();
    expect(mint.asked).toEqual([undefined]);
    mint.files.set('c', { version: '2', text: bill('2026-09-02', '8') });
    await stand.clock.advance(3_600_000);
    await turn();
    expect(mint.asked).toEqual([undefined, '1']);
    expect(await settled('declared-mint')).toEqual({ '2026-08': '15 KRW', '2026-09': '8 KRW' });
  });

  test('that does not answer says so, is asked less often, and goes on where it was', async () => {
    mint.isShut = true;
    await stand.clock.advance(3_600_000);
    await turn();
    expect(await source('declared-mint')).toMatchObject({
      ...{ health: 'failing', failures: 1, lastError: 'The mint is shut.', nextAt: '2026-10-02T16:00:00.000Z' },
      ...{ rows: 3, lastOkAt: '2026-10-02T13:00:00.000Z' },
    });
    mint.isShut = false;
    await stand.clock.advance(2 * 3_600_000);
    await turn();
    expect(mint.asked.slice(-2)).toEqual(['2', '2']);
    expect(await source('declared-mint')).toMatchObject({ health: 'ok', failures: 0 });
    expect(await source('declared-mint')).not.toHaveProperty('lastError');
  });

  test('with a file that cannot be used tells it, and the other files count', async () => {
    mint.files.set('d', { version: '3', text: '' });
    mint.files.set('e', { version: '3', text: bill('2026-10-01', '1') });
    await stand.clock.advance(3_600_000);
    await turn();
    expect(await settled('declared-mint')).toMatchObject({ '2026-10': '1 KRW' });
    expect(await source('declared-mint')).toMatchObject({ lastError: expect.stringMatching(/^d: The file is empty/) });
    mint.files.delete('d');
  });

  test('can be changed there alone, and goes with its declaration', async () => {
    const body = { kind: 'mint' };
    expect(await http.send('PUT', '/api/sources/declared-mint', { payload: body })).toMatchObject({ status: 409 });
    expect(await http.send('DELETE', '/api/sources/declared-mint')).toMatchObject({ status: 409 });
    stand.platform.config.sources = [];
    await room.start!(new AbortController().signal);
    expect((await http.send('GET', '/api/sources/declared-mint')).status).toBe(404);
    expect((await http.send('GET', '/api/sources')).body).toContainEqual(
      expect.objectContaining({ source: 'declared-mint', origin: 'sent', rows: 4 }),
    );
  });
});

describe('a source that people declare', () => {
  test('is checked against its connector, audited, probed, fetched at once, and removed', async () => {
    const url = '/api/sources/mine';
    const wrong = await http.send('PUT', url, { payload: { kind: 'mint', settings: { currency: 'won', x: 1 } } });
    expect(wrong).toMatchObject({ status: 400, body: { detail: expect.stringMatching(/do not fit mint.*currency/) } });
    expect(await http.send('PUT', url, { payload: { kind: 'nonsense' } })).toMatchObject({
      status: 400,
      body: { help: expect.stringContaining('coin-bill, focus, mint') },
    });
    const settings = { currency: 'EUR' };
    expect(await http.send('PUT', url, { payload: { kind: 'mint', everyMinutes: 1_440, settings } })).toMatchObject({
      status: 200,
      body: { source: 'mine', region: 'default', origin: 'api', settings, health: 'waiting' },
    });
    expect(await http.send('POST', `${url}/test`, { payload: {} })).toMatchObject({
      status: 200,
      body: { ok: true, message: 'The mint answers, amounts are in EUR.' },
    });
    expect(await http.send('POST', `${url}/test`, { payload: { settings: { currency: 'GBP' } } })).toMatchObject({
      body: { ok: true, message: expect.stringContaining('GBP') },
    });
    await turn();
    expect(await settled('mine')).toMatchObject({ '2026-08': '15 EUR', '2026-09': '8 EUR' });
    await http.send('POST', `${url}/run`);
    await turn();
    expect(mint.asked.at(-1)).toBe('3');
    // Other settings are another place: what was fetched there says nothing about it.
    await http.send('PUT', url, { payload: { kind: 'mint', settings: { currency: 'CHF' } } });
    await turn();
    expect(mint.asked.at(-1)).toBeUndefined();
    expect(await http.send('DELETE', url)).toMatchObject({ status: 204 });
    expect(audited.map(({ action }) => action)).toEqual([
      ...['source.declared', 'source.run', 'source.changed', 'source.removed'],
    ]);
  });

  test('switched off is left alone', async () => {
    await http.send('PUT', '/api/sources/off', { payload: { kind: 'mint', enabled: false } });
    const asked = mint.asked.length;
    await turn();
    expect(mint.asked).toHaveLength(asked);
    expect(await source('off')).toMatchObject({ health: 'off' });
    expect(await http.send('POST', '/api/sources/off/run')).toMatchObject({ status: 409 });
  });

  test('is another region’s and another tenant’s secret', async () => {
    const payload = { kind: 'mint', region: 'seoul', enabled: false };
    expect(await http.send('PUT', '/api/sources/hidden', { payload, as: 'default/paris' })).toMatchObject({
      status: 403,
    });
    await http.send('PUT', '/api/sources/hidden', { payload });
    for (const as of ['default/paris', 'other']) {
      expect((await http.send('GET', '/api/sources/hidden', { as })).status).toBe(404);
      expect((await http.send('DELETE', '/api/sources/hidden', { as })).status).toBe(404);
      const { body } = await http.send('GET', '/api/sources', { as });
      expect(body.map((one: { source: string }) => one.source)).not.toContain('hidden');
    }
    expect(
      (await http.send('PUT', '/api/sources/hidden', { payload: { kind: 'mint' }, as: 'default/paris' })).status,
    ).toBe(403);
  });

  test('takes what is sent in its name only in its kind and region', async () => {
    await http.send('PUT', '/api/sources/strict', {
      payload: { kind: 'coin-bill', region: 'seoul', settings: { currency: 'JPY' } },
    });
    const send = (query: string) =>
      http.send('POST', `/api/ingest/cloud-usage?source=strict${query}`, { payload: bill('2026-09-01', '3') });
    expect(await send('&connector=focus')).toMatchObject({ status: 409 });
    expect(await send('&region=paris')).toMatchObject({ status: 409 });
    const { status, body } = await send('');
    expect([status, body]).toMatchObject([202, {}]);
    expect(await http.done(body.jobId)).toMatchObject({ region: 'seoul', connector: 'coin-bill', rows: 1 });
    expect(await settled('strict')).toEqual({ '2026-09': '3 JPY' });
    expect(await room.findSource('default', 'strict')).toMatchObject({
      kind: 'coin-bill',
      settings: { currency: 'JPY' },
    });
  });
});

test('kinds are listed with the schema of their settings', async () => {
  const { body } = await http.send('GET', '/api/connectors');
  expect(body.map(({ kind }: { kind: string }) => kind)).toEqual(['coin-bill', 'focus', 'mint']);
  expect(body[2]).toMatchObject({ fetches: true, probes: true, endpoint: 'cloud-usage' });
  expect(body[2].settings.properties.currency).toMatchObject({ description: 'Currency of the amounts' });
});

test('secrets are those that sources may read, from a variable or a file, and nothing else', async () => {
  const file = await stand.file('secret.txt', 'from a file\n');
  const read = secretReader(
    {
      SOURCE_KEY: 'abc',
      OTHER: 'def',
      DATABASE_URL: 'postgres://',
      SOURCE_FILED_FILE: file,
      SOURCE_GONE_FILE: '/nowhere',
    },
    ['OTHER'],
  );
  expect([read('SOURCE_KEY'), read('OTHER'), read('SOURCE_FILED')]).toEqual(['abc', 'def', 'from a file']);
  expect(() => read('DATABASE_URL')).toThrow(/not one that sources may read/);
  expect(() => read('SOURCE_GONE')).toThrow(/SOURCE_GONE is not set/);
  expect(() => read('../etc')).toThrow(/not one/);
});
