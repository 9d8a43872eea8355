import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Decimal } from 'decimal.js';
import { createAllocationRoom, type Rates } from '../allocation/index.ts';
import { everything, openCostStand, type CostStand } from '../anycost/fixtures/cost-stand.ts';
import { createCostRoom } from '../cost/index.ts';
import type { AuditEvent } from '../platform/audit/index.ts';
import type { Caller } from '../platform/identity/index.ts';
import { createRevenueRoom } from '../revenue/index.ts';
import { RevenueBook } from '../revenue/revenue-book.ts';
import { sealUsage } from './fixtures/unit-data.ts';
import { createUnitEconomicsRoom, type UnitEconomics } from './index.ts';

const person: Caller = {
  ...{ kind: 'person', id: 'user:7', name: 'Ada', roles: ['finops'], scope: everything },
  permissions: new Set(['reports:write']),
};
const drop = '00000000-0000-4000-8000-000000000001';
/** A rate of its own for each day: 1.01 on the first of the month, 1.31 on the 31st. */
const prices: Rates = {
  rates: async (from, _to, firstDay, lastDay) => {
    const days = new Map<string, { rate: string; rateDay: string; source: string }>();
    for (let at = Date.parse(firstDay); at <= Date.parse(lastDay); at += 86_400_000) {
      const day = new Date(at).toISOString().slice(0, 10);
      if (from === 'EUR') days.set(day, { rate: `1.${day.slice(8)}`, rateDay: day, source: 'test' });
    }
    return days;
  },
};

let stand: CostStand;
let units: UnitEconomics;
let book: RevenueBook;
const audited: AuditEvent[] = [];

const charge = (line: number, fields: Record<string, unknown>) => ({
  ...{ Tenant: 'default', Region: 'default', x_DropId: drop, x_Source: 'bill', x_SourceFile: 'f', x_SourceLine: line },
  ...{ BillingCurrency: 'USD', ProviderName: 'AWS', ServiceName: 'VM', ChargeCategory: 'Usage' },
  ...{ ChargePeriodStart: '2026-10-05 00:00:00', ChargePeriodEnd: '2026-10-06 00:00:00' },
  ...{ ListCost: '0', ContractedCost: '0', BilledCost: fields['EffectiveCost'] },
  ...fields,
});
const call = (id: string, day: string, customer: string, cost: string) => ({
  ...{
    Tenant: 'default',
    Region: 'default',
    x_Source: 'gw',
    RequestId: id,
    StartedAt: `${day} 10:00:00.000`,
    Provider: 'openai',
  },
  ...{
    Model: 'gpt-4.1',
    InputTokens: 100,
    OutputTokens: 0,
    Status: 'ok',
    Customer: customer,
    Session: id,
    Cost: cost,
    Currency: 'USD',
  },
  ReceivedAt: `${day} 10:00:00.000`,
});

beforeAll(async () => {
  stand = await openCostStand('2026-11-01T00:00:00Z');
  const { warehouse } = stand.stores;
  const audit = { record: async (event: AuditEvent) => void audited.push(event) };
  const platform = { ...stand.platform, audit: audit as unknown as typeof stand.platform.audit };
  await warehouse.insert('fact_cost_usage', [
    charge(1, { EffectiveCost: '40', x_Customer: 'acme' }),
    charge(2, { EffectiveCost: '10', x_Customer: 'globex', BillingCurrency: 'EUR' }),
    charge(3, { EffectiveCost: '6', ServiceName: 'Support' }),
    // A bill of a whole month, which names nobody.
    charge(4, {
      ...{ EffectiveCost: '31', ProviderName: 'OpenAI', ServiceName: 'API', x_Model: 'gpt-4.1', PricingUnit: 'Tokens' },
      ...{ PricingQuantity: '1000', ChargePeriodStart: '2026-10-01 00:00:00', ChargePeriodEnd: '2026-11-01 00:00:00' },
    }),
  ]);
  await warehouse.insert('cost_drop', [
    {
      ...{
        Tenant: 'default',
        Region: 'default',
        x_Source: 'bill',
        x_Period: '2026-10',
        x_DropId: drop,
        x_DropVersion: 1,
      },
      ...{ RowCount: 4, Currencies: ['USD', 'EUR'], ActivatedAt: '2026-10-31 00:00:00.000' },
      ...{
        ChargePeriodFrom: '2026-10-01 00:00:00',
        ChargePeriodLast: '2026-10-05 00:00:00',
        ChargePeriodTo: '2026-11-01 00:00:00',
      },
    },
  ]);
  const days = Array.from({ length: 31 }, (_, at) => `2026-10-${String(at + 1).padStart(2, '0')}`);
  const calls = days.flatMap((day) => [call(`a${day}`, day, 'acme', '3'), call(`b${day}`, day, 'globex', '1')]);
  await warehouse.insert('fact_llm_request', calls);
  await sealUsage(warehouse, '00000000-0000-4000-9000-');
  const { cost } = createCostRoom(platform);
  const { allocation } = createAllocationRoom(platform, { cost, prices });
  const { revenue } = createRevenueRoom(platform);
  book = new RevenueBook(platform);
  units = createUnitEconomicsRoom(platform, { cost, allocation, prices, revenue }).unitEconomics;
  await stand.stores.store.query(
    `INSERT INTO allocation_rule (tenant, name, target, position, rule, origin, updated_by, updated_at)
     VALUES ('default', 'Support', 'x_Customer', 1, $1, 'api', 'test', now())`,
    [
      JSON.stringify({
        ...{ name: 'Support', target: 'x_Customer', position: 1, method: 'fixed', weights: { acme: '1', globex: '2' } },
        ...{ match: [{ dimension: 'ServiceName', is: ['Support'] }], effectiveFrom: '2026-01-01' },
      }),
    ],
  );
});
afterAll(() => stand.close());

