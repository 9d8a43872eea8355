import { dayMs } from '../cost/index.ts';
import type { Scope } from '../platform/identity/index.ts';
import { exact } from '../platform/amounts/index.ts';
import type { Frame } from './frame-sql.ts';
import type { ModelFactor } from './session-factors.ts';
import { keptSessionSpreadSql } from './kept-session-sql.ts';
import { modelFactorsSql, sessionSpreadSql } from './session-sql.ts';
import { isShared, type SharedDimension } from './selection.ts';
import { stageOf } from './model-keys.ts';
import { dayMarks, daysOf, type DayInputs } from './unit-day-marks.ts';
import { keptModelsSql, keptRowsSql, keptSpendSql, type KeptDays } from './unit-day-sql.ts';
import {
  seesAll,
  spendOf,
  unitSums,
  type GpuSum,
  type ModelDay,
  type RawSpendRow,
  type SpendDay,
  type Spread,
  type UnitReads,
  type UnitRow,
} from './unit-repository.ts';
import type { UnitKey } from './unit-sql.ts';

interface Parts {
  frame: Frame;
  reads: UnitReads;
  withUsage: boolean;
  inputs: DayInputs;
  scope: Scope;
  /** Undefined: no days are kept for what this caller sees. */
  keptRegion: string | undefined;
}

interface Found extends KeptDays {
  /** Ids by day, in days since 1970. */
  byDay: ReadonlyMap<number, string>;
  /** The frame of the days that are not kept; undefined where all are. */
  rest: Frame | undefined;
}

/**
 * Cost and usage by the values of dimensions. Days that are kept are read; the others, e.g. one whose usage has just arrived,
 * are worked out from the roll-ups. Both say the same of a day.
 */
export class UnitRows {
  readonly #parts: Parts;
  #found: Promise<Found> | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Rows by the values of each key; in the order of the keys. */
  async rows(keys: readonly UnitKey[]): Promise<UnitRow[][]> {
    const { frame, reads, withUsage } = this.#parts;
    const found = await this.#kept();
    const [kept, rest] = await Promise.all([
      found.ids.length === 0 ? [] : reads.read<KeptRow>(keptRowsSql(frame, found, keys, false)),
      found.rest === undefined ? [] : reads.unitRows(found.rest, keys, withUsage),
    ]);
    return keys.map((key, at) => [...keptOf(kept, key), ...(rest[at] ?? [])]);
  }

