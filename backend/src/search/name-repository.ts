import { dropList } from '../cost/index.ts';
import type { Scope } from '../platform/identity/index.ts';
import type { Warehouse } from '../platform/warehouse/index.ts';
import { foldedSql } from './fold.ts';

/** Dimensions of cost whose values can be found. */
export const nameDimensions = [
  'x_Team',
  'x_Product',
  'x_Customer',
  'x_Feature',
  'x_Model',
  'ServiceName',
  'SubAccountName',
  'ProviderName',
  'x_Source',
] as const;
export type NameDimension = (typeof nameDimensions)[number];
export type NameKind = NameDimension | 'ResourceId';

export interface NamedDrop {
  id: string;
  tenant: string;
  region: string;
}

/** Longest that the names of one bill may take, and memory above which they are sorted on disk. */
const writeSettings = { max_execution_time: 600, max_bytes_before_external_group_by: String(512 * 1024 ** 2) };

/** Bills of one database that count and whose names are not there yet, the newest first. */
export async function listUnnamed(home: Warehouse, limit: number): Promise<NamedDrop[]> {
  const { rows } = await home.query<NamedDrop>(
    `SELECT toString(x_DropId) AS id, Tenant AS tenant, Region AS region FROM cost_drop FINAL
     WHERE RowCount > 0 AND x_DropId NOT IN (SELECT x_DropId FROM cost_name_drop)
     ORDER BY ChargePeriodLast DESC, id LIMIT {limit:UInt32}`,
    { params: { limit } },
  );
  return rows;
}

/** Writes the names of a bill, in place of what an earlier try left, and then that they are there. */
export async function writeNames(home: Warehouse, { id, tenant, region }: NamedDrop, at: Date): Promise<void> {
  const params = { drop: id };
  if ((await countNames(home, id)) > 0)
    await home.command('ALTER TABLE cost_name DELETE WHERE x_DropId = {drop:UUID}', {
      params,
      settings: { mutations_sync: '2' },
    });
  for (const sql of [dimensionNamesSql, resourceNamesSql]) await home.command(sql, { params, settings: writeSettings });
  const row = { Tenant: tenant, Region: region, x_DropId: id, Names: await countNames(home, id), IndexedAt: at };
  await home.insert('cost_name_drop', [row]);
}

async function countNames(home: Warehouse, drop: string): Promise<number> {
  const { rows } = await home.query<{ n: string }>(
    'SELECT toString(count()) AS n FROM cost_name WHERE x_DropId = {drop:UUID}',
    { params: { drop } },
  );
  return Number(rows[0]?.n ?? 0);
}

const columns = `Tenant, Region, x_DropId, Kind, Name, Label, Folded, Weight, ServiceName, ResourceType, x_Team,
     x_Product, BillingCurrency, Days, Costs`;

/** A text as a line of `Folded`: its words by a blank each, so that the start of a word or of the whole is told by one look. */
const line = (text: string) => `'\\n ' || ${foldedSql(text)}`;
const weight = 'sum(abs(toFloat64(cost)))';

const dimensionNamesSql = `
INSERT INTO cost_name (${columns})
SELECT Tenant, Region, x_DropId, kind, name, '', ${line('name')} || '\\n', ${weight}, '', '', x_Team, x_Product, BillingCurrency,
       groupArray(Day) AS Days, groupArray(cost) AS Costs
FROM (
  SELECT Tenant, Region, x_DropId, pair.1 AS kind, pair.2 AS name, x_Team, x_Product, BillingCurrency, Day,
         sum(EffectiveCost) AS cost
  FROM cost_daily
  ARRAY JOIN [${nameDimensions.map((name) => `('${name}', toString(${name}))`).join(', ')}] AS pair
  WHERE x_DropId = {drop:UUID} AND pair.2 != ''
  GROUP BY Tenant, Region, x_DropId, kind, name, x_Team, x_Product, BillingCurrency, Day
)
GROUP BY Tenant, Region, x_DropId, kind, name, x_Team, x_Product, BillingCurrency`;

/** Resources without a name are not looked for: their charges are found by service and account. */
const resourceNamesSql = `
INSERT INTO cost_name (${columns})
SELECT Tenant, Region, x_DropId, 'ResourceId', id, any(label) AS Label,
       ${line('id')} || if(Label = '', '', ${line('Label')}) || '\\n', ${weight}, any(service), any(type), team, product,
       currency, groupArray(day) AS Days, groupArray(cost) AS Costs
FROM (
  SELECT Tenant, Region, x_DropId, ResourceId AS id, any(if(ResourceName = ResourceId, '', ResourceName)) AS label,
         any(f.ServiceName) AS service, any(f.ResourceType) AS type, x_Team AS team, x_Product AS product,
         BillingCurrency AS currency, toDate(ChargePeriodStart, 'UTC') AS day, sum(EffectiveCost) AS cost
  FROM fact_cost_usage AS f
  WHERE x_DropId = {drop:UUID} AND ResourceId != ''
  GROUP BY Tenant, Region, x_DropId, id, team, product, currency, day
)
GROUP BY Tenant, Region, x_DropId, id, team, product, currency`;

/** A name that was found. Costs are exact decimals, by currency, the largest first. */
export interface FoundName {
  kind: NameKind;
  name: string;
  label: string;
  service: string;
  resourceType: string;
  spend: { amount: string; currency: string }[];
}

