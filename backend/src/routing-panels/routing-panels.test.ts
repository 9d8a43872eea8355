import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { LlmRequest } from '../anycost/index.ts';
import { call, everything, openUsageStand, testPrices, type UsageStand } from '../llm-usage/fixtures/usage-stand.ts';
import { createLlmUsageRoom, routeSums } from '../llm-usage/index.ts';
import { createHttpServer, type App } from '../platform/http/index.ts';
import { permissions, type Caller, type Scope } from '../platform/identity/index.ts';
import type { LiveCall, RouteUsage, RoutingOverview } from './contract.ts';
import type { ChoosableModel } from './would-have.ts';
import { createRoutingPanelsRoom, type RoutingPanels } from './index.ts';

let stand: UsageStand;
let app: App;
let panels: RoutingPanels;

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

const start = Date.parse('2026-11-20T11:00:00Z');
const gatewayCall = (
  id: string,
  minute: number,
  fields: Partial<LlmRequest>,
  tags: Record<string, string>,
): LlmRequest =>
  call(id, {
    startedAt: new Date(start + minute * 60_000).toISOString(),
    team: 'search',
    feature: 'answers',
    status: 'ok',
    durationMs: 1000,
    firstTokenMs: 200,
    ...fields,
    tags: {
      ...{ 'gateway.key': 'gk_1', 'gateway.policy': 'chat', 'gateway.asked': 'answers' },
      ...{ 'gateway.policy_version': minute < 10 ? 'v1' : 'v2', ...tags },
    },
  });

/** Twenty calls to the cheap model, ten to the dear one; of the latter one was taken over from the cheap one that failed. */
const calls: LlmRequest[] = [
  ...Array.from({ length: 20 }, (_, index) =>
    gatewayCall(`cheap-${index}`, index, {}, { 'gateway.route': 'openai/gpt-4.1', 'gateway.why': 'cheapest' }),
  ),
  ...Array.from({ length: 9 }, (_, index) =>
    gatewayCall(
      `dear-${index}`,
      index,
      { model: 'claude-sonnet-4', provider: 'anthropic', team: 'legal', durationMs: 3000, firstTokenMs: 900 },
      { 'gateway.route': 'claude/claude-sonnet-4', 'gateway.why': 'sticky' },
    ),
  ),
  gatewayCall(
    'again',
    30,
    { status: 'error', inputTokens: 0, outputTokens: 0, durationMs: 400 },
    { 'gateway.route': 'openai/gpt-4.1', 'gateway.why': 'cheapest', stage: 'canary' },
  ),
  gatewayCall(
    'again.2',
    31,
    { model: 'claude-sonnet-4', provider: 'anthropic', durationMs: 2000 },
    {
      'gateway.route': 'claude/claude-sonnet-4',
      'gateway.why': 'attempt 2, after openai/gpt-4.1',
      'gateway.attempt': '2',
    },
  ),
  gatewayCall('lost', 32, { status: 'timeout' }, { 'gateway.route': 'openai/gpt-4.1', 'gateway.why': 'cheapest' }),
  gatewayCall('gone', 33, { status: 'cancelled' }, { 'gateway.route': 'openai/gpt-4.1', 'gateway.why': 'cheapest' }),
  gatewayCall(
    'hit',
    34,
    { inputTokens: 0, outputTokens: 0, durationMs: 3 },
    { 'gateway.cache': 'exact', 'gateway.saved': '0.0028', 'gateway.route': 'openai/gpt-4.1' },
  ),
  gatewayCall('shadow', 35, {}, { 'gateway.shadow': 'ex_1', 'gateway.route': 'openai/gpt-4.1' }),
];

/** Four calls of a cascade, another day: each cheap answer was marked, and for two of them the strong model was asked as well. */
const cascaded: LlmRequest[] = Array.from({ length: 4 }, (_, n) => {
  const at = (second: number): string => new Date(start - 5 * 86_400_000 + n * 60_000 + second * 1000).toISOString();
  const tags = (part: string, more: Record<string, string> = {}): Record<string, string> => ({
    ...{ 'gateway.key': 'gk_1', 'gateway.policy': 'cascade', 'gateway.asked': 'answers', 'gateway.cascade': part },
    ...{ 'gateway.route': 'openai/gpt-4.1', ...more },
  });
  const fields = { status: 'ok' as const, firstTokenMs: 100, durationMs: 1000 };
  const strong = { 'gateway.route': 'claude/claude-sonnet-4', 'gateway.attempt': '2' };
  return [
    call(`c-${n}`, { ...fields, startedAt: at(0), tags: tags('cheap') }),
    call(`c-${n}-judge`, { ...fields, startedAt: at(1), inputTokens: 2_000, outputTokens: 10, tags: tags('judge') }),
    ...(n < 2
      ? [
          call(`c-${n}.2`, {
            ...{ ...fields, startedAt: at(2), model: 'claude-sonnet-4', provider: 'anthropic' },
            tags: tags('escalated', strong),
          }),
        ]
      : []),
  ];
}).flat();

