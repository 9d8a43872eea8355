import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Decimal } from 'decimal.js';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildApp } from '../build-app.ts';
import { composeFinops, type FinopsRooms } from '../compose-finops.ts';
import { readWorkbook } from '../focus-export/fixtures/read-workbook.ts';
import { openPlatform, type OpenPlatform } from '../open-platform.ts';
import { ManualClock } from '../platform/clock/index.ts';
import type { App } from '../platform/http/index.ts';
import { wholeTenant, type Caller } from '../platform/identity/index.ts';
import { testStores, type TestStores } from '../platform/testing/index.ts';
import { saveLoad } from './estate-repository.ts';
import { loadEstate } from './load-estate.ts';

/** What a finance person asks on the first of November, by the addresses that the pages ask, beside SQL on the raw lines. */
const D = Decimal.clone({ precision: 120, toExpNeg: -200, toExpPos: 200 });
const dataDir = mkdtempSync(join(tmpdir(), 'amadeus-answers-'));
const facts = 'fact_cost_usage WHERE x_DropId IN (SELECT x_DropId FROM cost_drop FINAL)';
const month = (name: 'September' | 'October') =>
  `toStartOfMonth(ChargePeriodStart) = toDate('2026-${name === 'October' ? '10' : '09'}-01')`;

let stores: TestStores;
let opened: OpenPlatform;
let finops: FinopsRooms;
let app: App;

const estateCaller: Caller = {
  kind: 'node',
  id: 'system:estate',
  name: 'Generated estate',
  roles: [],
  permissions: new Set(),
  scope: wholeTenant('default'),
};

beforeAll(async () => {
  const environment = {
    AMADEUS_DATA_DIR: dataDir,
    AMADEUS_TELEMETRY_LOG_LEVEL: 'error',
    AMADEUS_ESTATE_ENABLED: 'true',
    AMADEUS_WAREHOUSE_CACHE_SECONDS: '0',
  };
  stores = await testStores({ environment });
  opened = await openPlatform(stores.config, '0.1.0', () => undefined);
  opened.platform.clock = new ManualClock('2026-11-01T00:10:00Z');
  finops = composeFinops(opened.platform);
  for (const room of finops.rooms) await room.start?.(new AbortController().signal);
  await loadTwoMonths();
  app = await buildApp(opened, finops.rooms, '0.1.0');
  await app.ready();
}, 300_000);
afterAll(async () => {
  await app.close();
  for (const room of [...finops.rooms].reverse()) await room.close?.();
  await opened.close();
  await stores.close();
  rmSync(dataDir, { recursive: true, force: true });
});

/** September and October of an estate whose story is a month later: both are told by the day, so that the test is short. */
async function loadTwoMonths(): Promise<void> {
  const { warehouse, store, clock } = opened.platform;
  const place = { tenant: 'default', region: 'default' };
  const load = { seed: 42, firstDay: '2026-09-01', storyDay: '2026-11-30', loadedUntil: '2026-09-01' };
  await saveLoad(store, place.tenant, { ...load, completed: false });
  // Finance asks the bills; calls, traffic and forecasts are asked elsewhere.
  const nothing = async () => undefined;
  await loadEstate({
    ...place,
    ...{
      seed: 42,
      days: 61,
      scratchDir: join(dataDir, 'estate'),
      clock,
      warehouse,
      store,
      onProgress: () => undefined,
    },
    doors: {
      ...{ keepRequests: nothing, sealRequests: nothing, keepTraffic: nothing, replayForecasts: nothing },
      ingestBill: async (path, source) => void (await finops.anycost.ingestFocusFile(path, { ...place, source })),
      keepRevenue: (lines) => finops.revenue.keep(lines, estateCaller),
    },
  });
}

async function ask<T>(url: string, payload?: object): Promise<T> {
  const answer = await send(url, payload);
  return answer.json<T>();
}

async function send(url: string, payload?: object) {
  const headers = { authorization: `Bearer ${opened.tokens.datasourceToken}` };
  const answer = await app.inject({ method: payload ? 'POST' : 'GET', url, headers, ...(payload ? { payload } : {}) });
  if (answer.statusCode !== 200) throw new Error(`${url}: ${answer.statusCode} ${answer.body}`);
  return answer;
}

