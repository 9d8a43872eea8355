import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { createAllocationRoom } from '../allocation/index.ts';
import { everything, openCostStand, type CostStand } from '../anycost/fixtures/cost-stand.ts';
import { createCostRoom } from '../cost/index.ts';
import type { Scope } from '../platform/identity/index.ts';
import type { Breakdown } from './contract.ts';
import { seedUnits } from './fixtures/unit-data.ts';
import { createUnitEconomicsRoom } from './index.ts';

const asked = { range: '30d' };
const { signal } = new AbortController();
/** Without filters, and by the values of each of the five dimensions that can be filtered. */
const waysOfADay = 6;
const days = 60;
/** Days are kept for whoever sees all regions; for this one, who sees the same rows, they are worked out. */
const unkept: Scope = { ...everything, regions: ['default'] };
/** A statement takes long to plan, and there are many: on a crowded machine a test takes its time. */
const patience = 240_000;

let stand: CostStand;
let room: ReturnType<typeof createUnitEconomicsRoom>;

beforeAll(async () => {
  stand = await openCostStand('2026-11-01T00:00:00Z');
  stand.platform.config.warehouse.cacheSeconds = 0;
  await seedUnits(stand.stores.warehouse, { lines: 40, requests: 40 });
  await run(manySessions);
  const { cost } = createCostRoom(stand.platform);
  const { allocation } = createAllocationRoom(stand.platform, { cost });
  room = createUnitEconomicsRoom(stand.platform, { cost, allocation });
}, patience);
afterAll(() => stand.close());

/**
 * Sessions beside those of the calls, more than are kept of a day, a thousand to a day; many cost the same. Some last over
 * midnight, some for days, and one is seen on every second day.
 */
const manySessions = `
INSERT INTO llm_session_daily (Tenant, Region, x_DropId, Day, Session, Provider, Model, Team, Product, Customer, Feature, Environment,
  Currency, Requests, Tokens, Cost)
WITH number % 1000 AS n, cityHash64(number) AS h,
     multiIf(n < 3, concat('over-', toString(n), '-', toString(intDiv(toUInt32(Day) + n, 2))), n < 6, concat('long-', toString(n), '-', toString(intDiv(toUInt32(Day), 9))),
             n = 6 AND toUInt32(Day) % 2 = 0, 'often', concat('one-', toString(number))) AS session
SELECT 'default', 'default', x_DropId, Day, session, ['openai', 'anthropic', 'mistral'][h % 3 + 1],
       ['gpt-4.1', 'claude-sonnet-4-20250514', 'mistral-large'][h % 3 + 1], 'search', 'shop', 'acme', 'chat', 'production', 'USD', 1 + h % 3, h % 5000,
       toDecimal128(if(n < 200, 40 + h % 4, h % 50), 18) / 1000
FROM (SELECT number, number % 61 + toDate('2026-09-01') AS day FROM numbers(61000)) AS lines
INNER JOIN (SELECT * FROM llm_day FINAL) AS sealed ON sealed.Day = lines.day`;

async function run(...statements: string[]): Promise<void> {
  for (const statement of statements) await stand.stores.warehouse.command(statement);
}

/** Everything that kept days have a part in. */
async function answers(scope: Scope): Promise<unknown[]> {
  const units = room.unitEconomics;
  return [
    await units.cards(asked, scope),
    await units.cards({ ...asked, filter: 'x_Environment:prod' }, scope),
    await units.breakdown({ ...asked, by: 'ModelVersion', limit: 500 }, scope),
    await units.breakdown({ range: '7d', by: 'x_Product', filter: 'x_Customer:acme', limit: 500 }, scope),
    withoutQuantiles(await units.breakdown({ ...asked, by: 'session', limit: 100 }, scope)),
    await units.overview({ role: 'product' }, scope),
  ];
}

/** Quantiles of sessions are those of a sketch where days are kept. */
function withoutQuantiles(answer: Breakdown): Breakdown {
  const { count, max } = answer.distribution.session!;
  const none = { p10: '', p50: '', p90: '', p95: '', p99: '' };
  return { ...answer, distribution: { ...answer.distribution, session: { count, max, ...none } } };
}