const choosable: ChoosableModel[] = [
  { provider: 'openai', model: 'gpt-4.1', quality: 0.8 },
  { provider: 'anthropic', model: 'claude-sonnet-4', quality: 0.9 },
];

beforeAll(async () => {
  stand = await openUsageStand('2026-11-20T12:00:00Z');
  const usage = createLlmUsageRoom(stand.platform, { prices: testPrices });
  const room = createRoutingPanelsRoom(stand.platform, {
    prices: testPrices,
    policyModels: async () =>
      new Map([
        ['chat', choosable],
        ['cascade', choosable],
      ]),
  });
  panels = room.panels;
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
  await usage.keep({ tenant: 'default', region: 'default', source: 'gateway' }, calls);
  // Sent again, as after a crash: it counts once.
  await usage.keep({ tenant: 'default', region: 'default', source: 'gateway' }, calls.slice(0, 5));
  await usage.keep({ tenant: 'default', region: 'default', source: 'gateway' }, cascaded);
  await usage.keep({ tenant: 'default', region: 'default', source: 'elsewhere' }, [call('not-ours')]);
  await usage.sealWaiting();
});
afterAll(async () => {
  await app.close();
  await stand.close();
});

async function ask<T>(path: string, as = 'all'): Promise<T> {
  const answer = await app.inject({ url: `/api/routing/${path}`, headers: { authorization: `Bearer ${as}` } });
  expect({ status: answer.statusCode, body: answer.statusCode === 200 ? '' : answer.body }).toEqual({
    status: 200,
    body: '',
  });
  return answer.json();
}

/** A span whose facts are read, and one of which the sums by the hour are. */
const spans = {
  facts: 'from=2026-11-20T11:00:00Z&to=2026-11-20T12:00:00Z',
  hours: 'from=2026-11-18T00:00:00Z&to=2026-11-20T12:00:00Z',
};

