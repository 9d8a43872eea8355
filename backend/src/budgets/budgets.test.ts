import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { createCostRoom } from '../cost/index.ts';
import { AppError } from '../platform/errors/index.ts';
import { createHttpServer, declaredRoutes, type App } from '../platform/http/index.ts';
import { rolePermissions, type Caller, type Role, type Scope } from '../platform/identity/index.ts';
import { createSilentTelemetry } from '../platform/telemetry/index.ts';
import type { BudgetInput, BudgetView, BurnDown } from './contract.ts';
import { dailyCharges, openBudgetStand, plainBudget, type BudgetStand } from './fixtures/budget-stand.ts';
import { createBudgetsRoom } from './index.ts';
import { daysFrom } from './zoned-day.ts';

let stand: BudgetStand;
let app: App;
let room: ReturnType<typeof createBudgetsRoom>;

const everything: Scope = { tenant: 'default', regions: 'all', teams: 'all', products: 'all' };

/** Callers are named `role` or `role@team` by their token. */
function caller(token: string): Caller {
  const [role = 'viewer', team] = token.split('@');
  return {
    kind: 'person',
    id: `user:${role}`,
    name: role,
    roles: [],
    permissions: new Set(rolePermissions[role as Role] ?? []),
    scope: { ...everything, teams: team === undefined ? 'all' : [team] },
  };
}

beforeAll(async () => {
  stand = await openBudgetStand('2026-11-21T12:00:00Z', ['ops', 'finance']);
  const cost = createCostRoom(stand.platform);
  room = createBudgetsRoom(stand.platform, { cost: cost.cost });
  app = await createHttpServer({
    config: stand.stores.config,
    version: '0.0.0-test',
    clock: stand.clock,
    telemetry: createSilentTelemetry(),
    identity: {
      anonymous: { ...caller('viewer'), kind: 'anonymous' },
      authenticate: async (headers) => caller((headers.authorization ?? '').replace('Bearer ', '')),
    },
    audit: { record: async () => undefined },
    checks: {},
  });
  await room.routes?.(app);
  await app.ready();
});

beforeEach(async () => {
  await stand.stores.store.query(
    'TRUNCATE budget, budget_state, budget_snapshot, budget_alert, budget_notice, budget_event, budget_counter CASCADE',
  );
  await stand.stores.warehouse.command('TRUNCATE TABLE cost_drop');
  stand.sent.length = 0;
  stand.failing.clear();
});

afterAll(async () => {
  await app.close();
  await stand.close();
});

async function call<Body = BudgetView>(
  who: string,
  method: 'GET' | 'POST' | 'PUT' | 'DELETE',
  url: string,
  body?: object,
) {
  const answer = await app.inject({
    method,
    url,
    headers: { authorization: `Bearer ${who}` },
    ...(body === undefined ? {} : { payload: body }),
  });
  return {
    status: answer.statusCode,
    body: (answer.body === '' ? {} : answer.json()) as Body & { code?: string; detail?: string },
  };
}

async function create(settings: Partial<BudgetInput> = {}, who = 'finops'): Promise<BudgetView> {
  const answer = await call(who, 'POST', '/api/budgets', { ...plainBudget, ...settings });
  if (answer.status !== 201) throw new Error(JSON.stringify(answer.body));
  return answer.body;
}

/** 40 USD a day of search from October on, as bills have them on the morning of the 21st. */
const bills = () =>
  stand.bill([
    ...dailyCharges('2026-10-01', 51, { cost: '40', team: 'search' }),
    ...dailyCharges('2026-10-01', 51, { cost: '5', team: 'ads', service: 'S3' }),
  ]);
const titles = () => stand.sent.map(({ event, channel, title }) => `${event} ${channel}: ${title}`);