/** What the work answers, and the statements that it asked meanwhile. */
async function asking<T>(work: () => Promise<T>): Promise<[T, string[]]> {
  const { warehouse } = stand.stores;
  const statements: string[] = [];
  const asked = jest.spyOn(warehouse, 'query').mockImplementation((sql, options) => {
    statements.push(sql);
    return Object.getPrototypeOf(warehouse).query.call(warehouse, sql, options);
  });
  try {
    return [await work(), statements];
  } finally {
    asked.mockRestore();
  }
}

/** One answer with filters, one without. */
async function fewAnswers(scope: Scope): Promise<unknown[]> {
  const units = room.unitEconomics;
  return [
    await units.cards(asked, scope),
    await units.breakdown({ ...asked, by: 'x_Feature', filter: 'x_Team:search', limit: 500 }, scope),
    withoutQuantiles(await units.breakdown({ ...asked, by: 'session', limit: 100 }, scope)),
  ];
}

/** What is answered once bills and usage were replaced. */
let worked: unknown[];

const drop = (last: string) => `toUUID('00000000-0000-4000-b000-00000000000${last}')`;
const lateDrop = `
INSERT INTO cost_drop (Tenant, Region, x_Source, x_Period, x_DropId, x_DropVersion, RowCount, ChargePeriodFrom, ChargePeriodLast,
                       ChargePeriodTo, ActivatedAt)
VALUES ('default', 'default', 'late', '2026-09', ${drop('1')}, 1, 5, '2026-09-10 00:00:00', '2026-09-10 23:00:00', '2026-09-11 00:00:00', now64(3))`;

test(
  'a day is kept once all rows that it is made of are there',
  async () => {
    await run(lateDrop);
    // The drop reaches to the first instant of the eleventh.
    expect(await room.keepDays(signal)).toBe((days - 2) * waysOfADay);
    await run(`INSERT INTO fact_cost_usage SELECT * REPLACE (${drop('1')} AS x_DropId, 'late' AS x_Source) FROM fact_cost_usage
    WHERE toDate(ChargePeriodStart) = '2026-09-10' LIMIT 5`);
    expect(await room.keepDays(signal)).toBe(2 * waysOfADay);
    expect(await room.keepDays(signal)).toBe(0);
  },
  patience,
);

test(
  'an answer from kept days is the answer from the roll-ups, to the last digit',
  async () => {
    expect(await answers(everything)).toEqual(await answers(unkept));
  },
  patience,
);

test(
  'a page of sessions is read from kept days where they tell it, and is the page of all sessions',
  async () => {
    const pages = [
      { range: '30d', limit: 50 },
      { range: '30d', limit: 100, offset: 150 },
      { range: '7d', limit: 100, offset: 50 },
      { from: '2026-10-20', to: '2026-10-21', limit: 249 },
      { range: '30d', limit: 50, offset: 9_000 },
      { range: '30d', limit: 10, offset: 100_000 },
      { range: '30d', limit: 50, filter: 'x_Team:search' },
    ];
    const read: boolean[] = [];
    for (const page of pages) {
      const [answer, statements] = await asking(() =>
        room.unitEconomics.breakdown({ ...page, by: 'session' }, everything),
      );
      const worked = await room.unitEconomics.breakdown({ ...page, by: 'session' }, unkept);
      expect({ rows: answer.rows, groups: answer.groups, total: answer.total }).toEqual({
        ...{ rows: worked.rows, groups: worked.groups, total: worked.total },
      });
      read.push(!statements.some((sql) => sql.includes('llm_session_daily')));
    }
    expect(read).toEqual([true, true, true, true, false, false, false]);
  },
  patience,
);

test(
  'quantiles of sessions from kept days are those of all sessions, by rank',
  async () => {
    const by = { ...asked, by: 'session', limit: 1 } as const;
    const { from, to, distribution } = await room.unitEconomics.breakdown(by, everything);
    const { session } = distribution;
    const { rows } = await stand.stores.warehouse.query<{ cost: number }>(
      `SELECT toFloat64(sum(Cost)) AS cost FROM llm_session_daily
       WHERE Day >= toDate('${from.slice(0, 10)}') AND Day < toDate('${to.slice(0, 10)}') AND x_DropId IN (SELECT x_DropId FROM llm_day FINAL) GROUP BY Day, Session`,
    );
    expect(session!.count).toBe(rows.length);
    for (const [name, share] of [
      ['p10', 0.1],
      ['p50', 0.5],
      ['p90', 0.9],
    ] as const) {
      const rank = rows.filter(({ cost }) => cost <= Number(session![name])).length / rows.length;
      expect(Math.abs(rank - share)).toBeLessThan(0.03);
    }
  },
  patience,
);

