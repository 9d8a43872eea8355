import type { Static } from 'typebox';
import type { LinesQuerySchema, SummaryQuerySchema } from './contract.ts';
import { dimensionNames, isDimension, isMetric, maxDimensions, type Dimension } from './dimensions.ts';
import { holdsNul, parseFilters, type CostQuery, type Filter, type Granularity, type LinesQuery } from './plan.ts';
import { parseRange, spanOf } from './range.ts';

export type Parsed<T> = { ok: true; query: T } | { ok: false; reason: string };

const defaultLimit = 100;

/** A cost query as other rooms ask it. Names are checked as those of a caller are. */
export interface CostAsked {
  metric: string;
  dims: readonly string[];
  from: Date;
  to: Date;
  granularity: Granularity;
  filters: readonly { dim: string; values: readonly string[] }[];
  currency?: string;
  limit: number;
  compare?: boolean;
}

/** Reads the parameters of GET /api/cost/summary. */
export function summaryQuery(asked: Static<typeof SummaryQuerySchema>, now: Date): Parsed<CostQuery> {
  const range = parseRange(asked, now);
  if (!range.ok) return range;
  const filters = filtersOf(asked.filter);
  if (!filters.ok) return filters;
  const dims = dimsOf(
    (asked.dims ?? '')
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== ''),
  );
  if (!dims.ok) return dims;
  return {
    ok: true,
    query: {
      metric: asked.metric ?? 'EffectiveCost',
      dims: dims.dims,
      range: range.range,
      granularity: asked.granularity ?? 'total',
      filters: filters.filters,
      ...(asked.currency === undefined ? {} : { currency: asked.currency.toUpperCase() }),
      limit: asked.limit ?? defaultLimit,
      compare: asked.compare === 'previous',
    },
  };
}

/** Reads the query of another room. */
export function askedQuery(asked: CostAsked): Parsed<CostQuery> {
  const range = spanOf(asked.from.getTime(), asked.to.getTime());
  if (!range.ok) return range;
  if (!isMetric(asked.metric))
    return refuse('The metric is none of BilledCost, EffectiveCost, ListCost and ContractedCost.');
  const dims = dimsOf(asked.dims);
  if (!dims.ok) return dims;
  const filters: Filter[] = [];
  for (const { dim, values } of asked.filters) {
    if (!isDimension(dim))
      return refuse(`A filter names a dimension that does not exist. There are ${dimensionNames.join(', ')}.`);
    if (values.some(holdsNul)) return refuse(nulReason);
    filters.push({ dim, values });
  }
  return {
    ok: true,
    query: {
      metric: asked.metric,
      dims: dims.dims,
      range: range.range,
      granularity: asked.granularity,
      filters,
      ...(asked.currency === undefined ? {} : { currency: asked.currency.toUpperCase() }),
      limit: asked.limit,
      compare: asked.compare ?? false,
    },
  };
}

/** Reads the parameters of GET /api/cost/lines. */
export function linesQuery(asked: Static<typeof LinesQuerySchema>, now: Date): Parsed<LinesQuery> {
  const range = parseRange(asked, now);
  if (!range.ok) return range;
  const filters = filtersOf(asked.filter);
  if (!filters.ok) return filters;
  if (asked.resource !== undefined && holdsNul(asked.resource)) return refuse(nulReason);
  return {
    ok: true,
    query: {
      range: range.range,
      filters: filters.filters,
      ...(asked.currency === undefined ? {} : { currency: asked.currency.toUpperCase() }),
      limit: asked.limit ?? defaultLimit,
      ...(asked.resource === undefined ? {} : { resource: asked.resource }),
      ...(asked.cursor === undefined ? {} : { cursor: asked.cursor }),
    },
  };
}

function filtersOf(texts: string | string[] | undefined): ReturnType<typeof parseFilters> {
  const filters = listOf(texts);
  return filters.some(holdsNul) ? refuse(nulReason) : parseFilters(filters, isDimension);
}

function dimsOf(names: readonly string[]): { ok: true; dims: Dimension[] } | { ok: false; reason: string } {
  if (names.length > maxDimensions) return refuse(`At most ${maxDimensions} dimensions can be combined.`);
  const dims = [...new Set(names)].filter(isDimension);
  if (dims.length < new Set(names).size)
    return refuse(`A dimension does not exist. There are ${dimensionNames.join(', ')}.`);
  return { ok: true, dims };
}

const nulReason = 'A value holds a NUL character; leave it out.';

function listOf(value: string | string[] | undefined): string[] {
  return value === undefined ? [] : Array.isArray(value) ? value : [value];
}

function refuse(reason: string): { ok: false; reason: string } {
  return { ok: false, reason };
}