describe('a budget', () => {
  test('is created with its status at once, and tells the same as the bills', async () => {
    await bills();
    const { id, status, method, dataUntil, firing } = await create();
    expect(status).toMatchObject({
      spent: '800',
      share: '0.8',
      forecast: '1200',
      passesOn: '2026-11-26',
      state: 'at-risk',
    });
    expect([dataUntil, method?.slice(0, 21), firing.map(({ threshold }) => threshold)]).toEqual([
      '2026-11-20',
      'Mean of each day of t',
      ['80 % of the amount, actual', '100 % of the amount, forecast'],
    ]);
    const { rows } = await stand.stores.warehouse.query<{ cost: string }>(
      `SELECT toString(sum(EffectiveCost)) AS cost FROM fact_cost_usage
       WHERE x_Team = 'search' AND ChargePeriodStart >= '2026-11-01 00:00:00'
         AND x_DropId IN (SELECT x_DropId FROM cost_drop FINAL)`,
    );
    expect(rows[0]?.cost).toBe(status?.spent);
    expect(await room.budgets.status(everything, { ids: [id] })).toEqual([status]);
  });

  test('shows its curve with the services behind it', async () => {
    await bills();
    const { id } = await create({ filters: [] });
    const { body } = await call<BurnDown>('viewer', 'GET', `/api/budgets/${id}/burn-down`);
    expect([body.from, body.to, body.days.length, body.days[19]?.actual]).toEqual([
      '2026-11-01',
      '2026-11-30',
      30,
      '900',
    ]);
    expect(body.drivers).toEqual([
      { service: 'EC2', cost: '800' },
      { service: 'S3', cost: '100' },
    ]);
    const past = await call<BurnDown>('viewer', 'GET', `/api/budgets/${id}/burn-down?at=2026-10-05`);
    expect([past.body.from, past.body.days.at(-1)?.actual, past.body.status.forecast]).toEqual([
      '2026-10-01',
      '1395',
      undefined,
    ]);
    expect((await call('viewer', 'GET', `/api/budgets/${id}/burn-down?at=2027-01-01`)).status).toBe(400);
  });

  test('counts days by the clocks of its zone', async () => {
    // 18:00 UTC on the last of October is November in Seoul.
    await stand.bill([
      { at: '2026-10-31T14:00:00Z', hours: 1, cost: '1', team: 'search' },
      { at: '2026-10-31T15:00:00Z', hours: 1, cost: '2', team: 'search' },
      { at: '2026-11-20T10:00:00Z', hours: 1, cost: '4', team: 'search' },
    ]);
    expect((await create({ timeZone: 'Asia/Seoul' })).status?.spent).toBe('6');
    expect((await create({ name: 'UTC' })).status?.spent).toBe('4');
    expect((await create({ name: 'New York', timeZone: 'America/New_York' })).status?.spent).toBe('4');
  });

  test('counts by tag, by several dimensions, and rolling days', async () => {
    await stand.bill([
      ...dailyCharges('2026-11-01', 20, { cost: '1', team: 'search', tags: { stage: 'ci' } }),
      ...dailyCharges('2026-11-01', 20, { cost: '2', team: 'search', service: 'S3', tags: { stage: 'prod' } }),
      ...dailyCharges('2026-11-01', 20, { cost: '4', team: 'ads' }),
    ]);
    const spent = async (settings: Partial<BudgetInput>) => (await create(settings)).status?.spent;
    expect(await spent({ name: 'a', filters: [{ dimension: 'tag:stage', values: ['ci'] }] })).toBe('20');
    expect(await spent({ name: 'b', filters: [{ dimension: 'tag:stage', values: [''] }] })).toBe('80');
    expect(
      await spent({
        name: 'c',
        filters: [
          { dimension: 'x_Team', values: ['search'] },
          { dimension: 'ServiceName', values: ['S3', 'RDS'] },
        ],
      }),
    ).toBe('40');
    expect(await spent({ name: 'd', filters: [], window: { kind: 'rolling', days: 7 } })).toBe('42');
  });

  test('says which costs it cannot count, and counts them where there is a rate', async () => {
    await stand.bill([
      { at: '2026-11-05T00:00:00Z', cost: '10', team: 'search' },
      { at: '2026-11-06T00:00:00Z', cost: '10', team: 'search', currency: 'EUR' },
    ]);
    const plain = await create();
    expect([plain.status?.spent, plain.notices[0]?.text]).toEqual([
      '10',
      'Costs in EUR are not counted: there is no rate to USD.',
    ]);
    const rated = createBudgetsRoom(stand.platform, {
      cost: createCostRoom(stand.platform).cost,
      prices: { rates: async () => new Map([['2026-11-06', { rate: '1.25', rateDay: '2026-11-06', source: 'test' }]]) },
    });
    await stand.stores.store.query("UPDATE budget_state SET fingerprint = ''");
    await rated.budgets.evaluate();
    expect((await room.budgets.status(everything))[0]?.spent).toBe('22.5');
  });

  test('counts what has a rate where a currency has one only since some day, and looks again when rates come', async () => {
    let [first, asked] = ['2026-11-06', 0];
    const rated = createBudgetsRoom(stand.platform, {
      cost: createCostRoom(stand.platform).cost,
      prices: {
        rates: async (from, to, firstDay, lastDay) => {
          asked += 1;
          if (firstDay < first) throw new AppError('UNPROCESSABLE', `There is no rate from ${from} to ${to}.`);
          return new Map(daysFrom(firstDay, lastDay).map((day) => [day, { rate: '2', rateDay: day, source: 'test' }]));
        },
      },
    });
    await create();
    await stand.bill(
      ['04', '05', '06', '07'].map((day, place) => ({
        at: `2026-11-${day}T00:00:00Z`,
        ...{ cost: String(10 ** place), team: 'search', currency: 'EUR' },
      })),
    );
    await rated.budgets.evaluate();
    const seen = async () => (await call<{ budgets: BudgetView[] }>('finops', 'GET', '/api/budgets')).body.budgets[0]!;
    expect((await seen()).status?.spent).toBe('2200');
    expect((await seen()).notices[0]).toEqual({
      severity: 'warning',
      text: 'Costs in EUR up to 2026-11-05 are not counted: there is no rate to USD of those days.',
    });
    expect(asked).toBeLessThan(12);
    first = '2026-01-01';
    await rated.budgets.evaluate();
    const { status, notices } = await seen();
    expect([status?.spent, notices]).toEqual(['2222', []]);
  });

  test('that cannot be evaluated says so beside its last figures, until it can again', async () => {
    await stand.bill([{ at: '2026-11-05T00:00:00Z', cost: '10', team: 'search' }]);
    await create();
    await stand.bill([{ at: '2026-11-06T00:00:00Z', cost: '5', team: 'search', currency: 'EUR' }], { source: 'gcp' });
    const [cost, rates] = [createCostRoom(stand.platform).cost, jest.fn<() => Promise<never>>()];
    const failing = createBudgetsRoom(stand.platform, { cost, prices: { rates } });
    const seen = async () => (await call<{ budgets: BudgetView[] }>('finops', 'GET', '/api/budgets')).body.budgets[0]!;
    rates.mockRejectedValueOnce(new AppError('UNAVAILABLE', 'The store is away.', { help: 'Start it.' }));
    await failing.budgets.evaluate();
    expect((await seen()).status?.spent).toBe('10');
    expect((await seen()).notices).toEqual([
      {
        severity: 'warning',
        text: `It could not be evaluated at ${stand.clock.now().toISOString()}: The store is away. Start it.`,
      },
    ]);
    rates.mockRejectedValueOnce(new Error('secret'));
    await failing.budgets.evaluate();
    expect((await seen()).notices[0]?.text).not.toMatch(/secret/);
    await room.budgets.evaluate();
    expect((await seen()).notices.map(({ text }) => text)).toEqual([
      'Costs in EUR are not counted: there is no rate to USD.',
    ]);
  });

  test('is another one in another region of data, and in another tenant none', async () => {
    await stand.bill(dailyCharges('2026-11-01', 2, { cost: '1', team: 'search' }), { region: 'eu' });
    await stand.bill(dailyCharges('2026-11-01', 2, { cost: '8', team: 'search' }), { region: 'us', source: 'gcp' });
    expect((await create({ regions: ['eu'] })).status?.spent).toBe('2');
    expect((await create({ name: 'both' })).status?.spent).toBe('18');
    expect(await room.budgets.status({ ...everything, tenant: 'org-2' })).toEqual([]);
    expect((await room.budgets.status({ ...everything, regions: ['eu'] })).map(({ name }) => name)).toEqual(['Search']);
  });
});