describe.each(Object.entries(spans))('calls through the gateway, by %s', (_, span) => {
  test('count once each, whatever was tried; experiments do not', async () => {
    const { total, state } = await ask<RoutingOverview>(`overview?${span}`);
    expect(state).toBe('ok');
    expect(total).toMatchObject({
      ...{ calls: 33, answered: 31, cancelled: 1, failed: 1, tries: 34, failedTries: 2, cacheHits: 1 },
      ...{ saved: '0.0028', errorShare: 1 / 32, cacheShare: 1 / 33 },
    });
  });

  test('have one answer each, though a cascade asked twice and a judge beside', async () => {
    const tries = [
      ['ok', 'cheap'],
      ['ok', 'judge'],
      ['ok', 'escalated'],
      ['error', 'cheap'],
      ['ok', 'instead'],
    ].map(([status, part]) => `('${status}', map('gateway.cascade', '${part}'))`);
    const { rows } = await stand.platform.warehouse.query<{ answered: string }>(
      `SELECT toString(${routeSums.Answered}) AS answered
       FROM values('Status String, Tags Map(String, String)', ${tries.join(', ')})`,
    );
    expect(rows).toEqual([{ answered: '2' }]);
  });

  test('go where they went, with cost and latency of each route', async () => {
    const { choices, currency } = await ask<RoutingOverview>(`overview?${span}`);
    expect(currency).toBe('USD');
    expect(choices.map(({ keys, tries, answered }) => [keys['route'], tries, answered])).toEqual([
      ['openai/gpt-4.1', 23, 20],
      ['claude/claude-sonnet-4', 10, 10],
      ['', 1, 1],
    ]);
    // 10 calls of 1,000 tokens at 3 USD and 100 at 15 USD a million.
    expect(choices[1]).toMatchObject({ cost: '0.045' });
    expect(choices[1]!.durationMs!.p95).toBeGreaterThan(2900);
    expect(choices[1]!.durationMs!.p95).toBeLessThan(3100);
  });

  test('are set against the dearest model of the policy', async () => {
    const { wouldHave } = await ask<RoutingOverview>(`overview?${span}`);
    // 22 measured calls' worth of tokens at the cheap model, 10 at the dear one, and a hit that would have cost 0.0028.
    expect(wouldHave).toMatchObject({ models: [{ policy: 'chat', model: 'claude-sonnet-4' }], calls: 30 });
    expect(Number(wouldHave!.cost)).toBeCloseTo(0.0028 + 10 * 0.0045 + 20 * (1100 * 3e-6 + 110 * 15e-6), 9);
    expect(Number(wouldHave!.spent)).toBeCloseTo(10 * 0.0045 + 20 * (1100 * 2e-6 + 110 * 8e-6), 9);
    // 20 calls at 0.8 and 10 at 0.9, or all of them at 0.9.
    expect(wouldHave!.quality).toEqual({ chosen: expect.closeTo(25 / 30, 9), dearest: expect.closeTo(0.9, 9) });
    const [gpt] = choosable.splice(0, 1, { provider: 'openai', model: 'gpt-4.1' });
    try {
      expect((await ask<RoutingOverview>(`overview?${span}`)).wouldHave!.quality).toBeUndefined();
    } finally {
      choosable[0] = gpt!;
    }
  });

  test('are narrowed by filters and by the scope of who asks', async () => {
    const legal = await ask<RouteUsage>(`usage?${span}&by=team&filter=team:legal`);
    expect(legal.rows.map(({ keys, calls: count }) => [keys['team'], count])).toEqual([['legal', 9]]);
    const search = await ask<RouteUsage>(`usage?${span}&by=team`, 'search');
    expect(search.rows.map(({ keys }) => keys['team'])).toEqual(['search']);
    for (const other of ['eu', 'stranger']) {
      const { total, choices, state } = await ask<RoutingOverview>(`overview?${span}`, other);
      expect({ tries: total.tries, choices, state }).toEqual({ tries: 0, choices: [], state: 'off' });
    }
  });

  test('beyond the limit are one group', async () => {
    const { rows } = await ask<RouteUsage>(`usage?${span}&by=route&limit=1`);
    expect(rows.map(({ keys, other, tries }) => [keys['route'], other, tries])).toEqual([
      ['openai/gpt-4.1', undefined, 23],
      ['', true, 11],
    ]);
  });
});

describe.each([
  ['facts', 'from=2026-11-15T10:00:00Z&to=2026-11-15T12:00:00Z'],
  ['hours', 'from=2026-11-14T00:00:00Z&to=2026-11-16T00:00:00Z'],
])('calls of a cascade with a judge, by %s', (_, span) => {
  test('count once each and are answered, and all that was asked for them is paid', async () => {
    const { total, wouldHave } = await ask<RoutingOverview>(`overview?${span}`);
    expect(total).toMatchObject({ calls: 4, answered: 4, failed: 0, tries: 10, errorShare: 0 });
    // 4 at 1,000 and 100 tokens and as many marks at 2,000 and 10 at 2 and 8 USD a million; 2 at 3 and 15.
    const spent = 4 * (3_000 * 2e-6 + 110 * 8e-6) + 2 * (1_000 * 3e-6 + 100 * 15e-6);
    expect(Number(total.cost)).toBeCloseTo(spent, 9);
    expect(Number(wouldHave!.spent)).toBeCloseTo(spent, 9);
    expect(wouldHave).toMatchObject({ calls: 4, models: [{ model: 'claude-sonnet-4' }] });
    expect(wouldHave!.quality).toBeUndefined();
  });

  test('stand among the newest with their marks', async () => {
    const { calls: live } = await ask<{ calls: LiveCall[] }>(`calls?${span}`);
    const told = live.map(({ id, status, route, firstTokenMs, durationMs, tries }) => [
      ...[id, status, route, firstTokenMs, durationMs],
      tries.map(({ number, judge }) => `${number}${judge ? ' judge' : ''}`).join(', '),
    ]);
    expect(told).toEqual([
      ['c-3', 'ok', 'openai/gpt-4.1', 2000, 2000, '1, 2 judge'],
      ['c-2', 'ok', 'openai/gpt-4.1', 2000, 2000, '1, 2 judge'],
      ['c-1', 'ok', 'claude/claude-sonnet-4', 2100, 3000, '1, 2 judge, 3'],
      ['c-0', 'ok', 'claude/claude-sonnet-4', 2100, 3000, '1, 2 judge, 3'],
    ]);
    for (const [status, count] of [
      ['ok', 4],
      ['failed', 0],
    ] as const)
      expect((await ask<{ calls: LiveCall[] }>(`calls?${span}&status=${status}`)).calls).toHaveLength(count);
  });
});