async function sql(expression: string, where: string): Promise<string> {
  const { rows } = await stores.warehouse.query<{ value: string }>(
    `SELECT toString(${expression}) AS value FROM ${facts} AND ${where}`,
  );
  return rows[0]!.value;
}

interface Split {
  difference: string;
  price: string;
  volume: string;
  mix: string;
}
interface Drivers {
  total: { cost: string; previousCost: string; split: Split };
  rows: { keys: Record<string, string>; cost: string; previousCost: string; split: Split }[];
  sentence: { en: string };
}

/** The split by its published formulas (Shapley values of unit price, share and whole), from sums of raw lines. */
async function splitBySql(team: string): Promise<Record<'price' | 'volume' | 'mix', Decimal>> {
  type Leaf = Record<'service' | 'unit' | 'c0' | 'c1' | 'q0' | 'q1' | 'w0' | 'w1', string>;
  const { rows } = await stores.warehouse.query<Leaf>(`
    WITH leaf AS (
      SELECT toString(x_Team) AS team, toString(ServiceName) AS service, SkuId, toString(PricingUnit) AS unit,
             sumIf(EffectiveCost, ${month('September')}) AS c0, sumIf(EffectiveCost, ${month('October')}) AS c1,
             sumIf(assumeNotNull(PricingQuantity), ${month('September')}) AS q0,
             sumIf(assumeNotNull(PricingQuantity), ${month('October')}) AS q1
      FROM ${facts} AND x_Team = '${team}' GROUP BY team, service, SkuId, unit)
    SELECT service, unit, toString(c0) AS c0, toString(c1) AS c1, toString(q0) AS q0, toString(q1) AS q1,
           toString(sum(leaf.q0) OVER w) AS w0, toString(sum(leaf.q1) OVER w) AS w1
    FROM leaf WINDOW w AS (PARTITION BY service, unit)`);
  const split = { price: new D(0), volume: new D(0), mix: new D(0) };
  for (const row of rows) {
    const [c0, c1, q0, q1, w0, w1] = [row.c0, row.c1, row.q0, row.q1, row.w0, row.w1].map((text) => new D(text));
    const [p0, p1, s0, s1] = [c0!.div(q0!), c1!.div(q1!), q0!.div(w0!), q1!.div(w1!)];
    const meanPrice = p0.plus(p1).div(2);
    split.price = split.price.plus(q0!.plus(q1!).div(2).times(p1.minus(p0)));
    split.volume = split.volume.plus(meanPrice.times(s0.plus(s1).div(2)).times(w1!.minus(w0!)));
    split.mix = split.mix.plus(meanPrice.times(w0!.plus(w1!).div(2)).times(s1.minus(s0)));
  }
  return split;
}

describe('what did a team spend last month, and why is it more than before', () => {
  const asked = (team: string) =>
    ask<Drivers>(`/api/unit-economics/drivers?range=lastMonth&dims=ServiceName&filter=x_Team:${team}`);

  test.each(['payments', 'recommendations', 'storefront', 'assist', 'research', 'support'])(
    '%s: both months are those of the raw lines, and price, volume and mix are their difference',
    async (team) => {
      const { total, rows } = await asked(team);
      const [now, before] = [
        await sql('sum(EffectiveCost)', `x_Team = '${team}' AND ${month('October')}`),
        await sql('sum(EffectiveCost)', `x_Team = '${team}' AND ${month('September')}`),
      ];
      expect([total.cost, total.previousCost]).toEqual([now, before]);
      expect(new D(total.split.difference).toFixed()).toBe(new D(now).minus(before).toFixed());
      for (const { split } of [total, ...rows])
        expect(new D(split.price).plus(split.volume).plus(split.mix).toFixed()).toBe(new D(split.difference).toFixed());
      for (const row of rows) {
        const where = `x_Team = '${team}' AND ServiceName = '${row.keys['ServiceName']}'`;
        expect(row.cost).toBe(await sql('sum(EffectiveCost)', `${where} AND ${month('October')}`));
      }
    },
  );

  test.each([
    ['payments', 'price'],
    ['recommendations', 'volume'],
    ['storefront', 'mix'],
  ] as const)('%s grew by %s', async (team, cause) => {
    const { total, sentence } = await asked(team);
    const parts = { price: total.split.price, volume: total.split.volume, mix: total.split.mix };
    const largest = Object.entries(parts).sort(([, a], [, b]) => new D(b).abs().comparedTo(new D(a).abs()))[0]!;
    expect(largest[0]).toBe(cause);
    expect(new D(total.split.difference).gt(0)).toBe(true);
    expect(sentence.en).toContain(`mostly by ${cause}`);
  });

  test('the parts are what their formulas give from sums of the raw lines', async () => {
    for (const team of ['payments', 'storefront']) {
      const { total } = await asked(team);
      const byHand = await splitBySql(team);
      for (const cause of ['price', 'volume', 'mix'] as const)
        expect(new D(total.split[cause]).minus(byHand[cause]).abs().lt('1e-9')).toBe(true);
    }
  });
});

