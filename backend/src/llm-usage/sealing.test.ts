import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { LlmRequest } from '../anycost/index.ts';
import { call, lines, openUsageStand, testPrices, type UsageStand } from './fixtures/usage-stand.ts';
import { Sealing } from './sealing.ts';
import { UsageKeeper } from './usage-keeper.ts';
import type { SpanRequest } from './usage-request.ts';

let stand: UsageStand;
let keeper: UsageKeeper;
let sealing: Sealing;
let ingests = 0;

beforeAll(async () => {
  stand = await openUsageStand();
  keeper = new UsageKeeper(stand.platform, { prices: testPrices });
  sealing = new Sealing(stand.platform, async () => undefined);
});
afterAll(() => stand.close());

const place = (source: string) => ({ tenant: 'default', region: 'default', source });

/** Keeps the requests as one file of a new ingest, or of the ingest with the given id. */
async function keepFile(source: string, requests: readonly LlmRequest[], ingestId = String(++ingests)): Promise<void> {
  await keeper.keepFile({ ...place(source), ingestId, fileName: 'calls.ndjson' }, lines(requests));
}

interface Seen {
  day: string;
  requests: number;
  tokens: number;
  sessions: number;
  cost: string;
}

/** What readers see of the source, by day, from the roll-ups by the hour; the ones by the day must say the same. */
async function seen(source: string): Promise<Seen[]> {
  const sql = (table: string, time: string) => `
    SELECT toString(toDate(${time})) AS day, toInt32(sum(Requests)) AS requests,
           toInt32(sum(InputTokens + OutputTokens)) AS tokens, toInt32(sum(Sessions)) AS sessions,
           toString(sum(Cost)) AS cost
    FROM ${table} WHERE x_DropId IN (SELECT x_DropId FROM llm_day FINAL WHERE x_Source = {source:String})
    GROUP BY day ORDER BY day`;
  const { warehouse } = stand.stores;
  const { rows } = await warehouse.query<Seen>(sql('llm_hourly', 'Hour'), { params: { source } });
  const byDay = await warehouse.query<Seen>(sql('llm_daily', 'Day'), { params: { source } });
  expect(byDay.rows).toEqual(rows);
  return rows;
}

describe('a day of usage', () => {
  test('is the sum of its requests, each priced once', async () => {
    await keepFile('sum', [call('a'), call('b', { cachedInputTokens: 400 }), call('c', { model: 'no-such-model' })]);
    expect(await seen('sum')).toEqual([]);
    expect(await sealing.sealAll()).toBe(1);
    // a: 1,000 x 2 + 100 x 8; b: 600 x 2 + 400 x 0.5 + 100 x 8; c has no price.
    expect(await seen('sum')).toEqual([{ day: '2026-11-19', requests: 3, tokens: 3_300, sessions: 0, cost: '0.005' }]);
  });

  test('is the same after its requests are sent again', async () => {
    const requests = [call('a'), call('b'), call('c', { startedAt: '2026-11-18T23:59:59.999Z' })];
    await keepFile('again', requests);
    await sealing.sealAll();
    const before = await seen('again');
    await keepFile('again', requests);
    await keepFile('again', requests.toReversed());
    await sealing.sealAll();
    expect(await seen('again')).toEqual(before);
    expect(before.map(({ requests: count }) => count)).toEqual([1, 2]);
  });

  test('takes a correction in, and keeps it when the older file is repeated', async () => {
    await keepFile('corrected', [call('a')], '1001');
    await keepFile('corrected', [call('a', { inputTokens: 5_000 })], '1002');
    await sealing.sealAll();
    await keepFile('corrected', [call('a')], '1001');
    await sealing.sealAll();
    expect(await seen('corrected')).toMatchObject([{ requests: 1, tokens: 5_100 }]);
  });

  test('takes the later file, also where it was kept first', async () => {
    await keepFile('overtaken', [call('a', { inputTokens: 5_000 })], '2002');
    await keepFile('overtaken', [call('a')], '2001');
    await sealing.sealAll();
    expect(await seen('overtaken')).toMatchObject([{ requests: 1, tokens: 5_100 }]);
  });

  test('loses a request whose corrected start lies on another day', async () => {
    await keepFile('moved', [call('a', { startedAt: '2026-11-17T23:30:00Z' }), call('b')]);
    await sealing.sealAll();
    await keepFile('moved', [call('a', { startedAt: '2026-11-18T08:30:00Z' })]);
    await sealing.sealAll();
    expect((await seen('moved')).map(({ day, requests }) => [day, requests])).toEqual([
      ['2026-11-18', 1],
      ['2026-11-19', 1],
    ]);
    await keepFile('moved', [call('a', { startedAt: '2026-11-17T23:30:00Z' })]);
    await sealing.sealAll();
    expect((await seen('moved')).map(({ day, requests }) => [day, requests])).toEqual([
      ['2026-11-17', 1],
      ['2026-11-19', 1],
    ]);
  });

  test('counts a session once, where its first request is', async () => {
    await keepFile('sessions', [
      call('a', { session: 's1', startedAt: '2026-11-19T09:00:00Z', team: 'assist' }),
      call('b', { session: 's1', startedAt: '2026-11-19T08:00:00Z', team: 'search' }),
      call('c', { session: 's2', startedAt: '2026-11-19T08:00:00Z', team: 'search' }),
      call('d'),
    ]);
    await sealing.sealAll();
    const { rows } = await stand.stores.warehouse.query(
      `SELECT Team AS team, toInt32(sum(Sessions)) AS sessions FROM llm_hourly
       WHERE x_DropId IN (SELECT x_DropId FROM llm_day FINAL WHERE x_Source = 'sessions') GROUP BY team ORDER BY team`,
    );
    expect(rows).toEqual([
      { team: '', sessions: 0 },
      { team: 'assist', sessions: 0 },
      { team: 'search', sessions: 2 },
    ]);
  });

  test('leaves out requests that are older than the facts are kept', async () => {
    await keepFile('ancient', [call('a', { startedAt: '2025-10-01T00:00:00Z' }), call('b')]);
    await sealing.sealAll();
    expect(await seen('ancient')).toMatchObject([{ day: '2026-11-19', requests: 1 }]);
  });
});

