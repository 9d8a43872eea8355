import { exact } from '../platform/amounts/index.ts';
import type { Scope } from '../platform/identity/index.ts';
import type { QueryOptions, QueryResult, Warehouse } from '../platform/warehouse/index.ts';
import { dayMs, type Span } from '../cost/index.ts';
import { idsSql, type Frame, type ModelDimension } from './frame-sql.ts';
import { NameMemo } from './name-memo.ts';
import type { SealedDay } from './unit-day-marks.ts';
import { keptDaysSql, type KeptDay } from './unit-day-sql.ts';
import * as sql from './unit-sql.ts';

/** While the warehouse is made anew from the lake, drops lack rows for a while: what was read then is not kept for good. */
const namedMs = 600_000;
/** Far less than the time for which days that were replaced are still there. */
const keptMs = 60_000;

/** Names of models in one answer. */
const maxModels = 2_000;

/** Dimensions of language models with their columns in bills, in the order of the bits of cost_name_daily. */
const billDimensions: readonly (readonly [ModelDimension, string])[] = [
  ['x_Team', 'x_Team'],
  ['x_Product', 'x_Product'],
  ['x_Customer', 'x_Customer'],
  ['x_Feature', 'x_Feature'],
  ['x_Environment', 'x_Environment'],
  ['ModelVersion', 'x_ModelVersion'],
];

/** Whether a caller sees every line of the regions that are theirs. */
export function seesAll({ teams, products }: Scope): boolean {
  return teams === 'all' && products === 'all';
}

/** Reads of an answer, under one caller's scope and cached alike; it notes the age of the oldest. */
export class UnitReads {
  readonly #warehouse: Warehouse;
  readonly #scope: Scope;
  readonly #cacheSeconds: number;
  readonly #signal: AbortSignal | undefined;
  /** Small sums that tell neither teams nor products may be read. */
  readonly seesAll: boolean;
  /** Seconds; undefined while every read was fresh. */
  oldestSeconds: number | undefined;

  constructor(warehouse: Warehouse, scope: Scope, cacheSeconds: number, signal?: AbortSignal) {
    this.#warehouse = warehouse;
    this.#scope = scope;
    this.#cacheSeconds = cacheSeconds;
    this.#signal = signal;
    this.seesAll = seesAll(scope);
  }

  /** Newest roll-up of each day of usage in the spans, and the first and last day of all usage. */
  async usageDays(spans: readonly Span[]): Promise<{ sealed: SealedDay[]; first?: string; last?: string }> {
    const within = spans.map(({ from, to }) => `(Day >= toDate(${from / dayMs}) AND Day < toDate(${to / dayMs}))`);
    const [row] = await this.read<{ sealed: [number, string][]; first: string; last: string; n: string }>(
      `SELECT arraySort(groupArrayIf((toUInt16(Day), toString(x_DropId)), ${within.join(' OR ')})) AS sealed,
              toString(min(Day)) AS first, toString(max(Day)) AS last, count() AS n
       FROM llm_day FINAL WHERE Requests > 0`,
    );
    if (row === undefined || row.n === '0') return { sealed: [] };
    return { sealed: row.sealed.map(([day, id]) => ({ day, id })), first: row.first, last: row.last };
  }