const lines = (...texts: string[]) =>
  texts.map((text, place) => {
    const [customer = '', month = '', amount = '', currency = ''] = text.split(' ');
    return { line: place + 2, fields: { customer, month, amount, currency } };
  });
const byCustomer = async (from: string, to: string) => {
  const answer = await units.breakdown({ from, to, by: 'x_Customer', currency: 'USD' }, everything);
  return new Map(answer.rows.map((row) => [row.key, row]));
};

test('a bill of a month counts by day, also in a part of the month, and is spread by usage', async () => {
  const week = await byCustomer('2026-10-08', '2026-10-15');
  expect(week.get('acme')).toMatchObject({ cost: '5.25', billed: '5.25', estimated: '0', requests: 7 });
  expect(week.get('globex')).toMatchObject({ cost: '1.75', estimated: '0' });
  const month = await byCustomer('2026-10-01', '2026-11-01');
  expect(month.get('acme')!.cost).toBe('63.25'); // 40 and three quarters of 31
});

test('amounts in another currency count by the rate of their day', async () => {
  const month = await byCustomer('2026-10-01', '2026-11-01');
  expect(month.get('globex')!.cost).toBe('18.25'); // 10 EUR at 1.05 and a quarter of 31
  const answer = await units.cards({ from: '2026-10-01', to: '2026-11-01', currency: 'USD' }, everything);
  expect(answer.rates).toEqual([{ currency: 'EUR', rate: '1.31', rateDay: '2026-10-31', source: 'test' }]);
  expect(answer.cards.find(({ id }) => id === 'customer')?.cost).toBe('81.5');
});

describe('revenue', () => {
  test('is kept whole by period: again changes nothing, a correction replaces all of it', async () => {
    const first = lines('acme 2026-10 100 USD', 'globex 2026-10 31 EUR', 'hooli 2026-10 5 USD');
    expect(await book.keep(first, person)).toEqual({ kept: 3, periods: ['2026-10-01 2026-10-31'], unchanged: false });
    expect(await book.keep([...first].reverse(), person)).toMatchObject({ unchanged: true });
    expect(await book.keep(lines('acme 2026-10 93 USD', 'globex 2026-10 31 EUR'), person)).toMatchObject({ kept: 2 });
    expect(audited.map(({ action }) => action)).toEqual(['revenue.imported', 'revenue.imported']);
    expect(await book.periods('default')).toMatchObject([{ customers: 1, totals: { USD: '93', EUR: '31' } }]);
  });

  test('a wrong line or a day that would count twice makes all of it be refused', async () => {
    await expect(book.keep(lines('acme 2026-09 1 USD', 'globex 2026-9 1 USD'), person)).rejects.toMatchObject({
      code: 'UNPROCESSABLE',
      extra: { lines: [{ line: 3, reason: expect.stringContaining('2026-11') }] },
    });
    const part = [
      { line: 2, fields: { customer: 'acme', from: '2026-10-31', to: '2026-11-02', amount: '1', currency: 'USD' } },
    ];
    await expect(book.keep(part, person)).rejects.toMatchObject({ code: 'UNPROCESSABLE' });
    expect(await book.periods('default')).toHaveLength(1);
  });

  test('less cost and shared cost is the margin, in the currency of the answer', async () => {
    const month = await byCustomer('2026-10-01', '2026-11-01');
    expect(month.get('acme')).toMatchObject({ revenue: '93', shared: '2', margin: '27.75', marginShare: '0.298387' });
    const euros = Array.from({ length: 31 }, (_, at) => `1.${String(at + 1).padStart(2, '0')}`);
    const revenue = euros.reduce((all, rate) => all.plus(rate), new Decimal(0)); // one euro a day
    expect(month.get('globex')).toMatchObject({
      revenue: revenue.toFixed(),
      shared: '4',
      margin: revenue.minus('22.25').toFixed(),
    });
    const week = await byCustomer('2026-10-08', '2026-10-15');
    expect(week.get('acme')).toMatchObject({ revenue: '21' });
    const overview = await units.overview({ role: 'product', currency: 'USD' }, everything);
    expect(overview.figures.find(({ id }) => id === 'worst-customer')).toMatchObject({ note: 'globex' });
  });

  test('who sees only some teams is told no revenue', async () => {
    const answer = await units.breakdown(
      { from: '2026-10-01', to: '2026-11-01', by: 'x_Customer', currency: 'USD' },
      { ...everything, teams: [''] },
    );
    expect(answer.rows.every(({ revenue }) => revenue === undefined)).toBe(true);
  });
});