test(
  'a page of sessions works out the day that is not kept, with the sessions that it shares with kept days',
  async () => {
    await run(
      `INSERT INTO llm_daily SELECT * REPLACE (${drop('4')} AS x_DropId) FROM llm_daily WHERE Day = '2026-10-21'`,
      `INSERT INTO llm_session_daily SELECT * REPLACE (${drop('4')} AS x_DropId) FROM llm_session_daily WHERE Day = '2026-10-21'`,
      `INSERT INTO llm_day SELECT * REPLACE (${drop('4')} AS x_DropId, Version + 1 AS Version) FROM llm_day FINAL WHERE Day = '2026-10-21'`,
    );
    const page = { range: '30d', limit: 200, by: 'session' } as const;
    const [answer, statements] = await asking(() => room.unitEconomics.breakdown(page, everything));
    const worked = await room.unitEconomics.breakdown(page, unkept);
    expect({ rows: answer.rows, groups: answer.groups }).toEqual({ rows: worked.rows, groups: worked.groups });
    expect(answer.rows.some(({ key }) => key.startsWith('over-') || key.startsWith('long-'))).toBe(true);
    expect(statements.filter((sql) => sql.includes('llm_session_daily') && sql.includes('AS rank')).length).toBe(1);
  },
  patience,
);

test(
  'a day whose bills or usage were replaced is worked out until it is kept again',
  async () => {
    await run(
      `INSERT INTO llm_daily SELECT * REPLACE (${drop('2')} AS x_DropId, Cost * 2 AS Cost, Requests * 2 AS Requests)
     FROM llm_daily WHERE Day = '2026-10-20'`,
      `INSERT INTO llm_day SELECT * REPLACE (${drop('2')} AS x_DropId, Version + 1 AS Version, Requests * 2 AS Requests)
     FROM llm_day FINAL WHERE Day = '2026-10-20'`,
      `INSERT INTO fact_cost_usage SELECT * REPLACE (${drop('3')} AS x_DropId, EffectiveCost * 3 AS EffectiveCost) FROM fact_cost_usage
     WHERE x_Source = 'bill-1' AND toMonth(ChargePeriodStart) = 10`,
      `INSERT INTO cost_drop SELECT * REPLACE (${drop('3')} AS x_DropId, x_DropVersion + 1 AS x_DropVersion) FROM cost_drop FINAL
     WHERE x_Source = 'bill-1' AND x_Period = '202610'`,
    );
    // Which bills count may be known for a second.
    await delay(1_100);
    worked = await fewAnswers(unkept);
    expect(await fewAnswers(everything)).toEqual(worked);
    expect(await room.keepDays(signal)).toBe(31 * waysOfADay);
    expect(await fewAnswers(everything)).toEqual(worked);
  },
  patience,
);

test(
  'the rows of days that were replaced are removed once nobody reads them any more',
  async () => {
    const { warehouse } = stand.stores;
    const replaced = async () => {
      const sql =
        'SELECT uniqExact(x_DropId) AS n FROM unit_daily WHERE x_DropId NOT IN (SELECT x_DropId FROM unit_day FINAL)';
      return Number((await warehouse.query<{ n: string }>(sql)).rows[0]!.n);
    };
    const housekeeping = room.loops!.find(({ name }) => name === 'unit-economics-housekeeping')!;
    expect(await replaced()).toBe(31 * waysOfADay);
    await housekeeping.run(signal);
    expect(await replaced()).toBe(31 * waysOfADay);
    for (const table of ['unit_daily', 'unit_spend_daily', 'unit_session_daily', 'unit_top_session'])
      await warehouse.command(`ALTER TABLE ${table} UPDATE MadeAt = MadeAt - INTERVAL 1 HOUR WHERE 1`, {
        settings: { mutations_sync: 1 },
      });
    await housekeeping.run(signal);
    while ((await replaced()) > 0) await delay(100);
    expect(await fewAnswers(everything)).toEqual(worked);
  },
  patience,
);
