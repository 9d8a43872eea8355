import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Decimal } from 'decimal.js';
import { everything, openCostStand, type CostStand } from '../anycost/fixtures/cost-stand.ts';
import { createCostRoom, type Cost } from '../cost/index.ts';
import type { AuditEvent } from '../platform/audit/index.ts';
import type { Caller } from '../platform/identity/index.ts';
import { seedUnits } from '../unit-economics/fixtures/unit-data.ts';
import { AllocationReports } from './allocation-reports.ts';
import type { Rule } from './contract.ts';
import { createAllocationRoom, type Allocation } from './index.ts';
import { Rules } from './rules.ts';

const october = { from: new Date('2026-10-01'), to: new Date('2026-11-01') };
const facts =
  'fact_cost_usage WHERE x_DropId IN (SELECT x_DropId FROM cost_drop FINAL) AND toYYYYMM(ChargePeriodStart) = 202610';
const person: Caller = {
  kind: 'person',
  id: 'user:7',
  name: 'Ada',
  roles: ['finops'],
  permissions: new Set(['reports:write']),
  scope: everything,
};
const idle: Rule = {
  name: 'Idle GPUs',
  target: 'x_Team',
  position: 1,
  match: [{ dimension: 'ResourceName', is: ['idle'] }],
  method: 'usage',
  base: 'gpuHours',
  effectiveFrom: '2026-01-01',
};
const logs: Rule = {
  name: 'Logs',
  target: 'x_Team',
  position: 2,
  match: [
    { dimension: 'x_Team', is: [''] },
    { dimension: 'ServiceName', like: ['LOG*'] },
  ],
  except: [[{ dimension: 'SubAccountName', is: ['dev'] }]],
  method: 'even',
  exclude: ['ops'],
  effectiveFrom: '2026-10-11',
  effectiveTo: '2026-10-21',
};

let stand: CostStand;
let cost: Cost;
let allocation: Allocation;
let rules: Rules;
let reports: AllocationReports;
const audited: AuditEvent[] = [];

beforeAll(async () => {
  stand = await openCostStand('2026-11-01T00:00:00Z');
  const audit = { record: async (event: AuditEvent) => void audited.push(event) };
  const platform = { ...stand.platform, audit: audit as unknown as typeof stand.platform.audit };
  await seedUnits(stand.stores.warehouse, { lines: 60, requests: 30 });
  cost = createCostRoom(platform).cost;
  allocation = createAllocationRoom(platform, { cost }).allocation;
  rules = new Rules(platform);
  reports = new AllocationReports(platform, { cost }, rules);
});
afterAll(() => stand.close());

const sum = (values: readonly string[]) =>
  values.reduce((all, one) => all.plus(one), new (Decimal.clone({ precision: 100 }))(0)).toFixed();
async function raw<Row>(sql: string): Promise<Row[]> {
  return (await stand.stores.warehouse.query<Row>(sql)).rows;
}