describe('what does a customer cost, and do we earn on it', () => {
  interface Row {
    key: string;
    cost: string;
    shared?: string;
    revenue?: string;
    margin?: string;
  }

  test('cost, revenue and margin of each customer are those of the lines and of what it paid', async () => {
    const { rows } = await ask<{ rows: Row[] }>('/api/unit-economics/breakdown?range=lastMonth&by=x_Customer');
    const named = rows.filter(({ key }) => key !== '');
    expect(named).toHaveLength(12);
    for (const row of named) {
      const cost = await sql('sum(EffectiveCost)', `x_Customer = '${row.key}' AND ${month('October')}`);
      const [paid] = await stores.store.query<{ amount: string }>(
        `SELECT amount::text AS amount FROM revenue_line WHERE customer = $1 AND period_from = '2026-10-01'`,
        [row.key],
      );
      expect([row.key, row.cost, row.shared]).toEqual([row.key, cost, undefined]);
      expect(new D(row.revenue!).toFixed()).toBe(new D(paid!.amount).toFixed());
      expect(new D(row.margin!).toFixed()).toBe(new D(paid!.amount).minus(cost).toFixed());
    }
  });

  test('one customer does not pay for what it uses, and the others do', async () => {
    const { rows } = await ask<{ rows: Row[] }>(
      '/api/unit-economics/breakdown?range=lastMonth&by=x_Customer&sort=margin',
    );
    expect(rows.filter(({ margin }) => margin !== undefined && new D(margin).lt(0)).map(({ key }) => key)).toEqual([
      'globex',
    ]);
  });
});

describe('which part of the spend has no owner', () => {
  test('about a fifth, named by service, as the lines without a team say', async () => {
    const all = await ask<{ rows: { keys: Record<string, string>; cost: string }[]; total: { cost: string } }>(
      '/api/cost/summary?range=lastMonth&dims=x_Team',
    );
    const unowned = all.rows.find(({ keys }) => keys['x_Team'] === '')!;
    const where = `x_Team = '' AND ${month('October')}`;
    expect(unowned.cost).toBe(await sql('sum(EffectiveCost)', where));
    expect(all.total.cost).toBe(await sql('sum(EffectiveCost)', month('October')));
    const share = new D(unowned.cost).div(all.total.cost).toNumber();
    expect(share).toBeGreaterThan(0.15);
    expect(share).toBeLessThan(0.25);
    const parts = await ask<typeof all>(
      `/api/cost/summary?range=lastMonth&dims=ServiceName&filter=${encodeURIComponent('x_Team:')}`,
    );
    expect(parts.rows.length).toBeGreaterThan(2);
    for (const { keys, cost } of parts.rows)
      expect(cost).toBe(await sql('sum(EffectiveCost)', `${where} AND ServiceName = '${keys['ServiceName']}'`));
  });

  test('and who bears it by the rules: everything adds up to the bills', async () => {
    const report = await ask<{ bills: string; unallocated: string; rows: { owner: string; total: string }[] }>(
      '/api/allocation/report?range=lastMonth',
    );
    expect(report.bills).toBe(await sql('sum(EffectiveCost)', month('October')));
    const sum = report.rows.reduce((all, { total }) => all.plus(total), new D(report.unallocated));
    expect(sum.toFixed()).toBe(new D(report.bills).toFixed());
  });
});