  /** Names of the models in usage, the most used first, and in which currencies the price book told their cost. */
  async usedModels(sealed: readonly string[]): Promise<{ provider: string; model: string; currencies: string[] }[]> {
    if (sealed.length === 0) return [];
    return this.#named(
      `SELECT toString(Provider) AS provider, toString(Model) AS model,
              arraySort(arrayFilter(one -> one != '', groupUniqArray(Currency))) AS currencies
       FROM ${this.seesAll ? 'llm_model_daily' : 'llm_daily'} WHERE x_DropId IN ${idsSql(sealed)}
       GROUP BY Provider, Model ORDER BY sum(Requests) DESC, provider, model LIMIT ${maxModels}`,
    );
  }

  /**
   * Names of the models in bills that reach into the span, with what their lines leave unsaid, and the currencies of the bills
   * of the span: that of most lines first.
   */
  async billedNames(
    drops: readonly string[],
    { from, to }: Span,
  ): Promise<{ models: BilledModel[]; currencies: string[] }> {
    if (drops.length === 0) return { models: [], currencies: [] };
    const lacking = billDimensions.map(([name, column], bit) =>
      this.seesAll
        ? `toUInt8(max(bitTest(Lacking, ${bit}))) AS lacks${name}`
        : `toUInt8(max(${column} = '')) AS lacks${name}`,
    );
    const isComputed = this.seesAll ? 'max(Computed)' : "toUInt8(max(x_CostBasis = 'estimated'))";
    const rows = await this.#named<NamesRow>(
      `SELECT toString(ProviderName) AS provider, toString(x_Model) AS model, TokenUnit AS tokenUnit,
              toString(BillingCurrency) AS currency, toUInt32(max(PeriodDays)) AS longestDays,
              ${isComputed} AS isComputed, toString(sum(LineCount)) AS lines,
              toString(sumIf(LineCount, Day >= toDate(${from / dayMs}))) AS ownLines, ${lacking.join(', ')}
       FROM ${this.seesAll ? 'cost_name_daily' : 'cost_unit_daily'}
       WHERE x_DropId IN ${idsSql(drops)} AND Day < toDate(${to / dayMs}) AND Day + PeriodDays > toDate(${from / dayMs})
       GROUP BY ProviderName, x_Model, TokenUnit, BillingCurrency
       ORDER BY sum(LineCount) DESC, provider, model, tokenUnit, currency LIMIT ${10 * maxModels}`,
    );
    return { models: billedModels(rows), currencies: currenciesOf(rows) };
  }

  /** Which days are kept under these marks. Kept days do not change, and are there for a while after they were replaced. */
  keptDays(region: string, selection: string, marks: readonly string[]): Promise<KeptDay[]> {
    return this.#memoised(keptDaysSql(region, selection, marks), (rows) => (rows.length === marks.length ? keptMs : 0));
  }

  /** Rows by the values of each key; in the order of the keys. */
  async unitRows(frame: Frame, keys: readonly sql.UnitKey[], withUsage: boolean): Promise<UnitRow[][]> {
    const rows = await this.read<RawUnitRow>(sql.unitRowsSql(frame, keys, withUsage, false));
    return keys.map((key, at) => rows.filter((row) => row.key === at).map((row) => unitRow(frame, key, row)));
  }

  /** The same for the cards, also by day; and the sums of the models by day. */
  async unitDays(
    frame: Frame,
    keys: readonly sql.UnitKey[],
    withUsage: boolean,
  ): Promise<{ models: ModelDay[]; rows: UnitRow[][] }> {
    const all = [...keys, ...(withUsage ? (['x_Model'] as const) : [])];
    if (all.length === 0) return { models: [], rows: [] };
    const rows = await this.read<RawUnitRow>(sql.unitRowsSql(frame, all, withUsage, true));
    const models = rows.filter((row) => row.key === keys.length && row.isDay === 0 && row.value.includes(sql.dayMark));
    return {
      models: models.map((row) => modelDay(frame, row)),
      rows: keys.map((key, at) => rows.filter((row) => row.key === at).map((row) => unitRow(frame, key, row))),
    };
  }

  /** Cost by day, and of GPUs by kind and whether anybody used them. */
  spendSums(frame: Frame, onlyGpus: boolean): Promise<RawSpendRow[]> {
    return this.read<RawSpendRow>(sql.spendSumsSql(frame, onlyGpus));
  }

  async jobSums(frame: Frame): Promise<JobSum[]> {
    interface Row {
      period: 0 | 1;
      isDay: number;
      service: string;
      at: string;
      cost: string;
      jobs: string;
      gpuHours: string;
    }
    const rows = await this.read<Row>(sql.jobSumsSql(frame));
    return rows.map((row) => ({
      period: row.period,
      day: row.isDay === 1 ? row.at : undefined,
      service: row.service,
      cost: exact(row.cost),
      jobs: BigInt(row.jobs),
    }));
  }

  async jobRows(frame: Frame, page: { limit: number; offset: number; byChange: boolean }): Promise<JobRow[]> {
    const params = { ...page, byChange: page.byChange ? 1 : 0 };
    return this.read<JobRow>(sql.jobRowsSql(frame), params);
  }

  async requestSpread(frame: Frame): Promise<Spread | undefined> {
    const statement = sql.requestSpreadSql(frame, this.seesAll);
    if (statement === undefined) return undefined;
    const [row] = await this.read<Spread>(statement);
    return row;
  }

  async driverLeaves(frame: Frame, dims: readonly string[]): Promise<DriverLeaf[]> {
    return this.read<DriverLeaf>(sql.driverLeavesSql(frame, dims));
  }

  /**
   * GPU-hours that jobs held as far as samples tell, and those of them with a utilisation under 5 %. The job is the one that
   * the exporter names, else those found by host, GPU and time.
   */
  async heldIdle(span: Span): Promise<{ hours: number; held: number }> {
    const within = `Hour >= toDateTime(${span.from / 1000}, 'UTC') AND Hour < toDateTime(${span.to / 1000}, 'UTC')`;
    const [row] = await this.read<{ hours: number; held: number }>(
      `SELECT sum(seconds) / 3600 AS hours, sumIf(seconds, used < 5) / 3600 AS held
       FROM (SELECT toFloat64(if(s.JobId != '', s.Seconds, least(s.Seconds, arraySum(j.Seconds)))) AS seconds, s.Utilisation AS used
             FROM (SELECT * FROM fact_gpu_sample FINAL WHERE ${within}) AS s
             LEFT JOIN (SELECT * FROM gpu_sample_job FINAL WHERE ${within}) AS j
               ON s.Tenant = j.Tenant AND s.Region = j.Region AND s.Cluster = j.Cluster AND s.Node = j.Node AND s.Gpu = j.Gpu
                 AND s.Hour = j.Hour
             WHERE s.JobId != 'idle')`,
    );
    return { hours: Number(row?.hours ?? 0), held: Number(row?.held ?? 0) };
  }

  /** Rows of a statement of this answer. */
  async read<Row>(statement: string, params: Record<string, unknown> = {}): Promise<Row[]> {
    return (await this.#query<Row>(statement, { params })).rows;
  }

  /** Rows of a statement with a LIMIT, and how many it has without. */
  async page<Row>(statement: string): Promise<{ rows: Row[]; before: number }> {
    const { rows, rowsBeforeLimit = 0 } = await this.#query<Row>(statement, {
      settings: { exact_rows_before_limit: 1 },
    });
    return { rows, before: rowsBeforeLimit };
  }

  /** Names in drops: the statement lists their ids, and what stands under an id does not change. */
  #named<Row extends object>(statement: string): Promise<Row[]> {
    return this.#memoised(statement, () => namedMs);
  }

  /** Rows of a statement that always answers the same, read once in so many milliseconds. */
  async #memoised<Row extends object>(statement: string, forMs: (rows: readonly Row[]) => number): Promise<Row[]> {
    const memo = NameMemo.of(this.#warehouse);
    const key = JSON.stringify([this.#scope, statement]);
    const known = memo.find(key);
    if (known) return known as Row[];
    const rows = await this.read<Row>(statement);
    const ms = forMs(rows);
    if (ms > 0) memo.keep(key, rows, ms);
    return rows;
  }

  async #query<Row>(statement: string, options: Pick<QueryOptions, 'params' | 'settings'>): Promise<QueryResult<Row>> {
    const result = await this.#warehouse.query<Row>(statement, {
      ...options,
      scope: this.#scope,
      cacheSeconds: this.#cacheSeconds,
      ...(this.#signal ? { signal: this.#signal } : {}),
    });
    const { cachedAgeSeconds } = result;
    if (cachedAgeSeconds !== undefined) this.oldestSeconds = Math.max(this.oldestSeconds ?? 0, cachedAgeSeconds);
    return result;
  }
}