describe('spans above calls', () => {
  const span = (spanId: string, parentSpanId: string, fields: Partial<SpanRequest> = {}): SpanRequest => ({
    ...call(`t1:${spanId}`, { traceId: 't1', operation: 'chat', ...fields }),
    spanId,
    parentSpanId,
  });
  const agent = span('1', '', { operation: 'invoke_agent', inputTokens: 3_000, outputTokens: 300 });
  const inner = span('2', '1', {
    operation: 'invoke_agent',
    inputTokens: 2_000,
    outputTokens: 200,
    startedAt: '2026-11-19T10:15:01Z',
  });
  const framework = span('3', '2');
  const client = span('4', '3', { model: 'gpt-4.1-2025-04-14' });

  test.each([
    ['together', [[agent, inner, framework, client]]],
    ['from the outside in', [[agent], [inner], [framework], [client]]],
    ['from the inside out', [[client], [framework], [inner], [agent]]],
    ['mixed', [[framework], [agent, client], [inner]]],
  ])('are not counted beside them when they come %s', async (order, files) => {
    const source = `spans ${order}`;
    for (const file of files) {
      await keepFile(source, file);
      await sealing.sealAll();
    }
    expect(await seen(source)).toMatchObject([{ requests: 1, tokens: 1_100 }]);
  });

  test('are counted once, the outermost, where no call below is told', async () => {
    for (const one of [inner, agent]) {
      await keepFile('agents', [one]);
      await sealing.sealAll();
    }
    expect(await seen('agents')).toMatchObject([{ requests: 1, tokens: 3_300 }]);
  });
});

describe('sealing', () => {
  test('waits until a source is quiet, but not for ever', async () => {
    const { signal } = new AbortController();
    await keepFile('quiet', [call('a')]);
    expect(await sealing.turn(signal)).toBe(0);
    await stand.clock.advance(2_000);
    expect(await sealing.turn(signal)).toBe(1);
    for (let second = 0; second < 15; second++) {
      await keepFile('busy', [call(`b${second}`)]);
      expect(await sealing.turn(signal)).toBe(0);
      await stand.clock.advance(1_000);
    }
    expect(await sealing.turn(signal)).toBe(1);
    expect(await seen('busy')).toMatchObject([{ requests: 15 }]);
  });

  test('removes what was replaced once nobody can be reading it', async () => {
    await keepFile('old', [call('a')]);
    await sealing.sealAll();
    await keepFile('old', [call('b')]);
    await sealing.sealAll();
    const drops = async () =>
      (await stand.stores.store.query(`SELECT state FROM llm_usage_drop WHERE source = 'old' ORDER BY version`)).map(
        (row) => (row as { state: string }).state,
      );
    expect(await drops()).toEqual(['superseded', 'active']);
    await sealing.keepHouse();
    expect(await drops()).toEqual(['superseded', 'active']);
    await stand.clock.advance(16 * 60_000);
    await sealing.keepHouse();
    expect(await drops()).toEqual(['active']);
    expect(await seen('old')).toMatchObject([{ requests: 2 }]);
  });
});
