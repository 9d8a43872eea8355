import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Decimal } from 'decimal.js';
import { createAllocationRoom } from '../allocation/index.ts';
import { everything, openCostStand, type CostStand } from '../anycost/fixtures/cost-stand.ts';
import { createCostRoom } from '../cost/index.ts';
import type { BreakdownKey, Card, Cards } from './contract.ts';
import { sealUsage, seedUnits } from './fixtures/unit-data.ts';
import { createUnitEconomicsRoom, type UnitEconomics } from './index.ts';

const D = Decimal.clone({ precision: 120, toExpNeg: -200, toExpPos: 200 });
const october = { from: '2026-10-02', to: '2026-11-01' };
const days = "toDate(ChargePeriodStart) >= '2026-10-02' AND toDate(ChargePeriodStart) < '2026-11-01'";
const previousDays = "toDate(ChargePeriodStart) >= '2026-09-02' AND toDate(ChargePeriodStart) < '2026-10-02'";
const usageDays = days.replaceAll('ChargePeriodStart', 'StartedAt');
const facts = 'fact_cost_usage WHERE x_DropId IN (SELECT x_DropId FROM cost_drop FINAL)';

let stand: CostStand;
let units: UnitEconomics;

beforeAll(async () => {
  stand = await openCostStand('2026-11-01T00:00:00Z');
  await seedUnits(stand.stores.warehouse, { lines: 80, requests: 90 });
  const { cost } = createCostRoom(stand.platform);
  const { allocation } = createAllocationRoom(stand.platform, { cost });
  units = createUnitEconomicsRoom(stand.platform, { cost, allocation }).unitEconomics;
});
afterAll(() => stand.close());

async function raw<Row>(sql: string): Promise<Row[]> {
  return (await stand.stores.warehouse.query<Row>(sql)).rows;
}

interface Line {
  provider: string;
  model: string;
  day: string;
  customer: string;
  feature: string;
  stage: string;
  team: string;
  version: string;
  amount: string;
}
interface Call extends Line {
  tokens: string;
  session: string;
}
type Field = 'customer' | 'feature' | 'stage' | 'team' | 'version' | 'session';

