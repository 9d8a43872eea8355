import type { Scope } from '../platform/identity/index.ts';
import type { Warehouse } from '../platform/warehouse/index.ts';
import { businessDimensions } from './tag-names.ts';

/** Rows of bills that are alike in all that rules look at. */
export interface Combination {
  source: string;
  columns: Record<string, string>;
  tags: Record<string, string>;
  /** What set each business dimension when the row was loaded. */
  tagSource: Record<string, string>;
  currency: string;
  lines: number;
  /** Exact decimals: EffectiveCost, and its amounts without their signs. */
  cost: string;
  gross: string;
}

export interface CombinationQuery {
  /** Days (UTC), both included. */
  from: string;
  to: string;
  /** Columns that are told apart, besides the business dimensions. */
  columns: readonly string[];
  /** Tags by their names in the bills; `all`: every tag, and what set the dimensions. */
  tags: readonly string[] | 'all';
  limit: number;
}

const visible = 'x_DropId IN (SELECT x_DropId FROM cost_drop FINAL WHERE RowCount > 0)';
const facts = 'fact_cost_usage';

/** Columns that rules can look at; their names stand in the SQL. */
const readable: ReadonlySet<string> = new Set([
  'ProviderName',
  'ServiceProviderName',
  'ServiceName',
  'SubAccountId',
  'SubAccountName',
  'BillingAccountId',
  'BillingAccountName',
  'ResourceId',
  'ResourceName',
  'RegionId',
  'ChargeDescription',
  'x_Namespace',
  'x_Workload',
]);
/** Those of them that the roll-up by day has. */
const rolledUp: ReadonlySet<string> = new Set(['ProviderName', 'ServiceName', 'SubAccountName', 'RegionId']);

interface ReadOptions {
  signal?: AbortSignal;
  cacheSeconds?: number;
  timeoutMs?: number;
}

interface RawCombination {
  source: string;
  tags: Record<string, string>;
  tagSource: Record<string, string>;
  currency: string;
  lines: string;
  cost: string;
  gross: string;
  [column: `c${number}`]: string;
}

/**
 * What bills hold, by all that rules look at, the dearest first. From the roll-up by day where that knows enough, else from
 * the facts.
 */
export async function listCombinations(
  warehouse: Warehouse,
  query: CombinationQuery,
  scope: Scope,
  options: ReadOptions = {},
): Promise<Combination[]> {
  const columns = query.columns.filter((name) => readable.has(name));
  const needsFacts = query.tags === 'all' || query.tags.length > 0 || columns.some((name) => !rolledUp.has(name));
  const [table, time] = needsFacts ? [facts, 'ChargePeriodStart'] : ['cost_daily', 'Day'];
  const named = [...columns, ...businessDimensions];
  const tags =
    query.tags === 'all'
      ? 'Tags'
      : needsFacts && query.tags.length > 0
        ? 'mapFilter((k, v) -> has({names:Array(String)}, k), Tags)'
        : emptyMap;
  const tagSource = query.tags === 'all' ? 'x_TagSource' : emptyMap;
  const keys = ['source', ...named.map((_, index) => `c${index}`), 'tags', 'tagSource', 'currency'];
  const { rows } = await warehouse.query<RawCombination>(
    `SELECT x_Source AS source, ${named.map((name, index) => `toString(${name}) AS c${index}`).join(', ')},
       CAST(${tags}, 'Map(String, String)') AS tags, CAST(${tagSource}, 'Map(String, String)') AS tagSource,
       BillingCurrency AS currency, toString(${needsFacts ? 'count()' : 'sum(LineCount)'}) AS lines,
       toString(sum(EffectiveCost)) AS cost, toString(sum(abs(EffectiveCost)) AS gross_) AS gross
     FROM ${table}
     WHERE ${visible} AND ${time} >= {from:Date} AND ${time} < {to:Date} + 1
     GROUP BY ${keys.join(', ')} ORDER BY gross_ DESC, ${keys.join(', ')} LIMIT {limit:UInt32}`,
    {
      params: {
        from: query.from,
        to: query.to,
        limit: query.limit,
        names: query.tags === 'all' ? [] : [...query.tags],
      },
      scope,
      ...options,
    },
  );
  return rows.map(({ source, tags, tagSource, currency, lines, cost, gross, ...values }) => ({
    source,
    columns: Object.fromEntries(named.map((name, index) => [name, values[`c${index}`] ?? ''])),
    tags,
    tagSource,
    currency,
    lines: Number(lines),
    cost,
    gross,
  }));
}

const emptyMap = 'map()';

/** Names of the tags in the bills of a span, at most 10,000. */
export async function listTagNames(
  warehouse: Warehouse,
  { from, to }: { from: string; to: string },
  scope: Scope,
  options: ReadOptions = {},
): Promise<string[]> {
  const { rows } = await warehouse.query<{ name: string }>(
    `SELECT DISTINCT arrayJoin(mapKeys(Tags)) AS name FROM ${facts}
     WHERE ${visible} AND ChargePeriodStart >= {from:Date} AND ChargePeriodStart < {to:Date} + 1
     ORDER BY name LIMIT 10000`,
    { params: { from, to }, scope, ...options },
  );
  return rows.map(({ name }) => name);
}

export interface TotalRow {
  currency: string;
  lines: number;
  gross: string;
}

/** All lines of a span by currency, the one of most lines first. */
export async function listTotals(
  warehouse: Warehouse,
  { from, to }: { from: string; to: string },
  scope: Scope,
  options: ReadOptions = {},
): Promise<TotalRow[]> {
  const { rows } = await warehouse.query<{ currency: string; lines: string; gross: string }>(
    `SELECT BillingCurrency AS currency, toString(sum(LineCount) AS lines_) AS lines,
       toString(sum(abs(EffectiveCost))) AS gross
     FROM cost_daily WHERE ${visible} AND Day >= {from:Date} AND Day <= {to:Date}
     GROUP BY currency ORDER BY lines_ DESC, currency`,
    { params: { from, to }, scope, ...options },
  );
  return rows.map(({ lines, ...row }) => ({ ...row, lines: Number(lines) }));
}

/** Lines of each source's bills of these months: loaded, and not usable. Whole bills, as quarantined lines have no owner. */
export async function listQuarantined(
  warehouse: Warehouse,
  { from, to }: { from: string; to: string },
  scope: Pick<Scope, 'tenant' | 'regions'>,
  options: ReadOptions = {},
): Promise<{ source: string; rows: number; quarantined: number }[]> {
  const { rows } = await warehouse.query<{ source: string; rows: string; quarantined: string }>(
    `SELECT x_Source AS source, toString(sum(RowCount)) AS rows, toString(sum(QuarantinedCount)) AS quarantined
     FROM cost_drop FINAL
     WHERE ChargePeriodTo >= {from:Date} AND ChargePeriodFrom < {to:Date} + 1
     GROUP BY x_Source ORDER BY x_Source`,
    { params: { from, to }, scope: { ...scope, teams: 'all', products: 'all' }, ...options },
  );
  return rows.map(({ source, rows: count, quarantined }) => ({
    source,
    rows: Number(count),
    quarantined: Number(quarantined),
  }));
}

/** Names of the sources that a tenant has bills of. */
export async function listSources(warehouse: Warehouse, scope: Scope): Promise<string[]> {
  const { rows } = await warehouse.query<{ source: string }>(
    'SELECT DISTINCT x_Source AS source FROM cost_drop FINAL WHERE RowCount > 0 ORDER BY source',
    { scope },
  );
  return rows.map(({ source }) => source);
}