describe('the alerts of a budget', () => {
  test('are sent once, follow late and amended bills, and resolve', async () => {
    await bills();
    await create({ channels: ['ops'] });
    await room.budgets.evaluate();
    await room.budgets.evaluate();
    expect(titles()).toEqual([
      'trigger ops: Budget Search has spent 800.00 USD of 1,000.00 USD: 80 %',
      'trigger ops: Budget Search heads for 1,200.00 USD of 1,000.00 USD, passes its amount on 2026-11-26 (100 % of the amount, forecast)',
    ]);
    expect(stand.sent[0]).toMatchObject({
      severity: 'warning',
      fields: { Spent: '800.00 USD (80 %)', 'Costs most': 'EC2 800.00', 'Passes on': '2026-11-26' },
    });
    // A corrected bill lowers what was spent.
    await stand.bill(dailyCharges('2026-10-01', 51, { cost: '20', team: 'search' }));
    stand.sent.length = 0;
    await room.budgets.evaluate();
    expect(titles()).toEqual([
      'resolve ops: Budget Search is under its threshold again',
      'resolve ops: Budget Search is under its threshold again',
    ]);
    expect(new Set(stand.sent.map(({ dedupKey }) => dedupKey)).size).toBe(2);
  });

  test('fire anew after the cooldown, and not before', async () => {
    await bills();
    await create({ thresholds: [{ kind: 'amount', value: '700', on: 'actual' }], channels: ['ops'] });
    await room.budgets.evaluate();
    await stand.bill(dailyCharges('2026-10-01', 51, { cost: '20', team: 'search' }));
    await room.budgets.evaluate();
    await bills();
    stand.sent.length = 0;
    await room.budgets.evaluate();
    expect(titles()).toEqual([]);
    await stand.clock.advance(60 * 60_000);
    await room.budgets.evaluate();
    expect(titles()).toEqual(['trigger ops: Budget Search has spent 800.00 USD of 1,000.00 USD: 80 %']);
    await stand.clock.advance(-60 * 60_000);
  });

  test('end with their window', async () => {
    await bills();
    await create({ channels: ['ops'] });
    await room.budgets.evaluate();
    stand.sent.length = 0;
    await stand.clock.advance(11 * 86_400_000);
    await room.budgets.evaluate();
    await stand.clock.advance(-11 * 86_400_000);
    expect(titles().filter((title) => title.startsWith('resolve'))).toEqual([
      'resolve ops: Budget Search began a new window',
      'resolve ops: Budget Search began a new window',
    ]);
  });

  test('wait while it is snoozed, and come when it is released with a reason', async () => {
    const { id } = await create({ channels: ['ops'] });
    const snooze = { until: '2026-11-25T00:00:00Z', reason: 'The load test is planned.' };
    expect((await call('viewer', 'POST', `/api/budgets/${id}/snooze`, snooze)).status).toBe(403);
    expect((await call('finops', 'POST', `/api/budgets/${id}/snooze`, { until: snooze.until })).status).toBe(400);
    expect((await call('finops', 'POST', `/api/budgets/${id}/snooze`, snooze)).body.snooze).toMatchObject({
      reason: snooze.reason,
    });
    await bills();
    await room.budgets.evaluate();
    expect(titles()).toEqual([]);
    const released = await call('finops', 'POST', `/api/budgets/${id}/release`, { reason: 'It is over.' });
    expect([released.status, released.body.snooze, titles().length]).toEqual([200, undefined, 2]);
    expect((await call('finops', 'POST', `/api/budgets/${id}/release`, { reason: 'x' })).status).toBe(409);
    const history = await call<{ entries: { kind: string; reason?: string }[]; snapshots: unknown[] }>(
      'viewer',
      'GET',
      `/api/budgets/${id}/history`,
    );
    const kinds = history.body.entries.map(({ kind }) => kind);
    for (const kind of ['created', 'state', 'snoozed', 'fired', 'held', 'released', 'sent'])
      expect(kinds).toContain(kind);
    expect(history.body.entries.find(({ kind }) => kind === 'released')?.reason).toBe('It is over.');
    expect(history.body.snapshots.length).toBeGreaterThan(1);
  });

  test('come by themselves when a snooze or a quiet time ends, unless it is over by then', async () => {
    await bills();
    await create({ channels: ['ops'], quiet: [{ from: '11:00', to: '13:00' }] });
    await room.budgets.evaluate();
    expect(titles()).toEqual([]);
    await stand.clock.advance(61 * 60_000);
    await room.budgets.evaluate();
    expect(titles()).toHaveLength(2);
    await stand.clock.advance(-61 * 60_000);
  });

  test('are dropped where it was over before anybody could be told', async () => {
    await bills();
    const { id } = await create({ channels: ['ops'] });
    await call('finops', 'POST', `/api/budgets/${id}/snooze`, { until: '2026-11-25T00:00:00Z', reason: 'x' });
    await room.budgets.evaluate();
    await stand.bill(dailyCharges('2026-10-01', 51, { cost: '20', team: 'search' }));
    await room.budgets.evaluate();
    await call('finops', 'POST', `/api/budgets/${id}/release`, { reason: 'x' });
    await stand.clock.advance(2 * 60_000);
    await room.budgets.evaluate();
    await stand.clock.advance(-2 * 60_000);
    expect(titles()).toEqual([]);
  });

  test('come again to a channel that did not answer, and only to that one', async () => {
    await bills();
    stand.failing.add('finance');
    await create({ thresholds: [{ kind: 'percent', value: '50', on: 'actual' }] });
    await room.budgets.evaluate();
    stand.failing.clear();
    await stand.clock.advance(61_000);
    await room.budgets.evaluate();
    await stand.clock.advance(-61_000);
    expect(stand.sent.map(({ channel }) => channel)).toEqual(['ops', 'finance']);
  });

  test('can be tried out', async () => {
    const { id } = await create({ channels: ['ops'] });
    const answer = await call<{ deliveries: unknown }>('finops', 'POST', `/api/budgets/${id}/test-alert`);
    expect(answer.body.deliveries).toEqual([{ channel: 'ops', ok: true, attempts: 1, detail: 'ok' }]);
    expect(stand.sent.map(({ event }) => event)).toEqual(['trigger', 'resolve']);
    const silent = await create({ name: 'silent', channels: [] });
    expect((await call('finops', 'POST', `/api/budgets/${silent.id}/test-alert`)).status).toBe(422);
  });
});

