import type { Exchange } from '../allocation/index.ts';
import { textSql } from '../platform/sql/index.ts';
import { dayMs, dropList, type Filter, type Metric, type Span } from '../cost/index.ts';
import { modelKey, providerKey, stageSql, type ModelIndex } from './model-keys.ts';
import type { sharedDimensions } from './selection.ts';

/** A column that bills and usage both may tell. */
export type ModelDimension = keyof typeof sharedDimensions | 'ModelVersion';

/** What the statements of an answer have in common. */
export interface Frame {
  span: Span;
  previous: Span;
  metric: Metric;
  filters: readonly Filter[];
  /** Bills that count, and those of them and of before whose charges reach into the span. */
  drops: readonly string[];
  reaching: readonly string[];
  /** Newest roll-up of each day of usage. */
  sealed: readonly string[];
  exchange: Exchange;
  models: ModelIndex;
  /** Days of the longest charge period of a language model's line. */
  longestDays: number;
  /** Some line of a language model's bill is an estimate itself. */
  hasComputed: boolean;
  /** Dimensions that some line of a language model's bill does not name; no other has to be spread. */
  lacking: ReadonlySet<ModelDimension>;
  /** Only these days of the two spans, in days since 1970; absent: all. */
  days?: readonly number[];
}

/** SQL list for x_DropId IN; nothing is in the empty one. */
export function idsSql(ids: readonly string[]): string {
  return ids.length === 0 ? "(toUUID('00000000-0000-0000-0000-000000000000'))" : dropList(ids);
}

/** SQL of 0 for the present span, 1 for the one before, on a column `Day`; and the condition that it is one of them. */
export function periodSql({ span }: Frame): string {
  return `if(Day >= toDate(${span.from / dayMs}), 0, 1)`;
}
export function daysSql({ span, previous, days }: Frame): string {
  const within = ({ from, to }: Span) => `(Day >= toDate(${from / dayMs}) AND Day < toDate(${to / dayMs}))`;
  const both = `(${within(span)} OR ${within(previous)})`;
  if (days === undefined) return both;
  return days.length === 0 ? '0' : `${both} AND toUInt16(Day) IN (${days.join(', ')})`;
}

/** SQL condition: the line of a bill is the cost of a language model. */
export function modelLineSql({ models }: Frame): string {
  const lines = models.billed.filter(({ isLanguage }) => isLanguage);
  if (lines.length === 0) return '0';
  const { column, codeOf } = codes(lines, 'ProviderName', 'x_Model');
  const known = lines.map((line) => codeOf(line) * 2 + (line.tokenUnit ? 1 : 0));
  return `(x_Model != '' AND ${column} * 2 + TokenUnit IN (${known.join(', ')}))`;
}

/** SQL of the place of a provider's model, 0 for one that is not known. */
export function placeSql(
  known: readonly { provider: string; model: string; place: number }[],
  provider: string,
  model: string,
): string {
  const { column, codeOf } = codes(known, provider, model);
  const unique = new Map(known.map((one) => [codeOf(one), one.place]));
  if (unique.size === 0) return 'toUInt16(0)';
  return `transform(${column}, ${numbersSql([...unique.keys()], 'UInt64')}, ${numbersSql([...unique.values()], 'UInt16')}, toUInt16(0))`;
}

/** A list of numbers; planned as one constant, and not as a call for each. */
function numbersSql(numbers: readonly number[], type: string): string {
  return `CAST([${numbers.join(', ')}] AS Array(${type}))`;
}

/** A number for each pair of names. One column at a time, names are looked up once a dictionary and not once a row. */
function codes(known: readonly { provider: string; model: string }[], provider: string, model: string) {
  const numbered = (names: readonly string[]) => new Map([...new Set(names)].map((name, at) => [name, at + 1]));
  const providers = numbered(known.map((one) => one.provider));
  const models = numbered(known.map((one) => one.model));
  const number = (column: string, places: Map<string, number>) =>
    places.size === 0
      ? 'toUInt64(0)'
      : `toUInt64(transform(${column}, [${[...places.keys()].map(textSql).join(', ')}], ${numbersSql([...places.values()], 'UInt16')}, toUInt16(0)))`;
  return {
    column: `(${number(provider, providers)} * 65536 + ${number(model, models)})`,
    codeOf: (one: { provider: string; model: string }) =>
      (providers.get(one.provider) ?? 0) * 65_536 + (models.get(one.model) ?? 0),
  };
}

/** SQL conditions of filters on the columns of a bill. Values enter as hexadecimal digits. */
export function billFilterSql({ filters, models }: Pick<Frame, 'filters' | 'models'>): string {
  return filters
    .map(({ dim, values }) => {
      if (dim === 'x_Environment')
        return ` AND ${stageSql(dim)} IN (${values.map((value) => stageSql(textSql(value))).join(', ')})`;
      // A model is meant under all of its names.
      const wanted = new Set(values.map(modelKey));
      const names = models.billed.map(({ model }) => model).filter((model) => wanted.has(modelKey(model)));
      const all = dim === 'x_Model' ? [...new Set([...values, ...names])] : values;
      return ` AND ${dim} IN (${all.map(textSql).join(', ')})`;
    })
    .join('');
}

/** Places of the models that the filters on provider and model leave; undefined without such filters. */
export function filteredPlaces({ filters, models }: Pick<Frame, 'filters' | 'models'>): number[] | undefined {
  const wanted = filters.filter(({ dim }) => dim === 'x_Model' || dim === 'ProviderName');
  if (wanted.length === 0) return undefined;
  return models.models.flatMap((known, at) => {
    const isLeft = wanted.every(({ dim, values }) =>
      values.some((value) =>
        dim === 'x_Model' ? modelKey(value) === known.model : providerKey(value) === known.provider,
      ),
    );
    return isLeft ? [at + 1] : [];
  });
}