type NamesRow = { provider: string; model: string; tokenUnit: number; currency: string; longestDays: number } & {
  isComputed: number;
  /** Of all lines that reach into the span, and of those that begin in it. */
  lines: string;
  ownLines: string;
} & Record<`lacks${ModelDimension}`, number>;

/** The models of most lines first. */
function billedModels(rows: readonly NamesRow[]): BilledModel[] {
  const models = new Map<string, BilledModel & { lines: bigint }>();
  for (const row of rows) {
    if (row.model === '') continue;
    const { provider, model } = row;
    const key = JSON.stringify([provider, model, row.tokenUnit]);
    const known = models.get(key) ?? {
      ...{ provider, model, tokenUnit: row.tokenUnit === 1 },
      ...{ longestDays: 1, isComputed: false, lacking: new Set<ModelDimension>(), lines: 0n },
    };
    models.set(key, known);
    known.longestDays = Math.max(known.longestDays, row.longestDays);
    known.isComputed ||= row.isComputed === 1;
    known.lines += BigInt(row.lines);
    for (const [name] of billDimensions) if (row[`lacks${name}`] === 1) known.lacking.add(name);
  }
  return [...models.values()]
    .sort((a, b) => (a.lines === b.lines ? 0 : a.lines > b.lines ? -1 : 1))
    .slice(0, maxModels);
}