describe('the routes of budgets', () => {
  test('change and delete with the version that was seen, and audit before and after', async () => {
    const { id, version } = await create();
    const changed = await call('finops', 'PUT', `/api/budgets/${id}`, {
      ...plainBudget,
      amount: '2000',
      version,
      reason: 'More traffic.',
    });
    expect([changed.status, changed.body.amount, changed.body.version]).toEqual([200, '2000', version + 1]);
    expect((await call('finops', 'PUT', `/api/budgets/${id}`, { ...plainBudget, version })).status).toBe(409);
    expect((await call('finops', 'DELETE', `/api/budgets/${id}?reason=Done.`)).status).toBe(204);
    expect((await call('viewer', 'GET', `/api/budgets/${id}`)).status).toBe(404);
    const entries = await stand.platform.audit.list({ tenant: 'default', target: `budget:${id}`, limit: 10 });
    expect(entries.map(({ action }) => action).sort()).toEqual(['budget.changed', 'budget.created', 'budget.deleted']);
    const change = entries.find(({ action }) => action === 'budget.changed');
    expect(change).toMatchObject({ reason: 'More traffic.', before: { amount: '1000' }, after: { amount: '2000' } });
  });

  test('show a caller of one team only the budgets of that team', async () => {
    await create();
    await create({ name: 'All', filters: [] });
    await create({ name: 'Ads', filters: [{ dimension: 'x_Team', values: ['ads'] }] });
    const names = async (who: string, query = '') =>
      (await call<{ budgets: BudgetView[] }>(who, 'GET', `/api/budgets${query}`)).body.budgets.map(({ name }) => name);
    expect(await names('viewer')).toEqual(['Ads', 'All', 'Search']);
    expect(await names('viewer@ads')).toEqual(['Ads']);
    expect(await names('viewer', '?team=search')).toEqual(['Search']);
    expect(await names('viewer', '?search=a&state=ok')).toEqual(['Ads', 'All', 'Search']);
    const foreign = await call('product@ads', 'POST', '/api/budgets', { ...plainBudget, name: 'Mine' });
    expect([foreign.status, foreign.body.code]).toEqual([403, 'FORBIDDEN']);
  });

  test.each<[string, object, number, string]>([
    ['no amount', { amount: undefined }, 400, 'amount'],
    ['an amount that is a number of another kind', { amount: '1e9' }, 400, 'amount'],
    ['a filter on nothing', { filters: [{ dimension: 'x_Nothing', values: ['a'] }] }, 400, 'x_Nothing'],
    ['an unknown channel', { channels: ['nobody'] }, 400, 'there are ops, finance'],
    ['an unknown field', { colour: 'red' }, 400, 'colour'],
  ])('refuse %s and say what is wrong', async (_name, more, status, word) => {
    const answer = await call('finops', 'POST', '/api/budgets', { ...plainBudget, ...more });
    expect([answer.status, JSON.stringify(answer.body).includes(word)]).toEqual([status, true]);
  });

  test('refuse a name that is taken, and a viewer', async () => {
    await create();
    const twin = await call('finops', 'POST', '/api/budgets', { ...plainBudget, name: 'SEARCH' });
    expect([twin.status, twin.body.detail]).toEqual([409, 'There is a budget "SEARCH" already; choose another name.']);
    expect((await call('viewer', 'POST', '/api/budgets', plainBudget)).status).toBe(403);
  });

  test('each name a permission and are documented', () => {
    const routes = declaredRoutes(app).filter((route) => route.url.startsWith('/api/budgets'));
    expect(routes).toHaveLength(10);
    expect(routes.filter((route) => route.permission === 'public' || route.undocumented.length > 0)).toEqual([]);
  });
});