describe('the same for the board, in won', () => {
  const definition = { levels: ['x_Team'], period: { range: 'lastMonth' }, currency: 'KRW' };
  const inWon = async (): Promise<Map<string, string>> => {
    const [{ rate }] = await ask<[{ rate: string }]>(
      '/api/prices/currency-rates/days?from=USD&to=KRW&firstDay=2026-10-01&lastDay=2026-10-31',
    );
    // 1600 won and 1.1 dollars are a euro, on every day.
    expect(new D(rate).minus(new D(1600).div('1.1')).abs().lt('1e-9')).toBe(true);
    const { rows } = await stores.warehouse.query<{ team: string; won: string }>(
      `SELECT toString(x_Team) AS team, toString(sum(CAST(EffectiveCost * toDecimal256('${rate}', 18) AS Decimal(76, 30)))) AS won
       FROM ${facts} AND ${month('October')} GROUP BY team`,
    );
    return new Map(rows.map(({ team, won }) => [team, won]));
  };

  test('with shared costs split, by the days of Seoul: everything adds up to the lines of those days', async () => {
    const seoul = { ...definition, period: { month: '2026-10' }, timeZone: 'Asia/Seoul', sharedCosts: true };
    interface Report {
      closes: { bills: string; unallocated: string };
      levels: { rows: { keys: string[]; total: string; shared: object[] }[] }[];
      rates: { rate: string }[];
    }
    const { closes, levels, rates } = await ask<Report>('/api/showback/preview', { definition: seoul });
    const { rows } = await stores.warehouse.query<{ won: string }>(
      `SELECT toString(sum(CAST(EffectiveCost * toDecimal256('${rates[0]!.rate}', 18) AS Decimal(76, 30)))) AS won
       FROM ${facts} AND toYYYYMM(ChargePeriodStart, 'Asia/Seoul') = 202610`,
    );
    expect(closes.bills).toBe(rows[0]!.won);
    const sum = levels[0]!.rows.reduce((all, { total }) => all.plus(total), new D(0));
    expect(sum.toFixed()).toBe(new D(closes.bills).toFixed());
    expect(levels[0]!.rows.some(({ shared }) => shared.length > 0)).toBe(true);
    const share = new D(closes.unallocated).div(closes.bills).toNumber();
    expect(share).toBeLessThan(0.02);
  });

  test('as CSV', async () => {
    const { body } = await send('/api/showback/download', { definition, format: 'csv' });
    const [head, ...lines] = body
      .replace('\ufeff', '')
      .trim()
      .split('\r\n')
      .map((text) => text.split(','));
    const [total, currency] = [head!.indexOf('Total'), head!.indexOf('Currency')];
    const expected = await inWon();
    expect(lines).toHaveLength(expected.size);
    for (const line of lines)
      expect([line[0], line[total], line[currency]]).toEqual([
        line[0],
        expected.get(line[0] === '(none)' ? '' : line[0]!),
        'KRW',
      ]);
  });

  test('as Excel, with numbers in cells of numbers', async () => {
    const { rawPayload } = await send('/api/showback/download', { definition, format: 'xlsx', lang: 'ko' });
    const sheets = readWorkbook(rawPayload);
    const [, byTeam] = [...sheets.values()];
    const expected = await inWon();
    const rows = byTeam!.slice(1);
    expect(rows).toHaveLength(expected.size);
    for (const row of rows) {
      const numbers = row.filter((cell) => cell?.type === 'n');
      const won = expected.get(row[0]!.value) ?? expected.get('')!;
      expect(numbers.map((cell) => new D(cell!.value).toFixed(6))).toContain(new D(won).toFixed(6));
    }
  });
});
