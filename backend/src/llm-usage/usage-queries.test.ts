import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Decimal } from 'decimal.js';
import type { LlmRequest } from '../anycost/index.ts';
import { createHttpServer, type App } from '../platform/http/index.ts';
import { permissions, type Caller, type Scope } from '../platform/identity/index.ts';
import { call, everything, openUsageStand, testPrices, type UsageStand } from './fixtures/usage-stand.ts';
import type { UsageSummary } from './contract.ts';
import { createLlmUsageRoom, type LlmUsageRoom } from './index.ts';

let stand: UsageStand;
let app: App;
let room: LlmUsageRoom;

/** Calls of three days, one every ten minutes, of two models, three teams and two regions. */
const calls: LlmRequest[] = Array.from({ length: 3 * 144 }, (_, index) => {
  const startedAt = new Date(Date.parse('2026-11-17T00:05:00Z') + index * 600_000).toISOString();
  return call(`r${index}`, {
    startedAt,
    model: index % 2 === 0 ? 'gpt-4.1' : 'claude-sonnet-4',
    provider: index % 2 === 0 ? 'openai' : 'anthropic',
    team: ['assist', 'search', 'legal-tech'][index % 3]!,
    customer: ['acme', 'globex', 'it, or "them"', ''][index % 4]!,
    inputTokens: 1_000 + index,
    cachedInputTokens: index,
    cacheWrite5mTokens: 1,
    outputTokens: 100,
    reasoningTokens: 10,
    durationMs: 100 + index,
    session: `s${index % 7}`,
    status: index % 50 === 0 ? 'error' : 'ok',
  });
});

const callers: Record<string, Partial<Scope>> = {
  all: {},
  search: { teams: ['search'] },
  eu: { regions: ['eu'] },
  stranger: { tenant: 'other' },
};

function caller(token: string): Caller {
  const scope = { ...everything, ...callers[token] };
  return { kind: 'program', id: `key:${token}`, name: token, roles: [], permissions: new Set(permissions), scope };
}

beforeAll(async () => {
  stand = await openUsageStand();
  room = createLlmUsageRoom(stand.platform, { prices: testPrices });
  app = await createHttpServer({
    ...stand.platform,
    version: '0.0.0-test',
    identity: {
      anonymous: caller('stranger'),
      authenticate: async (headers) => caller(String(headers.authorization ?? 'Bearer all').replace('Bearer ', '')),
    },
    audit: { record: async () => undefined },
    checks: {},
  });
  await app.register(async (scope) => room.routes!(scope as unknown as App));
  await app.ready();
  await room.keep({ tenant: 'default', region: 'default', source: 'shop' }, calls);
  await room.keep({ tenant: 'default', region: 'eu', source: 'shop-eu' }, [call('eu', { team: 'search' })]);
  await room.sealWaiting();
});
afterAll(async () => {
  await app.close();
  await stand.close();
});

async function ask(query: string, as = 'all'): Promise<UsageSummary> {
  const answer = await app.inject({ url: `/api/llm/usage?${query}`, headers: { authorization: `Bearer ${as}` } });
  expect({ status: answer.statusCode, body: answer.statusCode === 200 ? '' : answer.body }).toEqual({
    status: 200,
    body: '',
  });
  return answer.json();
}

const days = 'from=2026-11-17&to=2026-11-20';
const shop = '&filter=x_Source:shop';
const inputOf = (some: readonly LlmRequest[]): number => some.reduce((sum, { inputTokens }) => sum + inputTokens, 0);

/** The sums of facts, deduplicated, by a statement of its own. */
async function facts(condition: string): Promise<{ requests: number; cost: string }> {
  const sql = `
    SELECT toInt32(sum(Requests)) AS requests, toString(sum(Cost)) AS cost FROM fact_llm_request FINAL
    WHERE Tenant = 'default' AND ${condition}`;
  return (await stand.stores.warehouse.query<{ requests: number; cost: string }>(sql)).rows[0]!;
}