function currenciesOf(rows: readonly NamesRow[]): string[] {
  const lines = new Map<string, bigint>();
  for (const { currency, ownLines } of rows)
    if (ownLines !== '0') lines.set(currency, (lines.get(currency) ?? 0n) + BigInt(ownLines));
  const sorted = [...lines].sort(([a, one], [b, other]) => (one === other ? (a < b ? -1 : 1) : one > other ? -1 : 1));
  return sorted.map(([currency]) => currency);
}

export interface BilledModel {
  provider: string;
  model: string;
  tokenUnit: boolean;
  longestDays: number;
  isComputed: boolean;
  lacking: Set<ModelDimension>;
}

export interface RawSpendRow {
  period: 0 | 1;
  isDay: number;
  at: string;
  kind: string;
  isIdle: number;
  isGpu: number;
  cost: string;
  estimated: string;
  gpuHours: string;
  gross: string;
  grossWithoutTeam: string;
}

/** Cost of all lines by day, and that of GPUs by day and by kind and whether anybody used them. */
export function spendOf(rows: readonly RawSpendRow[]): { spend: SpendDay[]; gpus: GpuSum[] } {
  const spend = new Map<string, SpendDay>();
  const gpus: GpuSum[] = [];
  for (const row of rows) {
    const { period, kind } = row;
    const day = row.isDay === 1 ? row.at : undefined;
    const cost = exact(row.cost);
    if (day !== undefined) {
      const sums = spend.get(day) ?? { period, day, cost: 0n, gross: 0n, grossWithoutTeam: 0n };
      spend.set(day, sums);
      sums.cost += cost;
      sums.gross += exact(row.gross);
      sums.grossWithoutTeam += exact(row.grossWithoutTeam);
    }
    if (row.isGpu === 1)
      gpus.push({
        ...{ period, day, kind, cost, isIdle: row.isIdle === 1 },
        ...{ estimated: exact(row.estimated), gpuHours: exact(row.gpuHours) },
      });
  }
  return { spend: [...spend.values()], gpus };
}

