import { exact } from '../platform/amounts/index.ts';
import type { Scope } from '../platform/identity/index.ts';
import type { Warehouse } from '../platform/warehouse/index.ts';
import { dayMs, type Span } from '../cost/index.ts';
import { idsSql, type Frame, type ModelDimension } from './model-cost-sql.ts';
import * as sql from './unit-sql.ts';

/** Names of models in one answer. */
const maxModels = 2_000;

/** Dimensions of language models with their columns in bills. */
const billDimensions: readonly (readonly [ModelDimension, string])[] = [
  ['x_Team', 'x_Team'],
  ['x_Product', 'x_Product'],
  ['x_Customer', 'x_Customer'],
  ['x_Feature', 'x_Feature'],
  ['x_Environment', 'x_Environment'],
  ['ModelVersion', 'x_ModelVersion'],
];

/** Reads of an answer, under one caller's scope and cached alike; it notes the age of the oldest. */
export class UnitReads {
  readonly #warehouse: Warehouse;
  readonly #scope: Scope;
  readonly #cacheSeconds: number;
  readonly #signal: AbortSignal | undefined;
  /** Seconds; undefined while every read was fresh. */
  oldestSeconds: number | undefined;

  constructor(warehouse: Warehouse, scope: Scope, cacheSeconds: number, signal?: AbortSignal) {
    this.#warehouse = warehouse;
    this.#scope = scope;
    this.#cacheSeconds = cacheSeconds;
    this.#signal = signal;
  }