describe('usage', () => {
  test('in all is the sum of the calls', async () => {
    const { total, rows, currency, freshness } = await ask(`${days}${shop}`);
    expect(total).toMatchObject(await facts(`x_Source = 'shop'`));
    expect(total).toMatchObject({
      requests: calls.length,
      failed: 9,
      unpriced: 0,
      inputTokens: inputOf(calls),
      cacheWriteTokens: calls.length,
      reasoningTokens: 10 * calls.length,
      sessions: 21,
    });
    expect(rows).toHaveLength(1);
    expect(currency).toBe('USD');
    expect(freshness).toEqual({ sealedAt: '2026-11-20T12:00:00.000Z', waitingDays: 0 });
  });

  test('by dimensions has the costliest groups first, and the rest as one', async () => {
    const { rows, total } = await ask(`${days}${shop}&dims=Team,Model&limit=2`);
    expect(rows.map(({ keys, other }) => [keys, other])).toEqual([
      [{ Team: expect.any(String), Model: 'claude-sonnet-4' }, undefined],
      [{ Team: expect.any(String), Model: 'claude-sonnet-4' }, undefined],
      [{ Team: '', Model: '' }, true],
    ]);
    const sum = (pick: (row: (typeof rows)[number]) => string | number): string =>
      rows.reduce((all, row) => all.plus(pick(row)), new Decimal(0)).toFixed();
    expect(sum(({ cost }) => cost)).toBe(total.cost);
    expect(sum(({ inputTokens }) => inputTokens)).toBe(String(total.inputTokens));
    expect(sum(({ sessions }) => sessions)).toBe('21');
  });

  test('of a ragged span takes hours and days together', async () => {
    const { total } = await ask(`from=2026-11-17T05:00:00Z&to=2026-11-19T07:00:00Z${shop}`);
    const within = calls.filter(
      ({ startedAt }) => startedAt >= '2026-11-17T05:00:00Z' && startedAt < '2026-11-19T07:00:00Z',
    );
    expect(total).toMatchObject({ requests: within.length, inputTokens: inputOf(within) });
  });

  test.each(['day', 'hour'] as const)('along time by the %s adds up to the whole', async (granularity) => {
    const { rows, total } = await ask(`${days}${shop}&granularity=${granularity}&dims=Customer&limit=2`);
    expect(new Set(rows.map(({ at }) => at)).size).toBe(granularity === 'day' ? 3 : 72);
    expect(rows.reduce((sum, row) => sum.plus(row.cost), new Decimal(0)).toFixed()).toBe(total.cost);
    expect(rows.reduce((sum, row) => sum + row.requests, 0)).toBe(calls.length);
    expect(rows.filter(({ other }) => other).length).toBeGreaterThan(0);
  });

  test('filtered by values with commas and quotes is that of those values', async () => {
    const wanted = calls.filter(({ customer }) => customer === 'it, or "them"' || customer === '');
    const filter = encodeURIComponent('Customer:it\\, or "them",');
    expect((await ask(`${days}${shop}&filter=${filter}`)).total.requests).toBe(wanted.length);
  });

  test('tells latency within 2.5 % of the exact quantile', async () => {
    const { total } = await ask(`${days}${shop}`);
    const sorted = calls.map(({ durationMs }) => durationMs!).sort((a, b) => a - b);
    for (const [name, share] of [
      ['p50', 0.5],
      ['p90', 0.9],
      ['p99', 0.99],
    ] as const) {
      const exact = sorted[Math.ceil(share * sorted.length) - 1]!;
      expect(Math.abs(total.durationMs![name] - exact) / exact).toBeLessThan(0.0251);
    }
    expect(total.firstTokenMs).toBeUndefined();
  });

  test('of hours that no longer tell their latencies, these are those of the requests', async () => {
    const old = calls.map((one) => ({
      ...one,
      requestId: `old ${one.requestId}`,
      startedAt: one.startedAt.replace('2026-11-', '2026-10-'),
    }));
    await room.keep({ tenant: 'default', region: 'default', source: 'old' }, old);
    await room.sealWaiting();
    const { rows: told } = await stand.stores.warehouse.query<{ of: string; n: string }>(`
      SELECT * FROM (SELECT 'hours' AS of, sum(length(DurationMs)) AS n FROM llm_hourly WHERE x_Source = 'old'
        UNION ALL SELECT 'days' AS of, sum(arraySum(mapValues(DurationMs))) AS n FROM llm_daily WHERE x_Source = 'old')
      ORDER BY of`);
    expect(told).toEqual([
      { of: 'days', n: String(old.length) },
      { of: 'hours', n: '0' },
    ]);
    const latencies = ({ rows }: UsageSummary) => rows.map(({ at, keys, durationMs }) => [at, keys, durationMs]);
    const ragged = 'from=2026-11-17T05:00:00Z&to=2026-11-19T07:00:00Z';
    for (const query of ['&dims=Team', '&granularity=hour&dims=Model&filter=Team:assist,search', '&granularity=day']) {
      const recent = await ask(`${ragged}${shop}${query}`);
      const before = await ask(`${ragged.replaceAll('-11-', '-10-')}&filter=x_Source:old${query}`);
      expect(JSON.stringify(latencies(before)).replaceAll('2026-10-', '2026-11-')).toBe(
        JSON.stringify(latencies(recent)),
      );
      expect({ ...before.total, cost: '' }).toEqual({ ...recent.total, cost: '' });
    }
  });

  test('is narrowed to the teams, regions and tenant of the caller', async () => {
    const ofTeam = await ask(`${days}&dims=Team`, 'search');
    expect(ofTeam.rows.map(({ keys }) => keys['Team'])).toEqual(['search']);
    expect(ofTeam.total.requests).toBe(calls.length / 3 + 1);
    expect((await ask(days, 'eu')).total.requests).toBe(1);
    expect(await ask(days, 'stranger')).toMatchObject({ rows: [], currency: '', total: { requests: 0, cost: '0' } });
  });

  test('says what has no price, and what is in other currencies', async () => {
    await room.keep({ tenant: 'default', region: 'default', source: 'odd' }, [call('x', { model: 'unheard-of' })]);
    expect((await ask(`${days}&filter=x_Source:odd`)).freshness.waitingDays).toBe(1);
    await room.sealWaiting();
    const { total, notices } = await ask(`${days}&filter=x_Source:odd`);
    expect(total).toMatchObject({ requests: 1, unpriced: 1, cost: '0' });
    expect(notices.map(({ text }) => text)).toEqual([
      '1 of 1 calls have no price and count as 0; add prices for their models.',
    ]);
    expect((await ask(`${days}${shop}&currency=eur`)).notices[0]!.text).toMatch(/Cost in USD is not in these amounts/);
  });

  test('is refused with a reason where it is not understood', async () => {
    for (const query of [
      'dims=Nothing',
      'filter=Team',
      'filter=Nothing:x',
      'range=forever',
      'granularity=hour&range=400d',
      'filter=Team:%00',
    ]) {
      const answer = await app.inject({ url: `/api/llm/usage?${query}` });
      expect({ query, status: answer.statusCode }).toEqual({ query, status: 400 });
    }
  });

  test('is told to other rooms by the same sums', async () => {
    const asked = {
      dims: ['Model'],
      from: new Date('2026-11-17'),
      to: new Date('2026-11-20'),
      granularity: 'total',
    } as const;
    const { rows } = await room.llmUsage.summary(asked, { ...everything, regions: ['default'], teams: ['assist'] });
    expect(rows.map(({ requests }) => requests).reduce((a, b) => a + b)).toBe(calls.length / 3);
    const drops = await room.activeDrops(everything, new Date('2026-11-18'), new Date('2026-11-19'));
    expect(drops.filter(({ source }) => source === 'shop').map(({ day }) => day)).toEqual(['2026-11-18']);
  });
});