describe('panels', () => {
  const everyHour = { dims: ['policy'], filters: [], stepSeconds: 60, limit: 10 };

  test('get buckets of minutes for an hour, of hours for days', async () => {
    const to = new Date('2026-11-20T12:00:00Z');
    const minutes = await panels.usage({ ...everyHour, from: new Date(start), to }, everything);
    expect(minutes.rows.map(({ at }) => at).slice(0, 2)).toEqual([
      '2026-11-20T11:00:00.000Z',
      '2026-11-20T11:01:00.000Z',
    ]);
    const hours = await panels.usage({ ...everyHour, from: new Date('2026-11-17T00:00:00Z'), to }, everything);
    expect(hours.rows.map(({ at, calls: count }) => [at, count])).toEqual([['2026-11-20T11:00:00.000Z', 33]]);
  });

  test('tell versions of policies apart, for hours and for days', async () => {
    const asked = { ...everyHour, dims: ['version'], to: new Date('2026-11-20T12:00:00Z') };
    const sums = async (from: Date): Promise<Map<string, number>> => {
      const { rows } = await panels.usage({ ...asked, from }, everything);
      const found = new Map<string, number>();
      for (const { keys, tries } of rows) found.set(keys['version']!, (found.get(keys['version']!) ?? 0) + tries);
      return found;
    };
    const hours = await sums(new Date(start));
    expect([...hours.keys()].sort()).toEqual(['v1', 'v2']);
    expect(await sums(new Date('2026-11-17T00:00:00Z'))).toEqual(hours);
  });

  test('are told what does not exist', async () => {
    const asked = { ...everyHour, dims: ['colour'], from: new Date(start), to: new Date(start + 1000) };
    await expect(async () => panels.usage(asked, everything)).rejects.toThrow('no such dimension');
  });
});

describe('live calls', () => {
  const live = async (query: string, as?: string) =>
    (await ask<{ calls: LiveCall[] }>(`calls?${spans.facts}${query}`, as)).calls;

  test('come newest first, each with its tries and why', async () => {
    const [hit, gone, , again] = await live('');
    expect(hit).toMatchObject({ id: 'hit', cache: 'exact', saved: '0.0028', cost: '0' });
    expect(gone).toMatchObject({ id: 'gone', status: 'cancelled' });
    expect(again).toMatchObject({
      ...{ id: 'again', status: 'ok', route: 'claude/claude-sonnet-4', why: 'cheapest', durationMs: 62_000 },
      ...{ tags: { stage: 'canary' }, cost: '0.0045', currency: 'USD' },
    });
    expect(again!.tries.map(({ number, status, why }) => [number, status, why])).toEqual([
      [1, 'error', 'cheapest'],
      [2, 'ok', 'attempt 2, after openai/gpt-4.1'],
    ]);
  });

  test('are found by how they ended and by route', async () => {
    expect((await live('&status=failed')).map(({ id }) => id)).toEqual(['lost']);
    // What a route failed at and another took over has not failed, whichever route is looked at.
    expect((await live('&status=failed&filter=route:openai/gpt-4.1')).map(({ id }) => id)).toEqual(['lost']);
    expect((await live('&status=ok&filter=route:openai/gpt-4.1')).map(({ id }) => id)).toContain('again');
    expect(await live('&status=open')).toEqual([]);
    expect((await live('&status=cancelled')).map(({ id }) => id)).toEqual(['gone']);
    expect(await live('&limit=3')).toHaveLength(3);
    expect((await live('&filter=route:claude/claude-sonnet-4', 'search')).map(({ id }) => id)).toEqual(['again']);
  });

  test('of others are not seen', async () => {
    expect(await live('', 'stranger')).toEqual([]);
    expect(await live('', 'eu')).toEqual([]);
  });
});