  /** The same for the cards, also by day; and the sums of the models by day. */
  async days(keys: readonly UnitKey[]): Promise<{ models: ModelDay[]; rows: UnitRow[][] }> {
    const { frame, reads, withUsage } = this.#parts;
    const found = await this.#kept();
    const [kept, rest] = await Promise.all([
      found.ids.length === 0 ? [] : reads.read<KeptRow>(keptRowsSql(frame, found, keys, true)),
      found.rest === undefined ? { models: [], rows: [] } : reads.unitDays(found.rest, keys, withUsage),
    ]);
    return {
      models: [...this.#modelDays(kept), ...rest.models].sort((a, b) => byText(a.day, b.day)),
      rows: keys.map((key, at) =>
        [...daysAdded(keptOf(kept, key)), ...(rest.rows[at] ?? [])].sort((a, b) => byText(a.day ?? '', b.day ?? '')),
      ),
    };
  }

  /** Cost of all lines by day, and that of GPUs by day and by kind and whether anybody used them. */
  async spend({ onlyGpus = false, onlyPresent = false } = {}): Promise<{ spend: SpendDay[]; gpus: GpuSum[] }> {
    const { frame, reads } = this.#parts;
    if (frame.filters.length > 0) return spendOf(await reads.spendSums(frame, onlyGpus));
    const found = await this.#kept();
    const isAsked = (day: number) => !onlyPresent || day * dayMs >= frame.span.from;
    const ids = [...found.byDay].flatMap(([day, id]) => (isAsked(day) ? [id] : [])).sort();
    const days = found.rest === undefined ? [] : (found.rest.days ?? daysOf(frame)).filter(isAsked);
    const [kept, rest] = await Promise.all([
      ids.length === 0 ? [] : reads.read<RawSpendRow>(keptSpendSql(frame, ids, onlyGpus)),
      days.length === 0 ? [] : reads.spendSums({ ...frame, days }, onlyGpus),
    ]);
    return spendOf([...kept, ...rest].sort((a, b) => byText(a.at, b.at)));
  }

  /** What each model was billed and estimated at on each day, whatever is filtered. */
  async factors(): Promise<ModelFactor[]> {
    const { frame, reads } = this.#parts;
    if (frame.filters.length > 0) return new UnitRows({ ...this.#parts, frame: { ...frame, filters: [] } }).factors();
    const found = await this.#kept();
    const [kept, rest] = await Promise.all([
      found.ids.length === 0 ? [] : reads.read<KeptModelRow>(keptModelsSql(found)),
      found.rest === undefined ? [] : reads.read<FactorRow>(modelFactorsSql(found.rest)),
    ]);
    const places = new Map(frame.models.models.map(({ provider, model }, at) => [`${provider}\n${model}`, at + 1]));
    const placed = kept.map((row) => ({ ...row, place: places.get(`${row.provider}\n${row.model}`) ?? 0 }));
    return [...placed, ...rest].map(({ day, place, billed, estimate, isBilled }) => ({
      ...{ day, place, billed: exact(billed), estimate: exact(estimate), isBilled: isBilled === 1 },
    }));
  }

  /** How the cost of a session spreads: within 1 % of rank where days are kept, else exact. */
  async sessionSpread(): Promise<SessionSpread | undefined> {
    const { frame, reads } = this.#parts;
    const found = frame.filters.length > 0 ? undefined : await this.#kept();
    const ids = found?.ids ?? [];
    const [spread] = await reads.read<SessionSpread>(
      ids.length === 0 ? sessionSpreadSql(frame) : keptSessionSpreadSql(frame, ids, found?.rest),
    );
    return spread;
  }

  /** The ids of the kept days of the present span, and the days that are not; undefined with filters. */
  async keptSpan(): Promise<{ ids: string[]; rest: number[] } | undefined> {
    const { span, filters } = this.#parts.frame;
    if (filters.length > 0) return undefined;
    const { byDay } = await this.#kept();
    const days = Array.from({ length: (span.to - span.from) / dayMs }, (_, at) => span.from / dayMs + at);
    return {
      ids: days.flatMap((day) => byDay.get(day) ?? []),
      rest: days.filter((day) => !byDay.has(day)),
    };
  }

  #modelDays(rows: readonly KeptRow[]): ModelDay[] {
    const { models } = this.#parts.frame.models;
    const known = new Map(models.map((model) => [`${model.provider}\n${model.model}`, model.name]));
    return rows
      .filter((row) => row['key'] === 'x_Model' && row.isDay === 1)
      .map((row) => {
        const [provider, model] = [row['provider']!, row['model']!];
        const name = known.get(`${provider}\n${model}`) ?? model;
        return { ...unitSums(row), period: row.period, day: row['at']!, provider, model, name };
      });
  }

  #kept(): Promise<Found> {
    return (this.#found ??= this.#find());
  }

  async #find(): Promise<Found> {
    const { frame, reads, keptRegion, inputs, scope } = this.#parts;
    const filter = this.#filter();
    if (keptRegion === undefined || filter === undefined) return { ids: [], byDay: new Map(), rest: frame };
    const { selection, marks } = dayMarks(frame, inputs, scope, filter.dim);
    const rows = await reads.keptDays(keptRegion, selection, [...marks.values()]);
    const ids = new Map(rows.map(({ mark, id }) => [mark, id]));
    const byDay = new Map([...marks].flatMap(([day, mark]) => (ids.has(mark) ? [[day, ids.get(mark)!]] : [])));
    const days = daysOf(frame).filter((day) => !byDay.has(day));
    const rest = days.length === 0 ? undefined : { ...frame, days };
    const { dim, values } = filter;
    return { ids: [...ids.values()].sort(), byDay, rest, ...(dim === undefined ? {} : { filter: { dim, values } }) };
  }

  /** What of the filters kept days can answer; undefined where they cannot. */
  #filter(): { dim: SharedDimension | undefined; values: readonly string[] } | undefined {
    const { frame, scope, withUsage } = this.#parts;
    if (!withUsage || !seesAll(scope) || frame.filters.length > 1) return undefined;
    const [filter] = frame.filters;
    if (filter === undefined) return { dim: undefined, values: [] };
    if (!isShared(filter.dim)) return undefined;
    return { dim: filter.dim, values: filter.dim === 'x_Environment' ? filter.values.map(stageOf) : filter.values };
  }
}

/** Of kept days also what is known of the sessions that they share. */
interface SessionSpread extends Spread {
  links?: [id: string, linked: number[]][];
}

type KeptRow = Record<string, string> & { period: 0 | 1; isDay: number };
interface FactorRow {
  day: string;
  place: number;
  billed: string;
  estimate: string;
  isBilled: number;
}
type KeptModelRow = Omit<FactorRow, 'place'> & { provider: string; model: string };

function keptOf(rows: readonly KeptRow[], key: UnitKey): UnitRow[] {
  return rows
    .filter((row) => row['key'] === key)
    .map((row) => ({
      ...unitSums(row),
      ...{ period: row.period, day: row.isDay === 1 ? row['at']! : undefined, key: keptText(key, row) },
      ...{ modelCost: exact(row['modelCost'] ?? '0'), gpuHours: exact(row['gpuHours'] ?? '0') },
      ...{ values: BigInt(row['values'] ?? 0), valued: exact(row['valued'] ?? '0') },
    }));
}

/** Days that are told by model, each in one row. */
function daysAdded(rows: readonly UnitRow[]): UnitRow[] {
  const days = new Map<string, UnitRow>();
  const values: UnitRow[] = [];
  for (const row of rows) {
    const { period, day } = row;
    if (day === undefined) {
      values.push(row);
      continue;
    }
    const sums = days.get(`${period} ${day}`);
    if (sums === undefined) days.set(`${period} ${day}`, { ...row, key: '' });
    else for (const name of summed) sums[name] += row[name];
  }
  return [...values, ...days.values()];
}

const summed = [
  ...(['billed', 'estimated', 'unspread', 'modelCost', 'requests', 'tokens', 'sessions', 'gpuHours'] as const),
  ...(['values', 'valued'] as const),
];

function keptText(key: UnitKey, row: KeptRow): string {
  if (key === 'x_Model') return row['model']!;
  return key === 'ModelVersion' && row['value'] !== '' ? `${row['model']}@${row['value']}` : row['value']!;
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