describe('rules', () => {
  test('are added, changed and removed under their version, each step audited', async () => {
    const created = await rules.create(idle, person);
    expect(created).toMatchObject({ version: 1, origin: 'api', enabled: true, updatedBy: 'Ada' });
    await expect(rules.create(idle, person)).rejects.toMatchObject({ code: 'CONFLICT' });
    const changed = await rules.update(created.id, 1, { ...idle, position: 5 }, person);
    expect(changed.version).toBe(2);
    await expect(rules.update(created.id, 1, idle, person)).rejects.toMatchObject({ code: 'CONFLICT' });
    await rules.remove(created.id, person);
    await expect(rules.remove(created.id, person)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(audited.map(({ action }) => action)).toEqual([
      'allocation-rule.created',
      'allocation-rule.changed',
      'allocation-rule.removed',
    ]);
  });

  test.each([
    [{ match: [{ dimension: 'x_Nothing', is: ['a'] }] }, 'no dimension'],
    [{ match: [{ dimension: 'x_Team', is: ['a'], isNot: ['b'] }] }, 'exactly one'],
    [{ match: [{ dimension: 'ResourceName', is: ['vm-1'] }] }, 'idle'],
    [{ base: undefined }, 'needs a `base`'],
    [{ method: 'fixed', base: undefined }, 'weight above 0'],
    [{ effectiveTo: '2025-01-01' }, 'after'],
    [{ effectiveFrom: '2026-02-30' }, 'not a day'],
  ] as const)('%j is refused', async (change, reason) => {
    const asked = Object.fromEntries(Object.entries({ ...idle, ...change }).filter(([, value]) => value !== undefined));
    await expect(rules.create(asked as Rule, person)).rejects.toMatchObject({
      code: 'VALIDATION_FAILED',
      message: expect.stringContaining(reason),
    });
  });

  test('of the configuration are taken over once, and not changed by people', async () => {
    await rules.takeOver([idle, logs]);
    const first = await rules.list('default');
    await rules.takeOver([logs, idle]);
    expect(await rules.list('default')).toEqual(first);
    await expect(rules.remove(first[0]!.id, person)).rejects.toMatchObject({ code: 'CONFLICT' });
    await rules.takeOver([{ ...logs, position: 9 }]);
    expect((await rules.list('default')).map(({ name, version }) => [name, version])).toEqual([['Logs', 2]]);
    await rules.takeOver([]);
    expect(await rules.list('default')).toEqual([]);
  });
});

describe('report', () => {
  test('without rules: what names an owner is theirs, the rest is unallocated', async () => {
    for (const by of ['x_Team', 'x_Product', 'x_Customer'] as const) {
      const report = await allocation.report({ ...october, by }, everything);
      const rows = await raw<{ owner: string; amount: string; lines: string }>(
        `SELECT toString(${by}) AS owner, toString(sum(EffectiveCost)) AS amount, toString(count()) AS lines FROM ${facts} GROUP BY owner`,
      );
      const named = rows.filter(({ owner }) => owner !== '');
      expect(report.rows.map(({ owner, total, lines }) => [owner, total, String(lines)]).sort()).toEqual(
        named.map(({ owner, amount, lines }) => [owner, amount, lines]).sort(),
      );
      expect(report.unallocated).toBe(rows.find(({ owner }) => owner === '')?.amount ?? '0');
    }
  });

  test('with rules: each pot is what the raw lines say, and all adds up to the bills, as Explore has them', async () => {
    await rules.takeOver([idle, logs]);
    const report = await allocation.report({ ...october, by: 'x_Team' }, everything);
    const [row] = await raw<{ idle: string; logs: string; bills: string }>(
      `SELECT toString(sumIf(EffectiveCost, ResourceName = 'idle')) AS idle,
              toString(sumIf(EffectiveCost, x_Team = '' AND ServiceName = 'Logs' AND SubAccountName != 'dev'
                AND toDate(ChargePeriodStart) >= '2026-10-11' AND toDate(ChargePeriodStart) < '2026-10-21')) AS logs,
              toString(sum(EffectiveCost)) AS bills FROM ${facts}`,
    );
    expect(report.rules).toMatchObject([
      { name: 'Idle GPUs', amount: row!.idle, allocated: row!.idle },
      { name: 'Logs', amount: row!.logs, allocated: row!.logs },
    ]);
    expect(report.bills).toBe(row!.bills);
    const explored = await cost.summary(
      { metric: 'EffectiveCost', dims: [], granularity: 'total', filters: [], limit: 1, ...october },
      everything,
    );
    expect(report.bills).toBe(explored.total.cost);
    expect(sum([...report.rows.map(({ total }) => total), report.unallocated])).toBe(report.bills);
    const gpus = await raw<{ team: string; hours: string }>(
      `SELECT toString(x_Team) AS team, toString(sum(coalesce(toDecimal256(x_GpuHours, 30), PricingQuantity))) AS hours FROM ${facts}
       AND PricingUnit = 'GPU-Hours' AND x_Team != '' GROUP BY team`,
    );
    const all = new Decimal(sum(gpus.map(({ hours }) => hours)));
    for (const { team, hours } of gpus) {
      const part = report.rows
        .find(({ owner }) => owner === team)!
        .shared.find(({ rule }) => rule === 'Idle GPUs')!.amount;
      expect(new Decimal(row!.idle).times(hours).div(all).minus(part).abs().lte('1e-9')).toBe(true);
    }
    expect(report.rows.find(({ owner }) => owner === 'ops')?.shared.some(({ rule }) => rule === 'Logs')).toBe(false);
  });

  test('two months are the sum of each', async () => {
    const span = { from: new Date('2026-09-01'), to: new Date('2026-11-01'), by: 'x_Team' as const };
    const whole = await allocation.report(span, everything);
    const parts = [
      await allocation.report({ ...span, to: october.from }, everything),
      await allocation.report({ ...span, from: october.from }, everything),
    ];
    for (const { owner, total } of whole.rows)
      expect(sum(parts.map(({ rows }) => rows.find((row) => row.owner === owner)?.total ?? '0'))).toBe(total);
  });

  test('by the days of another zone: the lines of its month, split as a month of UTC is', async () => {
    await rules.takeOver([idle, logs]);
    const utc = await allocation.report({ ...october, by: 'x_Team' }, everything);
    // Another name of UTC takes the road over the lines.
    const lines = await allocation.report({ ...october, by: 'x_Team', timeZone: 'Etc/UTC' }, everything);
    expect({ ...lines, freshness: utc.freshness, timeZone: 'UTC', notices: utc.notices }).toEqual(utc);
    const seoul = { from: new Date('2026-09-30T15:00:00Z'), to: new Date('2026-10-31T15:00:00Z') };
    const report = await allocation.report({ ...seoul, by: 'x_Team', timeZone: 'Asia/Seoul' }, everything);
    const [row] = await raw<{ idle: string; bills: string }>(
      `SELECT toString(sumIf(EffectiveCost, ResourceName = 'idle')) AS idle, toString(sum(EffectiveCost)) AS bills
       FROM fact_cost_usage WHERE x_DropId IN (SELECT x_DropId FROM cost_drop FINAL)
         AND toYYYYMM(ChargePeriodStart, 'Asia/Seoul') = 202610`,
    );
    expect([report.bills, report.rules[0]!.amount]).toEqual([row!.bills, row!.idle]);
    expect(report.notices).toEqual([]);
    expect(sum([...report.rows.map(({ total }) => total), report.unallocated])).toBe(report.bills);
    await rules.takeOver([{ ...idle, base: 'tokens' }]);
    const dims = 'Provider, Model, ModelVersion, Operation, Team, Product, Customer, Feature, Environment, Currency';
    await stand.stores.warehouse.command(
      `INSERT INTO llm_hourly (Tenant, Region, x_DropId, Hour, x_Source, ${dims}, Requests, InputTokens, OutputTokens, Cost)
       SELECT Tenant, Region, x_DropId, toDateTime(Day, 'UTC') + 43200, x_Source, ${dims}, Requests, InputTokens, OutputTokens, Cost
       FROM llm_daily`,
    );
    const byTokens = await allocation.report({ ...seoul, by: 'x_Team', timeZone: 'Asia/Seoul' }, everything);
    expect(byTokens.rules[0]!.allocated).toBe(row!.idle);
  });

  test('by the days of another zone: says how many lines that are told by the day it cannot cut', async () => {
    const { warehouse } = stand.stores;
    const [id, tenant] = ["toUUID('00000000-0000-4000-a000-000000000001') AS x_DropId", "'daily' AS Tenant"];
    const day = 'toDateTime(1791158400) AS ChargePeriodStart, toDateTime(1791244800) AS ChargePeriodEnd';
    const span =
      'toDateTime(1791158400) AS ChargePeriodFrom, toDateTime(1791158400) AS ChargePeriodLast, toDateTime(1791244800) AS ChargePeriodTo';
    await warehouse.command(
      `INSERT INTO fact_cost_usage SELECT * REPLACE (${tenant}, ${id}, ${day}, 'web' AS ResourceName) FROM (SELECT * FROM ${facts} LIMIT 2)`,
    );
    await warehouse.command(
      `INSERT INTO cost_drop SELECT * REPLACE (${tenant}, ${id}, ${span}) FROM cost_drop FINAL LIMIT 1`,
    );
    const scope = { ...everything, tenant: 'daily' };
    const text =
      '2 lines of the bills last a day or longer; each counts whole on the day of Asia/Seoul on which it begins.';
    const report = await allocation.report({ ...october, by: 'x_Team', timeZone: 'Asia/Seoul' }, scope);
    expect(report).toMatchObject({
      timeZone: 'Asia/Seoul',
      notices: [{ severity: 'info', text, ko: expect.stringContaining('2개') }],
    });
    expect((await allocation.report({ ...october, by: 'x_Team' }, scope)).notices).toEqual([]);
  });

  test('under filters: parts of a whole add up to it, but for the tenth digit of a share, and a filter by owner leaves what it bears', async () => {
    await rules.takeOver([idle, logs]);
    const whole = await allocation.report({ ...october, by: 'x_Team' }, everything);
    const split = [
      ['AWS', 'Slurm'],
      ['Google Cloud', 'OpenAI', 'Anthropic', 'Kubernetes'],
    ];
    const parts = await Promise.all(
      split.map((values) =>
        allocation.report({ ...october, by: 'x_Team', filters: [{ dim: 'ProviderName', values }] }, everything),
      ),
    );
    expect(sum(parts.map(({ bills }) => bills))).toBe(whole.bills);
    for (const { owner, total } of whole.rows) {
      const both = sum(parts.map(({ rows }) => rows.find((row) => row.owner === owner)?.total ?? '0'));
      expect(new Decimal(both).minus(total).abs().lte('1e-9')).toBe(true);
    }
    const filters = [{ dim: 'x_Team' as const, values: ['search'] }];
    const search = await allocation.report({ ...october, by: 'x_Team', filters }, everything);
    expect(search.rows).toEqual(whole.rows.filter(({ owner }) => owner === 'search'));
    expect(search).toMatchObject({ bills: search.rows[0]!.total, unallocated: '0' });
  });

  test('a rule with no base leaves its cost unallocated and says so', async () => {
    await rules.takeOver([{ ...idle, base: 'tokens', owners: ['nobody'] }]);
    const report = await allocation.report({ ...october, by: 'x_Team' }, everything);
    expect(report.rules[0]).toMatchObject({
      allocated: '0',
      note: expect.stringContaining('tokens of language models to share by'),
    });
    expect(sum([...report.rows.map(({ total }) => total), report.unallocated])).toBe(report.bills);
    expect(report.unallocatedParts.map(({ rule }) => rule)).toEqual([undefined, 'Idle GPUs']);
    await rules.takeOver([{ ...idle, base: 'tokens' }]);
    const byTokens = await allocation.report({ ...october, by: 'x_Team' }, everything);
    expect(byTokens.rules[0]!.allocated).toBe(report.rules[0]!.amount);
  });

  test('who sees one team is told its part of what is shared, and nothing of others', async () => {
    await rules.takeOver([idle]);
    const whole = await allocation.report({ ...october, by: 'x_Team' }, everything);
    const own = await allocation.report({ ...october, by: 'x_Team' }, { ...everything, teams: ['research'] });
    expect(own.rows).toEqual(whole.rows.filter(({ owner }) => owner === 'research'));
    expect(own).toMatchObject({ bills: own.rows[0]!.total, unallocated: '0', rules: [] });
    const other = await allocation.report({ ...october, by: 'x_Product' }, { ...everything, teams: ['research'] });
    expect(sum([...other.rows.map(({ total }) => total), other.unallocated])).toBe(other.bills);
    const nobody = await allocation.report({ ...october, by: 'x_Team' }, { ...everything, tenant: 'other' });
    expect(nobody).toMatchObject({ bills: '0', rows: [], currency: '' });
  });

  test('a preview tells what a rule would change, and changes nothing', async () => {
    await rules.takeOver([]);
    const effect = await reports.effect(idle, undefined, october, everything);
    const before = await allocation.report({ ...october, by: 'x_Team' }, everything);
    expect(sum(effect.rows.map(({ difference }) => difference))).toBe(effect.matched.amount);
    expect(effect.unallocatedBefore).toBe(before.unallocated);
    expect(sum([effect.unallocatedAfter, effect.matched.amount])).toBe(effect.unallocatedBefore);
    expect(await rules.list('default')).toEqual([]);
  });
});