export interface NameSearch {
  /** Folded words; each must stand in the name or label. */
  words: readonly string[];
  /** The folded query as a whole. */
  whole: string;
  /** The bills that count. */
  drops: readonly string[];
  /** First day of what is told of costs, and the day after the last. */
  from: string;
  to: string;
  perKind: number;
}

interface ReadOptions {
  scope: Scope;
  cacheSeconds: number;
  signal?: AbortSignal;
}

/**
 * Names that hold every word, at most `perKind` of each kind: the nearest first, then those with the largest costs. What they
 * cost in the span is read for those that are told alone.
 */
export async function findNames(warehouse: Warehouse, asked: NameSearch, options: ReadOptions): Promise<FoundName[]> {
  const { words, whole, drops, perKind } = asked;
  if (drops.length === 0) return [];
  const params: Record<string, unknown> = { exact: `\n ${whole}\n`, start: `\n ${whole}`, perKind, most: mostRows };
  words.forEach((word, index) => Object.assign(params, { [`word${index}`]: word, [`begin${index}`]: ` ${word}` }));
  const begins = words.map((_, index) => `position(Folded, {begin${index}:String}) > 0`).join(' AND ');
  const near = `multiIf(position(Folded, {exact:String}) > 0, 0, position(Folded, {start:String}) > 0, 1, ${begins}, 2, 3)`;
  const holds = words.map((_, index) => `position(Folded, {word${index}:String}) > 0`).join(' AND ');
  const fitting = `SELECT Kind AS kind, Name AS name, ${near} AS near, Weight AS weight FROM cost_name
     WHERE ${holds} AND x_DropId IN ${dropList(drops)} AND`;
  const exactly = 'position(Folded, {exact:String}) > 0';
  const { rows: found } = await warehouse.query<{ kind: NameKind; name: string }>(
    `SELECT kind, name FROM (
       ${fitting} Kind != 'ResourceId'
       UNION ALL (${fitting} Kind = 'ResourceId' AND ${exactly} LIMIT {most:UInt32})
       UNION ALL (${fitting} Kind = 'ResourceId' AND NOT ${exactly} LIMIT {most:UInt32}))
     GROUP BY kind, name ORDER BY min(near), sum(weight) DESC, name LIMIT {perKind:UInt32} BY kind`,
    { ...options, params },
  );
  if (found.length === 0) return [];
  return describeNames(warehouse, found, asked, options);
}

/**
 * Rows of resources among which the nearest and costliest are chosen, besides those that are called just so. What more than
 * these fit is no find but a list of everything.
 */
const mostRows = 10_000;

interface DescribedRow extends Omit<FoundName, 'spend'> {
  currency: string;
  amount: string;
}

/** Labels and costs of these very names, in their order. */
async function describeNames(
  warehouse: Warehouse,
  found: readonly { kind: NameKind; name: string }[],
  { drops, from, to }: NameSearch,
  options: ReadOptions,
): Promise<FoundName[]> {
  const kinds = [...new Set(found.map(({ kind }) => kind))];
  const params: Record<string, unknown> = { from, to };
  const conditions = kinds.map((kind, index) => {
    params[`kind${index}`] = kind;
    params[`names${index}`] = found.filter((one) => one.kind === kind).map(({ name }) => name);
    return `(Kind = {kind${index}:String} AND Name IN {names${index}:Array(String)})`;
  });
  const { rows } = await warehouse.query<DescribedRow>(
    `SELECT Kind AS kind, Name AS name, any(Label) AS label, any(n.ServiceName) AS service,
            any(n.ResourceType) AS resourceType, BillingCurrency AS currency,
            toString(sumIf(cost, day >= {from:Date} AND day < {to:Date})) AS amount
     FROM (SELECT Kind, Name, Label, ServiceName, ResourceType, BillingCurrency, Days, Costs FROM cost_name
           WHERE (${conditions.join(' OR ')}) AND x_DropId IN ${dropList(drops)}) AS n
     ARRAY JOIN Days AS day, Costs AS cost
     GROUP BY kind, name, currency`,
    { ...options, params },
  );
  return found.map(({ kind, name }) => {
    const own = rows.filter((row) => row.kind === kind && row.name === name);
    const { label = '', service = '', resourceType = '' } = own.find((row) => row.label !== '') ?? own[0] ?? {};
    const spend = own
      .map(({ amount, currency }) => ({ amount, currency }))
      .filter(({ amount }) => Number(amount) !== 0)
      .sort((one, other) => Number(other.amount) - Number(one.amount));
    return { kind, name, label, service, resourceType, spend };
  });
}

/** How many of the bills that the caller sees have no names yet. */
export async function countUnnamed(
  warehouse: Warehouse,
  drops: readonly string[],
  options: ReadOptions,
): Promise<number> {
  if (drops.length === 0) return 0;
  const { rows } = await warehouse.query<{ n: string }>(
    `SELECT toString(uniqExact(x_DropId)) AS n FROM cost_name_drop WHERE x_DropId IN ${dropList(drops)}`,
    { ...options, cacheSeconds: 0 },
  );
  return drops.length - Number(rows[0]?.n ?? 0);
}
