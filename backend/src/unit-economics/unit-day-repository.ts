import { randomUUID } from 'node:crypto';
import type { Scope } from '../platform/identity/index.ts';
import type { Warehouse } from '../platform/warehouse/index.ts';
import { idsSql, type Frame } from './frame-sql.ts';
import { keepSessions } from './kept-session-repository.ts';
import type { SharedDimension } from './selection.ts';
import type { ModelFactor } from './session-factors.ts';
import { dayName } from './unit-day-marks.ts';
import { daySums, unitDaySql } from './unit-day-sql.ts';
import { billDaysSql, type UnitKey } from './unit-sql.ts';

/** By what kept days are told. */
export const keptKeys: readonly UnitKey[] = [
  ...(['x_Team', 'x_Product', 'x_Customer', 'x_Feature', 'x_Environment', 'x_Model', 'ModelVersion'] as const),
];

/** Rows that are held at once; a day that has more by one filtered dimension is worked out as it is asked for. */
const maxRows = 200_000;
/** Longer than any query may run that still reads days which were replaced meanwhile. */
const graceMinutes = 15;
const maxRemoved = 500;
const makingMs = 120_000;
const keptTables = ['unit_daily', 'unit_spend_daily', 'unit_session_daily', 'unit_top_session'];

/**
 * Under which region kept days stand: the one that a caller sees, empty for all of them. Undefined where rows of several
 * databases would meet in one: no region's rows are kept outside its own database.
 */
export function keptRegion({ regions }: Warehouse, scope: Scope): string | undefined {
  if (scope.regions !== 'all') return scope.regions.length === 1 ? scope.regions[0] : undefined;
  return regions.length === 0 ? '' : undefined;
}

/** Tenants that have bills or usage. */
export async function listTenants(warehouse: Warehouse): Promise<string[]> {
  const { rows } = await warehouse.query<{ tenant: string }>(
    `SELECT DISTINCT toString(Tenant) AS tenant FROM
       (SELECT Tenant FROM cost_drop UNION DISTINCT SELECT Tenant FROM llm_day) ORDER BY tenant`,
  );
  return rows.map(({ tenant }) => tenant);
}

/**
 * Ids of drops whose rows are not all there: a warehouse that lost rows gets them back under the same id.
 */
export async function incompleteDrops(warehouse: Warehouse, frame: Frame, scope: Scope): Promise<Set<string>> {
  const bills = idsSql([...new Set([...frame.drops, ...frame.reaching])]);
  const usage = idsSql(frame.sealed);
  const { rows } = await warehouse.query<{ id: string }>(
    `SELECT toString(x_DropId) AS id FROM (
       SELECT x_DropId, toInt64(RowCount) AS n FROM cost_drop FINAL WHERE x_DropId IN ${bills}
       UNION ALL SELECT x_DropId, -toInt64(LineCount) AS n FROM cost_name_daily WHERE x_DropId IN ${bills}
       UNION ALL SELECT x_DropId, toInt64(Requests) AS n FROM llm_day FINAL WHERE x_DropId IN ${usage}
       UNION ALL SELECT x_DropId, -toInt64(Requests) AS n FROM llm_model_daily WHERE x_DropId IN ${usage})
     GROUP BY x_DropId HAVING sum(n) != 0`,
    { scope, timeoutMs: makingMs },
  );
  return new Set(rows.map(({ id }) => id));
}

interface Making {
  frame: Frame;
  region: string;
  selection: string;
  /** Day with its mark. */
  marks: ReadonlyMap<number, string>;
  told: SharedDimension | undefined;
  /** Days that are kept, with their ids, and what models cost on all of them; sessions are kept with days that are not told by a dimension. */
  sessions: { known: ReadonlyMap<number, string>; factors: readonly ModelFactor[] } | undefined;
}

/**
 * Works days out and keeps them; they are found once all of their rows are there. @returns their ids
 * @throws AppError QUERY_LIMIT where they have too many rows
 */