const providers: Record<string, string> = {
  vllm: 'self-hosted',
  kubernetes: 'self-hosted',
  slurm: 'self-hosted',
  'google cloud': 'google',
};
const stages: Record<string, string> = { prod: 'production' };
const keyOf = ({ provider, model, day }: Line) =>
  [
    providers[provider.toLowerCase()] ?? provider.toLowerCase(),
    model
      .toLowerCase()
      .replace(/^.*\//, '')
      .replace(/-(\d{8}|\d{4}-\d{2}-\d{2})$/, ''),
    day,
  ].join(' ');

/**
 * The rule of spreading, written a second time and otherwise: over raw lines and calls, one billed line after the other.
 * @returns cost by the value of the field
 */
function spread(lines: readonly Line[], calls: readonly Call[], field: Field): Map<string, Decimal> {
  const cost = new Map<string, Decimal>();
  const add = (value: string, amount: Decimal) => cost.set(value, (cost.get(value) ?? new D(0)).plus(amount));
  const value = (one: Line | Call): string =>
    field === 'session'
      ? ((one as Call).session ?? '')
      : field === 'stage'
        ? (stages[one.stage] ?? one.stage)
        : one[field];
  const callsOf = Map.groupBy(calls, keyOf);
  const linesOf = Map.groupBy(lines, keyOf);
  for (const [key, own] of linesOf) {
    const peers = callsOf.get(key) ?? [];
    const priced = peers.some((call) => !new D(call.amount).isZero());
    const weight = (call: Call) => new D(priced ? call.amount : call.tokens);
    const named = new Set(own.map(value).filter((one) => one !== ''));
    const free = peers.filter((call) => !named.has(value(call)));
    const takers = free.some((call) => weight(call).gt(0)) ? free : peers;
    const all = takers.reduce((sum, call) => sum.plus(weight(call)), new D(0));
    for (const line of own) {
      if (value(line) !== '' || all.isZero()) add(value(line), new D(line.amount));
      else for (const call of takers) add(value(call), new D(line.amount).times(weight(call)).div(all));
    }
  }
  for (const [key, own] of callsOf) if (!linesOf.has(key)) for (const call of own) add(value(call), new D(call.amount));
  return cost;
}

const modelLine = "(PricingUnit = 'Tokens' OR x_Model = 'llama-3')";
const lineColumns = `toString(ProviderName) AS provider, toString(x_Model) AS model, toString(toDate(ChargePeriodStart)) AS day,
  toString(x_Customer) AS customer, toString(x_Feature) AS feature, toString(x_Environment) AS stage, toString(x_Team) AS team,
  toString(x_ModelVersion) AS version, toString(EffectiveCost) AS amount`;
const readLines = () => raw<Line>(`SELECT ${lineColumns} FROM ${facts} AND ${days} AND ${modelLine}`);
const readCalls = () =>
  raw<Call>(`SELECT Provider AS provider, Model AS model, toString(toDate(StartedAt)) AS day, Customer AS customer, Feature AS feature,
    Environment AS stage, Team AS team, ModelVersion AS version, toString(Cost) AS amount, toString(InputTokens + OutputTokens) AS tokens,
    Session AS session FROM fact_llm_request FINAL WHERE ${usageDays} AND Status != 'void'`);

const columns = { customer: 'x_Customer', feature: 'x_Feature', stage: 'x_Environment', team: 'x_Team' } as const;

/** Cost of everything by a field: what is no model from the raw lines, models as the rule says. */
async function expected(field: keyof typeof columns): Promise<Map<string, Decimal>> {
  const cost = spread(await readLines(), await readCalls(), field);
  const others = await raw<{ value: string; amount: string }>(
    `SELECT toString(${columns[field]}) AS value, toString(sum(EffectiveCost)) AS amount FROM ${facts} AND ${days} AND NOT ${modelLine} GROUP BY value`,
  );
  for (const { value, amount } of others) {
    const name = field === 'stage' ? (stages[value] ?? value) : value;
    cost.set(name, (cost.get(name) ?? new D(0)).plus(amount));
  }
  return cost;
}

const sum = (values: Iterable<Decimal.Value>) => [...values].reduce<Decimal>((all, one) => all.plus(one), new D(0));
const near = (one: Decimal.Value, other: Decimal.Value) =>
  expect(new D(one).minus(other).abs().lte('1e-20') ? 'equal' : `${String(one)} is not ${String(other)}`).toBe('equal');
const cardOf = (cards: Cards, id: Card['id']) => cards.cards.find((card) => card.id === id)!;

describe('cards', () => {
  let cards: Cards;
  beforeAll(async () => void (cards = await units.cards(october, everything)));

  test('tokens, requests and sessions are those of the raw calls, their cost what bills and, without bills, calls say', async () => {
    const [row] = await raw<{ requests: string; tokens: string; sessions: string }>(
      `SELECT toString(count()) AS requests, toString(sum(InputTokens + OutputTokens)) AS tokens,
              toString(uniqExactIf((toDate(StartedAt), Session), Session != '')) AS sessions FROM fact_llm_request FINAL WHERE ${usageDays}`,
    );
    const all = sum(spread(await readLines(), await readCalls(), 'customer').values());
    for (const [id, quantity, per] of [
      ['tokens', row!.tokens, 1000],
      ['request', row!.requests, 1],
      ['session', row!.sessions, 1],
    ] as const) {
      const card = cardOf(cards, id);
      expect(card).toMatchObject({ quantity, per, basis: 'mixed', currency: 'USD' });
      near(card.cost, all);
      expect(card.value).toBe(all.times(per).div(quantity).toDecimalPlaces(10).toFixed());
      near(sum([card.billed, card.estimated]), card.cost);
      near(sum(card.series.map((day) => day.cost)), card.cost);
      expect(sum(card.series.map((day) => day.quantity)).toFixed()).toBe(quantity);
    }
  });

  test('the estimate is that of the days of models without a bill, and what is billed adds up to the raw lines', async () => {
    const [row] = await raw<{ billed: string }>(
      `SELECT toString(sum(EffectiveCost)) AS billed FROM ${facts} AND ${days} AND ${modelLine}`,
    );
    const billed = new Set((await readLines()).map(keyOf));
    const estimated = sum((await readCalls()).filter((call) => !billed.has(keyOf(call))).map(({ amount }) => amount));
    expect(cardOf(cards, 'request')).toMatchObject({ estimated: estimated.toFixed(), billed: row!.billed });
  });

  test.each([
    ['customer', 'customer'],
    ['feature', 'feature'],
    ['stage', 'stage'],
  ] as const)('%s: the mean over its values, parts and days, and the badge of what lacks one', async (id, field) => {
    const all = await expected(field);
    const named = [...all].filter(([value, cost]) => value !== '' && !cost.isZero());
    const card = cardOf(cards, id);
    near(card.cost, sum(named.map(([, cost]) => cost)));
    expect(card.quantity).toBe(String(named.length));
    expect(card.value).toBe(new D(card.cost).div(card.quantity).toDecimalPlaces(10).toFixed());
    for (const part of card.parts) near(part.cost, all.get(part.key)!);
    near(card.missing!.cost, all.get('') ?? 0);
    near(sum(card.series.map((day) => day.cost)), card.cost);
  });

  test('versions: models whose version is known', async () => {
    const card = cardOf(cards, 'version');
    expect(card.quantity).toBe('2');
    const cost = spread(await readLines(), await readCalls(), 'version');
    for (const part of card.parts) near(part.cost, cost.get(part.key.replace(/^.*@/, ''))!);
  });

  test('jobs and GPU-hours are those of the raw lines', async () => {
    const [row] = await raw<Record<string, string>>(
      `SELECT toString(sumIf(EffectiveCost, ProviderName = 'Slurm' AND ResourceId != 'idle' OR ProviderName = 'Kubernetes')) AS jobCost,
              toString(uniqExactIf((x_Source, if(x_JobId != '', x_JobId, ResourceId)), ResourceId != 'idle')) AS jobs,
              toString(sum(EffectiveCost)) AS gpuCost, toString(sum(coalesce(toDecimal256(x_GpuHours, 30), PricingQuantity))) AS hours
       FROM ${facts} AND ${days} AND PricingUnit = 'GPU-Hours'`,
    );
    expect(cardOf(cards, 'job')).toMatchObject({ cost: row!['jobCost'], quantity: row!['jobs'] });
    expect(cardOf(cards, 'gpu-hour')).toMatchObject({ cost: row!['gpuCost'], quantity: row!['hours'] });
  });

  test('price, volume and mix add up to the change, of the cost and of the value', () => {
    for (const card of cards.cards) {
      if (card.change === undefined) throw new Error(`${card.id} has no change`);
      for (const split of [card.change.cost, card.change.value])
        expect(sum([split.price, split.volume, split.mix]).toFixed()).toBe(new D(split.difference).toFixed());
      expect(card.change.cost.difference).toBe(new D(card.cost).minus(card.previous!.cost).toFixed());
      expect(card.change.value.difference).toBe(new D(card.value!).minus(card.previous!.value!).toFixed());
    }
  });

  test('who may see one team sees its cost alone', async () => {
    const own = await units.cards(october, { ...everything, teams: ['search'] });
    const [row] = await raw<{ amount: string }>(
      `SELECT toString(sum(EffectiveCost)) AS amount FROM ${facts} AND ${days} AND x_Team = 'search' AND PricingUnit = 'GPU-Hours'`,
    );
    expect(cardOf(own, 'gpu-hour').cost).toBe(row!.amount);
    const narrow = await units.cards(october, { ...everything, tenant: 'nobody' });
    expect(narrow.cards.every((card) => card.cost === '0')).toBe(true);
  });

  test('a filter on what usage does not know leaves the bills as they are', async () => {
    const answer = await units.cards({ ...october, filter: 'ServiceName:OpenAI API' }, everything);
    const [row] = await raw<{ amount: string }>(
      `SELECT toString(sum(EffectiveCost)) AS amount FROM ${facts} AND ${days} AND ServiceName = 'OpenAI API' AND x_Customer != ''`,
    );
    expect(cardOf(answer, 'customer').cost).toBe(row!.amount);
    expect(cardOf(answer, 'request')).toMatchObject({ cost: '0', unavailable: expect.stringContaining('service') });
  });
});

describe('breakdown', () => {
  test.each([
    ['x_Customer', 'customer'],
    ['x_Feature', 'feature'],
    ['x_Environment', 'stage'],
    ['x_Team', 'team'],
  ] as const)('by %s equals the raw rows, and its rows add up to its total', async (by, field) => {
    const answer = await units.breakdown({ ...october, by, limit: 500 }, everything);
    const all = await expected(field);
    expect(answer.rows.map(({ key }) => key).sort()).toEqual([...all.keys()].sort());
    for (const row of answer.rows) near(row.cost, all.get(row.key)!);
    near(sum(answer.rows.map(({ cost }) => cost)), answer.total.cost);
    near(answer.total.cost, sum(all.values()));
    const usage = await raw<{ value: string; requests: string; tokens: string }>(
      `SELECT toString(${by.slice(2)}) AS value, toString(count()) AS requests, toString(sum(InputTokens + OutputTokens)) AS tokens
       FROM fact_llm_request FINAL WHERE ${usageDays} GROUP BY value`,
    );
    for (const { value, requests, tokens } of usage)
      expect(answer.rows.find(({ key }) => key === value)).toMatchObject({
        requests: Number(requests),
        tokens: Number(tokens),
      });
  });

  test('what a bill says is spread to the last digit', async () => {
    const [row] = await raw<{ amount: string }>(
      `SELECT toString(sum(EffectiveCost)) AS amount FROM ${facts} AND ${days}`,
    );
    for (const by of ['x_Customer', 'x_Feature', 'x_Environment', 'x_Team'] as const)
      expect((await units.breakdown({ ...october, by }, everything)).total.billed).toBe(row!.amount);
    const filtered = await units.breakdown({ ...october, by: 'x_Feature', filter: 'x_Customer:acme' }, everything);
    const whole = await units.breakdown({ ...october, by: 'x_Customer' }, everything);
    const before = await raw<{ amount: string }>(
      `SELECT toString(sum(EffectiveCost)) AS amount FROM ${facts} AND ${previousDays}`,
    );
    expect(whole.total.previousCost).not.toBe(before[0]!.amount); // estimates of the days without bills are in it
    expect(new D(filtered.total.cost).gt(0)).toBe(true);
  });

  test('a filter leaves what belongs to its value: rows by another dimension add up to that value', async () => {
    const whole = await units.breakdown({ ...october, by: 'x_Team' }, everything);
    for (const [filter, by, key] of [
      ['x_Team:search', 'x_Environment', 'search'],
      ['x_Team:search', 'x_Team', 'search'],
    ] as const) {
      const part = await units.breakdown({ ...october, by, filter }, everything);
      const row = whole.rows.find((one) => one.key === key)!;
      expect(part.total).toMatchObject({ requests: row.requests, tokens: row.tokens });
    }
    const customers = await units.breakdown({ ...october, by: 'x_Customer' }, everything);
    const models = await units.breakdown({ ...october, by: 'x_Model', filter: 'x_Customer:acme' }, everything);
    expect(models.total.modelCost).toBe(customers.rows.find(({ key }) => key === 'acme')!.modelCost);
    const model = await units.breakdown(
      { ...october, by: 'x_Customer', filter: 'x_Model:claude-sonnet-4' },
      everything,
    );
    const all = await units.breakdown({ ...october, by: 'x_Model' }, everything);
    expect(model.total.modelCost).toBe(all.rows.find(({ key }) => key === 'claude-sonnet-4')!.cost);
  });

  test('by model and version', async () => {
    const answer = await units.breakdown({ ...october, by: 'x_Model' }, everything);
    const rows = await raw<{ model: string; amount: string }>(
      `SELECT replace(toString(x_Model), '-2025-04-14', '') AS model, toString(sum(EffectiveCost)) AS amount FROM ${facts} AND ${days} AND x_Model != '' GROUP BY model`,
    );
    for (const { model, amount } of rows)
      expect(answer.rows.find(({ key }) => key.replace(/-20\d\d.*$/, '').replace('meta/', '') === model)?.billed).toBe(
        amount,
      );
    const version = await units.breakdown({ ...october, by: 'ModelVersion' }, everything);
    expect(version.total.cost).toBe(answer.total.cost);
    expect(version.rows.map(({ key }) => key).sort()).toEqual(['', 'gpt-4.1@2025-04-14', 'gpt-4.1@2025-08-01']);
  });

  test('by job, in pages that do not overlap', async () => {
    const rows = await raw<{ job: string; amount: string }>(
      `SELECT if(x_JobId != '', x_JobId, ResourceId) AS job, toString(sum(EffectiveCost)) AS amount
       FROM ${facts} AND ${days} AND PricingUnit = 'GPU-Hours' AND ResourceId != 'idle' GROUP BY job ORDER BY sum(EffectiveCost) DESC, job`,
    );
    const found: { key: string; cost: string }[] = [];
    for (let offset: number | undefined = 0; offset !== undefined;) {
      const page = await units.breakdown({ ...october, by: 'job', limit: 20, offset }, everything);
      found.push(...page.rows);
      offset = page.nextOffset;
    }
    expect(found.map(({ key, cost }) => [key, cost])).toEqual(rows.map(({ job, amount }) => [job, amount]));
  });

  test('by session: the estimate of each of its calls at the rate at which it was billed', async () => {
    const answer = await units.breakdown({ ...october, by: 'session', limit: 100 }, everything);
    const calls = await readCalls();
    const billed = Map.groupBy(await readLines(), keyOf);
    const estimated = Map.groupBy(calls, keyOf);
    const cost = new Map<string, Decimal>();
    for (const call of calls.filter(({ session }) => session !== '')) {
      const lines = billed.get(keyOf(call));
      const whole = sum(estimated.get(keyOf(call))!.map(({ amount }) => amount));
      const factor = lines && !whole.isZero() ? sum(lines.map(({ amount }) => amount)).div(whole) : new D(1);
      cost.set(call.session, (cost.get(call.session) ?? new D(0)).plus(factor.times(call.amount)));
    }
    expect(answer.groups).toBe(cost.size);
    const september = { from: '2026-09-02', to: '2026-10-02', by: 'session' } as const;
    const before = await units.breakdown({ ...september, limit: 1 }, everything);
    expect(answer.total.previousCost).toBe(before.total.cost);
    expect(answer.total.change).toBe(new D(answer.total.cost).minus(before.total.cost).toFixed());
    for (const row of answer.rows) near(new D(row.cost).toDecimalPlaces(15), cost.get(row.key)!.toDecimalPlaces(15));
    const costs = [
      ...Map.groupBy(
        calls.filter(({ session }) => session !== ''),
        (call) => `${call.session} ${call.day}`,
      ).values(),
    ]
      .map((own) => Number(sum(own.map(({ amount }) => amount))))
      .sort((a, b) => a - b);
    const at = 0.5 * (costs.length - 1);
    const median = costs[Math.floor(at)]! + (at - Math.floor(at)) * (costs[Math.ceil(at)]! - costs[Math.floor(at)]!);
    expect(Number(answer.distribution.session?.p50)).toBeCloseTo(median, 8);
    expect(answer.distribution.session?.count).toBe(costs.length);
    expect(answer.distribution.request?.count).toBe(calls.length);
    const single = calls.map(({ amount }) => Number(amount)).sort((a, b) => a - b);
    const rank = single.findIndex((one) => one >= Number(answer.distribution.request?.p90)) / single.length;
    expect(Math.abs(rank - 0.9)).toBeLessThan(0.01);
  });

  test('usage that came again, changed, counts once', async () => {
    const before = await units.breakdown({ ...october, by: 'x_Customer' }, everything);
    await stand.stores.warehouse.command(
      `INSERT INTO fact_llm_request SELECT * REPLACE (ReceivedAt + INTERVAL 1 DAY AS ReceivedAt) FROM fact_llm_request FINAL WHERE ${usageDays}`,
    );
    await sealUsage(stand.stores.warehouse, '00000000-0000-4000-a000-');
    const after = await units.breakdown({ ...october, by: 'x_Customer' }, everything);
    expect(after.rows).toEqual(before.rows);
    const sessions = await units.breakdown({ ...october, by: 'session', limit: 5 }, everything);
    expect(sessions.total.requests).toBe(
      Number(
        (
          await raw<{ n: string }>(
            `SELECT toString(count()) AS n FROM fact_llm_request FINAL WHERE ${usageDays} AND Session != ''`,
          )
        )[0]!.n,
      ),
    );
  });
});

describe('drivers', () => {
  test.each(['x_Team,ServiceName', 'x_Customer', 'ProviderName,x_Model,x_Team'])(
    'by %s: every group is what the raw rows say, and all splits add up',
    async (dims) => {
      const names = dims.split(',');
      const answer = await units.drivers({ ...october, dims, limit: 200 }, everything);
      const rows = await raw<Record<string, string>>(
        `SELECT ${names.map((name, place) => `toString(${name}) AS k${place}`).join(', ')}, toString(sumIf(EffectiveCost, ${days})) AS cost,
                toString(sumIf(EffectiveCost, ${previousDays})) AS previous
         FROM ${facts} AND (${days} OR ${previousDays}) GROUP BY ALL`,
      );
      expect(answer.rows).toHaveLength(rows.length);
      for (const row of rows) {
        const found = answer.rows.find(({ keys }) => names.every((name, place) => keys[name] === row[`k${place}`]))!;
        expect(found).toMatchObject({ cost: row['cost'], previousCost: row['previous'] });
        const { price, volume, mix, difference } = found.split;
        expect(sum([price, volume, mix]).toFixed()).toBe(difference);
        expect(difference).toBe(new D(found.cost).minus(found.previousCost).toFixed());
      }
      for (const name of ['difference', 'price', 'volume', 'mix', 'unknown'] as const)
        expect(sum(answer.rows.map(({ split }) => split[name])).toFixed()).toBe(answer.total.split[name]);
      near(sum(answer.rows.map(({ share }) => share!)).toDecimalPlaces(3), '1');
    },
  );

  test('beyond the limit the rest is one row, and a price that rose is a price', async () => {
    const all = await units.drivers({ ...october, dims: 'ServiceName' }, everything);
    const few = await units.drivers({ ...october, dims: 'ServiceName', limit: 2 }, everything);
    expect(few.rows).toHaveLength(3);
    expect(few.rows[2]!.other).toBe(true);
    expect(sum(few.rows.map(({ split }) => split.difference)).toFixed()).toBe(all.total.split.difference);
    expect(new D(all.total.split.price).gt(0)).toBe(true);
    // Of what moved the same way, as the sentence above the costs says it: never more than all of it.
    const up = new D(all.total.split.difference).gt(0);
    const moved = all.rows.map(({ split }) => new D(split.difference)).filter((by) => by.gt(0) === up && !by.isZero());
    const part = moved[0]!.div(sum(moved.map((by) => by.toFixed()))).times(100);
    const { keys } = all.rows.find(({ split }) => new D(split.difference).gt(0) === up)!;
    expect(all.sentence.en).toMatch(
      new RegExp(
        `^${part.toFixed(0)} % of the (growth|decline) is ${keys['ServiceName']}, mostly by (price|volume|mix)\\.$`,
      ),
    );
    expect(few.sentence).toEqual(all.sentence);
  });
});

test('a role is told its figures in a sentence', async () => {
  for (const role of ['finops', 'platform', 'product'] as const) {
    const answer = await units.overview({ role }, everything);
    expect(answer.sentence.en).toMatch(/\d.*\.$/);
    expect(answer.figures.length).toBeGreaterThanOrEqual(5);
  }
});

test('what jobs held and did not use is told of the sampled hours', async () => {
  const sample = (gpu: string, hour: string, JobId: string, Seconds: string, Utilisation: number) => ({
    ...{ Tenant: 'default', Region: 'default', x_Source: 'dcgm', Cluster: 'c', Node: 'n', Gpu: gpu, GpuType: 'H100' },
    ...{
      Hour: `2026-10-20 ${hour}:00:00`,
      JobId,
      Seconds,
      Utilisation,
      Version: 1,
      ReceivedAt: '2026-10-21 00:00:00.000',
    },
  });
  await stand.stores.warehouse.insert('fact_gpu_sample', [
    sample('0', '01', 'j1', '3600', 80),
    sample('0', '02', 'j1', '1800', 2),
    sample('1', '01', '', '3600', 1), // of which a job held a quarter
    sample('2', '01', '', '3600', 0), // nobody's
  ]);
  await stand.stores.warehouse.insert('gpu_sample_job', [
    {
      ...{ Tenant: 'default', Region: 'default', Cluster: 'c', Node: 'n', Gpu: '1', Hour: '2026-10-20 01:00:00' },
      ...{ JobIds: ['j2'], Seconds: ['900'], How: 'device', Version: 1 },
    },
  ]);
  const answer = await units.overview({ role: 'platform' }, everything);
  expect(answer.figures.find(({ id }) => id === 'held-idle-share')?.value).toBe((2700 / 6300).toFixed(6));
});

test('what is asked wrongly is refused with what to do', async () => {
  const asked = { ...october, by: 'x_Team' as BreakdownKey };
  await expect(units.breakdown({ ...asked, filter: 'x_Nothing:a' }, everything)).rejects.toMatchObject({
    code: 'VALIDATION_FAILED',
  });
  await expect(units.drivers({ ...october, dims: 'x_Nothing' }, everything)).rejects.toMatchObject({
    code: 'VALIDATION_FAILED',
  });
  await expect(units.cards({ from: '2026-10-01', to: '2020-01-01' }, everything)).rejects.toMatchObject({
    code: 'VALIDATION_FAILED',
  });
});
