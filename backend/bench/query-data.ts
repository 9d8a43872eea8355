import { createReadStream, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { csvRecords } from '../src/anycost/csv-records.ts';
import { parseHeader } from '../src/anycost/focus-columns.ts';
import { mapRow } from '../src/anycost/focus-row.ts';
import type { Warehouse } from '../src/platform/warehouse/index.ts';
import { say } from './report.ts';

export const days = 90;
const hourMs = 3_600_000;
const groupColumns = [
  ...['ProviderName', 'ServiceCategory', 'ServiceName', 'ChargeCategory', 'SubAccountName', 'RegionId'],
  ...['x_Team', 'x_Product', 'x_Customer', 'x_Feature', 'x_Environment', 'x_Model'],
] as const;
type Group = Record<(typeof groupColumns)[number], string>;

/** Who spends on what in an invented company: 1,500 combinations, the same in each run. */
function inventedGroups(): Group[] {
  const pick = <T>(list: readonly T[], by: number): T => list[by % list.length]!;
  const numbered = (name: string, count: number) => Array.from({ length: count }, (_, at) => `${name}-${at + 1}`);
  const services = numbered('service', 60);
  const [customers, products, features] = [numbered('customer', 120), numbered('product', 25), numbered('feature', 40)];
  return Array.from({ length: 1_500 }, (_, at) => {
    const mixed = (Math.imul(at + 1, 2_654_435_761) >>> 8) & 0xffffff;
    const service = mixed % services.length;
    return {
      ProviderName: pick(['AWS', 'Microsoft Azure', 'Google Cloud'], service),
      ServiceCategory: pick(
        ['Compute', 'Storage', 'Databases', 'Networking', 'AI and Machine Learning', 'Analytics'],
        service,
      ),
      ServiceName: services[service]!,
      ChargeCategory: pick(['Usage', 'Usage', 'Usage', 'Usage', 'Purchase', 'Tax'], mixed >>> 3),
      SubAccountName: `account-${(mixed >>> 5) % 30}`,
      RegionId: `region-${(mixed >>> 7) % 12}`,
      x_Team: pick(['', 'search', 'ads', 'ml', 'data', 'core', 'web', 'ops', 'risk', 'mobile'], mixed >>> 2),
      x_Product: pick(products, mixed >>> 4),
      x_Customer: pick(customers, mixed >>> 6),
      x_Feature: pick(features, mixed >>> 9),
      x_Environment: pick(['prod', 'prod', 'staging', 'dev'], mixed >>> 11),
      x_Model: pick(['', '', '', 'small', 'large'], mixed >>> 12),
    };
  });
}

/** The combinations of the FOCUS files in `<folder>/billing`. */
async function groupsOf(folder: string): Promise<Group[]> {
  const found = new Map<string, Group>();
  for (const name of readdirSync(join(folder, 'billing')).filter((file) => file.endsWith('.csv'))) {
    let header: ReturnType<typeof parseHeader> | undefined;
    for await (const { fields } of csvRecords(createReadStream(join(folder, 'billing', name)), false)) {
      header ??= parseHeader(fields);
      if (!header.ok) break;
      const mapped = mapRow(fields, header.header);
      if (!mapped.ok) continue;
      const group = Object.fromEntries(groupColumns.map((column) => [column, mapped.row[column] ?? ''])) as Group;
      found.set(JSON.stringify(group), group);
    }
  }
  if (found.size === 0) throw new Error(`${folder}/billing has no FOCUS file.`);
  return [...found.values()];
}

/** Fills the warehouse with `rows` lines of 90 days up to the present hour. @returns seconds that it took */
export async function loadCosts(
  warehouse: Warehouse,
  rows: number,
  now: Date,
  folder: string | undefined,
): Promise<number> {
  const groups = folder === undefined ? inventedGroups() : await groupsOf(folder);
  say(`Generating ${rows.toLocaleString('en')} lines of ${groups.length} combinations over ${days} days ...`);
  await warehouse.command(
    `CREATE TABLE bench_group (id UInt32, ${groupColumns.map((name) => `${name} LowCardinality(String)`).join(', ')}) ENGINE = Memory`,
  );
  await warehouse.insert(
    'bench_group',
    groups.map((group, id) => ({ id, ...group })),
  );
  const perHour = Math.ceil(rows / (days * 24));
  const to = Math.ceil(now.getTime() / hourMs) * hourMs;
  const first = to / 1000 - days * 24 * 3600;
  const step = 500_000;
  const began = performance.now();
  for (let from = 0; from < rows; from += step) {
    const count = Math.min(step, rows - from);
    await warehouse.command(factsSql, {
      params: { from, count, perHour, first, groups: groups.length },
      settings: { max_execution_time: 600 },
    });
    say(`  ${(from + count).toLocaleString('en')} lines, ${((performance.now() - began) / 1000).toFixed(0)} s`);
  }
  await warehouse.command(dropsSql);
  await warehouse.command('DROP TABLE bench_group SYNC');
  return (performance.now() - began) / 1000;
}

/** A drop per provider and month, as bills make them. */
const dropId = `toUUID(concat('00000000-0000-4000-8000-', leftPad(toString(toYYYYMM(start) * 1000 + cityHash64(ProviderName) % 1000), 12, '0')))`;

const factsSql = `
INSERT INTO fact_cost_usage (Tenant, Region, x_DropId, x_Source, x_SourceFile, x_SourceLine, BilledCost, EffectiveCost,
  ListCost, ContractedCost, BillingCurrency, BillingPeriodStart, BillingPeriodEnd, ChargePeriodStart, ChargePeriodEnd,
  ${groupColumns.join(', ')}, ResourceId, Tags)
WITH toDateTime({first:UInt32} + 3600 * intDiv(row, {perHour:UInt32}), 'UTC') AS start,
     toDecimal256(1 + cityHash64(row) % 1000003, 10) * toDecimal256('0.0000013', 20) AS cost
SELECT 'default', 'default', ${dropId}, ProviderName, 'bench.csv', row, cost, cost * toDecimal256('0.9', 0 + 1), cost * 2,
       cost, 'USD', toStartOfMonth(start), toStartOfMonth(start) + INTERVAL 1 MONTH, start, start + 3600,
       ${groupColumns.join(', ')}, concat('resource-', toString(row % {perHour:UInt32})), map('team', x_Team)
FROM (SELECT number AS row, toUInt32((number % {perHour:UInt32}) % {groups:UInt32}) AS id
      FROM numbers({from:UInt64}, {count:UInt64})) AS numbered
INNER JOIN bench_group USING (id)`;

const dropsSql = `
INSERT INTO cost_drop (Tenant, Region, x_Source, x_Period, x_DropId, x_DropVersion, ContentHash, LakePath, FileName, RowCount,
                       QuarantinedCount, Currencies, ChargePeriodFrom, ChargePeriodLast, ChargePeriodTo, ActivatedAt)
SELECT any(Tenant), any(Region), any(x_Source), toString(any(toYYYYMM(Hour))), x_DropId, 1, '', '', 'bench.csv',
       sum(LineCount), 0, ['USD'], min(Hour), max(Hour), max(Hour) + 3600, now64(3)
FROM cost_hourly GROUP BY x_DropId`;