export async function keepDays(
  warehouse: Warehouse,
  making: Making,
  scope: Scope,
): Promise<ReadonlyMap<number, string>> {
  const { frame, region, selection, marks, told, sessions } = making;
  const days = [...marks.keys()];
  const own = { ...frame, filters: [], days };
  const options = { scope, timeoutMs: makingMs, maxResultRows: maxRows };
  const ids = new Map(days.map((day) => [day, randomUUID()]));
  const { rows } = await warehouse.query<DayRow>(unitDaySql(own, keptKeys, told), options);
  const place = { Tenant: scope.tenant, Region: region };
  const home = region === '' ? warehouse : warehouse.in(region);
  if (rows.length > 0)
    await home.insert(
      'unit_daily',
      rows.map((row) => ({ ...place, x_DropId: ids.get(row.day)!, ...unitDailyRow(frame, row, told) })),
    );
  if (told === undefined) {
    const spend = await warehouse.query<SpendRow>(billDaysSql(own), options);
    if (spend.rows.length > 0)
      await home.insert(
        'unit_spend_daily',
        spend.rows.map((row) => ({ ...place, x_DropId: ids.get(Date.parse(row.day) / 86_400_000)!, ...spendRow(row) })),
      );
  }
  if (sessions !== undefined)
    await keepSessions(warehouse, { ...sessions, frame, region, ids, timeoutMs: makingMs }, scope);
  await home.insert(
    'unit_day',
    [...marks].map(([day, mark]) => ({
      ...place,
      ...{ Selection: selection, Day: dayName(day), Mark: mark, x_DropId: ids.get(day)! },
    })),
  );
  return ids;
}

/** Removes the rows of days that were replaced. The engine does it in the background. */
export async function removeReplacedDays(home: Warehouse): Promise<void> {
  const old = (table: string) => `SELECT x_DropId FROM ${table} WHERE MadeAt < now() - INTERVAL ${graceMinutes} MINUTE`;
  const { rows } = await home.query<{ id: string }>(
    `SELECT DISTINCT toString(x_DropId) AS id FROM (${keptTables.map(old).join(' UNION ALL ')})
     WHERE x_DropId NOT IN (SELECT x_DropId FROM unit_day FINAL) LIMIT ${maxRemoved}`,
    { timeoutMs: makingMs },
  );
  if (rows.length === 0) return;
  const params = { ids: rows.map(({ id }) => id) };
  for (const table of keptTables)
    await home.command(`ALTER TABLE ${table} DELETE WHERE x_DropId IN {ids:Array(UUID)}`, { params });
}

interface DayRow extends Record<(typeof daySums)[number][0], string> {
  day: number;
  key: number;
  f?: string;
  value: string;
  isLanguage: number;
  /** What is billed and estimated besides language models. */
  other: string;
  estimate: string;
  isBilled: number;
}

/** What was billed is computed of the others. */
const storedSums = daySums.filter(([name]) => name !== 'billed');

function unitDailyRow(frame: Frame, row: DayRow, told: SharedDimension | undefined): object {
  const key = keptKeys[row.key]!;
  return {
    Day: dayName(row.day),
    ...(told === undefined ? {} : { FilterKey: told, FilterValue: row.f ?? '' }),
    UnitKey: key,
    ...namesOf(frame, key, row.value),
    IsLanguage: row.isLanguage,
    ...Object.fromEntries(storedSums.map(([name, column]) => [column, row[name]])),
    OtherCost: row.other,
    ...(row.isLanguage === 1 ? { Estimate: row.estimate, IsBilled: row.isBilled } : {}),
  };
}

/** Places of models mean something in one answer only; what is kept has names. */
function namesOf(
  { models }: Frame,
  key: UnitKey,
  value: string,
): { Provider?: string; Model?: string; UnitValue: string } {
  const of = (place: string) => {
    const known = models.models[Number(place) - 1];
    return { Provider: known?.provider ?? '', Model: known?.model ?? '' };
  };
  if (key === 'x_Model') return { ...of(value), UnitValue: '' };
  if (key !== 'ModelVersion' || value === '') return { UnitValue: value };
  const at = value.indexOf('@');
  return { ...of(value.slice(0, at)), UnitValue: value.slice(at + 1) };
}

interface SpendRow {
  day: string;
  kind: string;
  isIdle: number;
  isGpu: number;
  cost: string;
  estimated: string;
  gpuHours: string;
  gross: string;
  grossWithoutTeam: string;
}

function spendRow(row: SpendRow): object {
  return {
    ...{
      Day: row.day,
      GpuKind: row.kind,
      IsGpu: row.isGpu,
      IsIdle: row.isIdle,
      Cost: row.cost,
      Estimated: row.estimated,
    },
    ...{ GpuHours: row.gpuHours, Gross: row.gross, GrossWithoutTeam: row.grossWithoutTeam },
  };
}