describe('budgets of the configuration', () => {
  const fileRoom = (budgets: object[], samples: object[] = []) =>
    createBudgetsRoom(
      { ...stand.platform, config: { ...stand.platform.config, budgets: budgets as never } },
      { cost: createCostRoom(stand.platform).cost, samples: samples as never },
    );
  const signal = new AbortController().signal;

  test('are kept as the file says, and are read-only here', async () => {
    const one = { id: 'search-month', ...plainBudget };
    await fileRoom([one]).start?.(signal);
    await fileRoom([one]).start?.(signal);
    const seen = (await call('viewer', 'GET', '/api/budgets/search-month')).body;
    expect([seen.origin, seen.editable, seen.version]).toEqual(['file', false, 1]);
    const refused = await call('finops', 'PUT', '/api/budgets/search-month', { ...plainBudget, version: 1 });
    expect([refused.status, refused.body.detail]).toEqual([
      409,
      'Budget search-month is kept in the configuration and is read-only here.',
    ]);
    await fileRoom([{ ...one, amount: '7' }]).start?.(signal);
    expect((await call('viewer', 'GET', '/api/budgets/search-month')).body.amount).toBe('7');
    await fileRoom([]).start?.(signal);
    expect((await call('viewer', 'GET', '/api/budgets/search-month')).status).toBe(404);
    await fileRoom([one]).start?.(signal);
    expect((await call('viewer', 'GET', '/api/budgets/search-month')).status).toBe(200);
  });

  test('that cannot hold stop the start, with every mistake named', async () => {
    const wrong = { id: 'a', ...plainBudget, timeZone: 'Mars', channels: ['nobody'] };
    await expect(fileRoom([wrong, { ...wrong }]).start?.(signal)).rejects.toMatchObject({
      problems: expect.arrayContaining([
        expect.stringContaining('budgets.0 (a): timeZone'),
        expect.stringContaining('budgets.1 (a): id a stands twice'),
      ]),
    });
  });

  test('of the estate are created once and belong to people then', async () => {
    const sample = { id: 'sample', ...plainBudget };
    await fileRoom([], [sample]).start?.(signal);
    expect((await call('finops', 'DELETE', '/api/budgets/sample')).status).toBe(204);
    await fileRoom([], [sample]).start?.(signal);
    expect((await call('viewer', 'GET', '/api/budgets/sample')).status).toBe(404);
  });
});