describe('requests', () => {
  test('are paged to the last one, each once', async () => {
    const seen: string[] = [];
    let cursor = '';
    for (;;) {
      const url = `/api/llm/requests?${days}${shop}&filter=Team:assist&limit=50${cursor}`;
      const page = (await app.inject({ url })).json<{ requests: { requestId: string }[]; nextCursor?: string }>();
      seen.push(...page.requests.map(({ requestId }) => requestId));
      if (page.nextCursor === undefined) break;
      cursor = `&cursor=${page.nextCursor}`;
    }
    const expected = calls.filter(({ team }) => team === 'assist').map(({ requestId }) => requestId);
    expect(seen.toSorted()).toEqual(expected.toSorted());
  });

  test('are narrowed to the scope, and a made-up cursor is refused', async () => {
    const answer = await app.inject({
      url: `/api/llm/requests?${days}`,
      headers: { authorization: 'Bearer stranger' },
    });
    expect(answer.json()).toEqual({ requests: [] });
    expect((await app.inject({ url: `/api/llm/requests?${days}&cursor=abc` })).statusCode).toBe(400);
  });
});

test('values of a dimension are found by a part of them, the most used first', async () => {
  const answer = await app.inject({ url: '/api/llm/dimensions/Customer/values?search=O' });
  expect(answer.json()).toEqual({ values: ['globex', 'it, or "them"'] });
  expect((await app.inject({ url: '/api/llm/dimensions/Nothing/values' })).statusCode).toBe(404);
});