type RawUnitRow = Record<string, string> & { period: 0 | 1; isDay: number; key: number; value: string };

/** The sums that rows of units and of models have in common. */
export function unitSums(row: Readonly<Record<string, string>>) {
  return {
    ...{ billed: exact(row['billed']!), estimated: exact(row['estimated']!), unspread: exact(row['unspread']!) },
    ...{ requests: BigInt(row['requests']!), tokens: BigInt(row['tokens']!), sessions: BigInt(row['sessions']!) },
  };
}

function unitRow(frame: Frame, key: sql.UnitKey, row: RawUnitRow): UnitRow {
  return {
    period: row.period,
    day: row.isDay === 1 ? row['at']! : undefined,
    key: keyText(frame, key, row.value),
    ...unitSums(row),
    ...{ modelCost: exact(row['modelCost']!), gpuHours: exact(row['gpuHours']!) },
    values: BigInt(row['values'] ?? 0),
    valued: exact(row['valued'] ?? '0'),
  };
}

function modelDay(frame: Frame, row: RawUnitRow): ModelDay {
  const [day = '', place] = row.value.split(sql.dayMark);
  return {
    ...{ period: row.period, day, ...modelAt(frame, Number(place)) },
    ...unitSums(row),
  };
}

function modelAt({ models }: Frame, place: number): { provider: string; model: string; name: string } {
  return models.models[place - 1] ?? { provider: '', model: '', name: '' };
}

/** Statements tell models by their places; people by their names. */
function keyText(frame: Frame, key: sql.UnitKey, text: string): string {
  if (key === 'x_Model') return modelAt(frame, Number(text)).model;
  if (key !== 'ModelVersion' || text === '') return text;
  const at = text.indexOf('@');
  return `${modelAt(frame, Number(text.slice(0, at))).model}@${text.slice(at + 1)}`;
}

/** Sums of a provider's model on a day. Period 0 is the present one, 1 the one before. */
export interface ModelDay {
  period: 0 | 1;
  day: string;
  provider: string;
  model: string;
  name: string;
  billed: bigint;
  estimated: bigint;
  unspread: bigint;
  requests: bigint;
  tokens: bigint;
  sessions: bigint;
}

/** Sums of a value, or of a day over all values. */
export interface UnitRow {
  period: 0 | 1;
  day: string | undefined;
  key: string;
  billed: bigint;
  estimated: bigint;
  unspread: bigint;
  modelCost: bigint;
  requests: bigint;
  tokens: bigint;
  sessions: bigint;
  gpuHours: bigint;
  /** Of a day: how many values it has, the empty one not counted, and their cost. */
  values: bigint;
  valued: bigint;
}

/** A kind of GPU over a period; with a day all kinds on that day. */
export interface GpuSum {
  period: 0 | 1;
  day: string | undefined;
  kind: string;
  isIdle: boolean;
  cost: bigint;
  estimated: bigint;
  gpuHours: bigint;
}

export interface JobSum {
  period: 0 | 1;
  day: string | undefined;
  service: string;
  cost: bigint;
  jobs: bigint;
}

export interface JobRow {
  key: string;
  label: string;
  cost: string;
  previousCost: string;
  gpuHours: string;
  groups: string;
  totalCost: string;
  totalPrevious: string;
  totalHours: string;
}

export interface SessionRow {
  key: string;
  cost: string;
  billed: string;
  requests: string;
  tokens: string;
}

export interface Spread {
  n: string;
  quantiles: string[];
  largest: string;
}

export interface DriverLeaf {
  market: string;
  unit: string;
  cost: string;
  previousCost: string;
  quantity: string;
  previousQuantity: string;
  [key: `k${number}`]: string;
}

export interface SpendDay {
  period: 0 | 1;
  day: string;
  cost: bigint;
  gross: bigint;
  grossWithoutTeam: bigint;
}