  /** Newest roll-up of each day of usage in the spans. */
  async sealed(spans: readonly Span[]): Promise<{ id: string; day: string }[]> {
    const within = spans.map(({ from, to }) => `(Day >= toDate(${from / dayMs}) AND Day < toDate(${to / dayMs}))`);
    return this.#read(
      `SELECT toString(x_DropId) AS id, toString(Day) AS day FROM llm_day FINAL
       WHERE (${within.join(' OR ')}) AND Requests > 0 ORDER BY Day, id`,
    );
  }

  /** First and last day of usage; undefined without any. */
  async usageDays(): Promise<{ first: string; last: string } | undefined> {
    const [row] = await this.#read<{ first: string; last: string; n: string }>(
      'SELECT toString(min(Day)) AS first, toString(max(Day)) AS last, count() AS n FROM llm_day FINAL WHERE Requests > 0',
    );
    return row && row.n !== '0' ? row : undefined;
  }

  /** Names of the models in usage, the most used first, and in which currencies the price book told their cost. */
  async usedModels(sealed: readonly string[]): Promise<{ provider: string; model: string; currencies: string[] }[]> {
    if (sealed.length === 0) return [];
    return this.#read(
      `SELECT toString(Provider) AS provider, toString(Model) AS model,
              arrayFilter(one -> one != '', groupUniqArray(toString(Currency))) AS currencies
       FROM llm_daily WHERE x_DropId IN ${idsSql(sealed)}
       GROUP BY provider, model ORDER BY sum(Requests) DESC, provider, model LIMIT ${maxModels}`,
    );
  }

  /** Names of the models in bills that reach into the spans, with what their lines leave unsaid. */
  async billedModels(drops: readonly string[], from: number, to: number): Promise<BilledModel[]> {
    if (drops.length === 0) return [];
    const lacking = billDimensions.map(([name, column]) => `toUInt8(max(${column} = '')) AS lacks${name}`);
    const rows = await this.#read<Record<string, string | number>>(
      `SELECT toString(ProviderName) AS provider, toString(x_Model) AS model, TokenUnit AS tokenUnit,
              max(PeriodDays) AS longestDays, toUInt8(max(x_CostBasis = 'estimated')) AS isComputed, ${lacking.join(', ')}
       FROM cost_unit_daily
       WHERE x_DropId IN ${idsSql(drops)} AND x_Model != '' AND Day < toDate(${to / dayMs}) AND Day + PeriodDays > toDate(${from / dayMs})
       GROUP BY provider, model, tokenUnit ORDER BY sum(LineCount) DESC, provider, model, tokenUnit LIMIT ${maxModels}`,
    );
    return rows.map((row) => ({
      provider: String(row['provider']),
      model: String(row['model']),
      tokenUnit: row['tokenUnit'] === 1,
      longestDays: Number(row['longestDays']),
      isComputed: row['isComputed'] === 1,
      lacking: billDimensions.filter(([name]) => row[`lacks${name}`] === 1).map(([name]) => name),
    }));
  }

  async modelDays(frame: Frame): Promise<ModelDay[]> {
    const rows = await this.#read<Record<string, string> & { period: 0 | 1 }>(sql.modelDaysSql(frame));
    return rows.map((row) => ({
      period: row.period,
      day: row['day']!,
      ...modelAt(frame, Number(row['place'])),
      billed: exact(row['billed']!),
      estimated: exact(row['estimated']!),
      unspread: exact(row['unspread']!),
      requests: BigInt(row['requests']!),
      tokens: BigInt(row['tokens']!),
      sessions: BigInt(row['sessions']!),
    }));
  }

  async unitRows(frame: Frame, key: sql.UnitKey, withUsage: boolean, withDays: boolean): Promise<UnitRow[]> {
    const rows = await this.#read<Record<string, string> & { period: 0 | 1; isDay: number }>(
      sql.unitRowsSql(frame, key, withUsage, withDays),
    );
    return rows.map((row) => ({
      period: row.period,
      day: row.isDay === 1 ? row['at']! : undefined,
      key: keyText(frame, key, row['key']!),
      billed: exact(row['billed']!),
      estimated: exact(row['estimated']!),
      unspread: exact(row['unspread'] ?? '0'),
      modelCost: exact(row['modelCost'] ?? '0'),
      requests: BigInt(row['requests'] ?? 0),
      tokens: BigInt(row['tokens'] ?? 0),
      sessions: BigInt(row['sessions'] ?? 0),
      gpuHours: exact(row['gpuHours'] ?? '0'),
      values: BigInt(row['values'] ?? 0),
      valued: exact(row['valued'] ?? '0'),
    }));
  }

  async gpuDays(frame: Frame): Promise<GpuDay[]> {
    interface Row {
      period: 0 | 1;
      day: string;
      kind: string;
      isIdle: number;
      cost: string;
      estimated: string;
      gpuHours: string;
    }
    const rows = await this.#read<Row>(sql.gpuDaysSql(frame));
    return rows.map((row) => ({
      ...row,
      isIdle: row.isIdle === 1,
      cost: exact(row.cost),
      estimated: exact(row.estimated),
      gpuHours: exact(row.gpuHours),
    }));
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
    const rows = await this.#read<Row>(sql.jobSumsSql(frame));
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
    return this.#read<JobRow>(sql.jobRowsSql(frame), params);
  }

  async sessionRows(frame: Frame, page: { limit: number; offset: number }): Promise<SessionRow[]> {
    return this.#read<SessionRow>(sql.sessionRowsSql(frame), page);
  }

  async sessionSpread(frame: Frame): Promise<Spread | undefined> {
    const [row] = await this.#read<Spread>(sql.sessionSpreadSql(frame));
    return row;
  }

  async requestSpread(frame: Frame): Promise<Spread | undefined> {
    const statement = sql.requestSpreadSql(frame);
    if (statement === undefined) return undefined;
    const [row] = await this.#read<Spread>(statement);
    return row;
  }

  async driverLeaves(frame: Frame, dims: readonly string[]): Promise<DriverLeaf[]> {
    return this.#read<DriverLeaf>(sql.driverLeavesSql(frame, dims));
  }

  async spendDays(frame: Frame): Promise<SpendDay[]> {
    const rows = await this.#read<Record<string, string> & { period: 0 | 1 }>(sql.spendDaysSql(frame));
    return rows.map((row) => ({
      period: row.period,
      day: row['day']!,
      cost: exact(row['cost']!),
      gross: exact(row['gross']!),
      grossWithoutTeam: exact(row['grossWithoutTeam']!),
    }));
  }

  /**
   * GPU-hours that jobs held as far as samples tell, and those of them with a utilisation under 5 %. The job is the one that
   * the exporter names, else those found by host, GPU and time.
   */
  async heldIdle(span: Span): Promise<{ hours: number; held: number }> {
    const within = `Hour >= toDateTime(${span.from / 1000}, 'UTC') AND Hour < toDateTime(${span.to / 1000}, 'UTC')`;
    const [row] = await this.#read<{ hours: number; held: number }>(
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

  async #read<Row>(statement: string, params: Record<string, unknown> = {}): Promise<Row[]> {
    const { rows, cachedAgeSeconds } = await this.#warehouse.query<Row>(statement, {
      scope: this.#scope,
      params,
      cacheSeconds: this.#cacheSeconds,
      ...(this.#signal ? { signal: this.#signal } : {}),
    });
    if (cachedAgeSeconds !== undefined) this.oldestSeconds = Math.max(this.oldestSeconds ?? 0, cachedAgeSeconds);
    return rows;
  }
}

export interface BilledModel {
  provider: string;
  model: string;
  tokenUnit: boolean;
  longestDays: number;
  isComputed: boolean;
  lacking: ModelDimension[];
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

export interface GpuDay {
  period: 0 | 1;
  day: string;
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
  label: string;
  cost: string;
  billed: string;
  requests: string;
  tokens: string;
  groups: string;
  totalCost: string;
  totalBilled: string;
  totalRequests: string;
  totalTokens: string;
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
